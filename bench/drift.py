"""How many VMs move when a fleet changes day by day, or when few may move a night? Counted over simulated days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from time import perf_counter
from typing import Any

from bench import document
from bench.problems import USUAL_STARTS, Shape, draw_job, windows
from shared.model.intent import Limits
from shared.rules.leveling import Leveling, level
from shared.rules.leveling.board import Board
from shared.rules.leveling.fleet import muster
from shared.rules.leveling.offers import Terms
from shared.rules.leveling.reach import lowest_peak
from shared.rules.plan_check import check

DONE, WRONG = 0, 1
DAYS, SHARE, WORST = 30, 0.02, 1.01
SMALL, SEEDS = (20, 40, 60), 5
SMOKE_VMS, SMOKE_DAYS = 240, 6
NIGHTS = 15
# What the app plans with where fleet.yaml says nothing.
USUAL = Limits()

type Row = list[Any]
type Fleet = dict[int, Row]
"""Rows of a problem's jobs by VM number, which no other VM gets when one leaves."""


@dataclass(frozen=True, slots=True)
class Day:
    """What one day changed and what planning it did: `moves` of VMs that were there before, `placed` new ones.

    `ratio` is that of the peak to a fresh plan's, `above` how many more backups run at once.
    """

    changes: int
    moves: int
    placed: int
    ratio: float
    above: int
    seconds: float
    wrong: list[str]

    @property
    def held(self) -> bool:
        """Whether the plan is true and as level as is wanted; in small fleets one backup more is no slack."""
        return not self.wrong and (self.ratio <= WORST or self.above <= 1)


def drift(vms: int, seed: int, number: int = DAYS) -> int:
    """Let 2 % of a fleet change each day, and print the moves that keep it as level as a fresh plan."""
    days = list(live_through(Shape(vms), seed, number))
    moves, changes = sum(day.moves for day in days), sum(day.changes for day in days)
    placed, seconds = sum(day.placed for day in days), sum(day.seconds for day in days)
    worst, confirmed = max(day.ratio for day in days), sum(not day.wrong for day in days)
    print(
        f"{vms:,} VMs, {len(days)} days: {moves:,} moves for {changes:,} changes ({placed:,} new VMs placed), at most "
        f"{max(day.moves for day in days)} a day, peak at most {worst:.4f} x a fresh plan's, {seconds:.0f} s, "
        f"{confirmed} of {len(days)} confirmed"
    )
    return DONE if moves <= changes and all(day.held for day in days) else WRONG


def small(seed: int, number: int = DAYS) -> int:
    """Let one VM of small fleets change each day, and print how far that moves others; seeds from `seed` on."""
    good = True
    for vms in SMALL:
        lives = [list(live_through(Shape(vms), each, number, changes=1)) for each in range(seed, seed + SEEDS)]
        moves = [sum(day.moves for day in days) for days in lives]
        days = [day for life in lives for day in life]
        above, confirmed = max(day.above for day in days), sum(not day.wrong for day in days)
        print(
            f"{vms} VMs, {SEEDS} fleets, {number} days of one change: {min(moves)} to {max(moves)} moves a fleet, "
            f"at most {max(day.moves for day in days)} a day, peak at most {above} above a fresh plan's, "
            f"{confirmed} of {len(days)} confirmed"
        )
        good = good and max(moves) <= number and all(day.held for day in days)
    return DONE if good else WRONG


def smoke() -> int:
    """Let a fleet of some hundred VMs change for a few days, and hold that against the recorded bounds."""
    days = list(live_through(Shape(SMOKE_VMS), 1, SMOKE_DAYS))
    moves, changes = sum(day.moves for day in days), sum(day.changes for day in days)
    above = max(day.above for day in days)
    print(f"{SMOKE_VMS:>7,} VMs: {moves} moves for {changes} changes, peak at most {above} above a fresh plan's")
    return DONE if moves <= changes and all(day.held for day in days) else WRONG


def roll_out(vms: int, moves: int, seed: int) -> int:
    """Level a fleet from the usual start times with so many moves a night, and print the peak after each night."""
    raw, standing = from_habit(Shape(vms), seed)
    asked, _ = document.problem(raw)
    before = Board(muster(replace(asked, standing=standing)))
    before.restore([USUAL_STARTS[index % len(USUAL_STARTS)] for index in before.fleet.origin])
    print(f"{vms:,} VMs at the usual times: peak {before.peak}")
    made, worst, lies = 0, 1.0, False
    for night in range(1, NIGHTS + 1):
        plan = level(replace(asked, standing=standing, max_moves=moves), USUAL.replan_above)
        moved = _moves(standing, plan)
        if not moved:
            break
        made, standing = made + moved, list(plan.starts)
        best = max(plan.bound, lowest_peak(before, Terms(frozenset(), made, plan.peak, before), plan.peak))
        worst, lies = max(worst, plan.peak / best), lies or bool(_lies(raw, plan))
        print(
            f"night {night}: {made:,} moves, peak {plan.peak}, at least {best:.1f} with so many: "
            f"ratio {plan.peak / best:.3f} (a fresh plan: {plan.fresh_peak})"
        )
    return WRONG if lies else DONE


def live_through(shape: Shape, seed: int, days: int, changes: int | None = None) -> Iterator[Day]:
    """Yield day after day of a fleet that changes and is planned, as the app does, with its last plan standing.

    `changes` is how many VMs change a day; None: 2 % of the fleet, at least 4.
    """
    random, raw = Random(seed), windows(shape, seed) | {"slots_per_group": USUAL.slots_per_tier}
    fleet: Fleet = dict(enumerate(raw["jobs"]))
    first, _ = document.problem(raw)
    stands: Mapping[int, int] = dict(zip(fleet, level(first).starts, strict=True))
    for _ in range(days):
        number = max(4, round(SHARE * len(fleet))) if changes is None else changes
        change(fleet, shape, random, number)
        today = raw | {"jobs": list(fleet.values())}
        asked, _ = document.problem(today)
        standing = [stands.get(vm) for vm in fleet]
        began = perf_counter()
        budget = USUAL.rebalancing_moves_per_night
        plan = level(replace(asked, standing=standing, max_moves=budget), USUAL.replan_above)
        seconds = perf_counter() - began
        ratio = plan.peak / plan.fresh_peak if plan.fresh_peak else 0.0
        placed, above = standing.count(None), plan.peak - plan.fresh_peak
        yield Day(number, _moves(standing, plan), placed, ratio, above, seconds, _lies(today, plan))
        stands = dict(zip(fleet, plan.starts, strict=True))


def change(fleet: Fleet, shape: Shape, random: Random, number: int) -> None:
    """Change so many VMs of the fleet in place.

    Of four VMs one takes another time, one gets other hours, one leaves and one arrives.
    """
    newcomer, first = max(fleet) + 1, random.randrange(4)
    for turn, vm in enumerate(random.sample(sorted(fleet), number), first):
        duration, load, allowed, vault, tier = fleet[vm]
        match turn % 4:
            case 0:
                fleet[vm] = [_other_duration(duration, random), load, allowed, vault, tier]
            case 1:
                fleet[vm] = [duration, load, _other_hours(fleet[vm], shape, random), vault, tier]
            case 2:
                del fleet[vm]
            case _:
                fleet[newcomer + turn] = draw_job(random, shape, vault)


def from_habit(shape: Shape, seed: int) -> tuple[dict[str, Any], list[int | None]]:
    """Return a problem in which every VM may stay at its usual start, and those starts."""
    raw = windows(shape, seed)
    standing: list[int | None] = []
    for index, row in enumerate(raw["jobs"]):
        usual = USUAL_STARTS[index % len(USUAL_STARTS)]
        row[2] = sorted({*row[2], usual})
        standing.append(usual)
    return raw, standing


def _other_duration(duration: int, random: Random) -> int:
    """Draw a duration of about 0.6 to 1.6 times the old one, but another."""
    while True:
        drawn = max(1, min(16, round(duration * random.uniform(0.6, 1.6) + random.uniform(-0.7, 0.7))))
        if drawn != duration:
            return drawn


def _other_hours(row: Row, shape: Shape, random: Random) -> list[int]:
    """Draw the allowed starts of another VM of the tier."""
    while True:
        drawn = draw_job(random, shape, row[3])
        if drawn[4] == row[4] and drawn[2] != row[2]:
            return list(drawn[2])


def _moves(standing: list[int | None], plan: Leveling) -> int:
    return sum(stood not in (None, start) for stood, start in zip(standing, plan.starts, strict=True))


def _lies(raw: Mapping[str, Any], plan: Leveling) -> list[str]:
    return list(plan.refused) or check(raw, document.plan(plan, seconds=0.0))

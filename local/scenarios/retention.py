"""Is every lost recovery point named with its cause, and made up for once? A year with points lost on purpose."""

import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from local.scenarios import retention_fills as fills
from local.scenarios import retention_judge as judge
from local.scenarios.nights import AZURE, Nights
from local.scenarios.point_reads import CountedVaults
from local.scenarios.post import Chances, Post
from local.scenarios.retention_fleet import A_DAY, APPROVED, OWN, RAISED, TAG, Fleet, fleet
from local.scenarios.retention_mishaps import EXPECTED, LIKELY, Mishaps
from local.scenarios.retention_plants import Plants, new_vm
from local.scenarios.told import Told, at_least, at_most, moves, zero
from local.scenarios.workers import Workers
from local.world import deletion, human, lost_points
from shared.flows import fleet_policy
from shared.flows.retention import history

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TIMERS = ("check_retention", "run_extra_backups", "sweep")
YEAR, VMS, PLANTED = 366, 200, 1000
MOST_PLANNED = 1000
"""VMs up to which the app also plans, moves, and gives some of them several backups a day."""
APP_NIGHTS = 40 * HOUR
"""So long the app plans and moves after something changed; else only retention runs."""
BUSY_DAYS = 20
"""So long some VMs get several backups a day: that asks for the whole fleet's lists twice an hour."""
KNOWN_AFTER = 3
"""Noons after which the app knows the fleet, and its first moves are over: nothing is lost on purpose before."""
CALLS_ABOVE_FLOOR = 3
MOST_TOO_LATE = 0.1
"""Of the points made up for; each VM's are looked at once a week, and a weekly point may come to grief just after."""
MOST_MET = 0.005
"""Of the points made up for: a backup may take longer than all before it did."""
LONG = 60
"""Days after which the ordinary life of a fleet has shown all its kinds."""
SHOWN = 8
"""Of each kind of what is wrong, so many are shown."""


@dataclass(slots=True)
class Story:
    """A year as it goes: the app, what is planted, and what the app says."""

    made: Fleet
    nights: Nights
    workers: Workers
    plants: Plants
    draw: random.Random
    counted: CountedVaults
    heard: judge.Heard = field(default_factory=judge.Heard)
    planning_until: datetime | None = None
    life: list[str] = field(default_factory=list)

    def day(self, number: int) -> None:
        """Live from one noon to the next."""
        world, begins = self.nights.world, self.nights.world.now
        self._ordinary_life(number)
        if number >= KNOWN_AFTER:
            self.plants.day()
        ends = begins + DAY
        ticks = self._ticks(begins)
        while True:
            plant, tick = self.plants.due(), ticks[0][0] if ticks else None
            at = min((one for one in (plant, tick, ends) if one is not None), default=ends)
            if at >= ends:
                break
            self.workers.until(max(at, world.now))
            if plant == at:
                self.plants.happen()
            else:
                self.nights.tick(ticks.pop(0)[1])
        self.workers.until(ends)
        self._give_up_what_was_approved()
        self.hears()

    def hears(self) -> None:
        """Take in what the app says of retention now."""
        ports, now = self.nights.ports, self.nights.world.now
        with self.nights.sources():
            self.heard.hear(history.night(ports, fleet_policy.read(ports, now), now))

    def _ticks(self, begins: datetime) -> list[tuple[datetime, str]]:
        """Return when the app plans and enforces within a day, if it does."""
        if self.planning_until is None or begins >= self.planning_until:
            return []
        hours = [begins.replace(minute=0, second=0, microsecond=0) + n * HOUR for n in range(1, 24)]
        ticks = [(at, "enforce_backup_windows") for at in hours]
        return sorted([*ticks, (hours[3] + 30 * MINUTE, "plan_backup_windows")])

    def _ordinary_life(self, number: int) -> None:
        """Let windows move, a VM be tagged anew, one be made, one go in good order, and one keep less by approval."""
        match number % 61:
            case 0 if number:
                self.made.windows += 1
                self._publish("windows")
            case 1 | 0:
                self._publish("begins")
            case _ if number == BUSY_DAYS:
                self.made.a_day = 1
                self.nights.publish(self.made.intent())
            case 17:
                self._joins(number)
            case 31:
                self._leaves()
            case 38 if RAISED not in self.life:
                human.act(self.nights.world, "tag", {"vm": self.made.item(RAISED).vm_id, "tags": {TAG: "gold"}})
                self._publish(RAISED)
            case 48 if APPROVED not in self.life:
                self._approve()

    def _publish(self, why: str) -> None:
        self.life.append(why)
        self.nights.publish(self.made.intent())
        if len(self.nights.world.vms) <= MOST_PLANNED:
            self.planning_until = self.nights.world.now + APP_NIGHTS

    def _approve(self) -> None:
        world, item = self.nights.world, self.made.item(APPROVED)
        self.plants.spare(item)
        human.act(world, "tag", {"vm": item.vm_id, "tags": {"nightshift-hold": None}})
        expires = str(world.now.date() + 30 * DAY)
        before = item.policy_id.rpartition("/")[2]
        self.made.approvals.append(
            {"vm": APPROVED, "from": before, "to": "ns-silver", "approver": "ann", "expires": expires}
        )
        self._publish(APPROVED)

    def _give_up_what_was_approved(self) -> None:
        world, item = self.nights.world, self.made.item(APPROVED)
        if APPROVED in self.life and "given up" not in self.life and f"/{OWN}" not in item.policy_id:
            world.memory.give_up(item, world.now)
            self.life.append("given up")

    def _joins(self, number: int) -> None:
        if (beside := self.plants.free()) is not None:
            new_vm(self.nights.world, beside, f"vm-new-{number:03}")
            self.life.append("joins")

    def _leaves(self) -> None:
        """Somebody deletes a VM's backups, and then the VM."""
        world, item = self.nights.world, self.plants.free()
        if item is not None:
            self.plants.spare(item)
            self.plants.touched.add(item.vm_id.lower())
            self.plants.gone.add(item.vm_id.lower())
            deletion.delete_item(world, world.vaults[item.vault_id], item, human.CALLER)
            world.advance(MINUTE)
            human.act(world, "delete", {"vm": item.vm_id})
            self.life.append("leaves")


def retention(seed: int, nights: int = YEAR, vms: int = VMS, planted: int | None = None) -> Told:
    """Points are lost in all ways and workers killed: each is named with its cause, and made up for where it lasts."""
    wanted = round(PLANTED * nights * vms / (YEAR * VMS)) if planted is None else planted
    made, draw = fleet(seed, vms), random.Random(f"retention|{seed}")
    made.a_day = A_DAY if vms <= MOST_PLANNED else 1
    told = Nights(made.world, made.intent(), frozenset({"plan", "backup"}))
    counted = CountedVaults(told.ports.vaults, made.world)
    told.ports = replace(told.ports, vaults=counted)
    workers = Workers(told, TIMERS, Post(draw, Chances(0.0, 1, 0.0)), Mishaps(draw, LIKELY))
    plants = Plants(made.world, draw, wanted, max(nights - KNOWN_AFTER, 1))
    story = Story(made, told, workers, plants, draw, counted)
    begins = made.world.now
    if wanted:
        plants.soft_delete_off(draw.choice(sorted(made.world.vaults)))
    for number in range(nights):
        story.day(number)
    return _judged(story, begins, wanted)


def _judged(story: Story, begins: datetime, wanted: int) -> Told:
    told, world, plants, heard = story.nights, story.nights.world, story.plants, story.heard
    losses = lost_points.losses(world, begins, world.now)
    verdict = judge.named(world, losses, heard, plants.gone)
    filled = fills.fills(world, losses, heard, story.made.busy())
    a_day = A_DAY if len(story.made.world.vms) <= MOST_PLANNED else 1
    met, short = (
        fills.collisions(losses, world),
        fills.days_short(world, story.made.busy(), (begins, begins + BUSY_DAYS * DAY), a_day),
    )
    strange = judge.findings(heard, plants.touched)
    checked, expected = (
        sum(map(len, heard.looks.values())),
        judge.looks_expected(judge.protected(world, begins, plants.gone)),
    )
    days = (world.now - begins).days
    wrong = (
        *(verdict.missed, verdict.wrong_causes, verdict.wrong_classes, verdict.false, strange),
        *(filled.twice, filled.wrong_expiry, filled.not_filled, filled.too_late, filled.for_nothing, met, short),
    )
    lost_orders = getattr(story.workers.killer, "orders", 0)
    calls = _calls(told, "check_retention").total()
    floor = days * (1 + 2 * len(world.vaults)) + expected
    figures: dict[str, Any] = {
        "vms": len(world.vms),
        "days": days,
        "expected_checks": expected,
        "checked": checked,
        "over_budget_hours": story.counted.reads.hours_over(),
        "planted": len(losses),
        "missed": len(verdict.missed),
        "false_findings": len(verdict.false) + len(strange),
        "filled_twice": len(filled.twice),
        "points_pruned": judge.pruned(world, plants.touched),
        "trace_hash": _trace(told),
        "wrong_causes": len(verdict.wrong_causes),
        "wrong_classes": len(verdict.wrong_classes),
        "judged": verdict.judged,
        "filled": filled.good,
        "not_filled": len(filled.not_filled),
        "named_too_late_to_fill": len(filled.too_late),
        "filled_for_nothing": len(filled.for_nothing),
        "wrong_expiry": len(filled.wrong_expiry),
        "by_reason": dict(sorted(Counter(loss.why for loss in losses).items())),
        "happened": dict(sorted(plants.happened.items())),
        "life": story.life,
        "moves": len(moves(world, begins)),
        "reads": story.counted.reads.total,
        "reads_an_hour_max": story.counted.reads.most_in_an_hour(),
        "calls": calls,
        "calls_floor": floor,
        "calls_by_name": dict(sorted(_calls(told, "check_retention").items())),
        "kills": len(story.workers.killer.kills),
        "app_collisions": len(met),
        "busy_days_short": len(short),
        "errors": sorted({done.error for done in told.errors() if done.error not in EXPECTED}),
        "wrong": [one for many in wrong for one in many[:SHOWN]],
    }
    checks = (
        at_least("points lost", wanted // 2, len(losses)),
        at_least("changes of tier and approved losses carried out", 2 * (days >= LONG), _carried_out(story)),
        at_least("looks at the points of VMs", expected, checked),
        zero("hours over the provider's limit of reads", figures["over_budget_hours"]),
        zero("lost points that were not named", figures["missed"]),
        zero("lost points that were named with another cause", figures["wrong_causes"]),
        zero("lost points that were named with other classes", figures["wrong_classes"]),
        zero("points and findings named that were in order", figures["false_findings"]),
        zero("lost points made up for twice", figures["filled_twice"]),
        zero("lost long-term points that were not made up for", figures["not_filled"]),
        at_most("weekly points named when the next had come", MOST_TOO_LATE * filled.good, len(filled.too_late)),
        zero("backups for points that were there", figures["filled_for_nothing"]),
        zero("backups that are kept for another time than the lost point", figures["wrong_expiry"]),
        zero("points dropped early that nobody gave up", figures["points_pruned"]),
        at_most("runs that the app's own backups kept from starting", MOST_MET * filled.good, len(met)),
        at_most("days on which a VM had too few points, at most one for each lost order", lost_orders, len(short)),
        at_most("calls over the floor, where nothing is lost", CALLS_ABOVE_FLOOR, 0 if losses else calls / floor),
        zero("invocations that failed", len(figures["errors"])),
    )
    return Told(figures, checks)


def _carried_out(story: Story) -> int:
    """Count what became of the VM that a tag moves to more, and of the one whose move to less was approved."""
    raised = story.made.item(RAISED).policy_id.rpartition("/")[2].startswith("ns-gold")
    return raised + ("given up" in story.life)


def _calls(told: Nights, function: str) -> Counter[str]:
    """Count the calls to Azure of all invocations of a function."""
    return Counter(
        call for done in told.log if done.function == function for call in done.calls if call.startswith(AZURE)
    )


def _trace(told: Nights) -> str:
    """Return a hash over all that happened: invocations with their calls, and jobs."""
    trace = hashlib.sha256()
    for done in told.log:
        trace.update(f"{done.at} {done.function} {done.error} {' '.join(done.calls)}\n".encode())
    for job in told.world.jobs.values():
        trace.update(f"{job.id} {job.started_at} {job.status}\n".encode())
    return trace.hexdigest()[:16]

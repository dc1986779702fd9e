"""When may a VM change policy without losing a run? Rule 4 of the safety contract, as code.

A schedule that moves past its hour skips that day's run; a move between runs of different days can skip a
weekly, monthly or yearly point. VMs change to and from hourly schedules between two days' runs only, and what follows
for RPO and tagged points is judged by the day's last run, which reaches the vault. All instants are UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product, zip_longest

from shared.model.azure import START_LATENESS, BackupPolicy, TaggedRetention
from shared.rules.slots import at, clock_text, first_slots, last_start, next_start, start_slots
from shared.rules.tagged_days import CLASSES, WEEKDAYS, first_tagged_day, same_days

BEFORE_START = timedelta(hours=1)
TAG_REACH = timedelta(hours=36)
"""How far behind the old tagged run the new one may lie and still stand for it."""
HALF_PERIODS = {"monthly": timedelta(days=14), "yearly": timedelta(days=182)}
"""How far behind it may lie in the same calendar month or year: "First Sunday" may be "First Monday" in UTC."""
HORIZON_HOURS = 48

type Slots = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """One VM's way from its current policy to a slot policy.

    `minutes` is the expected job duration (p95); `last_point_at` its newest recovery point; `rpo` its tier's.
    """

    current: BackupPolicy
    target: BackupPolicy
    minutes: float
    last_point_at: datetime | None
    rpo: timedelta


def obstacle(passage: Passage, now: datetime) -> str | None:
    """Return why the VM may not move at `now`, or None where it may (a running job is for the caller to see)."""
    old, new = start_slots(passage.current, now.date()), start_slots(passage.target, now.date())
    if not old or not new:
        return f"{'its new' if old else 'its current'} start is not known"
    tail = START_LATENESS + timedelta(minutes=passage.minutes)
    for policy, after, which in ((passage.current, tail, "current"), (passage.target, START_LATENESS, "new")):
        for slot in first_slots(policy, now.date()):
            if reason := _near(slot, now, _lasts(policy) + after, f"its {which} start"):
                return reason
    return _gap_beyond_rpo(passage, old, new, now) or _tagged_run_lost(passage, old, new, now)


def joint_ticks(ways: Sequence[Sequence[Passage]], begin: datetime, now: datetime) -> list[datetime | None]:
    """Choose an hourly tick from `begin` on for each write, safe for all its passages: few ticks, then early ones.

    Each tick that writes anything costs a look at the vault, so the tick that suits most writes is taken first and
    the rest follow by the same rule. Runs between `now` and the tick are taken as done; the tick itself judges by
    what it sees. None: no hour of the next two days is safe.
    """
    ticks = [begin + timedelta(hours=hour) for hour in range(HORIZON_HOURS)]
    safe = [[tick for tick in ticks if all(obstacle(_by(p, now, tick), tick) is None for p in way)] for way in ways]
    chosen: list[datetime | None] = [None] * len(ways)
    waiting = {index for index, hours in enumerate(safe) if hours}
    while waiting:
        votes = {tick: sum(tick in safe[index] for index in waiting) for tick in ticks}
        best = max(ticks, key=lambda tick: (votes[tick], -ticks.index(tick)))
        for index in [index for index in waiting if best in safe[index]]:
            chosen[index] = best
            waiting.discard(index)
    return chosen


def _by(passage: Passage, now: datetime, tick: datetime) -> Passage:
    """Return the passage with the runs that its current policy starts from `now` to `tick` taken as points.

    What came of earlier runs is known: one that left no point failed.
    """
    if passage.last_point_at is None:
        return passage
    runs = [last_start(slot, tick) for slot in start_slots(passage.current, tick.date())]
    return replace(passage, last_point_at=max([passage.last_point_at, *(run for run in runs if run >= now)]))


def next_safe_tick(passage: Passage, now: datetime) -> datetime | None:
    """Return the first full hour after `now` at which the VM may move if its runs until then succeed.

    Looking again any sooner would cost a look at its vault for nothing. None: no hour of the next two days.
    """
    first = next_full_hour(now + timedelta(minutes=1))
    for tick in (first + timedelta(hours=hour) for hour in range(HORIZON_HOURS)):
        starts = [last_start(slot, tick) for slot in start_slots(passage.current, tick.date())]
        points = [start for start in starts if start >= now]
        if passage.last_point_at is not None:
            points.append(passage.last_point_at)
        if obstacle(replace(passage, last_point_at=max(points, default=None)), tick) is None:
            return tick
    return None


def next_full_hour(instant: datetime) -> datetime:
    """Return the first full hour at or after the instant: when enforcement ticks."""
    floor = instant.replace(minute=0, second=0, microsecond=0)
    return floor if floor == instant else floor + timedelta(hours=1)


def _lasts(policy: BackupPolicy) -> timedelta:
    """Return how long it takes from the day's first run to its last."""
    return timedelta(hours=policy.hourly.runs[-1]) if policy.hourly else timedelta()


def _near(slot: int, now: datetime, tail: timedelta, what: str) -> str | None:
    start = last_start(slot, now + BEFORE_START)
    if start + tail >= now:
        return f"within 1 h before or {_hours(tail)} after {what} at {clock_text(slot)} UTC"
    return None


def _gap_beyond_rpo(passage: Passage, old: Slots, new: Slots, now: datetime) -> str | None:
    """A move that lets no run come later than it would have come anyway is never in the way of the RPO."""
    coming = max(next_start(slot, now) for slot in new)
    if coming <= min(next_start(slot, now) for slot in old):
        return None
    if passage.last_point_at is None:
        return "its first backup would come later"
    gap = coming + START_LATENESS - passage.last_point_at
    if gap <= passage.rpo:
        return None
    return f"{_hours(gap)} between its last point and its next run would exceed its RPO of {_hours(passage.rpo)}"


def _tagged_run_lost(passage: Passage, old: Slots, new: Slots, now: datetime) -> str | None:
    """Name the class of which a run under the old policy has no run in its place under the new one."""
    for name in CLASSES:
        kept, wanted = _days(passage.current, name), _days(passage.target, name)
        for slot, other in product(old, new):
            runs, successors = next_tagged(kept, slot, now), next_tagged(wanted, other, now)
            for run, successor in _successions(_day_by_day(kept, wanted), runs, successors):
                if successor is None or not _stands_for(name, run, successor):
                    return f"its {name} run of {run:%a %d %b %H:%M} UTC would have no successor"
    return None


def _day_by_day(kept: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Return whether each tagged day has its own successor; where every run is tagged, no hour would ever do."""
    return same_days(kept, wanted) and len(kept) < len(WEEKDAYS)


def _successions(
    day_by_day: bool, runs: list[datetime], successors: list[datetime]
) -> Iterable[tuple[datetime, datetime | None]]:
    """Pair the next run of each tagged day with the one to stand for it, so that none stands for two.

    Days that are not paired `day_by_day` are paired as they come. Where there will be fewer of them, which only an
    approved loss allows, the next one is all that a moment can be chosen for.
    """
    if not day_by_day:
        runs, successors = sorted(runs), sorted(successors)
        runs = runs if len(successors) >= len(runs) else runs[:1]
    return zip_longest(runs, successors[: len(runs)])


def _days(policy: BackupPolicy, name: str) -> tuple[str, ...]:
    kept: TaggedRetention | None = getattr(policy.retention, name)
    return kept.when if kept else ()


def next_tagged(when: tuple[str, ...], slot: int, after: datetime) -> list[datetime]:
    """Return, for each tagged day of `when` that a year has, its first run at a daily `slot` after the UTC instant."""
    first = next_start(slot, after).date()
    days = [first_tagged_day((entry,), first) for entry in when]
    return [at(day, slot) for day in days if day]


def _stands_for(name: str, run: datetime, successor: datetime) -> bool:
    """A run stands for an old one that it precedes, hardly follows, or follows in the same calendar month or year.

    More than half a period later it is the next one's: "Day Last" in UTC may be the local 1st of the next month.
    """
    if successor <= run + TAG_REACH:
        return True
    if successor > run + HALF_PERIODS.get(name, TAG_REACH):
        return False
    return successor.year == run.year and (name == "yearly" or successor.month == run.month)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"

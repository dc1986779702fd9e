"""When may a VM change policy without losing a run? Rule 4 of the safety contract, as code.

A schedule that moves past its hour skips that day's run; a move between runs of different days can skip a
weekly, monthly or yearly point. All instants are UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.model.azure import START_LATENESS, BackupPolicy
from shared.rules.slots import clock_text, last_start, next_start, start_slots
from shared.rules.tagged_days import CLASSES, tags

BEFORE_START = timedelta(hours=1)
TAG_REACH = timedelta(hours=36)
"""How far from the old tagged run the new one may lie and still stand for the same day."""
HORIZON_HOURS = 48


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
    for slot in start_slots(passage.current, now.date()):
        tail = START_LATENESS + timedelta(minutes=passage.minutes)
        if reason := _near(slot, now, tail, "its current start"):
            return reason
    for slot in start_slots(passage.target, now.date()):
        if reason := _near(slot, now, START_LATENESS, "its new start"):
            return reason
    return _gap_beyond_rpo(passage, now) or _tagged_run_lost(passage, now)


def due_ticks(passages: Sequence[Passage], begin: datetime) -> list[datetime | None]:
    """Choose an hourly tick from `begin` on for each move: few ticks, then early ones.

    Each tick that moves anything costs a look at the vault, so the tick that suits most VMs is taken first and
    the rest follow by the same rule. Runs between now and the tick are taken as done; the tick itself judges by
    what it sees. None: no hour of the next two days is safe.
    """
    ticks = [begin + timedelta(hours=hour) for hour in range(HORIZON_HOURS)]
    safe = [[tick for tick in ticks if obstacle(_by(passage, tick), tick) is None] for passage in passages]
    chosen: list[datetime | None] = [None] * len(passages)
    waiting = {index for index, hours in enumerate(safe) if hours}
    while waiting:
        votes = {tick: sum(tick in safe[index] for index in waiting) for tick in ticks}
        best = max(ticks, key=lambda tick: (votes[tick], -ticks.index(tick)))
        for index in [index for index in waiting if best in safe[index]]:
            chosen[index] = best
            waiting.discard(index)
    return chosen


def _by(passage: Passage, tick: datetime) -> Passage:
    """Return the passage with the runs that its current policy starts before `tick` taken as points."""
    if passage.last_point_at is None:
        return passage
    runs = [last_start(slot, tick) for slot in start_slots(passage.current, tick.date())]
    return replace(passage, last_point_at=max([passage.last_point_at, *runs]))


def next_full_hour(instant: datetime) -> datetime:
    """Return the first full hour at or after the instant: when enforcement ticks."""
    floor = instant.replace(minute=0, second=0, microsecond=0)
    return floor if floor == instant else floor + timedelta(hours=1)


def _near(slot: int, now: datetime, tail: timedelta, what: str) -> str | None:
    start = last_start(slot, now + BEFORE_START)
    if start + tail >= now:
        return f"within 1 h before or {_hours(tail)} after {what} at {clock_text(slot)} UTC"
    return None


def _gap_beyond_rpo(passage: Passage, now: datetime) -> str | None:
    slots = start_slots(passage.target, now.date())
    if not slots or passage.last_point_at is None:
        return None
    next_point = next_start(slots[0], now) + START_LATENESS
    gap = next_point - passage.last_point_at
    kept_gap = _gap_without_move(passage, now)
    if gap <= passage.rpo or (kept_gap is not None and gap <= kept_gap):
        return None
    return f"{_hours(gap)} between its last point and its next run would exceed its RPO of {_hours(passage.rpo)}"


def _gap_without_move(passage: Passage, now: datetime) -> timedelta | None:
    """Return the gap if the VM stayed: a move that shortens an already late gap helps and is allowed."""
    slots = start_slots(passage.current, now.date())
    if not slots or passage.last_point_at is None:
        return None
    return max(next_start(slot, now) for slot in slots) + START_LATENESS - passage.last_point_at


def _tagged_run_lost(passage: Passage, now: datetime) -> str | None:
    """Name the class whose coming run under the old policy has no run near it under the new one."""
    old_slots = start_slots(passage.current, now.date())
    new_slots = start_slots(passage.target, now.date())
    if not old_slots or not new_slots:
        return None
    coming = [next_start(slot, now) for slot in old_slots]
    for run in coming:
        for name in sorted(tags(passage.current.retention, run.date()), key=CLASSES.index):
            if not _covered(name, run, passage.target, new_slots[0], now):
                return f"its {name} run of {run:%a %d %b %H:%M} UTC would have no successor"
    return None


def _covered(name: str, run: datetime, target: BackupPolicy, slot: int, now: datetime) -> bool:
    start = next_start(slot, now)
    while start <= run + TAG_REACH:
        if start >= run - TAG_REACH and name in tags(target.retention, start.date()):
            return True
        start += timedelta(days=1)
    return False


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"

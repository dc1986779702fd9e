"""Which hours of the fleet day do the charts show? Those in which something ran or was planned, on either day."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from shared.model.azure import SLOT_MINUTES, START_LATENESS
from shared.model.night import NightReport, Run
from shared.model.plan import VmPlan

SLOT = timedelta(minutes=SLOT_MINUTES)
STEP = timedelta(hours=3)
"""The charts begin and end at whole steps after the beginning of the fleet day."""


def slot_starts(begins_at: datetime, slot: int) -> datetime:
    """Return the instant in the day from `begins_at` on at which the UTC half-hour `slot` begins."""
    since_midnight = timedelta(hours=begins_at.hour, minutes=begins_at.minute)
    return begins_at + (slot * SLOT - since_midnight) % timedelta(days=1)


def slot_ends(starts_at: datetime, plan: VmPlan) -> datetime:
    """Return when a backup planned for `starts_at` should have ended: Azure starts it up to two hours late."""
    return starts_at + START_LATENESS + plan.duration_slots * SLOT


def shown_hours(night: NightReport) -> tuple[timedelta, timedelta]:
    """Return beginning and end of what is shown, counted from the beginning of the day; the whole day if it is idle."""
    day = night.ends_at - night.begins_at
    spans = [*_planned(night), *_ran(night.runs_after, night.begins_at, day)]
    if night.before_begins_at is not None:
        spans += _ran(night.runs_before, night.before_begins_at, day)
    busy = [(since, until) for since, until in spans if since < day and until > timedelta(0)]
    if not busy:
        return timedelta(0), day
    first, last = min(since for since, _ in busy), max(until for _, until in busy)
    return max(timedelta(0), first // STEP * STEP), min(day, -(-last // STEP) * STEP)


def _planned(night: NightReport) -> Iterator[tuple[timedelta, timedelta]]:
    for vm in night.plan.vms if night.plan else ():
        for slot in (vm.slot, vm.current_slot):
            if slot is not None:
                starts_at = slot_starts(night.begins_at, slot)
                yield starts_at - night.begins_at, slot_ends(starts_at, vm) - night.begins_at


def _ran(runs: Iterable[Run], begins_at: datetime, day: timedelta) -> Iterator[tuple[timedelta, timedelta]]:
    for run in runs:
        yield run.started_at - begins_at, day if run.ended_at is None else run.ended_at - begins_at

"""Which scheduled run of a VM is over by now, and how did it end? A run that left no job in the lists was missed."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from shared.model.azure import START_LATENESS, Job
from shared.rules.slots import DAY, last_start, next_start

LISTING_LAG = timedelta(minutes=15)
"""A job shows in lists some minutes after it began; recorded ones did within five."""
CLOCKS_DIFFER = timedelta(minutes=2)
"""A job may say that it began a little before we asked for it."""
FINISHED = frozenset({"Completed", "CompletedWithWarnings"})


class Ending(StrEnum):
    """How a due run ended."""

    GOOD = "completed"
    FAILED = "failed"
    MISSED = "missed"


def first_over(slot: int | None, minutes: float, after: datetime) -> datetime:
    """Return the UTC instant by which the first run after `after` has begun, ended and shown in lists.

    `minutes` is the expected job duration (p95). A VM whose `slot` is not known starts within a day.
    """
    start = after + DAY if slot is None else next_start(slot, after)
    return start + _takes(minutes)


def last_due(slots: Collection[int], minutes: float, now: datetime) -> datetime:
    """Return the scheduled start of the last run that is over at `now`.

    A policy in a zone with clock changes has several slots, of which one is real: the earliest start counts, so that
    the real run is never before it.
    """
    return min(last_start(slot, now - _takes(minutes)) for slot in slots)


def ending(jobs: Iterable[Job], start: datetime) -> Ending | None:
    """Return how the run scheduled at `start` ended, from all backups of the VM; None while one is still running.

    A later backup that completed, by schedule or by hand, makes up for one that failed.
    """
    since = [job for job in jobs if job.operation == "Backup" and job.started_at >= start]
    if any(job.status in FINISHED for job in since):
        return Ending.GOOD
    if any(job.running for job in since):
        return None
    return Ending.FAILED if since else Ending.MISSED


def _takes(minutes: float) -> timedelta:
    return START_LATENESS + timedelta(minutes=minutes) + LISTING_LAG

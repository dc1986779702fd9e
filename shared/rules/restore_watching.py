"""Which vaults are asked for their restores now, and which jobs for their details? As the hour's reads allow."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.restores import RestoreJob
from shared.rules.restore_case import SETTLES

OWN_AN_HOUR = 120
"""Lists of vaults that restore for us. The service allows 300 reads of jobs an hour, half of them the job watcher's."""
OTHERS_AN_HOUR = 20
"""Lists of the other vaults in scope: whatever they restore takes an account too."""
OFTENEST = timedelta(minutes=1)
OTHERS_OFTENEST = timedelta(minutes=5)
RESERVE = 60
"""Reads of the hour that are left to others, as the service counts them."""
DETAILS_A_LOOK = 4
"""Of jobs whose detail is needed once; where there are none, the progress of one job that runs is read."""
DETAIL_AGES = timedelta(minutes=15)
"""How long a running job goes on without its progress being read again."""


@dataclass(frozen=True, slots=True)
class KnownJob:
    """A job as it was last seen; `ours` where a task follows it, `detailed_at` is when its detail was read."""

    job: RestoreJob
    ours: bool
    detailed_at: datetime | None = None


def own_interval(vaults: int) -> timedelta:
    """Return how often each of so many vaults is asked while restores of ours run in it."""
    return max(OFTENEST, timedelta(minutes=math.ceil(60 * vaults / OWN_AN_HOUR)))


def others_interval(vaults: int) -> timedelta:
    """Return how often each of so many other vaults is asked while restores wait for an account."""
    return max(OTHERS_OFTENEST, timedelta(minutes=math.ceil(60 * vaults / OTHERS_AN_HOUR)))


def fresh_for(vaults: int) -> timedelta:
    """Return for how long what so many vaults said tells whether an account is free."""
    return max(timedelta(minutes=30), 2 * others_interval(vaults))


def vaults_due(
    read_at: Mapping[str, datetime | None], ours: Collection[str], left: Mapping[str, int | None], now: datetime
) -> list[str]:
    """Return the ids of the vaults to be asked now, the longest unread first.

    `read_at` is when each was asked last, `ours` those that restore for us; `left` is by subscription what the service
    said of this hour's reads (None: nothing yet).
    """
    others = sum(vault_id not in ours for vault_id in read_at)
    spans = {True: own_interval(len(ours)), False: others_interval(others)}
    due = [
        (last is not None, last, vault_id)
        for vault_id, last in read_at.items()
        if last is None or now - last >= spans[vault_id in ours] - timedelta(seconds=5)
    ]
    kept = []
    for _, _, vault_id in sorted(due, key=lambda one: (one[0], one[1] or now, one[2])):
        budget = left.get(vault_id.split("/")[2])
        if budget is None or budget > RESERVE // 3:
            kept.append(vault_id)
    return kept


def details_due(jobs: Iterable[KnownJob], left: int | None, now: datetime) -> list[str]:
    """Return the ids of the jobs of a subscription whose details are read now, the most needed first.

    A stranger's running job may be on any account until its detail is read; one of ours that has ended tells how long
    its parts took; the progress of one that runs tells whether its account is too slow.
    """
    if left is not None and left <= RESERVE:
        return []
    ranked = sorted((rank, one.job.id) for one in jobs if (rank := _need(one, now)) is not None)
    once = [job_id for (need, _), job_id in ranked if need < _PROGRESS]
    again = [job_id for (need, _), job_id in ranked if need == _PROGRESS]
    return once[:DETAILS_A_LOOK] or again[:1]


_PROGRESS = 2


def _need(one: KnownJob, now: datetime) -> tuple[int, timedelta] | None:
    """Return how early the job's detail is read, the smallest first; None where it is not needed now."""
    job, read = one.job, one.detailed_at
    if not one.ours:
        return (0, timedelta()) if read is None and not job.terminal else None
    if job.terminal:
        return (1, timedelta()) if read is None or (job.ended_at is not None and read < job.ended_at) else None
    age = now - (read or job.started_at)
    due = DETAIL_AGES if read else SETTLES
    return (_PROGRESS, -age) if age >= due else None

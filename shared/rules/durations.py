"""How long will this VM's backup take? The 95th percentile of its own completed jobs, else a prior."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY, Job

ENOUGH_JOBS = 3
"""Fewer completed jobs than this say too little: the prior is used."""
PRIOR_MINUTES = 120.0
"""For fleets without history; recorded small VMs take a median of 41 and at most 196 minutes."""
MARGIN = 1.1
"""Planned time over measured p95, so that a slightly slower night does not ask for a new plan."""
LONGEST_RUN = timedelta(days=3)
"""First backups of large disks take more than a day, no more than this; a longer one is a job that was never closed."""
SHRINKS_BY = 2
"""Slots by which a duration must have fallen before the plan gives the time back."""

type ItemKey = tuple[str, str]
"""A vault's id and a container in it: containers of equally named VMs are told apart by their vaults."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected minutes and half-hour slots (1..48) of one backup, and how many jobs the figure rests on.

    `impossible` counts the completed jobs whose times cannot be: they are left out.
    """

    minutes: float
    slots: int
    measured: int
    impossible: int = 0


def expected(jobs: Iterable[Job], items: Iterable[ItemKey]) -> dict[ItemKey, Expected]:
    """Return the expected duration for each item, from scheduled and on-demand backups that completed."""
    taken: dict[ItemKey, list[float]] = defaultdict(list)
    impossible: Counter[ItemKey] = Counter()
    for job in jobs:
        if job.operation != "Backup" or job.status not in {"Completed", "CompletedWithWarnings"}:
            continue
        if _possible(job):
            taken[job.vault_id, job.container].append(job.duration.total_seconds() / 60)
        else:
            impossible[job.vault_id, job.container] += 1
    typical = [p95(minutes) for minutes in taken.values() if len(minutes) >= ENOUGH_JOBS]
    prior = median(typical) if typical else PRIOR_MINUTES
    return {item: replace(_one(taken.get(item, []), prior), impossible=impossible[item]) for item in items}


def steady(now: Expected, planned_slots: int | None) -> Expected:
    """Return `now` with the slots planned last, while the measured time still fits them and nearly fills them."""
    if planned_slots is None or not now.measured:
        return now
    fits = now.minutes <= planned_slots * SLOT_MINUTES
    fills = now.slots > planned_slots - SHRINKS_BY
    return replace(now, slots=planned_slots) if fits and fills else now


def p95(values: list[float]) -> float:
    """Return the 95th percentile by nearest rank."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def _possible(job: Job) -> bool:
    """Return whether the job took some time, not too much of it, and ended after it began."""
    forward = job.ended_at is None or job.ended_at > job.started_at
    return forward and timedelta() < job.duration <= LONGEST_RUN


def _one(taken: list[float], prior: float) -> Expected:
    measured = len(taken) >= ENOUGH_JOBS
    minutes = p95(taken) if measured else prior
    slots = min(SLOTS_PER_DAY, max(1, math.ceil(minutes * MARGIN / SLOT_MINUTES)))
    return Expected(minutes=round(minutes, 1), slots=slots, measured=len(taken) if measured else 0)

"""How late did past backups start? Each run of the job lists against the slot that its VM's policy starts at."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from shared.model.azure import Job
from shared.rules.durations import ItemKey
from shared.rules.slots import last_start
from shared.rules.start_delay import LONGEST_DELAY

type Run = tuple[datetime, datetime]
"""When a backup was scheduled to start, and when it started (UTC)."""


def past_runs(jobs: Iterable[Job], slots: Mapping[ItemKey, int]) -> list[Run]:
    """Return the runs that the `slots` explain; other items' jobs are left out.

    A job list does not say under which policy a job ran. So each item's jobs are read from the newest back to the first
    that its slot does not explain: until then it may have had another.
    """
    by_item: dict[ItemKey, list[datetime]] = defaultdict(list)
    for job in jobs:
        if job.operation == "Backup" and (job.vault_id, job.container) in slots:
            by_item[job.vault_id, job.container].append(job.started_at)
    return [run for key, starts in sorted(by_item.items()) for run in _explained(starts, slots[key])]


def _explained(starts: Iterable[datetime], slot: int) -> Iterator[Run]:
    for started in sorted(starts, reverse=True):
        scheduled = last_start(slot, started)
        if started - scheduled >= LONGEST_DELAY:
            return
        yield scheduled, started

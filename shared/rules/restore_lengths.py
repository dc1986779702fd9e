"""How long will a restore take? From this VM's own restores, else from its backups beside those of the fleet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from shared.model.restores import RestoreJob

SNAPSHOT_MINUTES = 10.0
"""A snapshot is turned into disks within minutes, whatever its size."""
PRIOR_MINUTES = 120.0
"""For fleets that have restored nothing yet: 200 GB at the 30 MB a second that Azure names as a good rate."""
OWN = 3
"""So many of the VM's last restores are looked at."""
SHARPEST = 8.0
"""A VM whose backups take longer than usual is not guessed to be more than so many times as long to restore."""

type ItemKey = tuple[str, str]
"""A vault's id and a container in it."""


@dataclass(frozen=True, slots=True)
class Past:
    """What tells of lengths: restores that completed, and the usual minutes of each item's backups."""

    restores: Sequence[RestoreJob]
    backups: Mapping[ItemKey, float]


def copied_minutes(jobs: Iterable[RestoreJob]) -> dict[ItemKey, list[float]]:
    """Return the minutes of restores that copied from the vault, oldest first, by item: shorter ones had snapshots."""
    found: dict[ItemKey, list[float]] = {}
    for job in sorted(jobs, key=lambda one: (one.started_at, one.id)):
        if job.ended_at is None or job.status not in {"Completed", "CompletedWithWarnings"}:
            continue
        minutes = (job.ended_at - job.started_at).total_seconds() / 60
        if minutes > SNAPSHOT_MINUTES:
            found.setdefault((job.vault_id, job.container), []).append(minutes)
    return found


def expected_minutes(items: Iterable[ItemKey], past: Past) -> dict[ItemKey, float]:
    """Return the minutes that a restore of each item from the vault is expected to take.

    The median of its own last restores; else the fleet's median, by as much longer or shorter as its backups are. That
    is a guess, which serves to put the long ones first.
    """
    own = copied_minutes(past.restores)
    usual = median([median(minutes[-OWN:]) for minutes in own.values()] or [PRIOR_MINUTES])
    backups = median(past.backups.values()) if past.backups else 0.0
    return {item: _one(own.get(item, []), past.backups.get(item, 0.0), usual, backups) for item in items}


def _one(own: Sequence[float], backup: float, usual: float, backups: float) -> float:
    if own:
        return median(own[-OWN:])
    times = backup / backups if backup and backups else 1.0
    return usual * min(max(times, 1 / SHARPEST), SHARPEST)

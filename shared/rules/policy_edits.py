"""May this edit of a policy happen now? An edit that moves runs moves them for every VM of the policy at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.model.azure import BackupPolicy
from shared.rules.retention import same_schedule
from shared.rules.safe_moments import Passage, next_safe_tick, obstacle
from shared.rules.tagged_days import CLASSES


@dataclass(frozen=True, slots=True)
class Rider:
    """A VM that an edit of its policy takes along, as if it moved from the policy to its new self."""

    name: str
    passage: Passage
    job_running: bool


def edit_obstacle(riders: Iterable[Rider], now: datetime) -> str:
    """Return why a policy may not be edited at `now`; "" where it may.

    An edit that leaves every run where it is may be made at any time; any other passes the rules of a move for each
    of the policy's VMs.
    """
    for rider in riders:
        if same_runs(rider.passage.current, rider.passage.target):
            continue
        if reason := "a job is running" if rider.job_running else obstacle(rider.passage, now):
            return f"{rider.name}: {reason}"
    return ""


def edit_again(riders: Iterable[Rider], now: datetime) -> datetime | None:
    """Return the first tick at which the edit may be safe for every VM; None where that cannot be said."""
    ticks = [
        next_safe_tick(rider.passage, now)
        for rider in riders
        if not same_runs(rider.passage.current, rider.passage.target)
    ]
    known = [tick for tick in ticks if tick is not None]
    return max(known) if known and len(known) == len(ticks) else None


def same_runs(one: BackupPolicy, other: BackupPolicy) -> bool:
    """Return whether two policies start runs at the same times, and tag the same ones."""
    return same_schedule(one, other) and all(_tagged(one, name) == _tagged(other, name) for name in CLASSES)


def _tagged(policy: BackupPolicy, name: str) -> tuple[str, ...]:
    kept = getattr(policy.retention, name)
    return kept.when if kept else ()

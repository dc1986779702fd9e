"""Do moved VMs fail more often than the others? Then all moves stop: the breaker of the safety contract's rule 10."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import comb

from shared.model.azure import BackupPolicy, Job
from shared.model.observed import Observed
from shared.model.plan import VmPlan
from shared.rules.due_runs import FINISHED, Ending, ending, last_due
from shared.rules.slot_policies import fingerprint
from shared.rules.slots import start_slots

SETTLED = timedelta(days=7)
"""A VM that was moved longer ago has had seven runs since: what ails it now is not the move. It is left out."""
FEWEST_BAD = 3
"""One or two bad runs are an ordinary night: about one run in a hundred fails."""
LEVEL = 0.01
"""So rarely would chance alone make the moved VMs look so bad: a false stop costs one look, a missed one backups."""
NAMES = 5
"""Bad VMs named in the one line of the alert."""


@dataclass(frozen=True, slots=True)
class Move:
    """One verified move: the policy's id, and the UTC instant."""

    policy: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What the ledger says of our own writes.

    `moves`: VM id -> its move. `written_at`: policy id -> when we last wrote it. Runs due at or before `since` do not
    count: no jobs were read for them, or an operator has looked at them and let the moves go on.
    """

    moves: Mapping[str, Move]
    written_at: Mapping[str, datetime]
    since: datetime


@dataclass(frozen=True, slots=True)
class DueRun:
    """The last due run of one VM; `moved` says whether the VM was moved lately, or never."""

    name: str
    region: str
    moved: bool
    ending: Ending


@dataclass(frozen=True, slots=True)
class Tally:
    """So many runs were `bad`, of so many in all."""

    bad: int
    total: int


def judge(observed: Observed, lines: Iterable[VmPlan], record: Record, now: datetime) -> str:
    """Return why all moves must stop, one sentence a region; "" where they may go on."""
    lines = tuple(lines)
    runs = due_runs(observed, lines, record, now)
    history = _before_the_moves(observed, lines, record, now)
    regions = sorted({run.region for run in runs if run.moved})
    return "; ".join(
        reason for region in regions if (reason := _reason(region, runs, history.get(region, Tally(0, 0))))
    )


def chance(moved: Tally, base: Tally) -> float:
    """Return how likely the moved have at least so many bad runs if moving made no difference.

    Fisher's exact test, one-sided; 1.0 where there is nothing to compare.
    """
    total, bad = moved.total + base.total, moved.bad + base.bad
    ways = sum(
        comb(bad, count) * comb(total - bad, moved.total - count)
        for count in range(moved.bad, min(bad, moved.total) + 1)
    )
    return ways / comb(total, moved.total)


def due_runs(observed: Observed, lines: Iterable[VmPlan], record: Record, now: datetime) -> tuple[DueRun, ...]:
    """Return the last due run of each VM that it can be told of.

    Left out are VMs that were moved long ago or that a person has moved on, that were never backed up, whose policy
    has no known start or is not as we wrote it, and whose last run was due before their move or its last edit.
    """
    jobs = _by_item(observed)
    items = {(item.vault_id, item.vm_id): item for item in observed.items if not item.soft_deleted}
    starts = {
        policy.id: start_slots(policy, now.date()) for policy in observed.policies if _as_written(policy, observed)
    }
    found = []
    for line in lines:
        item = items.get((line.vault_id, line.vm_id))
        if item is None or not starts.get(item.policy_id) or not (item.last_backup_at or item.last_recovery_point_at):
            continue
        move = record.moves.get(line.vm_id)
        start = last_due(starts[item.policy_id], line.minutes, now)
        if start <= max(record.since, record.written_at.get(item.policy_id, record.since)):
            continue
        if move is not None and (move.policy != item.policy_id or start <= move.at or not _lately(move, now)):
            continue
        end = ending(jobs[line.vault_id, item.container], start)
        if end is not None:
            found.append(DueRun(line.name, line.region, move is not None, end))
    return tuple(found)


def _reason(region: str, runs: Iterable[DueRun], history: Tally) -> str:
    """Return why moves must stop for what happened in one region, "" where it is nothing out of the ordinary.

    The moved VMs must do worse than the unmoved ones of the same night, or it is the night; and worse than
    themselves before their moves, or they always did. A comparison with too few to prove anything is left out.
    """
    here = [run for run in runs if run.region == region]
    moved, unmoved = _tally(here, moved=True), _tally(here, moved=False)
    telling = {
        f"{base.bad} of {base.total} {whom}": chance(moved, base)
        for base, whom in ((unmoved, "unmoved VMs"), (history, "runs before their moves"))
        if chance(moved, Tally(0, base.total)) < LEVEL
    }
    if moved.bad < FEWEST_BAD or not telling or max(telling.values()) >= LEVEL:
        return ""
    return (
        f"{moved.bad} of {moved.total} VMs moved lately in {region} failed or missed their last run, "
        f"against {' and '.join(telling)}: {_named(here)}"
    )


def _named(runs: Iterable[DueRun]) -> str:
    bad = [f"{run.name} {run.ending.value}" for run in runs if run.moved and run.ending is not Ending.GOOD]
    rest = len(bad) - NAMES
    return ", ".join(sorted(bad)[:NAMES]) + (f" and {rest} more" if rest > 0 else "")


def _tally(runs: Iterable[DueRun], *, moved: bool) -> Tally:
    endings = [run.ending for run in runs if run.moved is moved]
    return Tally(sum(end is not Ending.GOOD for end in endings), len(endings))


def _before_the_moves(observed: Observed, lines: Iterable[VmPlan], record: Record, now: datetime) -> dict[str, Tally]:
    """Count, by region, the backups before their moves of the VMs moved lately; missed ones left no job to count."""
    jobs = _by_item(observed)
    containers = {(item.vault_id, item.vm_id): item.container for item in observed.items if not item.soft_deleted}
    found: dict[str, Tally] = {}
    for line in lines:
        move, container = record.moves.get(line.vm_id), containers.get((line.vault_id, line.vm_id))
        if move is None or container is None or not _lately(move, now):
            continue
        ended = [
            job.status in FINISHED
            for job in jobs[line.vault_id, container]
            if job.operation == "Backup" and job.started_at < move.at and not job.running
        ]
        so_far = found.get(line.region, Tally(0, 0))
        found[line.region] = Tally(so_far.bad + ended.count(False), so_far.total + len(ended))
    return found


def _by_item(observed: Observed) -> defaultdict[tuple[str, str], list[Job]]:
    jobs: defaultdict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in observed.jobs:
        jobs[job.vault_id, job.container].append(job)
    return jobs


def _lately(move: Move, now: datetime) -> bool:
    return now - move.at <= SETTLED


def _as_written(policy: BackupPolicy, observed: Observed) -> bool:
    """A policy that a person changed since explains a missed run without any move."""
    line = fingerprint(policy)
    return observed.memory.written.get(policy.id, line) == line

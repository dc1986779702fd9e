"""How do running restores go? Once a minute: the one reader of their jobs and accounts, and who wakes whose turn it is.

It returns at once where no restore is under way. What it sees is written to the ledger, by which all others decide.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import FleetError, Permanent
from shared.flows.restores import pool, rows, standing
from shared.flows.restores.advance import look_at
from shared.flows.restores.looking import Scene, vault_named
from shared.flows.restores.rows import Under
from shared.flows.restores.standing import Standing
from shared.messages.restore_tasks import job_to_json
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import Step
from shared.model.restores import RestoreJob
from shared.ports import Ports
from shared.rules.restore_watching import KnownJob, details_due, vaults_due
from shared.telemetry import Event, tell

MARGIN = timedelta(days=2)
"""Jobs are listed from so long before any could still run by the intent."""
OVERDUE, EVERY = 2, 5
"""Minutes. A task whose look is so late has lost it: with whoever was killed between its step and its message. It is
woken then, and every so many minutes after that."""
_WITH_JOB = frozenset({Step.ACCEPTED, Step.RUNNING, Step.MOVING, Step.CANCELLING})


@dataclass(frozen=True, slots=True)
class Watch:
    """What one look did; `failed` counts vaults, jobs and pools that could not be read."""

    vaults: int = 0
    details: int = 0
    accounts: int = 0
    woken: int = 0
    failed: int = 0


def any_under_way(ports: Ports) -> bool:
    """Return whether any restore is under way, or not told of yet: one look at the ledger."""
    return bool(ports.ledger.rows(rows.TASKS))


def watch(ports: Ports, intent: FleetPolicy, now: datetime) -> Watch:
    """Read what is due of running jobs and of the pool, and wake the tasks that it means something to.

    Azure's silence about one vault or pool keeps back nothing else: it is asked again in a minute.
    """
    if not any_under_way(ports):
        return Watch()
    scene = Scene(ports, intent, now)
    now_is = standing.standing(ports)
    vaults, unread = _read_vaults(scene, now_is)
    now_is = standing.standing(ports) if vaults else now_is
    details, missed = _read_details(scene, now_is)
    accounts, lost = pool.refresh(scene, now_is)
    now_is = standing.standing(ports) if details or accounts else now_is
    woken = _wake(scene, now_is)
    done = Watch(vaults, details, accounts, woken, unread + missed + lost)
    tell(Event.RESTORES_WATCHED, at=now, vaults=vaults, details=details, accounts=accounts, woken=woken)
    return done


def _read_vaults(scene: Scene, now_is: Standing) -> tuple[int, int]:
    """List the restores of the vaults that are due; return how many were read, and how many could not be."""
    ours = {_side(one) for one in now_is.under.values() if one.state.step in _WITH_JOB}
    wanted = {_side(one) for one in now_is.under.values()}
    waiting = any(one.state.step is Step.WAITING for one in now_is.under.values())
    asked = {key: at for key, at in now_is.vaults.items() if waiting or key in ours}
    asked |= dict.fromkeys(ours - asked.keys())
    left = {sub: scene.ports.vaults.job_reads_left(sub) for sub in {key.split("/")[2] for key in asked}}
    due, failed = vaults_due(asked, ours, left, scene.now), 0
    since = scene.now - scene.intent.restore.limits.run - MARGIN
    for key in due:
        vault_id, _, region = key.partition(standing.AT)
        try:
            found = scene.ports.restores.jobs(vault_named(vault_id), since, scene.now, region)
        except FleetError as problem:
            failed += 1
            if isinstance(problem, Permanent) and key not in wanted:
                scene.ports.ledger.drop(standing.VAULTS, key)
            continue
        _note_jobs(scene, now_is, key, found)
        row = scene.ports.ledger.read(standing.VAULTS, key) or {}
        scene.ports.ledger.write(standing.VAULTS, key, {**row, "at": scene.now.isoformat()})
    return len(due) - failed, failed


def _side(one: Under) -> str:
    return standing.side(one.task.item.vault_id, one.task.secondary_region)


def _note_jobs(scene: Scene, now_is: Standing, side: str, found: Iterable[RestoreJob]) -> None:
    """Write down what runs, and what of ours has ended; forget what nobody asks about any more."""
    followed = {job_id for one in now_is.under.values() for job_id in (one.state.job_id, *one.state.past_jobs)}
    listed = {job.id: job for job in found}
    for job_id, job in listed.items():
        known = now_is.jobs.get(job_id)
        if job.terminal and job_id not in followed:
            if known is not None:
                scene.ports.ledger.drop(standing.JOBS, job_id)
            continue
        _note(scene, KnownJob(_merged(job, known), ours=True, detailed_at=known.detailed_at if known else None))
    for job_id, known in now_is.jobs.items():
        here = standing.side(known.job.vault_id, known.job.region) == side
        gone = here and job_id not in listed and job_id not in followed
        if gone and scene.now - known.job.started_at > scene.intent.restore.limits.run:
            scene.ports.ledger.drop(standing.JOBS, job_id)


def _merged(job: RestoreJob, known: KnownJob | None) -> RestoreJob:
    """Return the row of a list with the details that were read before."""
    if known is None or not known.job.detailed:
        return job
    return replace(known.job, status=job.status, ended_at=job.ended_at, errors=job.errors, cancellable=job.cancellable)


def _read_details(scene: Scene, now_is: Standing) -> tuple[int, int]:
    """Read the details that are due; return how many, and how many could not be read."""
    jobs: dict[str, list[KnownJob]] = defaultdict(list)
    for known in now_is.jobs.values():
        jobs[known.job.vault_id.split("/")[2]].append(known)
    read, failed = 0, 0
    for subscription, found in sorted(jobs.items()):
        for job_id in details_due(found, scene.ports.vaults.job_reads_left(subscription), scene.now):
            try:
                detail = scene.ports.restores.job(job_id, now_is.jobs[job_id].job.vault_id)
            except FleetError:
                failed += 1
                continue
            _note(scene, KnownJob(detail, ours=True, detailed_at=scene.now))
            read += 1
    return read, failed


def _note(scene: Scene, known: KnownJob) -> None:
    detailed = known.detailed_at.isoformat() if known.detailed_at else ""
    row = {"job": job_to_json(known.job), "detailed": detailed}
    if scene.ports.ledger.read(standing.JOBS, known.job.id) != row:
        scene.ports.ledger.write(standing.JOBS, known.job.id, row)


def _wake(scene: Scene, now_is: Standing) -> int:
    """Send a message to each task that something has changed for, or that has lost its own; return to how many."""
    turns = standing.turns(scene.ports, scene.intent, now_is, scene.now)
    standing.remember_order(scene.ports, turns)
    woken = 0
    for key, one in now_is.under.items():
        turn = turns.get(key)
        if (turn is not None and turn.account_id) or _has_ended(one, now_is) or _overdue(one, scene.now):
            look_at(scene.ports, key)
            woken += 1
    return woken


def _overdue(one: Under, now: datetime) -> bool:
    late = (now - one.state.due) // timedelta(minutes=1)
    return late >= OVERDUE and late % EVERY == OVERDUE


def _has_ended(one: Under, now_is: Standing) -> bool:
    known = now_is.jobs.get(one.state.job_id)
    return known is not None and known.job.terminal and not one.state.step.over

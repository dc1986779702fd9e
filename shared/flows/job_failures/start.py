"""May this failed backup be started again now? Judged anew from the vault itself, then sent once, then looked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import BadMessage, Permanent, Transient
from shared.flows.job_failures import facts
from shared.flows.job_failures.outbox import TRIAGE
from shared.flows.job_failures.respond import BACKUPS, RETRIES, Scene, context_of, scene_of
from shared.flows.set_aside import set_aside
from shared.messages.backups import BackupRequest, backup_from_json, backup_to_json
from shared.messages.jobs import TriageRequest, triage_to_json
from shared.model.azure import Job, ProtectedItem
from shared.model.failures import Attempt, Failure, Response, Severity
from shared.model.intent import FleetPolicy
from shared.ports import Ports
from shared.rules.due_runs import FINISHED, LISTING_LAG
from shared.rules.job_failures import LOOK_AGAIN
from shared.rules.job_outcomes import BACKUP
from shared.rules.on_demand import keep_until
from shared.rules.retries import ATTEMPTS_A_DAY, Context, failed_since, obstacle
from shared.telemetry import Event, tell

STARTS = "backup-starts"
SENT, SEEN, REFUSED = "sent", "seen", "refused"
CLOCKS_DIFFER = timedelta(minutes=2)
"""A job may say that it began a little before we sent for it."""


@dataclass(frozen=True, slots=True)
class Start:
    """A request, the failure that it answers, its item, the vault as it is now, and what is true around it."""

    request: BackupRequest
    failure: Failure
    item: ProtectedItem
    scene: Scene
    context: Context


def receive(ports: Ports, intent: FleetPolicy, text: str, now: datetime) -> None:
    """Start the backup that a message asks for; one that cannot be followed is set aside, and not retried."""
    try:
        outcome = start_backup(ports, intent, backup_from_json(text), now)
    except BadMessage as problem:
        set_aside(ports, BACKUPS, problem, text, now)
        return
    tell(Event.BACKUP_ASKED, at=now, outcome=outcome)


def start_backup(ports: Ports, intent: FleetPolicy, request: BackupRequest, now: datetime) -> str:
    """Start one backup, once; return what became of the request.

    Raises BadMessage for a retry that nobody decided on, Transient where the service did not begin or cannot be read.
    """
    start = _read(ports, intent, request, now)
    row = ports.ledger.read(STARTS, request.key)
    if row is not None and row["state"] != REFUSED:
        return _look_for(ports, start, row, now)
    if reason := _objection(ports, start, intent, now):
        return _not_started(ports, start, reason, now)
    if not _take(ports, request, row, now):
        return "another worker starts it"
    return _send(ports, start, now)


def _read(ports: Ports, intent: FleetPolicy, request: BackupRequest, now: datetime) -> Start:
    known = facts.history(ports.ledger)
    failure = next((one for one in known.failures if one.id == request.failure_id), None)
    decided = any(
        one.failure_id == request.failure_id and one.response is Response.RETRY for one in known.attempts
    ) and ports.ledger.read(RETRIES, request.key)
    if failure is None or not decided or failure.vault_id != request.vault_id or failure.vm_id != request.vm_id:
        raise BadMessage([f"failure_id: nobody decided to start {request.failure_id} of {request.vm_id} again"])
    scene = scene_of(ports, intent, request.vault_id, known, now)
    item = next((one for one in scene.reading.items if one.vm_id == request.vm_id), None)
    if item is None:
        raise BadMessage([f"vm_id: {request.vm_id} is not protected in {request.vault_id}"])
    return Start(request, failure, item, scene, context_of(scene, failure, intent))


def _objection(ports: Ports, start: Start, intent: FleetPolicy, now: datetime) -> str:
    """Return why nothing may be started now; the day's quota is spent when nothing else objects."""
    backups = [job for job in start.context.jobs if job.name != start.failure.job_id]
    if any(job.running for job in backups):
        return "another job holds it"
    if any(_completed(job) and job.started_at >= start.failure.started_at for job in backups):
        return "another backup has made up for it"
    if failed_since(start.failure, backups):
        return "another backup has failed since, and has an answer of its own"
    if reason := obstacle(start.failure, start.context, now):
        return reason
    limit = min(intent.limits.backups_per_vm_day, ATTEMPTS_A_DAY)
    if not ports.ledger.spend("backups", start.item.id, now.date(), limit):
        return f"the day's {limit} starts are spent"
    return ""


def _completed(job: Job) -> bool:
    return job.operation == BACKUP and job.status in FINISHED


def _take(ports: Ports, request: BackupRequest, row: Mapping[str, str] | None, now: datetime) -> bool:
    """Take the request for this worker. What was sent is not known to have arrived, so it is written down before."""
    sent = {"state": SENT, "at": now.isoformat()}
    if row is None:
        return ports.ledger.claim(STARTS, request.key, sent)
    # The service refused at the door: only the one who gets this turn may knock again.
    if not ports.ledger.claim(STARTS, f"{request.key}|after {row['at']}", sent):
        return False
    ports.ledger.write(STARTS, request.key, sent)
    return True


def _send(ports: Ports, start: Start, now: datetime) -> str:
    missed = start.failure.scheduled_for or start.failure.started_at
    try:
        ports.vaults.back_up(start.item, keep_until(start.context.policy, missed, now))
    except Transient as problem:
        if problem.refused:
            ports.ledger.write(STARTS, start.request.key, {"state": REFUSED, "at": now.isoformat()})
            raise
    except Permanent as problem:
        return _not_started(ports, start, f"the service refused it: {problem}", now)
    ports.queues.send(BACKUPS, backup_to_json(start.request), LISTING_LAG.total_seconds())
    return "sent"


def _look_for(ports: Ports, start: Start, row: Mapping[str, str], now: datetime) -> str:
    """Look for the job of what was sent. One that shows late is not missed before its time."""
    sent_at = datetime.fromisoformat(row["at"])
    if row["state"] == SEEN:
        return "its job was seen"
    began = [job for job in start.context.jobs if job.operation == BACKUP and job.started_at >= sent_at - CLOCKS_DIFFER]
    if began:
        ports.ledger.write(STARTS, start.request.key, {**row, "state": SEEN, "job": began[0].id})
        return "its job was seen"
    if now < sent_at + LISTING_LAG:
        left = sent_at + LISTING_LAG - now
        ports.queues.send(BACKUPS, backup_to_json(start.request), left.total_seconds())
        return "its job may still show"
    return _not_started(ports, start, "it was sent, and no job came of it", now)


def _not_started(ports: Ports, start: Start, reason: str, now: datetime) -> str:
    """Remember that this retry started nothing, and why: the failure is open again, and judged again."""
    attempt = Attempt(
        failure_id=start.failure.id,
        at=now,
        response=Response.WAIT,
        reason=f"not started again: {reason}",
        severity=Severity.WARNING,
        needs_human=start.request.number > 1,
    )
    facts.add(ports.ledger, start.scene.known, [attempt])
    again = triage_to_json(TriageRequest(start.request.vault_id, start.failure.id))
    ports.queues.send(TRIAGE, again, LOOK_AGAIN.total_seconds())
    return attempt.reason

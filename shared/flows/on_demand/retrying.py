"""Is this retry one that was decided on, may it be started, and what follows where not? Its failure is the judge."""

from dataclasses import dataclass
from datetime import datetime

from shared.errors import BadMessage
from shared.flows.job_failures import facts, outbox
from shared.flows.job_failures.respond import RETRIES
from shared.flows.on_demand import asking, rows
from shared.flows.on_demand.rows import Row
from shared.messages.backups import BackupRequest
from shared.messages.jobs import TriageRequest, triage_to_json
from shared.model.failures import Attempt, Failure, History, Response, Severity
from shared.model.on_demand import Purpose
from shared.ports import Ports
from shared.rules.due_runs import FINISHED
from shared.rules.job_failures import LOOK_AGAIN
from shared.rules.job_outcomes import BACKUP
from shared.rules.on_demand import keep_until
from shared.rules.retries import Context, failed_since, obstacle


@dataclass(frozen=True, slots=True)
class Retry:
    """The retry `number` of a failure, and what is known of failures."""

    failure: Failure
    number: int
    known: History


def decided(ports: Ports, request: BackupRequest, now: datetime) -> tuple[Retry, Row]:
    """Return the retry with its row. Raises BadMessage for one that nobody decided on."""
    known = facts.history(ports.ledger)
    failure = next((one for one in known.failures if one.id == request.failure_id), None)
    answered = any(one.failure_id == request.failure_id and one.response is Response.RETRY for one in known.attempts)
    decision = ports.ledger.read(RETRIES, request.key) if answered else None
    if failure is None or decision is None or failure.vault_id != request.vault_id or failure.vm_id != request.vm_id:
        raise BadMessage([f"failure_id: nobody decided to start {request.failure_id} of {request.vm_id} again"])
    row = rows.find(ports.ledger, request.wanted_key)
    if row is None:
        wanted = asking.retry_wanted(request, decision, keep_until(None, failure.started_at, now))
        asking.claim(ports.ledger, wanted, failure.vm_name, now)
        row = rows.find(ports.ledger, request.wanted_key)
    assert row is not None
    return Retry(failure, request.number, known), row


def request_of(row: Row) -> BackupRequest:
    """Return the request that a retry's row stands for."""
    wanted = row.value.wanted
    failure_id, _, number = wanted.key.removeprefix(f"{Purpose.RETRY}|").rpartition("|")
    return BackupRequest(wanted.vault_id, wanted.vm_id, failure_id, int(number))


def objection(retry: Retry, context: Context, now: datetime) -> str:
    """Return why the failure is not made up for by a start now, "" where it is."""
    backups = [job for job in context.jobs if job.name != retry.failure.job_id]
    if any(job.running for job in backups):
        return "another job holds it"
    made = [job for job in backups if job.operation == BACKUP and job.status in FINISHED]
    if any(job.started_at >= retry.failure.started_at for job in made):
        return "another backup has made up for it"
    if failed_since(retry.failure, backups):
        return "another backup has failed since, and has an answer of its own"
    return obstacle(retry.failure, context, now)


def kept_until(retry: Retry, context: Context, now: datetime) -> datetime:
    """Return until when the point is kept: as long as that of the run which it stands in for."""
    return keep_until(context.policy, retry.failure.scheduled_for or retry.failure.started_at, now)


def not_started(ports: Ports, retry: Retry, reason: str, now: datetime) -> str:
    """Remember that this retry started nothing, and why: the failure is open again, and judged again."""
    attempt = Attempt(
        failure_id=retry.failure.id,
        at=now,
        response=Response.WAIT,
        reason=f"not started again: {reason}",
        severity=Severity.WARNING,
        needs_human=retry.number > 1,
    )
    facts.add(ports.ledger, retry.known, [attempt])
    again = triage_to_json(TriageRequest(retry.failure.vault_id, retry.failure.id))
    ports.queues.send(outbox.TRIAGE, again, LOOK_AGAIN.total_seconds())
    return attempt.reason

"""What became of a restore, and who is told? A result as a document and an event, and an alert where it failed."""

from datetime import timedelta

from shared.errors import FleetError, Permanent
from shared.flows.job_failures.people import tell_alert
from shared.flows.restores import leases, rows, standing
from shared.flows.restores.looking import Scene
from shared.flows.restores.rows import Under
from shared.messages.restore_tasks import result_event, result_to_json
from shared.model.failures import Alert, Severity
from shared.model.restore_tasks import Leftover, RestoreResult, Step
from shared.model.restores import RestoreJob
from shared.rules.restore_history import TO_DO
from shared.rules.restore_results import file_name, leftovers_of, result_of
from shared.telemetry import Event, tell

PORTAL = "https://portal.azure.com/#@/resource"


def finish(scene: Scene, one: Under) -> RestoreResult:
    """Tell what became of a task that is over, then put it away.

    A crash between any two of these tells it again: the document and the event are the same ones.
    """
    ports = scene.ports
    jobs = [_job(scene, job_id) for job_id in (*one.state.past_jobs, one.state.job_id) if job_id]
    known = [job for job in jobs if job is not None]
    result = result_of(one.task, one.state, known, _left(scene, one, known))
    text = result_to_json(result)
    ports.results.save(one.task.request_id, file_name(one.task), text)
    if result.step is Step.FAILED:
        tell_alert(ports, scene.intent, _alert(one, result), scene.now)
    try:
        ports.events.publish([result_event(result)])
    except Permanent as problem:
        tell(Event.ALERT, code="restore-unannounced", subject=result.key, text=str(problem))
    if one.state.account_id:
        leases.give_back(ports.ledger, one.state.account_id, one.task.key)
    rows.end(ports.ledger, one, text, scene.now)
    for job in known:
        if job.terminal:
            ports.ledger.drop(standing.JOBS, job.id)
    return result


def _job(scene: Scene, job_id: str) -> RestoreJob | None:
    known = standing.job(scene.ports, job_id)
    return known.job if known else None


def _left(scene: Scene, one: Under, jobs: list[RestoreJob]) -> tuple[Leftover, ...]:
    """Return what the jobs left behind; that the disks cannot be listed now does not keep the result back."""
    disks = {}
    for job in jobs:
        if one.task.group_id and job.status != "Completed":
            try:
                disks[job.id] = scene.ports.restores.disks(one.task.group_id, job.id)
            except FleetError:
                disks[job.id] = []
    return leftovers_of(one.state, jobs, disks)


def _alert(one: Under, result: RestoreResult) -> Alert:
    name = one.task.item.name or one.task.item.vm_id.rpartition("/")[2]
    tried = f"{one.state.attempts} of its orders were sent" if one.state.attempts else "nothing was sent"
    took = result.ended_at - result.accepted_at
    return Alert(
        key=f"restore|{result.key}",
        severity=Severity.ERROR,
        title=f"The restore of {name} failed",
        what_happened=f"{result.reason} (request {result.request_id}, after {took // timedelta(minutes=1)} minutes)",
        what_was_tried=f"{tried}; accounts: {', '.join(_names(one)) or 'none'}",
        what_to_do=tuple(f"{number}. {step}" for number, step in enumerate(TO_DO, start=1)),
        link=f"{PORTAL}{one.state.job_id or one.task.item.vault_id}",
        members=(name,),
        covers=(),
        code="restore-failed",
    )


def _names(one: Under) -> list[str]:
    ids = [*one.state.tried, one.state.account_id]
    return [account_id.rpartition("/")[2] for account_id in ids if account_id]

"""What is done about a failure that was announced? Its vault is read anew, and every open failure in it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.errors import BadMessage
from shared.flows.job_failures import facts, outbox
from shared.flows.job_failures.reading import (
    Reading,
    jobs_of_items,
    missing_runs,
    outcomes,
    read_vault,
)
from shared.flows.look import newest_plan, vaults_in_scope
from shared.flows.on_demand import asking
from shared.flows.on_demand.asking import BACKUPS
from shared.flows.set_aside import set_aside
from shared.flows.writes import PAUSES
from shared.messages.backups import BackupRequest, backup_to_json
from shared.messages.jobs import TriageRequest, triage_from_json, triage_to_json
from shared.model.azure import ProtectedItem, ProtectionState, Vault
from shared.model.failures import Attempt, Failure, History, Kind, Response, Verdict
from shared.model.intent import FleetPolicy
from shared.model.plan import VmPlan
from shared.ports import Ports
from shared.rules.durations import PRIOR_MINUTES
from shared.rules.enrolment import FIRST_BACKUP
from shared.rules.incidents import answered, attempts_for, earlier_runs, fold
from shared.rules.job_failures import NOT_STARTED, triage
from shared.rules.on_demand import keep_until
from shared.rules.retries import Context
from shared.rules.scope import pause_on
from shared.telemetry import Event, tell

RETRIES = "retries"
SWITCH = "backup"
UNPROTECTED = "it is not protected any more"
JUDGED_AGAIN = timedelta(minutes=25)
"""An answer that was to wait is not given anew before this, however many messages ask."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One vault as it is now, and what is known of its failures. `lines` are those of the newest plan.

    `regions` are those of all vaults in scope, by id.
    """

    reading: Reading
    known: History
    minutes: Mapping[str, float]
    stopped: str
    lines: tuple[VmPlan, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict)

    @property
    def vault(self) -> Vault:
        """The vault."""
        return self.reading.vaults[0]


def receive(ports: Ports, intent: FleetPolicy, text: str, now: datetime) -> None:
    """Answer what a message asks for; one that cannot be followed is set aside with its reasons, and not retried."""
    try:
        respond(ports, intent, triage_from_json(text), now)
    except BadMessage as problem:
        set_aside(ports, outbox.TRIAGE, problem, text, now)


def respond(ports: Ports, intent: FleetPolicy, request: TriageRequest, now: datetime) -> int:
    """Judge the failures of the request's vault that have no answer yet, or may have another; return how many.

    A second message about an answered failure costs one look at the ledger. Raises BadMessage for a vault out of scope
    or a job that is not there; Transient or Permanent where the vault cannot be read.
    """
    known = facts.history(ports.ledger)
    named = [one for one in known.failures if (one.id, one.vault_id) == (request.failure_id, request.vault_id)]
    if any(not _open(one, known, now) for one in named):
        return 0
    try:
        scene = scene_of(ports, intent, request.vault_id, known, now)
    except BadMessage:
        _forget(ports, request)
        raise
    failures = {one.id: one for one in _failures(scene, now)}
    if request.failure_id not in failures:
        _gone(ports, request)
    found = [one for one in failures.values() if _open(one, known, now)]
    for failure in found:
        scene = _answer(ports, intent, scene, failure, now)
    tell(Event.ANSWERED, at=now, vault=request.vault_id, failures=len(found))
    return len(found)


def scene_of(ports: Ports, intent: FleetPolicy, vault_id: str, known: History, now: datetime) -> Scene:
    """Read the vault, if it is in scope; raise BadMessage where it is not."""
    vaults = vaults_in_scope(ports, intent)
    vault = next((one for one in vaults if one.id == vault_id), None)
    if vault is None:
        raise BadMessage([f"vault_id: {vault_id} is no vault in scope"])
    made = newest_plan(ports)
    lines = made.vms if made else ()
    minutes = {line.vm_id: line.minutes for line in lines}
    stopped, regions = stopped_by(ports, vault.name, now), {one.id: one.region for one in vaults}
    return Scene(read_vault(ports, vault, now), known, minutes, stopped, lines, regions)


def stopped_by(ports: Ports, vault_name: str, now: datetime) -> str:
    """Return why no backup may be started in a vault now whatever it is for, "" where one may."""
    off = "" if SWITCH in ports.switches else f"the switch `{SWITCH}` is off"
    return pause_on(ports.ledger.rows(PAUSES), vault_name, now) or off


def context_of(scene: Scene, failure: Failure, intent: FleetPolicy) -> Context:
    """Return what is true around a failure."""
    return replace(context_around(scene, failure.vm_id, intent), earlier=earlier_runs(scene.known, failure))


def context_around(scene: Scene, vm_id: str, intent: FleetPolicy) -> Context:
    """Return what is true around a VM's next backup."""
    item = item_in(scene, vm_id)
    return Context(
        intent=intent,
        vm=next((vm for vm in scene.reading.vms if vm.id == vm_id), None),
        policy=next((one for one in scene.reading.policies if item and one.id == item.policy_id), None),
        jobs=jobs_of_items(scene.reading).get(vm_id, ()),
        minutes=_minutes(scene, item, vm_id),
        last_point_at=item.last_recovery_point_at if item else None,
        stopped=scene.stopped or _unprotected(item),
    )


def item_in(scene: Scene, vm_id: str) -> ProtectedItem | None:
    """Return the VM's protected item in the vault, None where there is none."""
    return next((one for one in scene.reading.items if one.vm_id == vm_id), None)


def _minutes(scene: Scene, item: ProtectedItem | None, vm_id: str) -> float:
    """Return how long a backup of the VM takes: its first one may take so long that it meets the next run."""
    if item is not None and item.state is ProtectionState.IR_PENDING:
        return FIRST_BACKUP / timedelta(minutes=1)
    return scene.minutes.get(vm_id, PRIOR_MINUTES)


def _unprotected(item: ProtectedItem | None) -> str:
    return "" if item is not None and item.policy_id and not item.soft_deleted else UNPROTECTED


def _failures(scene: Scene, now: datetime) -> list[Failure]:
    """Return what the vault itself shows to have gone wrong."""
    ended = [one for one in outcomes(scene.reading) if isinstance(one, Failure)]
    return [*ended, *missing_runs(scene.reading, now)]


def _open(failure: Failure, known: History, now: datetime) -> bool:
    """Return whether an answer may be given now: the first one, or another after one that was to wait."""
    given = [one for one in known.attempts if one.failure_id == failure.id]
    last = max(given, key=lambda one: one.at, default=None)
    return last is None or (last.response is Response.WAIT and now - last.at >= JUDGED_AGAIN)


def _gone(ports: Ports, request: TriageRequest) -> None:
    """Forget a run that came after all; raise BadMessage for a job that is not in the vault, or did not fail."""
    _forget(ports, request)
    if Kind(request.failure_id.rpartition(":")[2]) not in {*NOT_STARTED, Kind.COLLIDED, Kind.MISSING_VM}:
        raise BadMessage([f"failure_id: the vault shows no {request.failure_id} in the last two days"])


def _forget(ports: Ports, request: TriageRequest) -> None:
    """Announce it no more, and ask for it no more; what is written down of another vault stays."""
    row = ports.ledger.read(outbox.OUTBOX, request.failure_id)
    if row is not None and row["vault"] == request.vault_id:
        ports.ledger.drop(outbox.OUTBOX, request.failure_id)


def _answer(ports: Ports, intent: FleetPolicy, scene: Scene, failure: Failure, now: datetime) -> Scene:
    """Judge one failure, remember the answer, and do what it says."""
    known = fold(scene.known, [failure])
    before = attempts_for(known, failure)
    verdict = triage(failure, before, context_of(scene, failure, intent), now)
    if verdict.response is Response.RETRY and verdict.retry_at is not None:
        attempt = _retry(ports, failure, verdict, before, now)
    else:
        attempt = answered(failure, verdict, now)
        if verdict.look_again_at is not None and verdict.look_again_at > now:
            again = triage_to_json(TriageRequest(failure.vault_id, failure.id))
            ports.queues.send(outbox.TRIAGE, again, (verdict.look_again_at - now).total_seconds())
    known = facts.add(ports.ledger, scene.known, [failure, attempt])
    return replace(scene, known=known)


def _retry(ports: Ports, failure: Failure, verdict: Verdict, before: tuple[Attempt, ...], now: datetime) -> Attempt:
    """Ask for a backup. The row says who decided it, and when: a second worker, or a second try, decides the same."""
    assert verdict.retry_at is not None
    number = 1 + sum(one.response is Response.RETRY for one in before)
    request = BackupRequest(failure.vault_id, failure.vm_id, failure.id, number)
    row = {"at": now.isoformat(), "retry_at": verdict.retry_at.isoformat(), "reason": verdict.reason}
    if not ports.ledger.claim(RETRIES, request.key, row):
        row = dict(ports.ledger.read(RETRIES, request.key) or row)
    retry_at = datetime.fromisoformat(row["retry_at"])
    wanted = asking.retry_wanted(request, row, keep_until(None, failure.started_at, retry_at))
    asking.claim(ports.ledger, wanted, failure.vm_name, now)
    ports.queues.send(BACKUPS, backup_to_json(request), max(0.0, (retry_at - now).total_seconds()))
    return Attempt(
        failure_id=failure.id,
        at=datetime.fromisoformat(row["at"]),
        response=Response.RETRY,
        reason=row["reason"],
        severity=verdict.severity,
        needs_human=verdict.needs_human,
        retry_at=retry_at,
    )

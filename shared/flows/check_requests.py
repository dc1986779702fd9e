"""Is one VM, or one vault, protected as intended right now? A message asks; the truth is read anew."""

import json
from dataclasses import replace
from datetime import datetime

from shared.errors import BadMessage, Permanent
from shared.flows import breaker, enrolment, tampering
from shared.flows.enforcement import Due, carry_out
from shared.flows.look import look, newest_plan, vaults_in_scope
from shared.flows.record import record
from shared.flows.turns import take
from shared.flows.writes import Writer
from shared.messages.checks import CheckRequest, check_request_from_json, check_request_to_json
from shared.model.azure import Vault, Vm
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Finding, Step
from shared.ports import Ports
from shared.rules import plan_proof, protection
from shared.rules.backup_windows import AHEAD
from shared.rules.enforcement import fleet_objection
from shared.rules.enrolment import with_enrolments
from shared.telemetry import Event, tell

REQUESTS = "check-requests"
REJECTED = "check-rejected"
CHECKED = "checked"
"""When each VM and vault was last looked at by request."""
KEPT_CHARACTERS = 4000
"""Of a rejected message: enough to recognise it by, and it fits beside its reasons."""


def receive(ports: Ports, intent: FleetPolicy, text: str, now: datetime) -> None:
    """Check what a message asks for; one that cannot be followed is set aside with its reasons, and not retried."""
    try:
        check_one(ports, intent, check_request_from_json(text), now)
    except BadMessage as problem:
        rejected = {"version": 1, "reasons": problem.reasons[:20], "message": text[:KEPT_CHARACTERS]}
        ports.queues.send(REJECTED, json.dumps(rejected))
        tell(Event.CHECK_REJECTED, at=now, reasons=problem.reasons[:20])


def check_one(
    ports: Ports, intent: FleetPolicy, request: CheckRequest, now: datetime
) -> tuple[tuple[Finding, ...], tuple[Step, ...]]:
    """Tell at once what is not as intended, and with the switch `enrol` enrol what is due for it; return both.

    The request is a stranger's hint. Raises BadMessage where it names nothing in scope. A change that a look has seen
    since needs no other one.
    """
    if _seen(ports, request):
        return (), ()
    vaults = vaults_in_scope(ports, intent)
    near = _near(request, vaults, _vm(ports, intent, request))
    observed = look(ports, intent, near)
    tampering.watch(ports, intent, observed, now)
    findings = (*observed.unreadable, *protection.judge(observed, intent, now.date()))
    findings = tuple(found for found in findings if _asked(request, found.subject, observed))
    tell(
        Event.PROTECTION_CHECKED,
        at=now,
        subject=request.vm_id or request.vault_id,
        findings=[f"{found.code}: {found.text}" for found in findings if found.code in protection.NEEDS_HUMAN],
    )
    steps = _enrol(ports, intent, request, observed, now) if enrolment.SWITCH in ports.switches else ()
    ports.ledger.write(CHECKED, request.vm_id or request.vault_id, {"at": now.isoformat()})
    return findings, steps


def ask(ports: Ports, intent: FleetPolicy, vm: str = "", vault: str = "") -> CheckRequest:
    """Send a request for one VM or one vault, by name or id; raise Permanent where none or several have the name."""
    if vm:
        found = [
            one.id for one in ports.fleet.vms(intent.scope.subscriptions) if vm.lower() in {one.id, one.name.lower()}
        ]
    else:
        found = [one.id for one in vaults_in_scope(ports, intent) if vault.lower() in {one.id, one.name.lower()}]
    if len(found) != 1:
        fits = "nothing in scope" if not found else "more than one"
        raise Permanent(f"check {vm or vault}: {fits} has this name; give its resource id")
    request = CheckRequest(vm_id=found[0]) if vm else CheckRequest(vault_id=found[0])
    ports.queues.send(REQUESTS, check_request_to_json(request))
    return request


def _seen(ports: Ports, request: CheckRequest) -> bool:
    if request.changed_at is None:
        return False
    row = ports.ledger.read(CHECKED, request.vm_id or request.vault_id)
    return row is not None and datetime.fromisoformat(row["at"]) > request.changed_at


def _vm(ports: Ports, intent: FleetPolicy, request: CheckRequest) -> Vm | None:
    if not request.vm_id:
        return None
    subscription = request.vm_id.split("/")[2]
    if subscription not in {one.lower() for one in intent.scope.subscriptions}:
        raise BadMessage([f"vm_id: {request.vm_id} is no VM of the subscriptions in scope"])
    return next((vm for vm in ports.fleet.vms(intent.scope.subscriptions) if vm.id == request.vm_id), None)


def _near(request: CheckRequest, vaults: tuple[Vault, ...], vm: Vm | None) -> tuple[Vault, ...]:
    """Return the vaults of the region that is asked about: a VM's backup never lies in another one.

    Of a VM that is gone nothing but the subscription is known.
    """
    if vm is not None:
        return tuple(vault for vault in vaults if vault.region == vm.region)
    if request.vm_id:
        return tuple(vault for vault in vaults if request.vm_id.startswith(f"/subscriptions/{vault.subscription}/"))
    asked = next((vault for vault in vaults if vault.id == request.vault_id), None)
    if asked is None:
        raise BadMessage([f"vault_id: {request.vault_id} is no vault in scope"])
    return tuple(vault for vault in vaults if vault.region == asked.region)


def _asked(request: CheckRequest, subject: str, observed: Observed) -> bool:
    """Return whether a subject is the VM that is asked about, or is in the vault, or of its region unprotected."""
    if request.vm_id:
        return subject == request.vm_id
    homes = {item.vm_id: item.vault_id for item in observed.items}
    regions = {vault.id: vault.region for vault in observed.vaults}
    nearby = {vm.id for vm in observed.vms if vm.id not in homes and vm.region == regions.get(request.vault_id)}
    return homes.get(subject) == request.vault_id or subject in nearby or subject.startswith(request.vault_id)


def _enrol(
    ports: Ports, intent: FleetPolicy, request: CheckRequest, observed: Observed, now: datetime
) -> tuple[Step, ...]:
    """Enrol what is asked about beside the newest plan, under the same limits; no report has to show it first."""
    made = newest_plan(ports)
    if made is None or fleet_objection(made, intent, ports.switches, now) or breaker.stopped(ports):
        return ()
    night = made.night + AHEAD
    planned = with_enrolments(replace(made, enrolments=()), replace(observed, previous=made), intent, night, now)
    joining = tuple(one for one in planned.enrolments if one.vm_id == request.vm_id or one.vault_id == request.vault_id)
    if not joining or plan_proof.check(planned, intent, observed.vms):
        return ()
    turn = take(ports, f"check {request.vm_id or request.vault_id}", now)
    steps = carry_out(Writer(ports, intent, now, turn), Due(planned, (), (), enrolments=joining), observed)
    record(ports, intent, steps, now)
    return steps

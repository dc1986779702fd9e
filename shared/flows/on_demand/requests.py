"""What does an operator ask for? A message becomes what is wanted, once; what is refused is set aside."""

from datetime import datetime, timedelta

from shared.errors import BadMessage
from shared.flows.on_demand import rows
from shared.flows.on_demand.asking import BACKUPS
from shared.flows.on_demand.rows import Row
from shared.flows.set_aside import set_aside
from shared.messages.asked_backups import asked_from_json, asked_to_json, named_in
from shared.model.azure import ProtectedItem, Vm
from shared.model.intent import FleetPolicy
from shared.model.on_demand import AskedBackup, OnDemandBackup, Purpose, Stage, Wanted, operator_key
from shared.ports import Ports
from shared.rules.asked_backups import Found, find

WAITS = timedelta(days=1)
"""How long a request may wait for its start that does not say."""


def accept(ports: Ports, intent: FleetPolicy, text: str, now: datetime) -> Row:
    """Return where a request stands: a new one waits, or is refused where its VM is none that may be backed up.

    A second message finds the first, but for one that takes its refusal back. Raises BadMessage with every reason for
    one that cannot be read, or that asks for what nobody may have.
    """
    request_id, refused_at = named_in(text)
    row = rows.find(ports.ledger, operator_key(request_id)) if request_id else None
    if row is not None and not (row.value.stage is Stage.REFUSED and row.value.at == refused_at):
        return row
    asked = asked_from_json(text, _least(intent), now)
    found = _find(ports, intent, asked)
    wanted = Wanted(
        key=asked.key,
        purpose=Purpose.OPERATOR,
        vm_id=found.vm_id,
        vault_id=found.vault_id,
        reason=asked.reason,
        requester=asked.requester,
        asked_at=now,
        keep_until=asked.retain_until,
        not_before=now,
        not_after=asked.not_after or now + WAITS,
    )
    stage = Stage.REFUSED if found.objection else Stage.WAITING
    value = OnDemandBackup(wanted=wanted, vm=found.name or asked.vm, stage=stage, said=found.objection, at=now)
    if row is None:
        rows.claim(ports.ledger, value)
    else:
        rows.move(ports.ledger, row, value)
    now_is = rows.find(ports.ledger, asked.key)
    assert now_is is not None
    return now_is


def send(ports: Ports, intent: FleetPolicy, asked: AskedBackup, now: datetime) -> OnDemandBackup | None:
    """Send a request that could be followed as far as is known here; raise BadMessage with every reason.

    Return what is known of a request with this id already: then nothing is sent.
    """
    text = asked_to_json(asked)
    asked_from_json(text, _least(intent), now)
    if (known := rows.find(ports.ledger, asked.key)) is not None:
        return known.value
    if objection := _find(ports, intent, asked).objection:
        raise BadMessage([objection])
    ports.queues.send(BACKUPS, text)
    return None


def show_refusal(ports: Ports, one: OnDemandBackup) -> None:
    """Set a refused request aside, where an operator sees it; sent again, it takes this one refusal back."""
    wanted = one.wanted
    if wanted.purpose is not Purpose.OPERATOR or one.stage is not Stage.REFUSED:
        return
    again = AskedBackup(
        id=wanted.key.partition("|")[2],
        vm=wanted.vm_id or one.vm,
        reason=wanted.reason,
        requester=wanted.requester,
        retain_until=wanted.keep_until,
        not_after=wanted.not_after if wanted.not_after != wanted.asked_at + WAITS else None,
        refused_at=one.at,
    )
    set_aside(ports, BACKUPS, BadMessage([one.said]), asked_to_json(again), one.at)


def _find(ports: Ports, intent: FleetPolicy, asked: AskedBackup) -> Found:
    vms: list[Vm] = ports.fleet.vms(intent.scope.subscriptions)
    items: list[ProtectedItem] = ports.fleet.items(intent.scope.subscriptions)
    return find(asked.vm, vms, items, intent)


def _least(intent: FleetPolicy) -> timedelta:
    return timedelta(days=intent.limits.on_demand_least_days)

"""How does an unprotected VM come under protection? Judged once more, sent once, and true only when re-read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from shared.flows.writes import Protection, Sent, Writer, write_protection
from shared.model.azure import ProtectedItem
from shared.model.night import ENROLMENT_STEP
from shared.model.observed import Observed
from shared.model.plan import Enrolment, Outcome, Plan, Step
from shared.rules.enrolment import objection
from shared.rules.protection import enable_command
from shared.rules.slot_policies import id_of

SWITCH = "enrol"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of each enrolment that will not be written now, and the others, ready to be sent."""

    steps: Mapping[str, Step]
    going: tuple[Protection, ...]


@dataclass(frozen=True, slots=True)
class Newcomers:
    """The steps that are settled, and what was sent, by VM id."""

    steps: Mapping[str, Step]
    sent: Mapping[str, tuple[Protection, Sent]]


def enrolment_step(writer: Writer, planned: Enrolment, outcome: Outcome, reason: str) -> Step:
    """Return the record of one intended enrolment."""
    return Step(writer.now, ENROLMENT_STEP, planned.vm_id, outcome, reason, "", planned.policy)


def judge(writer: Writer, made: Plan, due: Iterable[Enrolment], observed: Observed) -> Judged:
    """Judge what is due on what was just read: the plan is a hint."""
    vaults = {vault.id: vault for vault in observed.vaults}
    vms = {vm.id: vm for vm in observed.vms}
    items = {item.vm_id: item for item in sorted(observed.items, key=lambda item: not item.soft_deleted)}
    targets = {policy.id: policy for policy in made.policies}
    steps, going = {}, []
    for one in due:
        vault, target, item = vaults.get(one.vault_id), targets[id_of(one.vault_id, one.policy)], items.get(one.vm_id)
        if item is not None and item.policy_id == target.id:
            steps[one.vm_id] = enrolment_step(writer, one, Outcome.WRITTEN, "is protected by its planned policy")
        elif item is not None:
            why = f"somebody protected it by {item.policy_name or 'no policy'} since it was planned"
            steps[one.vm_id] = enrolment_step(writer, one, Outcome.HELD, why)
        elif vault is None:
            steps[one.vm_id] = enrolment_step(writer, one, Outcome.WAITING, "its vault could not be read")
        elif why := objection(one, vault, observed, writer.intent, writer.now.date()):
            steps[one.vm_id] = enrolment_step(writer, one, Outcome.HELD, why)
        else:
            going.append(Protection(vault, vms[one.vm_id], target, one.reason))
    return Judged(steps, tuple(going))


def send(writer: Writer, judged: Judged, ready: Mapping[str, str]) -> Newcomers:
    """Send what may go and whose policy is ready; without the switch each waits with the command that does it.

    `ready` maps a policy id to "" where it is as planned, else to why no VM may come under it.
    """
    steps = dict(judged.steps)
    sent: dict[str, tuple[Protection, Sent]] = {}
    for one in judged.going:
        waits = ready.get(one.target.id, "its policy was not re-read")
        if not waits and SWITCH not in writer.ports.switches:
            command = enable_command(one.vm, one.vault, one.target.name)
            waits = f"the switch `{SWITCH}` is off; run: {command}"
        if waits:
            steps[one.vm.id] = Step(writer.now, ENROLMENT_STEP, one.vm.id, Outcome.WAITING, waits, "", one.target.name)
        else:
            sent[one.vm.id] = (one, write_protection(writer, one))
            writer.seen.pop(one.vault.id, None)
    return Newcomers(steps, sent)


def confirm(writer: Writer, newcomers: Newcomers) -> dict[str, Step]:
    """Return every step, true when re-read; a lost one that is provably not there is sent once more.

    What was read after the moves of this tick is not read again, where it shows every VM that was sent.
    """
    sent = newcomers.sent
    found = _policies(item for items in writer.seen.values() for item in items)
    if any(result.step.outcome is Outcome.UNVERIFIED and vm_id not in found for vm_id, (_, result) in sent.items()):
        found = _reread(writer, sent)
    again = {
        vm_id: (one, write_protection(writer, one))
        for vm_id, (one, result) in sent.items()
        if result.lost and vm_id not in found
    }
    if again:
        found |= _reread(writer, again)
    return dict(newcomers.steps) | {
        vm_id: _verified(again.get(vm_id, (one, result))[1].step, one, found.get(vm_id))
        for vm_id, (one, result) in sent.items()
    }


def _reread(writer: Writer, sent: Mapping[str, tuple[Protection, Sent]]) -> dict[str, str]:
    """Return the policy id by VM id, re-read from every vault that was written."""
    vaults = {one.vault.id: one.vault for one, result in sent.values() if result.step.outcome is Outcome.UNVERIFIED}
    return _policies(writer.reread(vaults.values())) if vaults else {}


def _policies(items: Iterable[ProtectedItem]) -> dict[str, str]:
    return {item.vm_id: item.policy_id for item in items}


def _verified(step: Step, one: Protection, found: str | None) -> Step:
    if step.outcome is not Outcome.UNVERIFIED:
        return step
    if found != one.target.id:
        return replace(step, reason=f"{step.reason}; sent, but not visible yet")
    return replace(step, outcome=Outcome.WRITTEN)

"""How do VMs get back to where they were before the first move? Under the same rules as any move."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import Permanent
from shared.flows.enforcement import RUNNING_BACK, confirm
from shared.flows.look import ORIGINS, PLACEMENTS, ROLLED_BACK, look, vaults_in_scope
from shared.flows.record import record
from shared.flows.turns import take
from shared.flows.writes import Placement, Writer, write_membership
from shared.model.azure import ProtectedItem
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Outcome, Step
from shared.ports import Ports
from shared.rules.memberships import RetentionChange, known_as, names_of_one, retention_objection
from shared.rules.safe_moments import Passage, obstacle
from shared.rules.scope import hold_on, tier_of
from shared.rules.slots import blackout_on, local_dates

KIND = "rollback"
"""`Step.kind` of a move back."""
DEFAULT_MINUTES = 240.0
"""Without a plan at hand a running time is taken that most VM backups stay under."""
DEFAULT_RPO = timedelta(hours=48)
"""For a VM that has no tier any more."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which VMs to put back: one VM or one vault by name (without case), or everything that was ever moved."""

    vm: str = ""
    vault: str = ""
    everything: bool = False

    def takes(self, item: ProtectedItem) -> bool:
        """Return whether the item is selected."""
        vault_name = item.vault_id.rsplit("/", 1)[-1]
        return self.everything or item.name.lower() == self.vm.lower() or vault_name == self.vault.lower()


def rollback(
    ports: Ports, intent: FleetPolicy, now: datetime, selection: Selection, dry_run: bool = True
) -> tuple[Step, ...]:
    """Move the selected VMs back to where they came from; each step says what became of it and why."""
    if not dry_run and "plan" not in ports.switches:
        raise Permanent("the switch `plan` is off: nothing may be written; see NIGHTSHIFT_SWITCHES")
    vaults = vaults_in_scope(ports, intent)
    observed = look(ports, intent, vaults)
    busy = {
        (vault.id, job.container)
        for vault in vaults
        for job in ports.vaults.jobs(vault, now - RUNNING_BACK, now)
        if job.running
    }
    writer = Writer(ports, intent, now, None if dry_run else take(ports, KIND, now))
    steps, going = [], []
    for item in observed.items:
        origin = ports.ledger.read(ORIGINS, item.vm_id) if selection.takes(item) else None
        if origin is None or origin["policy"] == item.policy_id:
            continue
        step, placement = _judge(writer, item, origin["policy"], observed, (item.vault_id, item.container) in busy)
        steps.append(step)
        if placement is not None:
            going.append(placement)
    if dry_run:
        return tuple(steps)
    done = _write(writer, going)
    final = tuple(done.get(step.subject, step) for step in steps)
    record(ports, intent, final, now)
    return final


def _judge(
    writer: Writer, item: ProtectedItem, origin: str, observed: Observed, busy: bool
) -> tuple[Step, Placement | None]:
    policies = {policy.id: policy for policy in observed.policies}
    vault = next(vault for vault in observed.vaults if vault.id == item.vault_id)
    vm = next((vm for vm in observed.vms if vm.id == item.vm_id), None)
    current, target = policies.get(item.policy_id), policies.get(origin)
    now = writer.now

    def step(outcome: Outcome, reason: str) -> Step:
        name = target.name if target else origin.rsplit("/", 1)[-1]
        return Step(now, KIND, item.vm_id, outcome, reason, item.policy_name, name)

    if current is None or target is None:
        return step(Outcome.HELD, "its current or its original policy is gone"), None
    if vm is not None and (hold := hold_on(vm, now.date())):
        return step(Outcome.HELD, str(hold)), None
    tier = tier_of(vm, writer.intent.tiers) if vm else None
    words = known_as(item, names_of_one(observed.vms))
    change = RetentionChange(words, vault, tier.name if tier else "", current, target)
    if objection := retention_objection(change, writer.intent, now.date()):
        return step(Outcome.HELD, objection), None
    last = item.last_recovery_point_at or item.last_backup_at
    passage = Passage(current, target, DEFAULT_MINUTES, last, tier.rpo if tier else DEFAULT_RPO)
    blackout = blackout_on(writer.intent.blackouts, local_dates(writer.intent.windows.values(), now))
    closed = f"blackout until {blackout.last}: {blackout.reason}" if blackout else ""
    if waiting := closed or ("a job is running for it" if busy else obstacle(passage, now)):
        return step(Outcome.WAITING, waiting), None
    reason = "back to where it was before the first move"
    return step(Outcome.WAITING, reason), Placement(vault, item, target, reason, origin=target.id)


def _write(writer: Writer, going: Iterable[Placement]) -> dict[str, Step]:
    """Send the rollbacks. Each is remembered before it is sent: a run that dies on the way is not undone by a plan."""
    sent = {}
    for placement in going:
        vm_id = placement.item.vm_id
        writer.ports.ledger.write(ROLLED_BACK, vm_id, {"reason": f"put back on {writer.now:%Y-%m-%d %H:%M} UTC"})
        sent[vm_id] = (placement, write_membership(writer, placement))
    steps = {vm_id: replace(step, kind=KIND) for vm_id, step in confirm(writer, sent).items()}
    for vm_id, step in steps.items():
        if step.outcome in {Outcome.WRITTEN, Outcome.UNVERIFIED}:
            writer.ports.ledger.drop(PLACEMENTS, vm_id)
        elif not writer.over():
            writer.ports.ledger.drop(ROLLED_BACK, vm_id)
    return steps

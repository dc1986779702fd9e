"""How are vaults brought towards their plan? Policies first, then moves into policies that were re-read."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta

from shared.flows import enrolment
from shared.flows.look import POLICIES, settle
from shared.flows.writes import Placement, Sent, Writer, policy_step, write_membership, write_policy
from shared.model.azure import BackupPolicy, Vault
from shared.model.observed import Observed
from shared.model.plan import Enrolment, Outcome, Plan, PolicyEdit, Step, VmPlan
from shared.rules.enforcement import Scene, judge
from shared.rules.memberships import held_by_person, known_as, names_of_one
from shared.rules.policy_edits import Rider, edit_again, edit_obstacle
from shared.rules.safe_moments import Passage
from shared.rules.slot_policies import fingerprint, id_of

RUNNING_BACK = timedelta(days=3)
"""Running jobs are asked for this far back; first backups of large disks take more than one day."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a plan wants written by now: moves, edits of existing policies, and enrolments.

    `refused` are the policies that Azure refused for good under this plan: they are not sent again.
    """

    plan: Plan
    moves: tuple[VmPlan, ...]
    edits: tuple[PolicyEdit, ...]
    refused: frozenset[str] = frozenset()
    enrolments: tuple[Enrolment, ...] = ()

    @property
    def vault_ids(self) -> frozenset[str]:
        """The vaults that have anything due."""
        joining = (one.vault_id for one in self.enrolments)
        edited = (vault_of(edit.policy_id) for edit in self.edits)
        return frozenset([*(move.vault_id for move in self.moves), *edited, *joining])

    @property
    def targets(self) -> dict[str, BackupPolicy]:
        """The plan's slot policies by id."""
        return {policy.id: policy for policy in self.plan.policies}


def vault_of(policy_id: str) -> str:
    """Return the vault's id out of a policy's."""
    return policy_id.rsplit("/backuppolicies/", 1)[0]


def carry_out(writer: Writer, due: Due, observed: Observed) -> tuple[Step, ...]:
    """Write what is due and judged safe; return one step for each intended write, verified by re-reading."""
    busy = _busy(writer, due, observed)
    scenes = _scenes(due, observed, busy, writer.now.date())
    steps: dict[str, Step] = {}
    going: list[tuple[VmPlan, Scene]] = []
    for move in due.moves:
        scene = scenes[move.vm_id]
        verdict = judge(move, scene, writer.intent, writer.now)
        steps[move.vm_id] = replace(membership_step(writer, move, verdict.outcome, verdict.reason), again=verdict.again)
        if verdict.go:
            going.append((move, scene))
    wanted = {id_of(move.vault_id, move.policy): f"{move.tier} needs it" for move, _ in going}
    joining = enrolment.judge(writer, due.plan, due.enrolments, observed)
    wanted |= {one.target.id: f"{one.vm.name} is enrolled in it" for one in joining.going}
    wanted |= {edit.policy_id: edit.reason for edit in due.edits}
    waiting = _waiting_edits(writer, due, observed, busy)
    policy_steps, ready = _bring_policies(writer, due, wanted, waiting, observed)
    newcomers = enrolment.send(writer, joining, ready)
    steps |= _move(writer, going, ready)
    steps |= enrolment.confirm(writer, newcomers)
    for move, _ in going:
        if ahead := waiting.get(id_of(move.vault_id, move.policy)):
            steps[move.vm_id] = replace(steps[move.vm_id], again=ahead.again)
    return (*policy_steps, *steps.values())


def membership_step(writer: Writer, move: VmPlan, outcome: Outcome, reason: str) -> Step:
    """Return the record of one intended move."""
    return Step(writer.now, "membership", move.vm_id, outcome, reason, move.current_policy, move.policy)


def _busy(writer: Writer, due: Due, observed: Observed) -> frozenset[tuple[str, str]]:
    """Return (vault id, container) of every job that runs, or is being cancelled, in a vault where something is due.

    One list for all states: a filter takes one status, and two of them keep an item busy.
    """
    since = writer.now - RUNNING_BACK
    return frozenset(
        (vault.id, job.container)
        for vault in observed.vaults
        if vault.id in due.vault_ids
        for job in writer.ports.vaults.jobs(vault, since, writer.now)
        if job.running
    )


def _scenes(due: Due, observed: Observed, busy: Set[tuple[str, str]], today: date) -> dict[str, Scene]:
    vaults = {vault.id: vault for vault in observed.vaults}
    vms = {vm.id: vm for vm in observed.vms}
    items = {(item.vault_id, item.vm_id): item for item in observed.items if not item.soft_deleted}
    policies = {policy.id: policy for policy in observed.policies}
    names = names_of_one(observed.vms)
    scenes = {}
    for move in due.moves:
        item = items.get((move.vault_id, move.vm_id))
        scenes[move.vm_id] = Scene(
            vault=vaults[move.vault_id],
            vm=vms.get(move.vm_id),
            item=item,
            current=policies.get(item.policy_id) if item else None,
            target=due.targets.get(id_of(move.vault_id, move.policy)),
            job_running=item is not None and (item.vault_id, item.container) in busy,
            held=held_by_person(item, vms.get(move.vm_id), observed, today) if item else "",
            known_as=known_as(item, names) if item else frozenset(),
        )
    return scenes


def _waiting_edits(writer: Writer, due: Due, observed: Observed, busy: Set[tuple[str, str]]) -> dict[str, Step]:
    """Return a step for each due edit of what was not reported yet, or at an hour when a VM could lose a run by it."""
    present = {policy.id: policy for policy in observed.policies}
    lines = {line.vm_id: line for line in due.plan.vms}
    rpos = {tier.name: tier.rpo for tier in writer.intent.tiers}
    steps = {}
    for edit in due.edits:
        target, current = due.targets[edit.policy_id], present.get(edit.policy_id)
        if current is None:
            continue
        riders = [
            Rider(
                name=item.name,
                passage=Passage(
                    current,
                    target,
                    line.minutes,
                    item.last_recovery_point_at or item.last_backup_at,
                    rpos.get(line.tier, timedelta.max),
                ),
                job_running=(item.vault_id, item.container) in busy,
            )
            for item in observed.items
            if item.policy_id == current.id and (line := lines.get(item.vm_id)) is not None
        ]
        if reason := _not_reported(current, observed) or edit_obstacle(riders, writer.now):
            step = policy_step(writer, target, current, Outcome.WAITING, reason)
            steps[target.id] = replace(step, again=edit_again(riders, writer.now))
    return steps


def _not_reported(current: BackupPolicy, observed: Observed) -> str:
    """Return why a policy may not be overwritten: a person changed it, and no plan has said so yet; "" otherwise."""
    memory = observed.memory
    if current.id in memory.drift_since or memory.written.get(current.id) == fingerprint(current):
        return ""
    return "somebody changed it since it was planned; it is reported tonight"


def _bring_policies(
    writer: Writer, due: Due, wanted: Mapping[str, str], waiting: Mapping[str, Step], observed: Observed
) -> tuple[list[Step], dict[str, str]]:
    """Write the wanted policies that differ; return the steps, and which policy ids may be moved into.

    The second value maps each policy id to "" where it is as planned, else to why nothing may move into it.
    """
    vaults = {vault.id: vault for vault in observed.vaults}
    present = {policy.id: policy for policy in observed.policies}
    editable = {edit.policy_id for edit in due.edits}
    ready: dict[str, str] = {}
    pending: dict[str, Sent] = {}
    for policy_id in sorted(wanted):
        target, current = due.targets[policy_id], present.get(policy_id)
        if current is not None and fingerprint(current) == fingerprint(target):
            ours = writer.ports.ledger.read(POLICIES, policy_id) is not None
            ready[policy_id] = "" if ours else f"policy {target.name} exists, but Nightshift did not write it"
        elif current is not None and policy_id not in editable:
            ready[policy_id] = f"policy {target.name} is not as planned; it is judged again tonight"
        elif policy_id in due.refused:
            ready[policy_id] = f"Azure refused policy {target.name}; it is planned anew tonight"
        elif policy_id in waiting:
            ready[policy_id] = f"policy {target.name} waits: {waiting[policy_id].reason}"
        else:
            pending[policy_id] = write_policy(writer, vaults[vault_of(policy_id)], target, current, wanted[policy_id])
    steps = _reread_policies(writer, due, pending, observed) if pending else {}
    ready |= {policy_id: "" if step.outcome is Outcome.WRITTEN else step.reason for policy_id, step in steps.items()}
    return [*waiting.values(), *steps.values()], ready


def _reread_policies(writer: Writer, due: Due, pending: Mapping[str, Sent], observed: Observed) -> dict[str, Step]:
    """Re-read the written vaults; what got lost on the way is sent once more where all is provably as it was."""
    vaults, before = {vault.id: vault for vault in observed.vaults}, {one.id: one for one in observed.policies}
    touched = [vaults[vault_id] for vault_id in sorted({vault_of(policy_id) for policy_id in pending})]
    present = _policies_of(writer, touched)
    again = {
        policy_id: write_policy(
            writer, vaults[vault_of(policy_id)], due.targets[policy_id], present.get(policy_id), sent.step.reason
        )
        for policy_id, sent in pending.items()
        if sent.lost and _line(before.get(policy_id)) == _line(present.get(policy_id))
    }
    if again:
        present = _policies_of(writer, touched)
    return {
        policy_id: _verified_policy(again.get(policy_id, sent).step, due.targets[policy_id], present)
        for policy_id, sent in pending.items()
    }


def _policies_of(writer: Writer, vaults: Iterable[Vault]) -> dict[str, BackupPolicy]:
    found = tuple(policy for vault in vaults for policy in writer.ports.vaults.policies(vault))
    observed = Observed((), (), (), found)
    settle(writer.ports.ledger, observed)
    return {policy.id: policy for policy in observed.policies}


def _line(policy: BackupPolicy | None) -> str:
    return fingerprint(policy) if policy else ""


def _as_planned(target: BackupPolicy, present: Mapping[str, BackupPolicy]) -> bool:
    current = present.get(target.id)
    return current is not None and fingerprint(current) == fingerprint(target)


def _verified_policy(step: Step, target: BackupPolicy, present: Mapping[str, BackupPolicy]) -> Step:
    if step.outcome is not Outcome.UNVERIFIED:
        return step
    if _as_planned(target, present):
        return replace(step, outcome=Outcome.WRITTEN)
    return replace(step, reason=f"{step.reason}; re-read, but {target.name} is not as written")


def _move(writer: Writer, going: Iterable[tuple[VmPlan, Scene]], ready: Mapping[str, str]) -> dict[str, Step]:
    """Send the moves whose policy is ready, re-read, and send once more what got lost and is not there."""
    steps: dict[str, Step] = {}
    sent: dict[str, tuple[VmPlan, Placement, Sent]] = {}
    for move, scene in going:
        if objection := ready.get(id_of(move.vault_id, move.policy), "its policy was not re-read"):
            steps[move.vm_id] = membership_step(writer, move, Outcome.WAITING, objection)
        elif scene.item is not None and scene.target is not None:
            migrates = scene.current is not None and scene.current.policy_type is not scene.target.policy_type
            placement = Placement(scene.vault, scene.item, scene.target, move.reason, migrates=migrates)
            sent[move.vm_id] = (move, placement, write_membership(writer, placement))
    results = confirm(writer, {vm_id: (placement, result) for vm_id, (_, placement, result) in sent.items()})
    return steps | results


def confirm(writer: Writer, sent: Mapping[str, tuple[Placement, Sent]]) -> dict[str, Step]:
    """Re-read the memberships that were sent; a lost one is sent once more where the VM is provably still as it was."""
    memberships = _reread(writer, sent)
    again = {
        vm_id: (placement, write_membership(writer, placement))
        for vm_id, (placement, result) in sent.items()
        if result.lost and memberships.get(placement.item.id, ("", ""))[0] == placement.item.policy_id
    }
    if again:
        memberships |= _reread(writer, again)
    return {
        vm_id: _verified_move(
            again.get(vm_id, (placement, result))[1].step, placement, memberships.get(placement.item.id)
        )
        for vm_id, (placement, result) in sent.items()
    }


def _reread(writer: Writer, sent: Mapping[str, tuple[Placement, Sent]]) -> dict[str, tuple[str, str]]:
    """Return (policy id, extended properties) by item id, re-read from every vault that was written."""
    vaults = {p.vault.id: p.vault for p, result in sent.values() if result.step.outcome is Outcome.UNVERIFIED}
    if not vaults:
        return {}
    return {item.id: (item.policy_id, item.extended_properties) for item in writer.reread(vaults.values())}


def _verified_move(step: Step, placement: Placement, found: tuple[str, str] | None) -> Step:
    if step.outcome is not Outcome.UNVERIFIED:
        return step
    if found is None or found[0] != placement.target.id:
        return replace(step, reason=f"{step.reason}; sent, but not visible yet")
    if found[1] != placement.item.extended_properties:
        return replace(step, outcome=Outcome.FAILED, reason="moved, but its disk exclusions changed on the way")
    return replace(step, outcome=Outcome.WRITTEN)

"""Is every VM protected as intended? In-scope VMs judged against protected items, one finding each."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date

from shared.model.azure import ProtectedItem, ProtectionState, Vault, Vm
from shared.model.intent import FleetPolicy, Tier
from shared.model.observed import Observed
from shared.model.plan import Finding
from shared.rules.enrolment import choose_vault, obstacle, restored
from shared.rules.retention import losses
from shared.rules.scope import fleet_vms, tier_of
from shared.rules.slot_policies import is_ours, of_tier, slot_policy

NEAR = 0.9
"""Share of a limit from which on it is reported."""
NEEDS_HUMAN = frozenset(
    {
        *("unprotected", "restored-unprotected", "protection-stopped", "soft-deleted", "wrong-tier"),
        *("vm-gone", "no-tier", "vault-unreadable"),
    }
)
"""Codes that only a person can settle; an unprotected VM that a plan enrols is none."""


def judge(observed: Observed, intent: FleetPolicy, today: date = date.min) -> tuple[Finding, ...]:
    """Return the findings, sorted by code and subject. Holds count that end on or after `today`."""
    vms = fleet_vms(observed.vms, intent)
    items = {item.vm_id: item for item in sorted(observed.items, key=lambda item: not item.soft_deleted)}
    everything = {vm.id for vm in observed.vms}
    found = [
        *(
            finding
            for vm in vms.values()
            for finding in (
                _vm_findings(vm, items[vm.id], observed, intent)
                if vm.id in items
                else _without_item(vm, observed, intent, today)
            )
        ),
        *(
            Finding("vm-gone", item.vm_id, f"{item.name} is protected by {item.policy_name}, but its VM is gone")
            for item in observed.items
            if item.vm_id not in everything and not item.soft_deleted
        ),
        *_limit_findings(observed, intent),
        *_empty_tiers(vms.values(), intent),
    ]
    return tuple(sorted(found, key=lambda finding: (finding.code, finding.subject)))


def _empty_tiers(vms: Collection[Vm], intent: FleetPolicy) -> Iterable[Finding]:
    """Return a finding for each tier without a VM, in a fleet that has any: most likely a tag is misspelt."""
    used = {tier.name for vm in vms if (tier := tier_of(vm, intent.tiers))}
    for tier in intent.tiers:
        if vms and tier.name not in used:
            tag = f"the tag {tier.match.name} with one of its values ({', '.join(tier.match.values)})"
            yield Finding("tier-empty", tier.name, f"tier {tier.name} matches no VM in scope: none has {tag}")


def protected(observed: Observed, intent: FleetPolicy) -> int:
    """Count the in-scope VMs that have a working membership."""
    working = {
        item.vm_id
        for item in observed.items
        if not item.soft_deleted and item.state in {ProtectionState.PROTECTED, ProtectionState.IR_PENDING}
    }
    return len(working & fleet_vms(observed.vms, intent).keys())


def enable_command(vm: Vm, vault: Vault, policy_name: str) -> str:
    """Return the `az` command that puts the VM under protection."""
    return (
        f"az backup protection enable-for-vm --resource-group {vault.resource_group} "
        f"--vault-name {vault.name} --vm {vm.id} --policy-name {policy_name}"
    )


def _without_item(vm: Vm, observed: Observed, intent: FleetPolicy, today: date) -> Iterable[Finding]:
    tier = tier_of(vm, intent.tiers)
    if tier is None:
        return
    advice = obstacle(vm, observed, today) or _advice(vm, tier, observed, intent)
    text = f"{vm.name} ({tier.name}) is not protected; {advice}"
    yield Finding("restored-unprotected", vm.id, text) if restored(vm) else Finding("unprotected", vm.id, text)


def _vm_findings(vm: Vm, item: ProtectedItem, observed: Observed, intent: FleetPolicy) -> Iterable[Finding]:
    tier = tier_of(vm, intent.tiers)
    if tier is None:
        yield Finding("no-tier", vm.id, f"{vm.name} is protected, but no tier matches its tags")
    elif item.soft_deleted:
        yield Finding(
            "soft-deleted", vm.id, f"{vm.name} ({tier.name}): its backup was deleted and can still be undeleted"
        )
    elif item.state is ProtectionState.PROTECTION_STOPPED:
        yield Finding("protection-stopped", vm.id, f"{vm.name} ({tier.name}): protection was stopped; its points stay")
    elif item.state not in {ProtectionState.PROTECTED, ProtectionState.IR_PENDING}:
        yield Finding("protection-unwell", vm.id, f"{vm.name} ({tier.name}): its protection is {item.state.value}")
    else:
        yield from _tier_findings(vm, item, tier, observed)


def _advice(vm: Vm, tier: Tier, observed: Observed, intent: FleetPolicy) -> str:
    """Name the one vault that fits and a slot policy of ours in it, or say why there is none: never guess."""
    choice = choose_vault(vm, tier, observed, intent)
    if (vault := choice.vault) is None:
        return choice.reason
    ready = sorted(
        policy.name
        for policy in observed.policies
        if policy.vault_id == vault.id
        and policy.id in observed.memory.written
        and of_tier(policy.name, tier.name)
        and policy.policy_type is tier.policy_type
    )
    return f"run: {enable_command(vm, vault, ready[0] if ready else '<policy>')}"


def _tier_findings(vm: Vm, item: ProtectedItem, tier: Tier, observed: Observed) -> Iterable[Finding]:
    policy = next((policy for policy in observed.policies if policy.id == item.policy_id), None)
    if policy is None:
        return
    wanted = slot_policy(policy.vault_id, tier, policy.policy_type, 0, 0)
    less = [loss for loss in losses(wanted, policy) if "points" in loss]
    more = [loss for loss in losses(policy, wanted) if "points" in loss]
    if less:
        yield Finding("wrong-tier", vm.id, f"{vm.name} is tagged {tier.name}, but {policy.name} keeps less: {less[0]}")
    elif more:
        yield Finding("wrong-tier", vm.id, f"{vm.name} is tagged {tier.name}, but {policy.name} keeps more: {more[0]}")
    elif not is_ours(policy.name):
        yield Finding("default-schedule", vm.id, f"{vm.name} still runs on {policy.name}")


def _limit_findings(observed: Observed, intent: FleetPolicy) -> Iterable[Finding]:
    per_vault = Counter(item.vault_id for item in observed.items)
    per_policy = Counter(item.policy_id for item in observed.items if item.policy_id)
    policies = Counter(policy.vault_id for policy in observed.policies)
    names = {vault.id: vault.name for vault in observed.vaults}
    names |= {policy.id: policy.name for policy in observed.policies}
    limits = intent.limits
    for counts, limit, what in (
        (per_vault, limits.vms_per_vault, "VMs"),
        (policies, limits.policies_per_vault, "policies"),
        (per_policy, limits.vms_per_policy, "VMs"),
    ):
        for subject, count in counts.items():
            if count >= NEAR * limit:
                name = names.get(subject, subject.rsplit("/", 1)[-1])
                yield Finding("near-limit", subject, f"{name} has {count} of {limit} {what}")

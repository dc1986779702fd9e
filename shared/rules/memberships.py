"""May this VM be planned? Each protected item judged against intent, holds, approvals and its own past."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date

from shared.model.azure import BackupPolicy, Change, Frequency, PolicyType, ProtectedItem, ProtectionState, Vault, Vm
from shared.model.intent import FleetPolicy, Tier
from shared.model.observed import Observed
from shared.rules.retention import can_move_type, is_daily, is_hourly, longest_days, losses, rises
from shared.rules.scope import fleet_vms, hold_on, tier_of
from shared.rules.slot_policies import PREFIX, of_tier, slot_policy
from shared.rules.slots import start_slots

RUNNING_STATES = frozenset({ProtectionState.PROTECTED, ProtectionState.IR_PENDING, ProtectionState.PROTECTION_ERROR})
"""States in which the service starts scheduled backups."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A protected item that backups run for. `held` says why it must stay where it is, "" where it may move.

    `slot` is its current UTC start, of an hourly schedule that of the day's last run, None where it is not known.
    `policy_type` is the type
    of the slot policy it would get.
    """

    item: ProtectedItem
    vault: Vault
    vm: Vm | None
    tier: Tier | None
    policy: BackupPolicy | None
    policy_type: PolicyType
    slot: int | None
    held: str


@dataclass(frozen=True, slots=True)
class RetentionChange:
    """A VM's way from one policy to another inside its vault; `tier` is the name of the tier it is meant for.

    `known_as` are the lower-cased words by which fleet.yaml may mean this VM and no other: its id, and its name
    where no other VM has it.
    """

    known_as: frozenset[str]
    vault: Vault
    tier: str
    current: BackupPolicy
    target: BackupPolicy


def judge(observed: Observed, intent: FleetPolicy, today: date) -> tuple[Membership, ...]:
    """Return one membership for each item that backups run for, sorted by VM id."""
    vaults = {vault.id: vault for vault in observed.vaults}
    policies = {policy.id: policy for policy in observed.policies}
    vms = {vm.id: vm for vm in observed.vms}
    ours, names = fleet_vms(observed.vms, intent), names_of_one(observed.vms)
    found = []
    for item in sorted(observed.items, key=lambda item: (item.vm_id, item.vault_id)):
        if item.soft_deleted or item.state not in RUNNING_STATES:
            continue
        policy, vm = policies.get(item.policy_id), vms.get(item.vm_id)
        tier = tier_of(vm, intent.tiers) if vm else None
        words = known_as(item, names)
        policy_type = _type_for(words, tier, policy, intent)
        slots = start_slots(policy, today) if policy else ()
        held = _held_by_fleet(vm, ours, tier) or held_by_person(item, vm, observed, today)
        held = held or _held_by_policy(policy, tier)
        vault = vaults[item.vault_id]
        if not held and tier and policy:
            target = slot_policy(vault.id, tier, policy_type, 0, 0)
            change = RetentionChange(words, vault, tier.name, policy, target)
            held = retention_objection(change, intent, today)
        found.append(Membership(item, vault, vm, tier, policy, policy_type, slots[0] if slots else None, held))
    return tuple(found)


def retention_objection(change: RetentionChange, intent: FleetPolicy, today: date) -> str:
    """Return why the change of policy is refused for its retention; "" where it is not."""
    migrates = not change.known_as.isdisjoint(intent.migrate_to_enhanced) and can_move_type(
        change.current.policy_type, change.target.policy_type
    )
    lost = [loss for loss in losses(change.current, change.target) if not (migrates and loss.startswith("policy type"))]
    if lost and (change.vault.sealed or not _loss_approved(change, intent, today)):
        sealed = "; the vault is immutable or guarded, so no approval helps" if change.vault.sealed else ""
        return "would keep less: " + "; ".join(lost) + sealed
    if change.vault.sealed and rises(change.current, change.target):
        return rise_objection(change, intent, today)
    return ""


def rise_objection(change: RetentionChange, intent: FleetPolicy, today: date) -> str:
    """Return why retention may not be raised in a sealed vault, where that cannot be undone; "" where it may."""
    if longest_days(change.target) > intent.limits.max_retention_days:
        return f"would keep points longer than limits.max_retention_days ({intent.limits.max_retention_days})"
    approved = any(
        approval.vault.lower() == change.vault.name.lower()
        and approval.tier.lower() == change.tier.lower()
        and approval.expires >= today
        for approval in intent.retention_increase
    )
    if approved:
        return ""
    return "would raise retention in an immutable or guarded vault for good; needs approve_retention_increase"


def names_of_one(vms: Iterable[Vm]) -> frozenset[str]:
    """Return the lower-cased names that exactly one VM has: in other groups and subscriptions names repeat."""
    counts = Counter(vm.name.lower() for vm in vms)
    return frozenset(name for name, count in counts.items() if count == 1)


def known_as(item: ProtectedItem, names: Container[str]) -> frozenset[str]:
    """Return the words that mean this item's VM and no other; `names` are those that one VM alone has."""
    name = item.name.lower()
    return frozenset({item.vm_id, name} if name in names else {item.vm_id})


def held_by_person(item: ProtectedItem, vm: Vm | None, observed: Observed, today: date) -> str:
    """Return how a person keeps the VM where it is: a hold, a rollback, or a move by hand; "" where nobody does."""
    if vm is not None and (hold := hold_on(vm, today)):
        return str(hold)
    if reason := observed.memory.rolled_back.get(item.vm_id):
        return f"rolled back: {reason}; `nightshift release --vm {item.name}` plans it again"
    placed = observed.memory.placements.get(item.vm_id)
    if placed is not None and placed != item.policy_id:
        way = f"from {placed.rsplit('/', 1)[-1]} to {item.policy_name}{who_wrote(item.id, observed.changes)}"
        return f"moved by hand {way}; `nightshift release --vm {item.name}` plans it again"
    return ""


def _type_for(words: frozenset[str], tier: Tier | None, policy: BackupPolicy | None, intent: FleetPolicy) -> PolicyType:
    if policy is None:
        return PolicyType.STANDARD
    wanted = tier is not None and tier.policy_type is PolicyType.ENHANCED
    if wanted and not words.isdisjoint(intent.migrate_to_enhanced):
        return PolicyType.ENHANCED
    return policy.policy_type


def _held_by_fleet(vm: Vm | None, ours: dict[str, Vm], tier: Tier | None) -> str:
    if vm is None:
        return "its VM is gone; its points stay, and a person decides about them"
    if vm.id not in ours:
        return "out of scope by its tags"
    if tier is None:
        return "no tier matches its tags"
    return ""


def _held_by_policy(policy: BackupPolicy | None, tier: Tier | None) -> str:
    if policy is None:
        return "its policy could not be read"
    if policy.unread:
        return f"its policy {policy.name} has {', '.join(policy.unread)}, which this version cannot compare"
    asked_for = is_hourly(policy) and tier is not None and tier.hourly is not None
    if not is_daily(policy) and not asked_for:
        if policy.frequency is Frequency.HOURLY:
            return "its schedule is hourly; those are managed only in tiers that have a schedule of their own"
        return f"its schedule is {policy.frequency.value.lower()}; only daily schedules are managed"
    if not start_slots(policy, date(2026, 1, 1)):
        return f"the time zone {policy.time_zone!r} of its policy {policy.name} is unknown"
    return ""


def who_wrote(resource_id: str, changes: Iterable[Change]) -> str:
    """Return " by <actor> on <date>" for the newest known write of the resource, "" where none is known."""
    known = [change for change in changes if change.resource_id.lower() == resource_id.lower()]
    if not known:
        return ""
    newest = max(known, key=lambda change: change.at)
    return f" by {newest.actor} on {newest.at:%Y-%m-%d %H:%M} UTC"


def _loss_approved(change: RetentionChange, intent: FleetPolicy, today: date) -> bool:
    """An approval names the VM and both policies; `to` may name a tier's slot policies as a whole: `ns-<tier>`."""
    target = change.target.name.lower()
    names = {target, f"{PREFIX}{change.tier}"} if of_tier(target, change.tier) else {target}
    return any(
        approval.vm.lower() in change.known_as
        and approval.from_policy.lower() == change.current.name.lower()
        and approval.to_policy.lower() in names
        and approval.expires >= today
        for approval in intent.retention_loss
    )

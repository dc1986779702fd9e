"""How are the vaults guarded, and do their policies keep what the tiers want? Setting by setting, field by field."""

from collections import Counter
from collections.abc import Iterable, Mapping

from shared.model.azure import BackupPolicy, ProtectedItem, Vault, Vm
from shared.model.intent import FleetPolicy, Tier
from shared.model.plan import Finding
from shared.model.retention import Setting, VaultPosture
from shared.rules.retention import keeps_less
from shared.rules.scope import in_scope, tier_of
from shared.rules.slot_policies import slot_policy

LEAST_SOFT_DELETE_DAYS = 14
"""Days for which Azure keeps what was deleted, by default and at least."""
ON = "Enabled"
SOFT_DELETE, KEPT_DAYS = "soft delete", "soft delete days"
REDUNDANCY, JOB_ALERTS = "redundancy", "alerts of failed jobs"
_NEEDED = frozenset({SOFT_DELETE, KEPT_DAYS, REDUNDANCY, JOB_ALERTS})
"""Settings whose absence is told of; the others are choices, and stand in the table."""
_IMMUTABLE = frozenset({"locked", "unlocked"})


def postures(vaults: Iterable[Vault], wanted: Mapping[str, frozenset[str]]) -> tuple[VaultPosture, ...]:
    """Return how each vault is guarded. `wanted` has the redundancies that tiers ask for of each vault, by its id."""
    return tuple(
        VaultPosture(vault.id, vault.name, _settings(vault, wanted.get(vault.id, frozenset()))) for vault in vaults
    )


def redundancies(
    items: Iterable[ProtectedItem], vms: Mapping[str, Vm], intent: FleetPolicy
) -> dict[str, frozenset[str]]:
    """Return what the tiers of each vault's VMs ask for."""
    found: dict[str, set[str]] = {}
    for item in items:
        tier = _tier(item, vms, intent)
        if tier is not None and tier.redundancy:
            found.setdefault(item.vault_id, set()).add(tier.redundancy)
    return {vault_id: frozenset(wanted) for vault_id, wanted in found.items()}


def weak(found: Iterable[VaultPosture]) -> list[Finding]:
    """Return what a person should set otherwise, a finding for each vault and setting."""
    pairs = [
        (one, setting) for one in found for setting in one.settings if not setting.good and setting.name in _NEEDED
    ]
    return [
        Finding("vault-weak", one.vault_id, f"{each.name} of {one.name} is {each.value}; expected {each.wanted}")
        for one, each in pairs
    ]


def keeps_less_than_wanted(
    items: Iterable[ProtectedItem], policies: Mapping[str, BackupPolicy], vms: Mapping[str, Vm], intent: FleetPolicy
) -> list[Finding]:
    """Return the policies that give less than the tier of VMs under them wants, field by field, with how many VMs."""
    members: Counter[tuple[str, str]] = Counter()
    tiers = {tier.name: tier for tier in intent.tiers}
    for item in items:
        tier = _tier(item, vms, intent)
        if tier is not None and item.policy_id in policies and not item.soft_deleted:
            members[item.policy_id, tier.name] += 1
    found = []
    for (policy_id, name), count in sorted(members.items()):
        policy = policies[policy_id]
        wanted = slot_policy(policy.vault_id, tiers[name], policy.policy_type, 0, 0)
        less = [*keeps_less(wanted, policy), *_snapshots(wanted, policy)]
        if less:
            vms_of = f"{count} VM{'s' if count > 1 else ''} of tier {name}"
            text = f"{policy.name} keeps less than {vms_of} should have: {'; '.join(less)}"
            found.append(Finding("keeps-less", policy_id, text))
    return found


def _snapshots(wanted: BackupPolicy, policy: BackupPolicy) -> list[str]:
    if policy.instant_restore_days >= wanted.instant_restore_days:
        return []
    return [f"instant restore: {wanted.instant_restore_days} -> {policy.instant_restore_days} days"]


def _settings(vault: Vault, wanted: frozenset[str]) -> tuple[Setting, ...]:
    geo, days = vault.redundancy.lower() == "georedundant", vault.soft_delete_days
    other = sorted(one for one in wanted if one.lower() != vault.redundancy.lower())
    sealed = vault.immutability.lower() in _IMMUTABLE
    return (
        Setting(SOFT_DELETE, vault.soft_delete, "Enabled or AlwaysON", vault.soft_delete.lower() != "disabled"),
        Setting(KEPT_DAYS, str(days), f"{LEAST_SOFT_DELETE_DAYS} or more", days >= LEAST_SOFT_DELETE_DAYS),
        Setting("immutability", vault.immutability, "Locked or Unlocked", sealed),
        Setting("multi-user authorisation", _on(vault.guarded), ON, vault.guarded),
        Setting(REDUNDANCY, vault.redundancy or "not said", " and ".join(other or sorted(wanted)) or "any", not other),
        Setting("cross region restore", _on(vault.cross_region), ON if geo else "any", vault.cross_region or not geo),
        Setting(JOB_ALERTS, _on(vault.job_alerts), ON, vault.job_alerts),
    )


def _on(enabled: bool) -> str:
    return ON if enabled else "Disabled"


def _tier(item: ProtectedItem, vms: Mapping[str, Vm], intent: FleetPolicy) -> Tier | None:
    vm = vms.get(item.vm_id)
    return tier_of(vm, intent.tiers) if vm is not None and in_scope(vm, intent.scope) else None

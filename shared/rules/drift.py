"""Has somebody changed what we wrote? Slot policies compared with what we wrote and with what they should be.

Reverting never lowers a retention field: longer retention is adopted, only schedules (and retention that was
lowered) are put back, one full day after the drift was reported.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from shared.model.azure import BackupPolicy, Vault
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Finding, PolicyEdit
from shared.rules.memberships import RetentionChange, rise_objection, who_wrote
from shared.rules.retention import losses, rises
from shared.rules.slot_policies import change_since, change_text, fingerprint, of_tier

NOTICE = timedelta(days=1)
DRIFT = "policy-drift"
TAMPERED = "policy-shortened"
CODES = frozenset({DRIFT, TAMPERED})


def policy_findings(
    desired: Collection[BackupPolicy], observed: Observed, intent: FleetPolicy, today: date
) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """Return why VMs may not be moved into a policy, by policy id, and what a person should know."""
    present = {policy.id: policy for policy in observed.policies}
    vaults = {vault.id: vault for vault in observed.vaults}
    blocked = _without_room(desired, present, intent, vaults)
    findings = [Finding("policy-blocked", policy_id, reason) for policy_id, reason in blocked.items()]
    for target in desired:
        current = present.get(target.id)
        if current is None:
            continue
        if target.id not in observed.memory.written:
            blocked[target.id] = f"policy {current.name} exists, but Nightshift did not write it"
        elif lost := losses(current, target):
            blocked[target.id] = f"policy {current.name} would be shortened in place: {'; '.join(lost)}"
        elif objection := rise_in_place(vaults[target.vault_id], current, target, intent, today):
            blocked[target.id] = f"policy {current.name} {objection}"
        if reason := blocked.get(target.id):
            findings.append(Finding("policy-blocked", target.id, reason))
        if _drifted(current, observed):
            findings.append(_drift_finding(current, target, observed))
    wanted = {target.id for target in desired}
    unneeded = (policy for policy in observed.policies if policy.id not in wanted and _drifted(policy, observed))
    findings += [_adopted_finding(policy, observed) for policy in unneeded]
    return blocked, tuple(findings)


def _without_room(
    desired: Collection[BackupPolicy],
    present: Mapping[str, BackupPolicy],
    intent: FleetPolicy,
    vaults: Mapping[str, Vault],
) -> dict[str, str]:
    """Return the new policies that their vault has no room for, which Azure would refuse night after night."""
    limit = intent.limits.policies_per_vault
    held = Counter(policy.vault_id for policy in present.values())
    room = {vault_id: max(0, limit - held[vault_id]) for vault_id in vaults}
    found = {}
    for target in sorted(desired, key=lambda policy: policy.id):
        if target.id in present:
            continue
        if not room[target.vault_id]:
            has = f"{vaults[target.vault_id].name} has {held[target.vault_id]} policies"
            found[target.id] = f"no room for policy {target.name}: {has}, limits.policies_per_vault is {limit}"
        room[target.vault_id] = max(0, room[target.vault_id] - 1)
    return found


def rise_in_place(vault: Vault, current: BackupPolicy, target: BackupPolicy, intent: FleetPolicy, today: date) -> str:
    """Return why an edit may not raise retention for all VMs of a policy in a sealed vault; "" where it may."""
    if not vault.sealed or not rises(current, target):
        return ""
    tier = next((tier.name for tier in intent.tiers if of_tier(target.name, tier.name)), "")
    return rise_objection(RetentionChange(frozenset(), vault, tier, current, target), intent, today)


def edits_of(
    desired: Iterable[BackupPolicy], observed: Observed, blocked: Mapping[str, str], start: datetime
) -> tuple[PolicyEdit, ...]:
    """Return the existing policies to overwrite: tier edits from `start`, drift one full day after its report."""
    present = {policy.id: policy for policy in observed.policies}
    edits = []
    for target in desired:
        current = present.get(target.id)
        if current is None or target.id in blocked or fingerprint(current) == fingerprint(target):
            continue
        changes = change_text(current, target)
        if not _drifted(current, observed):
            edits.append(PolicyEdit(target.id, f"the tier changed: {changes}", start))
        elif (since := observed.memory.drift_since.get(target.id)) is not None:
            # A clock that was ahead may have reported it "later" than now.
            edits.append(PolicyEdit(target.id, f"drift, put back: {changes}", max(start, min(since, start) + NOTICE)))
    return tuple(edits)


def settled(observed: Observed) -> tuple[str, ...]:
    """Return the policies whose reported drift is over."""
    drifted = {policy.id for policy in observed.policies if _drifted(policy, observed)}
    return tuple(policy_id for policy_id in observed.memory.drift_since if policy_id not in drifted)


def _drifted(current: BackupPolicy, observed: Observed) -> bool:
    written = observed.memory.written.get(current.id)
    return written is not None and written != fingerprint(current)


def _drift_finding(current: BackupPolicy, target: BackupPolicy, observed: Observed) -> Finding:
    who = who_wrote(current.id, observed.changes) or " by somebody unknown"
    changes = change_text(target, current)
    if losses(current, target):
        return Finding(DRIFT, current.id, f"{current.name} was changed{who} and keeps more now; adopted: {changes}")
    code = TAMPERED if losses(target, current) else DRIFT
    return Finding(code, current.id, f"{current.name} was changed{who}; put back one day after this: {changes}")


def _adopted_finding(policy: BackupPolicy, observed: Observed) -> Finding:
    who = who_wrote(policy.id, observed.changes) or " by somebody unknown"
    changes = change_since(observed.memory.written[policy.id], policy)
    return Finding(DRIFT, policy.id, f"{policy.name} was changed{who}; no VM is planned into it; left so: {changes}")

"""What has been promised since the last look? Policies and memberships as they stand, and who changed them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.errors import FleetError
from shared.flows.retention.rows import LOOKS, MEMBERSHIPS, VERSIONS, Promised, promised
from shared.messages import retention as kept
from shared.model.azure import BackupPolicy, Change, ProtectedItem, ProtectionState
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.retention import Joined
from shared.ports import Ports
from shared.rules.promises import version, with_membership, with_version
from shared.rules.slot_policies import PREFIX, is_ours, of_tier

GONE = "the VM is gone"
_STOPPED = frozenset({ProtectionState.PROTECTION_STOPPED, ProtectionState.BACKUPS_SUSPENDED})


@dataclass(frozen=True, slots=True)
class When:
    """When something was changed and by whom, as far as that is known; see `Terms` for `unsure_from`."""

    since: datetime
    actor: str
    unsure_from: datetime | None


def note(ports: Ports, intent: FleetPolicy, observed: Observed, before: datetime | None, now: datetime) -> int:
    """Remember what policies say and where VMs are, where that is news; return how many changes there were.

    `before` is when the look before was (None: this is the first). The activity log is asked only where something has
    changed, and tells the very instant; where it does not, the change lies somewhere between the looks.
    """
    known, items = promised(ports.ledger), _one_each(observed.items)
    policies = {policy.id: policy for policy in observed.policies if _says_other(policy, known)}
    there, readable = {vm.id for vm in observed.vms}, {policy.id for policy in observed.policies}
    places = {item.vm_id: _place(item, there, readable) for item in items}
    moved = [item for item in items if _is_news(places[item.vm_id], known.joined(item.vm_id))]
    log = _log(ports, intent, before, now) if before and (policies or moved) else {}
    for policy_id, policy in policies.items():
        when = _when(log.get(policy_id, ()), before, now)
        versions = with_version(known.policy(policy_id), policy, when.since, when.actor, when.unsure_from)
        ports.ledger.write(VERSIONS, policy_id, {"json": kept.VERSIONS.to_json(versions)})
    for item in moved:
        when, joined = _when(log.get(item.id.lower(), ()), before, now), known.joined(item.vm_id)
        approved = GONE if item.vm_id not in there else _approved(item, joined, intent, when.since)
        place = Joined(when.since, places[item.vm_id] or "", when.actor, approved, when.unsure_from)
        row = {"json": kept.MEMBERSHIPS.to_json(with_membership(joined, place)), "vault": item.vault_id}
        ports.ledger.write(MEMBERSHIPS, item.vm_id, row)
    _forget(ports, observed, known)
    return len(policies) + len(moved)


def _says_other(policy: BackupPolicy, known: Promised) -> bool:
    before = known.policy(policy.id)
    return not before or before[-1].policy is None or version(before[-1].policy) != version(policy)


def _one_each(items: Iterable[ProtectedItem]) -> list[ProtectedItem]:
    """Return one item of each VM: beside the one that protects it there may be a deleted one."""
    deleted_first = sorted(items, key=lambda item: (not item.soft_deleted, item.id))
    return list({item.vm_id: item for item in deleted_first}.values())


def _place(item: ProtectedItem, there: Collection[str], readable: Collection[str]) -> str | None:
    """Return the policy that the item is under, "" for none; None where its policy cannot be read."""
    if item.vm_id not in there or item.soft_deleted or item.state in _STOPPED or not item.policy_id:
        return ""
    return item.policy_id if item.policy_id in readable else None


def _is_news(place: str | None, joined: Sequence[Joined]) -> bool:
    """Return whether a VM is elsewhere than at the last look; one that never had backups is none."""
    if place is None or (not place and not joined):
        return False
    return not joined or joined[-1].policy_id != place


def _log(ports: Ports, intent: FleetPolicy, since: datetime, now: datetime) -> Mapping[str, list[Change]]:
    """Return the writes since the last look by lower-cased id, oldest first; none where the log cannot be read."""
    found: defaultdict[str, list[Change]] = defaultdict(list)
    try:
        for subscription in intent.scope.subscriptions:
            for change in ports.fleet.changes(subscription, since, now):
                found[change.resource_id.lower()].append(change)
    except FleetError:
        return {}
    return {key: sorted(changes, key=lambda change: change.at) for key, changes in found.items()}


def _when(changes: Sequence[Change], before: datetime | None, now: datetime) -> When:
    if not changes:
        return When(now, "", before)
    first, last = changes[0], changes[-1]
    return When(last.at, last.actor, None if first is last else first.at)


def _approved(item: ProtectedItem, joined: Sequence[Joined], intent: FleetPolicy, moved_at: datetime) -> str:
    """Return who approved that the VM loses points by this move, "" where nobody did."""
    was = joined[-1].policy_id.rpartition("/")[2] if joined else ""
    return next(
        (
            one.approver
            for one in intent.retention_loss
            if one.vm == item.name.lower()
            and one.from_policy.lower() == was
            and _is_one_of(item.policy_name.lower(), one.to_policy.lower())
            and one.expires >= moved_at.date()
        ),
        "",
    )


def _is_one_of(policy_name: str, approved: str) -> bool:
    """Return whether an approval means the policy: by its name, or as one of a tier's (`ns-gold`)."""
    return policy_name == approved or (is_ours(approved) and of_tier(policy_name, approved.removeprefix(PREFIX)))


def _forget(ports: Ports, observed: Observed, known: Promised) -> None:
    """Drop what is known of VMs that are gone together with their backups."""
    read = {vault.id for vault in observed.vaults}
    alive = {vm.id for vm in observed.vms} | {item.vm_id for item in observed.items}
    for vm_id, row in known.memberships.items():
        if vm_id not in alive and row.get("vault") in read:
            ports.ledger.drop(MEMBERSHIPS, vm_id)
            ports.ledger.drop(LOOKS, vm_id)

"""Which tasks does a request make? One for each VM, or why that VM cannot be restored as it was asked for.

One VM that cannot be restored does not hold up the others of its request: each has a task or a reason.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType

from shared.model.azure import ProtectedItem, ProtectionState, RecoveryPoint, Vault
from shared.model.intent import FleetPolicy
from shared.model.restore_intent import RestoreIntent, RestorePlace
from shared.model.restore_tasks import Refusal, RestoreRequest, RestoreState, RestoreTask
from shared.model.restores import Mode, RestoreOrder, Side
from shared.rules.region_pairs import second_region
from shared.rules.restore_guards import vault_allowed
from shared.rules.restore_lengths import PRIOR_MINUTES, SNAPSHOT_MINUTES
from shared.rules.restore_points import choose, from_snapshot, only_archived
from shared.rules.restore_steps import target_name

STOPPED = frozenset({"stopped", "deallocated"})
"""Power states in which a VM's disks may be replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was looked up for a request.

    `items` are all protected items of the vaults in scope, `vaults` by id. By lower-cased item id: `points` of those
    that are asked for, `minutes` that a restore from the vault is expected to take (see
    `restore_lengths`), `measured` the ids of those that were restored before. By VM id: `power` in Azure's word,
    None for a VM that is gone, and how many restores were begun `today`. By vault id: why what its secondary region
    restores is `unread`, of a request that goes there.
    """

    items: Sequence[ProtectedItem]
    vaults: Mapping[str, Vault]
    points: Mapping[str, Sequence[RecoveryPoint]]
    minutes: Mapping[str, float]
    power: Mapping[str, str | None]
    today: Mapping[str, int]
    measured: Collection[str] = ()
    unread: Mapping[str, str] = MappingProxyType({})


type Subject = tuple[str, ProtectedItem | None, str]
"""The field that names a VM, its item, and the reason where there is none."""


def subjects(request: RestoreRequest, items: Sequence[ProtectedItem], policy: FleetPolicy) -> list[Subject]:
    """Return the protected item of each VM and item of the request: whose points are to be looked up."""
    allowed = [item for item in items if vault_allowed(item.vault_id, policy)]
    found = [(f"vms[{index}]", *_of_vm(vm_id, allowed)) for index, vm_id in enumerate(request.vms)]
    found += [(f"items[{index}]", *_of_id(item_id, allowed)) for index, item_id in enumerate(request.items)]
    seen: dict[str, str] = {}
    for index, (field, item, _) in enumerate(found):
        first = seen.setdefault(item.id.lower(), field) if item else field
        if first != field:
            found[index] = (field, None, f"it is {first} too; expected each VM once; remove one")
    return found


def tasks_of(
    request: RestoreRequest, found: Found, policy: FleetPolicy, now: datetime
) -> tuple[list[RestoreTask], list[Refusal]]:
    """Return a task for each VM that can be restored as asked, and a refusal for each that cannot."""
    tasks, refusals = [], []
    for field, item, reason in subjects(request, found.items, policy):
        made = _task(request, item, found, policy, now) if item else reason
        match made:
            case RestoreTask():
                tasks.append(made)
            case Refusal():
                refusals.append(Refusal(made.field, f"{item.name if item else field}: {made.reason}"))
            case _:
                refusals.append(Refusal(field, str(made)))
    return tasks, refusals


def order(task: RestoreTask, state: RestoreState, intent: RestoreIntent) -> RestoreOrder:
    """Return what is sent for the task now, to the account that its state holds.

    Managed identities do not restore from the secondary region. Later orders have new target names.
    """
    return RestoreOrder(
        item=task.item,
        point=task.point,
        mode=task.mode,
        region=task.region,
        account_id=state.account_id,
        secondary=task.secondary,
        group_id=task.group_id,
        network_id=task.network_id,
        subnet_id=task.subnet_id,
        vm_name=target_name(task, state),
        identity_id="" if task.secondary else intent.identity,
        rehydrate=only_archived(task.point),
    )


def _of_vm(vm_id: str, items: Sequence[ProtectedItem]) -> tuple[ProtectedItem | None, str]:
    of_vm = [item for item in items if item.vm_id == vm_id]
    live = [item for item in of_vm if not item.soft_deleted]
    if not of_vm:
        return None, "no vault that may be restored from protects it; expected a protected VM; check the id"
    if not live:
        return None, "its backups are soft-deleted; expected a protected VM; undelete them first"
    kept = [item for item in live if item.state is not ProtectionState.PROTECTION_STOPPED] or live
    if len(kept) > 1:
        return None, f"{len(kept)} vaults hold backups of it; expected one; name it in items by the id of one"
    return kept[0], ""


def _of_id(item_id: str, items: Sequence[ProtectedItem]) -> tuple[ProtectedItem | None, str]:
    item = next((item for item in items if item.id.lower() == item_id), None)
    if item is None:
        return None, "its vault holds no such item; expected a protected item; check the id"
    if item.soft_deleted:
        return None, "its backups are soft-deleted; expected a protected item; undelete them first"
    return item, ""


def _task(
    request: RestoreRequest, item: ProtectedItem, found: Found, policy: FleetPolicy, now: datetime
) -> RestoreTask | Refusal | str:
    """Return the task; a Refusal blames another field than the one that names the VM."""
    vault, intent = found.vaults.get(item.vault_id), policy.restore
    if vault is None:
        return "its vault is not in scope; expected one of scope.vaults; check the id"
    secondary = request.side is Side.SECONDARY
    region, closed = second_region(vault, intent.pairs) if secondary else (vault.region, "")
    if closed:
        return Refusal("region", closed)
    place = intent.places.get(region)
    if place is None:
        text = f"restore.regions does not have {region}"
        return Refusal("region", f"{text}; expected one of {', '.join(intent.places)}; add its pool to fleet.yaml")
    if vault.id in found.unread:
        return Refusal("region", f"{region} does not show its restores: {found.unread[vault.id]}")
    if begun := _spent(item, found, intent):
        return begun
    if request.mode is Mode.REPLACE and (reason := _runs(item, found)):
        return reason
    chosen = choose(request.point, found.points.get(item.id.lower(), ()), request.mode, request.side)
    if chosen.point is None:
        return Refusal(chosen.field, f"{chosen.reason}; choose another")
    if intent.identity and not secondary and not chosen.point.managed:
        return "its disks are not managed, and restores by managed identity need that; restore it by hand"
    where = _where(request, place, region)
    if isinstance(where, Refusal):
        return where
    age = f"; {(now - chosen.point.at) / timedelta(hours=1):.0f} h old when it was asked for" if secondary else ""
    quick = from_snapshot(chosen.point, request.side)
    return RestoreTask(
        request_id=request.id,
        item=item,
        point=chosen.point,
        why_point=f"{chosen.reason}{age}",
        mode=request.mode,
        region=region,
        minutes=SNAPSHOT_MINUTES if quick else found.minutes.get(item.id.lower(), PRIOR_MINUTES),
        accepted_at=now,
        measured=item.id.lower() in found.measured and not quick,
        secondary=secondary,
        group_id=where[0],
        network_id=where[1].partition("/subnets/")[0],
        subnet_id=where[1],
        vm_name=_new_name(request, item) if request.mode is Mode.NEW_VM else "",
        accounts=request.targets.accounts,
        production=request.production,
    )


def _spent(item: ProtectedItem, found: Found, intent: RestoreIntent) -> str:
    today, most = found.today.get(item.vm_id, 0), intent.limits.restores_per_vm_day
    text = f"{today} restores of it were begun today, limit {most}; expected a later day; Azure refuses more than 20"
    return text if today >= most else ""


def _runs(item: ProtectedItem, found: Found) -> str:
    power = found.power.get(item.vm_id)
    if power is None:
        return "the VM is gone, and replace needs it; expected a stopped VM; use new-vm"
    text = f"its power state is {power or 'not known'}, and its disks can be replaced only while it is off"
    return "" if power in STOPPED else f"{text}; expected stopped or deallocated; stop it first"


def _where(request: RestoreRequest, place: RestorePlace, region: str) -> tuple[str, str] | Refusal:
    """Return the target group and subnet, "" where the mode needs none; each must be of the restore's own region."""
    targets, mode = request.targets, request.mode
    groups = (*place.groups, *(place.production_groups if request.production else ()))
    subnets = (*place.subnets, *(place.production_subnets if request.production else ()))
    wanted = f"{targets.network_id}/subnets/{targets.subnet}" if targets.network_id else ""
    if targets.accounts and not set(targets.accounts) & set(place.accounts):
        return Refusal("targets.accounts", f"none is in the pool of {region}; expected at least one; leave it out")
    if mode is Mode.REPLACE:
        return "", ""
    if targets.group_id and targets.group_id not in groups:
        return Refusal("targets.group", f"it is not for {region}; expected one of {', '.join(groups)}; leave it out")
    if mode is Mode.NEW_VM and not (wanted or subnets):
        return Refusal("mode", f"{region} has no subnet for new VMs; expected disks; or add one to fleet.yaml")
    if mode is Mode.NEW_VM and wanted and wanted not in subnets:
        return Refusal("targets.network", f"it is not for {region}; expected one of its subnets; leave it out")
    return targets.group_id or groups[0], (wanted or subnets[0]) if mode is Mode.NEW_VM else ""


def _new_name(request: RestoreRequest, item: ProtectedItem) -> str:
    """Return the new VM's name: its own with a mark of the request, so that two requests do not meet.

    Names may hold what new ones may not, such as an underscore.
    """
    mark = sha256(request.id.encode()).hexdigest()[:6]
    plain = re.sub(r"[^A-Za-z0-9.-]", "-", item.vm_id.rpartition("/")[2] or item.name, flags=re.ASCII)
    return request.targets.name or f"{plain[:57].strip('.-') or 'vm'}-{mark}"

"""Would the service take this restore? What is asked for, read and refused. Codes marked as ours stand in no recording.

Ours are those of accounts, target names and Resource Guard: the service's own are not known here.
"""

from dataclasses import dataclass

from local.world import accounts, groups, machines, points
from local.world.refusals import refuse_deleted
from local.world.regions import PAIRS
from local.world.state import Item, Json, Point, Refused, Vault
from local.world.vault_settings import guard_of
from local.world.world import World

KINDS = ("RestoreDisks", "AlternateLocation", "OriginalLocation")
_TYPES = ("IaasVMRestoreRequest", "IaasVMRestoreWithRehydrationRequest")
_PURPOSE = ("StorageV2",)


@dataclass(frozen=True, slots=True)
class Wish:
    """A restore as it was asked for; ids in the case in which they came."""

    vault: Vault
    item: Item
    point: Point
    kind: str
    account_id: str
    group_id: str = ""
    target: str = ""
    network: bool = False
    approvals: tuple[str, ...] = ()
    secondary: bool = False

    @property
    def region(self) -> str:
        """Where the restored things will be."""
        return PAIRS.get(self.vault.region, "") if self.secondary else self.vault.region


def read(vault: Vault, item: Item, point: Point, properties: Json) -> Wish:
    """Return what the wire `properties` of a restore request ask for; raises Refused where they cannot be read."""
    kind = str(properties.get("recoveryType") or "")
    if properties.get("objectType") not in _TYPES:
        raise _invalid(f"objectType must be {' or '.join(_TYPES)}.")
    if kind not in KINDS:
        raise _invalid(f"recoveryType must be one of {', '.join(KINDS)}.")
    if str(properties.get("recoveryPointId") or point.id).rsplit("/", 1)[-1] != point.id:
        raise _invalid("recoveryPointId is not that of the address.")
    identity = properties.get("identityBasedRestoreDetails") or {}
    return Wish(
        vault=vault,
        item=item,
        point=point,
        kind=kind,
        account_id=str(properties.get("storageAccountId") or identity.get("targetStorageAccountId") or ""),
        group_id=str(properties.get("targetResourceGroupId") or ""),
        target=str(properties.get("targetVirtualMachineId") or ""),
        network=bool(properties.get("virtualNetworkId") and properties.get("subnetId")),
        approvals=tuple(map(str, properties.get("resourceGuardOperationRequests") or ())),
    )


def refuse(world: World, wish: Wish) -> None:
    """Raise Refused where the service would not begin the restore."""
    refuse_deleted(wish.item)
    _refuse_unapproved(wish)
    _refuse_account(world, wish)
    if wish.kind == "OriginalLocation":
        _refuse_original(world, wish)
    elif wish.group_id and groups.find(world, wish.group_id) is None:
        name = wish.group_id.rsplit("/", 1)[-1]
        raise Refused(400, "UserErrorTargetResourceGroupNotFound", f"The target resource group '{name}' was not found.")
    if wish.kind == "AlternateLocation":
        _refuse_target(world, wish)


def snapshot_of(world: World, wish: Wish) -> bool:
    """Whether a snapshot suffices: the point has one, and managed disks are made in the vault's own region."""
    tiers = points.tiers(wish.point, world.rules_of(wish.item), world.now)
    return bool(("InstantRP", "Valid") in tiers and not wish.secondary and (wish.group_id or wish.kind != KINDS[0]))


def _refuse_unapproved(wish: Wish) -> None:
    needed = f"{guard_of(wish.vault)}/triggerRestoreRequests/default".lower()
    if wish.vault.restore_guarded and needed not in [one.lower() for one in wish.approvals]:
        raise Refused(
            403, "UserErrorResourceGuardApprovalNeeded", "Restores are guarded by the vault's Resource Guard."
        )


def _refuse_account(world: World, wish: Wish) -> None:
    if not wish.account_id:
        raise _invalid("storageAccountId is missing.")
    account = accounts.find(world, wish.account_id)
    if account is None:
        name = wish.account_id.rsplit("/", 1)[-1]
        raise Refused(400, "UserErrorStorageAccountNotFound", f"The storage account '{name}' was not found.")
    if account.region != wish.region:
        raise Refused(
            400,
            "UserErrorStorageAccountNotInSameRegion",
            f"The storage account '{account.name}' is in {account.region}; it must be in {wish.region}.",
        )
    if account.kind not in _PURPOSE:
        raise Refused(
            400,
            "UserErrorStorageAccountTypeNotSupported",
            f"The storage account '{account.name}' is of the kind {account.kind}; it must be general purpose v2.",
        )


def _refuse_original(world: World, wish: Wish) -> None:
    if wish.secondary:
        raise _invalid("recoveryType OriginalLocation is not possible from the secondary region.")
    vm = world.vms.get(wish.item.vm_id.lower())
    if vm is None:
        raise Refused(400, "UserErrorVmNotFoundV2", "Virtual machine doesn't exist.")
    if machines.power_of(world.seed, vm) == "running":
        raise Refused(400, "UserErrorVmNotShutDown", "The virtual machine is running; shut it down and try again.")
    if not wish.point.vaulted:
        raise _invalid("the recovery point has not been transferred to the vault yet.")


def _refuse_target(world: World, wish: Wish) -> None:
    if not (wish.group_id and wish.target and wish.network):
        raise _invalid(
            "AlternateLocation needs targetResourceGroupId, targetVirtualMachineId, virtualNetworkId and subnetId."
        )
    if target_id(wish).lower() in world.vms:
        name = wish.target.rsplit("/", 1)[-1]
        raise Refused(400, "UserErrorTargetVmAlreadyExists", f"A virtual machine named '{name}' exists already.")


def target_id(wish: Wish) -> str:
    """Return the id of the VM that the restore builds or mends; "" where it makes disks alone."""
    if wish.kind == "OriginalLocation":
        return wish.item.vm_id
    name = wish.target.rsplit("/", 1)[-1]
    return f"{wish.group_id}/providers/Microsoft.Compute/virtualMachines/{name}" if wish.target else ""


def _invalid(what: str) -> Refused:
    return Refused(400, "BMSUserErrorInvalidInput", f"Input provided for the call is invalid: {what}")

"""What may be sent to restore something? The only builder of restore requests; it refuses what is doubtful."""

import re
from collections.abc import Mapping

from shared.cloud.ids import item_path, vault_path
from shared.errors import Permanent
from shared.model.restores import Mode, RestoreOrder

SYSTEM = "system"
"""`RestoreOrder.identity_id` of the vault's own identity."""
REHYDRATED_FOR = "P7D"
"""How long a point of the archive stays in the vault once it was fetched for a restore."""
_GROUP = r"/subscriptions/[0-9a-f-]{36}/resourcegroups/[^/?#%\\]+"
_GROUP_ID = re.compile(_GROUP, re.IGNORECASE | re.ASCII)
_ACCOUNT_ID = re.compile(
    rf"{_GROUP}/providers/Microsoft\.Storage/storageAccounts/[a-z0-9]{{3,24}}", re.IGNORECASE | re.ASCII
)
_NETWORK_ID = re.compile(rf"{_GROUP}/providers/Microsoft\.Network/virtualNetworks/[\w.-]+", re.IGNORECASE | re.ASCII)
_IDENTITY_ID = re.compile(
    rf"{_GROUP}/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[\w-]+", re.IGNORECASE | re.ASCII
)
_SUBNET = re.compile(r"/subnets/[\w.-]+", re.IGNORECASE | re.ASCII)
_VM_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?")
_REGION = re.compile(r"[a-z0-9]+", re.ASCII)
_POINT = re.compile(r"/recoveryPoints/[\w-]+", re.IGNORECASE | re.ASCII)


def restore_body(order: RestoreOrder, confirmed: str = "") -> dict[str, object]:
    """Build the POST that restores: what the order says, and nothing that it does not say.

    The disks of a VM are replaced only where `confirmed` is the VM's id; no other mode ever writes to the VM that was
    backed up. Raises Permanent that names every refusal.
    """
    confirmation = ""
    if order.mode is Mode.REPLACE and (not confirmed or confirmed.lower() != order.item.vm_id.lower()):
        confirmation = "nobody confirmed that its disks may be replaced"
    elsewhere = "its order is the secondary region's" if order.secondary else ""
    _refuse(order, [confirmation, elsewhere, *_doubts(order)])
    return {"properties": _request(order)}


def secondary_body(order: RestoreOrder, token: Mapping[str, object]) -> dict[str, object]:
    """Build the POST that restores in the secondary region, by the access token of the order's point as it came.

    Raises Permanent that names every refusal; see `refuse_secondary` for those that are known before the token is.
    """
    refuse_secondary(order)
    return {
        "crossRegionRestoreAccessDetails": {**token, "objectType": token.get("objectType") or "CrrAccessToken"},
        "restoreRequest": _request(order),
    }


def refuse_secondary(order: RestoreOrder) -> None:
    """Raise Permanent that names every reason why the order may not go to the secondary region, if there is any."""
    _refuse(order, [*_doubts_of_crossing(order), *_doubts(order)])


def validation_body(order: RestoreOrder) -> dict[str, object]:
    """Build the POST that asks what the service has against the order. Raises Permanent that names every refusal."""
    _refuse(order, ["there is no pre-check in the secondary region" if order.secondary else "", *_doubts(order)])
    return {
        "id": order.point.id,
        "properties": {"objectType": "ValidateIaasVMRestoreOperationRequest", "restoreRequest": _request(order)},
    }


def point_name(order: RestoreOrder) -> str:
    """Return the name of the order's point, which is the last part of its id."""
    return order.point.id.rpartition("/")[2]


def _request(order: RestoreOrder) -> dict[str, object]:
    request: dict[str, object] = {
        "objectType": "IaasVMRestoreRequest",
        "recoveryPointId": point_name(order),
        "recoveryType": order.mode.recovery_type,
        "sourceResourceId": order.item.vm_id,
        "region": order.region,
        "createNewCloudService": False,
        "originalStorageAccountOption": False,
    }
    if order.identity_id:
        own = order.identity_id == SYSTEM
        request["identityInfo"] = {
            "isSystemAssignedIdentity": own,
            **({} if own else {"managedIdentityResourceId": order.identity_id}),
        }
        request["identityBasedRestoreDetails"] = {"targetStorageAccountId": order.account_id}
    else:
        request["storageAccountId"] = order.account_id
    if order.group_id:
        request["targetResourceGroupId"] = order.group_id
    if order.mode is Mode.NEW_VM:
        request["targetVirtualMachineId"] = (
            f"{order.group_id}/providers/Microsoft.Compute/virtualMachines/{order.vm_name}"
        )
        request["virtualNetworkId"], request["subnetId"] = order.network_id, order.subnet_id
    if order.rehydrate:
        request["objectType"] = "IaasVMRestoreWithRehydrationRequest"
        request["recoveryPointRehydrationInfo"] = {
            "rehydrationRetentionDuration": REHYDRATED_FOR,
            "rehydrationPriority": "Standard",
        }
    return request


def _refuse(order: RestoreOrder, refusals: list[str]) -> None:
    if reasons := [reason for reason in refusals if reason]:
        raise Permanent(f"{order.item.name or order.item.id}: not restored: {'; '.join(reasons)}", "Refused")


def _doubts(order: RestoreOrder) -> list[str]:
    item, point = order.item, order.point
    inside = point.id[len(item.id) :] if point.id.lower().startswith(item.id.lower()) else ""
    return [
        "" if _of_vault(order) else f"{item.id!r} is not an item of vault {item.vault_id}",
        "" if item.vm_id else "the item names no virtual machine",
        "the item is soft-deleted" if item.soft_deleted else "",
        "" if _POINT.fullmatch(inside) else f"{point.id!r} is no point of the item",
        "" if _ACCOUNT_ID.fullmatch(order.account_id) else f"{order.account_id!r} is no storage account",
        "" if order.region else "the region is missing",
        ""
        if order.identity_id in {"", SYSTEM} or _IDENTITY_ID.fullmatch(order.identity_id)
        else f"{order.identity_id!r} is no user-assigned identity",
        *(_doubts_of_replacing(order) if order.mode is Mode.REPLACE else _doubts_of_making(order)),
    ]


def _of_vault(order: RestoreOrder) -> bool:
    try:
        return item_path(order.item.id).vault.id == order.item.vault_id == vault_path(order.item.vault_id).id
    except Permanent:
        return False


def _doubts_of_crossing(order: RestoreOrder) -> list[str]:
    return [
        "" if order.secondary else "its order is the vault's own region's",
        "" if _REGION.fullmatch(order.region) else f"{order.region!r} is no region",
        "disks are not replaced from the secondary region" if order.mode is Mode.REPLACE else "",
        "managed identities do not restore from the secondary region" if order.identity_id else "",
        "the secondary region holds no archive" if order.rehydrate else "",
    ]


def _doubts_of_replacing(order: RestoreOrder) -> list[str]:
    named = [order.group_id, order.network_id, order.subnet_id, order.vm_name]
    return ["what is replaced has its own group, network and name" if any(named) else ""]


def _doubts_of_making(order: RestoreOrder) -> list[str]:
    """Without a group Azure would make unmanaged blobs of managed disks, slowly."""
    group = "" if _GROUP_ID.fullmatch(order.group_id) else f"{order.group_id!r} is no resource group"
    if order.mode is Mode.DISKS:
        named = [order.network_id, order.subnet_id, order.vm_name]
        return [group, "disks have neither network nor machine" if any(named) else ""]
    own = f"{order.group_id}/providers/Microsoft.Compute/virtualMachines/{order.vm_name}".lower()
    in_network = order.subnet_id.lower().startswith(f"{order.network_id.lower()}/subnets/")
    subnet = order.subnet_id[len(order.network_id) :] if in_network else ""
    return [
        group,
        "" if _NETWORK_ID.fullmatch(order.network_id) else f"{order.network_id!r} is no virtual network",
        "" if _SUBNET.fullmatch(subnet) else f"{order.subnet_id!r} is no subnet of the network",
        "" if _VM_NAME.fullmatch(order.vm_name) else f"{order.vm_name!r} cannot be the name of a virtual machine",
        "it would be made over the virtual machine that was backed up" if own == order.item.vm_id.lower() else "",
    ]

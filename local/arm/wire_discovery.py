"""How do virtual machines look to the backup service? Containers, protectable items and the backup status of one VM."""

from local.world.state import Item, Json, Vault, Vm
from local.world.world import World

_CONTAINERS = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers"
_VM = "Microsoft.Compute/virtualMachines"


def container(record: Item) -> Json:
    """Return the container of a protected VM."""
    name = record.id.split("/")[-3]
    return {
        "id": record.id.rsplit("/", 2)[0],
        "name": name,
        "type": _CONTAINERS,
        "properties": {
            "virtualMachineId": record.vm_id,
            "virtualMachineVersion": "Compute",
            "resourceGroup": record.vm_id.split("/")[4],
            "friendlyName": record.vm_id.rsplit("/", 1)[-1],
            "backupManagementType": "AzureIaasVM",
            "registrationStatus": "Registered",
            "healthStatus": "Healthy",
            "containerType": _VM,
            "protectableObjectType": _VM,
        },
    }


def protectable(vault: Vault, vm: Vm) -> Json:
    """Return a VM that could be protected; its name lacks the prefix that its id has, as recorded."""
    names = _names(vm.id)
    fabric = f"{vault.id}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{names}"
    return {
        "id": f"{fabric}/protectableItems/vm;{names}",
        "name": names,
        "type": f"{_CONTAINERS}/protectableItems",
        "properties": {
            "virtualMachineId": vm.id,
            "virtualMachineVersion": "Compute",
            "resourceGroup": vm.resource_group,
            "backupManagementType": "AzureIaasVM",
            "protectableItemType": _VM,
            "friendlyName": vm.name,
            "protectionState": "NotProtected",
        },
    }


def backup_status(world: World, vm_id: str) -> Json:
    """Return whether and where a VM is protected; container and item are lower-case, as recorded."""
    names = _names(vm_id)
    item = world.item_of(vm_id)
    body: Json = {"protectionStatus": "NotProtected" if item is None else "Protected"}
    if item is not None:
        body["vaultId"] = world.vaults[item.vault_id].id
    body |= {
        "fabricName": "Azure",
        "containerName": f"iaasvmcontainer;{names}",
        "protectedItemName": f"vm;{names}",
        "protectedItemsCount": 0,
        "objectType": "BackupStatusResponse",
    }
    policy = world.policies.get(item.policy_id.lower()) if item else None
    if policy is not None:
        body["policyName"] = policy.name
    return body


def _names(vm_id: str) -> str:
    parts = vm_id.lower().split("/")
    return f"iaasvmcontainerv2;{parts[4]};{parts[-1]}"

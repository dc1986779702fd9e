"""How do resources look on the wire? World records to the JSON that Azure sends, casing quirks included."""

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from local.clock import iso
from local.world import points
from local.world.failures import failure
from local.world.schedule import Rules
from local.world.state import Activity, Item, Job, Json, Operation, Point, Policy, Vm
from local.world.world import World

TENANT = "00000000-0000-0000-0000-0000000000aa"
_NEVER = "0001-01-01T00:00:00"
_MOVE_UNKNOWN = "We're still determining if this Recovery Point can be moved.. Please check again after some time."
_CANCELLABLE = {"Backup", "Restore", "CrossRegionRestore"}
"""Jobs that say so whatever their phase, and in the secondary region although they cannot be: as recorded."""
_ITEM_TYPE = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"


def policy(record: Policy, members: int) -> Json:
    """Return a policy that `members` items have; a Standard policy carries no policyType, as recorded."""
    return {
        "id": record.id,
        "name": record.name,
        "type": "Microsoft.RecoveryServices/vaults/backupPolicies",
        "properties": {**record.properties, "protectedItemsCount": members},
    }


ITEM_FILTERS: dict[str, Callable[[World, Item], str]] = {
    "backupmanagementtype": lambda _world, _record: "AzureIaasVM",
    "itemtype": lambda _world, _record: "VM",
    "policyname": lambda world, record: _policy_name(world, record),
    "friendlyname": lambda _world, record: _friendly_name(record),
    "healthstate": lambda _world, record: record.health,
}
"""What the item list's filter keys compare, without the rest of the row."""


def item(world: World, record: Item) -> Json:
    """Return a protected item; one that was never backed up says 2001-01-01, as recorded."""
    assigned = world.policies.get(record.policy_id.lower())
    days = world.vaults[record.vault_id].soft_delete_days
    properties: Json = {
        "friendlyName": _friendly_name(record),
        "virtualMachineId": record.vm_id,
        "protectionStatus": "Healthy",
        "protectionState": record.state,
        "healthStatus": record.health,
        "lastBackupStatus": record.last_status,
        "lastBackupTime": iso(record.last_backup_at) if record.last_backup_at else "2001-01-01T00:00:00Z",
        "protectedItemDataId": record.data_id,
        "sourceSideScanning": 0,
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "backupManagementType": "AzureIaasVM",
        "workloadType": "VM",
        "containerName": record.container,
        "sourceResourceId": record.vm_id,
        "policyId": record.policy_id,
        "policyName": _policy_name(world, record),
        "vaultId": f"https://management.azure.com{world.vaults[record.vault_id].id}",
        "isArchiveEnabled": False,
        "softDeleteRetentionPeriod": days if record.deleted_at else 0,
    }
    if record.last_point_at:
        properties["lastRecoveryPoint"] = iso(record.last_point_at)
    if assigned and assigned.rules.policy_type == "V2":
        properties["policyType"] = "V2"
    if record.extended is not None:
        properties["extendedProperties"] = record.extended
    if record.deleted_at:
        properties |= _deletion(record.deleted_at, timedelta(days=days) - (world.now - record.deleted_at))
    return {"id": record.id, "name": record.name, "type": _ITEM_TYPE, "properties": properties}


def _friendly_name(record: Item) -> str:
    return record.vm_id.rsplit("/", 1)[-1]


def _policy_name(world: World, record: Item) -> str:
    assigned = world.policies.get(record.policy_id.lower())
    return assigned.name if assigned else ""


def _deletion(deleted_at: datetime, left: timedelta) -> Json:
    hours, minutes = left.seconds // 3600, left.seconds // 60 % 60
    return {
        "isScheduledForDeferredDelete": True,
        "deferredDeleteTimeInUTC": iso(deleted_at),
        "deferredDeleteTimeRemaining": f"{left.days}.{hours:02}:{minutes:02}:00",
    }


def job(world: World, record: Job) -> Json:
    """Return a job as list rows show it: without tasks and property bag."""
    ended = record.ended_at or world.now
    properties: Json = {"jobType": "AzureIaaSVMJob"}
    if record.operation in _CANCELLABLE:
        properties["actionsInfo"] = ["Cancellable"]
    properties |= {"containerName": record.container, "duration": duration(ended - record.started_at)}
    if record.error and record.ended_at:
        known = failure(record.error)
        properties["errorDetails"] = [
            {
                "errorCode": known.number,
                "errorTitle": record.error,
                "errorString": known.text,
                "recommendations": list(known.advice),
            }
        ]
    properties |= {
        "virtualMachineVersion": "Compute",
        "entityFriendlyName": record.vm_name,
        "backupManagementType": "AzureIaasVM",
        "operation": record.operation,
        "status": record.status,
        "startTime": iso(record.started_at),
    }
    if record.ended_at:
        properties["endTime"] = iso(record.ended_at)
    properties["activityId"] = f"{record.id[9:]}{record.id[:8]}"[:36]
    vault_id = world.vaults[record.vault_id].id
    return {
        "id": f"{vault_id}/backupJobs/{record.id}",
        "name": record.id,
        "type": "Microsoft.RecoveryServices/vaults/backupJobs",
        "properties": properties,
    }


def point(world: World, owner: Item, record: Point, rules: Rules | None) -> Json:
    """Return a recovery point."""
    vm = world.vms.get(owner.vm_id.lower())
    tiers = [{"type": kind, "status": status} for kind, status in points.tiers(record, rules, world.now)]
    return {
        "id": f"{owner.id}/recoveryPoints/{record.id}",
        "name": record.id,
        "type": f"{_ITEM_TYPE}/recoveryPoints",
        "properties": {
            "objectType": "IaasVMRecoveryPoint",
            "recoveryPointType": record.consistency,
            "recoveryPointTime": iso(record.at),
            "recoveryPointAdditionalInfo": "",
            "sourceVMStorageType": "PremiumVMOnPartialPremiumStorage",
            "isSourceVMEncrypted": False,
            "isInstantIlrSessionActive": False,
            "recoveryPointTierDetails": tiers,
            "isManagedVirtualMachine": True,
            "virtualMachineSize": vm.size if vm else "",
            "originalStorageAccountOption": False,
            "osType": vm.os_type if vm else "Linux",
            "recoveryPointMoveReadinessInfo": {
                "ArchivedRP": {"isReadyForMove": False, "additionalInfo": _MOVE_UNKNOWN}
            },
            "securityType": "None",
            "isPrivateAccessEnabledOnAnyDisk": False,
            "createdWithPolicyType": record.policy_type,
            "threatStatus": 0,
        },
    }


def operation(record: Operation) -> Json:
    """Return an operation's status; its job id comes with success."""
    ended = iso(record.started_at) if record.ended_at else _NEVER
    body: Json = {
        "id": record.id,
        "name": record.id,
        "status": record.status,
        "startTime": iso(record.started_at),
        "endTime": ended,
    }
    if record.error:
        body["error"] = {"code": record.error[0], "message": record.error[1]}
    elif record.ended_at and record.job_id:
        body["properties"] = {"objectType": "OperationStatusJobExtendedInfo", "jobId": record.job_id}
    return body


def vm(record: Vm) -> Json:
    """Return a virtual machine as Microsoft.Compute shows it."""
    return {
        "name": record.name,
        "id": record.id,
        "type": "Microsoft.Compute/virtualMachines",
        "location": record.region,
        "tags": record.tags,
        "properties": {
            "vmId": record.guid,
            "hardwareProfile": {"vmSize": record.size},
            "storageProfile": {
                "osDisk": {"osType": record.os_type, "managedDisk": {"storageAccountType": "Premium_LRS"}}
            },
            "provisioningState": record.provisioning,
        },
    }


GRAPH_COLUMNS: dict[str, Callable[[Vm], Any]] = {
    "id": attrgetter("id"),
    "name": attrgetter("name"),
    "type": lambda _: "microsoft.compute/virtualmachines",
    "location": attrgetter("region"),
    "resourceGroup": lambda record: record.resource_group.lower(),
    "subscriptionId": attrgetter("subscription"),
    "tags": attrgetter("tags"),
    "properties": lambda record: vm(record)["properties"],
}
"""What Resource Graph knows of a virtual machine; type and resource group are in lower case."""


def graph_vm(record: Vm) -> Json:
    """Return a virtual machine as Resource Graph shows it."""
    return {name: read(record) for name, read in GRAPH_COLUMNS.items()}


def activity(record: Activity) -> Json:
    """Return an entry of the activity log."""
    words = {"value": record.operation, "localizedValue": record.operation}
    group = record.resource_id.split("/")[4]
    kind = record.operation.rsplit("/", 1)[0]
    return {
        "id": f"{record.resource_id}/events/{record.id}/ticks/{int(record.at.timestamp())}",
        "eventDataId": record.id,
        "correlationId": record.id,
        "operationId": record.id,
        "caller": record.caller,
        "category": {"value": "Administrative", "localizedValue": "Administrative"},
        "eventName": {"value": "EndRequest", "localizedValue": "End request"},
        "level": "Informational",
        "operationName": words,
        "status": {"value": record.status, "localizedValue": record.status},
        "subStatus": {"value": "", "localizedValue": ""},
        "resourceId": record.resource_id,
        "resourceGroupName": group,
        "resourceProviderName": {"value": kind.split("/")[0], "localizedValue": kind.split("/")[0]},
        "resourceType": {"value": kind, "localizedValue": kind},
        "subscriptionId": record.subscription,
        "eventTimestamp": iso(record.at),
        "submissionTimestamp": iso(record.at),
    }


def duration(span: timedelta) -> str:
    """Return an ISO 8601 duration as the service writes it, e.g. PT1H41M14.823331S."""
    seconds = span.total_seconds()
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    text = f"{rest:.6f}".rstrip("0").rstrip(".")
    return "PT" + (f"{int(hours)}H" if hours else "") + (f"{int(minutes)}M" if minutes else "") + f"{text}S"

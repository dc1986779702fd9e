"""What do Azure's JSON answers say in our nouns? Pure readers that raise nothing but Permanent."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from shared.cloud.ids import vault_path
from shared.cloud.wire_errors import errors_from
from shared.cloud.wire_policy import policy_from
from shared.cloud.wire_values import Wire, duration, entries, instant, mapping, number, text, truth
from shared.errors import Permanent
from shared.model.azure import Change, Job, ProtectedItem, ProtectionState, RecoveryPoint, Vault, Vm

__all__ = [
    "any_job_from",
    "by_hand_from",
    "change_from",
    "item_from",
    "job_from",
    "policy_from",
    "power_from",
    "recovery_point_from",
    "vault_from",
    "vm_from",
]

NEVER = datetime(2001, 1, 1, tzinfo=UTC)
"""The service's `lastBackupTime` of an item that was never backed up."""

_STATES = {state.value.lower(): state for state in ProtectionState}
_VM_ITEM = "microsoft.compute/virtualmachines"
_WRITES = (
    "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems/",
    "microsoft.recoveryservices/vaults/backuppolicies/",
)
_BACKUP = f"{_WRITES[0]}backup/action"
_TIER_TYPES = {1: "InstantRP", 2: "HardenedRP", 3: "ArchivedRP"}
_TIER_STATUSES = {1: "Valid", 2: "Disabled", 3: "Deleted", 4: "Rehydrated"}


def vault_from(wire: Wire) -> Vault:
    """Read a vault; absent security settings mean what Azure's defaults are."""
    path = vault_path(_id(wire, "vault"))
    properties = mapping(wire.get("properties"))
    security = mapping(properties.get("securitySettings"))
    redundancy = mapping(properties.get("redundancySettings"))
    immutability = mapping(security.get("immutabilitySettings"))
    soft_delete = mapping(security.get("softDeleteSettings"))
    days = number(soft_delete.get("softDeleteRetentionPeriodInDays"))
    alerts = mapping(mapping(properties.get("monitoringSettings")).get("azureMonitorAlertSettings"))
    return Vault(
        id=path.id,
        name=path.name,
        subscription=path.subscription,
        resource_group=path.resource_group,
        region=_region(wire.get("location")),
        redundancy=text(redundancy.get("standardTierStorageRedundancy")),
        immutability=text(immutability.get("state")) or "Disabled",
        guarded=text(security.get("multiUserAuthorization")).lower() == "enabled",
        soft_delete=text(soft_delete.get("softDeleteState")) or "Enabled",
        soft_delete_days=14 if days is None else days,
        cross_region=text(redundancy.get("crossRegionRestore")).lower() == "enabled",
        job_alerts=text(alerts.get("alertsForAllJobFailures")).lower() != "disabled",
    )


def item_from(wire: Wire) -> ProtectedItem | None:
    """Read a protected VM; None for a protected item of another workload (databases, file shares, classic VMs).

    A protection state that this version does not know is read as INVALID: nothing may be written to such an item.
    """
    item_id = _id(wire, "protected item")
    properties = mapping(wire.get("properties"))
    if not _is_vm(properties):
        return None
    vm_id = text(properties.get("sourceResourceId")) or text(properties.get("virtualMachineId"))
    if not vm_id:
        raise Permanent(f"protected item {item_id}: sourceResourceId is missing; expected the ARM id of a VM")
    last_backup = instant(properties.get("lastBackupTime"))
    policy_id = text(properties.get("policyId"))
    return ProtectedItem(
        id=item_id,
        vault_id=vault_path(item_id).id,
        vm_id=vm_id.lower(),
        name=text(properties.get("friendlyName")) or vm_id.rpartition("/")[2],
        container=(text(properties.get("containerName")) or _container_of(item_id)).lower(),
        policy_id=policy_id.lower(),
        policy_name=text(properties.get("policyName")) or policy_id.rpartition("/")[2],
        state=_STATES.get(text(properties.get("protectionState")).lower(), ProtectionState.INVALID),
        health=text(properties.get("healthStatus")),
        last_backup_status=text(properties.get("lastBackupStatus")),
        last_backup_at=None if last_backup is None or last_backup <= NEVER else last_backup,
        last_recovery_point_at=instant(properties.get("lastRecoveryPoint")),
        soft_deleted=properties.get("isScheduledForDeferredDelete") is True,
        extended_properties=_json_text(properties.get("extendedProperties")),
    )


def job_from(wire: Wire) -> Job | None:
    """Read a VM's job; None for a job of another workload. An unreadable duration is taken from start and end."""
    job_id = _id(wire, "job")
    properties = mapping(wire.get("properties"))
    kind = text(properties.get("jobType")).lower()
    if text(properties.get("backupManagementType")).lower() != "azureiaasvm" and not kind.startswith("azureiaasvmjob"):
        return None
    job = _job(job_id, properties)
    return replace(job, vault_id=vault_path(job_id).id)


def any_job_from(wire: Wire) -> Job:
    """Read a job of any workload, and of the secondary region, whose jobs belong to no vault: `vault_id` is "" then."""
    job = _job(_id(wire, "job"), mapping(wire.get("properties")))
    try:
        return replace(job, vault_id=vault_path(job.id).id)
    except Permanent:
        return job


def _job(job_id: str, properties: Wire) -> Job:
    started = instant(properties.get("startTime"))
    if started is None:
        raise Permanent(f"job {job_id}: startTime {properties.get('startTime')!r} is not an instant")
    ended = instant(properties.get("endTime"))
    measured = duration(properties.get("duration"))
    return Job(
        id=job_id,
        vault_id="",
        container=text(properties.get("containerName")).lower(),
        vm_name=text(properties.get("entityFriendlyName")),
        operation=text(properties.get("operation")),
        status=text(properties.get("status")),
        started_at=started,
        ended_at=ended,
        duration=(ended - started if ended else timedelta()) if measured is None else measured,
        errors=errors_from(properties),
        user_triggered=truth(properties.get("isUserTriggered")),
    )


def recovery_point_from(wire: Wire) -> RecoveryPoint:
    """Read a recovery point; tiers come as words or, from older api-versions, as numbers."""
    point_id = _id(wire, "recovery point")
    properties = mapping(wire.get("properties"))
    at = instant(properties.get("recoveryPointTime"))
    if at is None:
        raise Permanent(f"recovery point {point_id}: recoveryPointTime is missing; expected an instant")
    tiers = (mapping(entry) for entry in entries(properties.get("recoveryPointTierDetails")))
    return RecoveryPoint(
        id=point_id,
        at=at,
        consistency=text(properties.get("recoveryPointType")),
        tiers=tuple(
            (_word(tier.get("type"), _TIER_TYPES), _word(tier.get("status"), _TIER_STATUSES)) for tier in tiers
        ),
    )


def vm_from(row: Wire) -> Vm:
    """Read a row of Resource Graph's VM query."""
    vm_id = _id(row, "virtual machine").lower()
    tags = mapping(row.get("tags"))
    return Vm(
        id=vm_id,
        name=text(row.get("name")) or vm_id.rpartition("/")[2],
        subscription=text(row.get("subscriptionId")).lower() or _segment(vm_id, "subscriptions"),
        resource_group=text(row.get("resourceGroup")) or _segment(vm_id, "resourcegroups"),
        region=_region(row.get("location")),
        tags={str(name).lower(): text(value) for name, value in tags.items()},
    )


def power_from(wire: Wire) -> str:
    """Read a VM's power from its instance view, in Azure's own lower-cased word; "" where it says none."""
    view = mapping(mapping(wire.get("properties")).get("instanceView"))
    codes = [text(mapping(status).get("code")).lower() for status in entries(view.get("statuses"))]
    return next((code.removeprefix("powerstate/") for code in codes if code.startswith("powerstate/")), "")


def change_from(wire: Wire) -> Change | None:
    """Read who wrote a policy or a membership; None for any other event and for writes that failed."""
    operation = _operation(wire)
    prefix, _, verb = operation.lower().rpartition("/")
    return _change(wire, operation) if f"{prefix}/" in _WRITES and verb in {"write", "delete"} else None


def by_hand_from(wire: Wire) -> Change | None:
    """Read who asked for a backup of which item; None for any other event and for what failed."""
    operation = _operation(wire)
    found = _change(wire, operation) if operation.lower() == _BACKUP else None
    return replace(found, resource_id=found.resource_id.removesuffix("/backup")) if found else None


def _change(wire: Wire, operation: str) -> Change | None:
    """Only the caller's name is read, never the claims that come beside it."""
    status = text(mapping(wire.get("status")).get("value")) or text(wire.get("status"))
    if status.lower() == "failed":
        return None
    resource_id = text(wire.get("resourceId")).lower()
    at = instant(wire.get("eventTimestamp"))
    if not resource_id or at is None:
        raise Permanent(f"activity {operation} on {resource_id or 'no resource'}: expected resourceId, eventTimestamp")
    return Change(resource_id=resource_id, operation=operation, actor=text(wire.get("caller")), at=at)


def _operation(wire: Wire) -> str:
    return text(mapping(wire.get("operationName")).get("value")) or text(wire.get("operationName"))


def _id(wire: Wire, noun: str) -> str:
    found = text(wire.get("id"))
    if not found:
        raise Permanent(f"{noun}: id is missing; expected an ARM id")
    return found


def _is_vm(properties: Wire) -> bool:
    kind = text(properties.get("protectedItemType"))
    if kind:
        return kind.lower() == _VM_ITEM
    return (
        text(properties.get("backupManagementType")).lower() == "azureiaasvm"
        and text(properties.get("workloadType")).lower() == "vm"
    )


def _container_of(item_id: str) -> str:
    """Containers are named "IaasVMContainer;<containerName>" in ids."""
    return _segment(item_id, "protectioncontainers").partition(";")[2]


def _segment(resource_id: str, after: str) -> str:
    parts = resource_id.split("/")
    return next((value for name, value in pairwise(parts) if name.lower() == after), "")


def _region(value: object) -> str:
    """Regions come as "westeurope" or, from older services, as "West Europe"."""
    return text(value).lower().replace(" ", "")


def _word(value: object, words: dict[int, str]) -> str:
    known = number(value)
    return text(value) if known is None else words.get(known, str(known))


def _json_text(value: object) -> str:
    return json.dumps(value, sort_keys=True) if value else ""

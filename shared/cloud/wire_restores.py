"""What do Azure's answers say of restores? Jobs with their details, operations, objections and storage accounts."""

import math
import re
from dataclasses import replace

from shared.cloud.ids import vault_path
from shared.cloud.wire_errors import errors_from
from shared.cloud.wire_values import Wire, entries, instant, mapping, number, text
from shared.errors import Permanent
from shared.model.restores import JobTask, Objection, RestoreAccount, RestoreJob, RestoreOperation

RESTORES = frozenset({"restore", "crossregionrestore"})
_CANCELLABLE = frozenset({1, "Cancellable"})
"""Older answers number what may be done with a job."""
_MOVED = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])Bs?\s*/\s*(\d+(?:\.\d+)?)\s*([KMGT])Bs?", re.IGNORECASE | re.ASCII)
_POWERS = {unit: 1024**power for power, unit in enumerate("KMGT", 1)}


def secondary_job_from(wire: Wire, vault_id: str, region: str) -> RestoreJob | None:
    """Read a restore that a secondary region shows of the vault; None for any other job.

    Its id is made of its name, since the service spells it in two ways. It says that it can be cancelled, which none of
    that region can.
    """
    name = text(wire.get("name")) or text(wire.get("id")).rpartition("/")[2]
    job_id = secondary_job_id(vault_id, region, name) if name else ""
    found = restore_job_from({**wire, "id": f"{vault_id}/backupJobs/{name}" if name else ""})
    return found and replace(found, id=job_id, region=region, cancellable=False)


def secondary_job_id(vault_id: str, region: str, name: str) -> str:
    """Return the id of a vault's job in a secondary region, lower-cased."""
    subscription = vault_path(vault_id).subscription
    provider = f"/subscriptions/{subscription}/providers/Microsoft.RecoveryServices"
    return f"{provider}/locations/{region}/backupJobs/{name}".lower()


def restore_job_from(wire: Wire) -> RestoreJob | None:
    """Read a restore of a VM, with its details where they are there; None for any other job."""
    job_id, properties = text(wire.get("id")), mapping(wire.get("properties"))
    if text(properties.get("operation")).lower() not in RESTORES or not _of_vm(properties):
        return None
    started = instant(properties.get("startTime"))
    if not job_id or started is None:
        raise Permanent(f"job {job_id or 'without an id'}: expected id and startTime")
    details = mapping(properties.get("extendedInfo"))
    bag = {str(name).strip().lower(): text(value) for name, value in mapping(details.get("propertyBag")).items()}
    tasks = [mapping(entry) for entry in entries(details.get("tasksList"))]
    moved, total = _moved(tasks)
    actions = entries(properties.get("actionsInfo"))
    return RestoreJob(
        id=job_id.lower(),
        vault_id=vault_path(job_id).id,
        container=text(properties.get("containerName")).lower(),
        vm_name=text(properties.get("entityFriendlyName")).lower(),
        operation=text(properties.get("operation")),
        status=text(properties.get("status")),
        started_at=started,
        ended_at=instant(properties.get("endTime")),
        errors=errors_from(properties),
        cancellable=any(action in _CANCELLABLE for action in actions if isinstance(action, int | str)),
        detailed=bool(details),
        tasks=tuple(_task(task) for task in tasks),
        progress=_percent(details.get("progressPercentage")),
        bytes_moved=moved,
        bytes_total=total,
        account=bag.get("target storage account name", "").lower(),
        group=bag.get("target resource group", "").lower(),
        target_vm=bag.get("target vm name", "").lower(),
        staging=bag.get("config blob container name", ""),
    )


def operation_from(wire: Wire, vault_id: str, region: str = "") -> RestoreOperation:
    """Read the status of an accepted order, in a secondary region if one is named.

    Its job is named by a whole id, lower-cased.
    """
    status, error = text(wire.get("status")), mapping(wire.get("error"))
    if not status:
        raise Permanent("operation: status is missing; expected a word")
    job = text(mapping(wire.get("properties")).get("jobId"))
    job_id = secondary_job_id(vault_id, region, job) if region else f"{vault_id}/backupJobs/{job}".lower()
    return RestoreOperation(
        status=status,
        job_id=job_id if job else "",
        code=text(error.get("code")),
        text=text(error.get("message")),
    )


def objections_from(wire: Wire) -> list[Objection]:
    """Read what a pre-check says; nothing at all is no objection, an answer of another shape is Permanent."""
    response = wire.get("validateOperationResponse")
    if not isinstance(response, dict):
        raise Permanent("pre-check: validateOperationResponse is missing; expected an object")
    found = [mapping(entry) for entry in entries(response.get("validationResults"))]
    return [
        Objection(
            text(entry.get("code")),
            text(entry.get("message")),
            tuple(words for line in entries(entry.get("recommendations")) if (words := text(line))),
        )
        for entry in found
        if text(entry.get("code")).lower() not in {"", "success"}
    ]


def account_from(wire: Wire) -> RestoreAccount:
    """Read a storage account. What it does not say is what Azure takes for said: public, by key, open."""
    account_id, properties = text(wire.get("id")), mapping(wire.get("properties"))
    if not account_id:
        raise Permanent("storage account: id is missing; expected an ARM id")
    rules = mapping(properties.get("networkAcls"))
    return RestoreAccount(
        id=account_id.lower(),
        name=(text(wire.get("name")) or account_id.rpartition("/")[2]).lower(),
        region=text(wire.get("location")).lower().replace(" ", ""),
        kind=text(wire.get("kind")),
        sku=text(mapping(wire.get("sku")).get("name")),
        tags={str(name).lower(): text(value) for name, value in mapping(wire.get("tags")).items()},
        default_action=text(rules.get("defaultAction")) or "Allow",
        bypass=text(rules.get("bypass")) or "AzureServices",
        public_access=text(properties.get("publicNetworkAccess")).lower() not in {"disabled", "securedbyperimeter"},
        private_endpoints=len(entries(properties.get("privateEndpointConnections"))),
        shared_key=properties.get("allowSharedKeyAccess") is not False,
        state=text(properties.get("provisioningState")),
    )


def made_by(disk: Wire, job_id: str) -> bool:
    """Return whether the job, a whole id or its name, made the disk: Azure tags restored disks with it."""
    tags = {str(name).lower(): text(value).lower() for name, value in mapping(disk.get("tags")).items()}
    return bool(job_id) and tags.get("rsvaultbackup") == job_id.rpartition("/")[2].lower()


def _of_vm(properties: Wire) -> bool:
    kind = text(properties.get("jobType")).lower()
    return text(properties.get("backupManagementType")).lower() == "azureiaasvm" or kind.startswith("azureiaasvmjob")


def _task(task: Wire) -> JobTask:
    return JobTask(
        text(task.get("taskId")),
        text(task.get("status")),
        instant(task.get("startTime")),
        instant(task.get("endTime")),
    )


def _moved(tasks: list[Wire]) -> tuple[int | None, int | None]:
    """Return the bytes that came and all that will, as one of the tasks says them in words."""
    for task in tasks:
        if said := _MOVED.search(text(task.get("taskExecutionDetails"))):
            moved, unit, total, of = said.groups()
            return round(float(moved) * _POWERS[unit.upper()]), round(float(total) * _POWERS[of.upper()])
    return None, None


def _percent(value: object) -> float | None:
    known = value if isinstance(value, float) else number(value)
    return float(known) if known is not None and math.isfinite(known) and 0 <= known <= 100 else None

"""How do restores look on the wire? Their jobs' tasks and progress, the disks that they make, and pre-checks."""

from local.clock import iso
from local.world import restores
from local.world.resources import Disk, Restore
from local.world.state import Job, Json, Refused
from local.world.world import World

_COPY = "Transfer data from vault"
_BUILD = {
    "AlternateLocation": "Create the restored virtual machine",
    "OriginalLocation": "Update the virtual machine",
}


def extended(world: World, job: Job, restore: Restore) -> Json:
    """Return what a restore's job shows beside its property bag; times of tasks are not told, as recorded."""
    found: Json = {
        "tasksList": _tasks(job, restore),
        "internalPropertyBag": {"restoreLocationType": restore.kind},
        "progressPercentage": restores.progress(world, restore),
    }
    if job.operation == "CrossRegionRestore":
        found["internalPropertyBag"] = {"AdHoc": "AdHoc", **found["internalPropertyBag"]}
    if job.status == "Completed":
        found["estimatedRemainingDuration"] = "PT0S"
    elif job.operation == "Restore":
        found["dynamicErrorMessage"] = ""
    return found


def disk(record: Disk) -> Json:
    """Return a managed disk."""
    body: Json = {
        "name": record.name,
        "id": record.id,
        "type": "Microsoft.Compute/disks",
        "location": record.region,
        "tags": record.tags,
        "sku": {"name": "Premium_LRS", "tier": "Premium"},
        "properties": {
            "creationData": {"createOption": "Restore"},
            "diskSizeGB": record.size_gb,
            "timeCreated": iso(record.created_at),
            "provisioningState": "Succeeded",
            "diskState": "Attached" if record.managed_by else "Unattached",
        },
    }
    if record.os_type:
        body["properties"]["osType"] = record.os_type
    if record.managed_by:
        body["managedBy"] = record.managed_by
    return body


def validation(refusal: Refused | None) -> Json:
    """Return the result of a pre-check: nothing to object, or one objection."""
    results = [{"code": refusal.code, "message": refusal.message, "recommendations": [_advice()]}] if refusal else []
    return {"validateOperationResponse": {"validationResults": results}}


def _advice() -> str:
    return "Correct the request and validate it again."


def _tasks(job: Job, restore: Restore) -> list[Json]:
    """Return the tasks; one that never began is not there."""
    copying = restore.phase == "copying" or (restore.phase == "over" and restore.moved_mb < restore.size_mb)
    tasks = [_task(_COPY, job.status if copying else "Completed")]
    if not copying and restore.kind in _BUILD:
        tasks.append(_task(_BUILD[restore.kind], job.status))
    if job.operation == "CrossRegionRestore":
        tasks = [{name: value for name, value in task.items() if name != "taskType"} for task in tasks]
        if not copying:
            size = int(restore.size_mb / 1024)
            tasks[0]["taskExecutionDetails"] = f"{size} GBs / {size} GBs Transferred"
    return tasks


def _task(name: str, status: str) -> Json:
    return {"taskId": name, "duration": "PT0S", "status": status, "taskType": "Normal"}

"""How does one job look on the wire? The row of the list, with its tasks and its property bag."""

from datetime import datetime, timedelta

from local.arm import wire, wire_restores
from local.clock import iso
from local.world.state import Job, Json
from local.world.world import World

_NEVER = "0001-01-01T00:00:00"


def job_detail(world: World, record: Job) -> Json:
    """Return a job as its own GET shows it."""
    row = wire.job(world, record)
    bag = dict(record.bag) or {"VM Name": record.vm_name}
    extended: Json = {"tasksList": [], "propertyBag": bag}
    if record.operation == "Backup":
        extended["tasksList"] = _tasks(record, world.now)
        expires = record.expires or record.started_at + timedelta(days=30)
        bag["Recovery Point Expiry Time in UTC"] = f"{expires:%-m/%-d/%Y} 12:00:00 AM"
        if record.ended_at:
            bag["Backup Size"] = f"{0 if record.error else record.size_mb} MB"
        extended["internalPropertyBag"] = {"IsInstantRpJob": "True"}
    if restore := world.restores.get(record.id):
        extended |= wire_restores.extended(world, record, restore)
    row["properties"]["extendedInfo"] = extended
    return row


def _tasks(record: Job, now: datetime) -> list[Json]:
    assert record.snapshot_ends is not None, "a backup job has a snapshot phase"
    snapped = record.snapshot_ends <= now and (not record.error or bool(record.warning))
    tasks = [_task("Take Snapshot", record.started_at, record.snapshot_ends if snapped else None, now)]
    if record.error and record.ended_at and not snapped:
        tasks[0]["status"] = record.status
    if record.vaulted:
        transfer = _task("Transfer data to vault", record.snapshot_ends, record.ended_at, now) if snapped else None
        if transfer and record.error and record.ended_at:
            transfer["status"] = "Failed"
        tasks.append(transfer or _idle_task("Transfer data to vault"))
    return tasks


def _task(name: str, began: datetime, ended: datetime | None, now: datetime) -> Json:
    return {
        "taskId": name,
        "startTime": iso(began),
        "endTime": iso(ended) if ended else _NEVER,
        "duration": wire.duration((ended or now) - began),
        "status": "Completed" if ended else "InProgress",
        "taskType": "Normal",
    }


def _idle_task(name: str) -> Json:
    return {
        "taskId": name,
        "startTime": _NEVER,
        "endTime": _NEVER,
        "duration": "PT0S",
        "status": "NotStarted",
        "taskType": "Normal",
    }

"""What does the service do when asked for a restore? A job that copies from the vault, then builds."""

import random
from dataclasses import dataclass
from datetime import timedelta

from local.world import restored, runs, transfers
from local.world.accepted import accept
from local.world.failures import CANCELLED
from local.world.refusals import counting, spend
from local.world.resources import Restore
from local.world.restore_requests import Wish, refuse, snapshot_of, target_id
from local.world.state import Job, Operation
from local.world.world import World

_POINTS = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints"
RESTORE = f"{_POINTS}/restore/action"
CROSS_REGION = "Microsoft.RecoveryServices/locations/backupCrossRegionRestore/action"
_JOB_TYPES = {
    "RestoreDisks": "Recover disks",
    "AlternateLocation": "Recover to an alternate virtual machine",
    "OriginalLocation": "Replace disks",
}
_BUILDING = {"RestoreDisks": (40, 90), "AlternateLocation": (180, 420), "OriginalLocation": (120, 300)}
"""Seconds that it takes to make of the data what was asked for."""
_TOO_LONG = "CopyingVHDsFromBackUpVaultTakingLongTime"
_FROM_VAULT = ("CloudInternalError", _TOO_LONG)
_FROM_SNAPSHOT = ("CloudInternalError", "UserErrorInstantRpNotFound")
_WHILE_COPYING = {*_FROM_VAULT, *_FROM_SNAPSHOT}
_WHILE_BUILDING = "UserErrorSkuNotAvailable"


@dataclass(frozen=True, slots=True)
class _Course:
    """How a restore will go: all that the seed decides."""

    speed: float
    snapshot: timedelta
    building: timedelta
    accepting: timedelta
    hidden: timedelta
    until: float
    error: str


def trigger(world: World, wish: Wish, caller: str) -> Operation:
    """Begin a restore: its operation tells the job within seconds, the job goes on for minutes or hours.

    Raises Refused: see `local.world.restore_requests`, and twenty restores of a VM in a day.
    """
    with counting(world):
        refuse(world, wish)
        spend(world, "restore", wish.item.id, world.limits.restores_per_item_day)
    vm = restored.source_of(world, wish.item)
    count = len(world.restores)
    job_id = runs.guid(world.seed, "restore", wish.item.id.lower(), world.now.isoformat(), count)
    instant = snapshot_of(world, wish)
    course = _course(world, job_id, wish.kind, instant=instant)
    size = 0.0 if instant else vm.data_gb * 1024
    restore = Restore(
        job_id=job_id,
        kind=wish.kind,
        item_id=wish.item.id.lower(),
        point_id=wish.point.id,
        point_at=wish.point.at,
        region=wish.region,
        account_id=wish.account_id.lower(),
        group_id=_group_id(wish),
        target=target_id(wish),
        size_mb=size,
        until_mb=size * course.until,
        speed=course.speed,
        error=course.error,
        builds_for=course.building,
        looked_at=world.now,
    )
    _keep_job(world, wish, restore, course)
    _count_sharing(world, restore)
    world.restores[job_id] = restore
    restored.stage(world, restore, vm)
    if instant:
        world.after(course.snapshot, "then", _copied, job_id)
    transfers.share(world, restore.account_id, _arrived)
    action = CROSS_REGION if wish.secondary else RESTORE
    world.record(f"{wish.item.id}/recoveryPoints/{wish.point.id}", action, caller)
    scope = f"{wish.vault.subscription}/{wish.region}" if wish.secondary else wish.vault.id
    return accept(world, scope, course.accepting, job_id=job_id)


def cancellable(world: World, job: Job) -> bool:
    """Whether the job may still be cancelled: until a virtual machine is built, and never in the secondary region."""
    restore = world.restores.get(job.id)
    if restore is None or job.operation != "Restore":
        return False
    return restore.phase == "copying" or (restore.phase == "building" and restore.kind == "RestoreDisks")


def cancelled(world: World, job_id: str) -> None:
    """End a restore whose cancelling was accepted; what it has made so far stays."""
    _end(world, world.restores[job_id], "Cancelled", CANCELLED)


def jam(world: World, account_id: str) -> None:
    """Let an account take no more data: the restore that copies to it fails."""
    for restore in [one for one in world.restores.values() if one.account_id == account_id.lower()]:
        if restore.phase == "copying":
            _end(world, restore, "Failed", _TOO_LONG)


def progress(world: World, restore: Restore) -> float:
    """Return the progress in percent: of the copy, which is nearly all of it."""
    if restore.phase == "over":
        return 100.0
    share = transfers.arrived(restore, world.now) / restore.size_mb if restore.size_mb else 0.0
    return 99.0 if restore.phase == "building" else max(1.0, float(int(share * 98)))


def _course(world: World, job_id: str, kind: str, *, instant: bool) -> _Course:
    draw = random.Random(f"{world.seed}|restore|{job_id}")
    speed, snapshot = draw.uniform(*world.pace.restore_speed), draw.uniform(120, 300)
    building, accepting, hidden = draw.uniform(*_BUILDING[kind]), draw.uniform(4, 20), draw.random()
    until, fails = draw.uniform(0.1, 0.9), draw.random() < world.pace.restore_failure_rate
    error = draw.choice(_FROM_SNAPSHOT if instant else _FROM_VAULT)
    if kind == "AlternateLocation" and draw.random() < 0.3:
        error, until = _WHILE_BUILDING, 1.0
    return _Course(
        speed=speed,
        snapshot=timedelta(seconds=round(snapshot, 6)),
        building=timedelta(seconds=round(building, 6)),
        accepting=timedelta(seconds=round(accepting, 6)),
        hidden=hidden * world.pace.listing_lag,
        until=until if fails else 1.0,
        error=error if fails else "",
    )


def _group_id(wish: Wish) -> str:
    """Return the group of what is made: that of the VM itself where its own disks are replaced."""
    return "/".join(wish.item.vm_id.split("/")[:5]) if wish.kind == "OriginalLocation" else wish.group_id


def _keep_job(world: World, wish: Wish, restore: Restore, course: _Course) -> None:
    vm = restored.source_of(world, wish.item)
    bag = {
        "Job Type": _JOB_TYPES[wish.kind],
        "Target VM Name": restore.target.rsplit("/", 1)[-1] or "vmName",
        "Target Storage Account Name": wish.account_id.rsplit("/", 1)[-1],
        "Recovery point time ": f"{wish.point.at:%-m/%-d/%Y %-I:%M:%S %p}",
    }
    if restore.group_id:
        bag["Target resource group"] = restore.group_id.rsplit("/", 1)[-1]
    job = Job(
        id=restore.job_id,
        vault_id=wish.vault.id.lower(),
        item_id=restore.item_id,
        vm_id=wish.item.vm_id.lower(),
        vm_name=vm.name,
        container=wish.item.container,
        operation="CrossRegionRestore" if wish.secondary else "Restore",
        started_at=world.now,
        due=world.now + course.snapshot + course.building + timedelta(seconds=restore.size_mb / restore.speed),
        visible_at=world.now + course.hidden,
        user_triggered=True,
        bag=bag,
    )
    if wish.secondary:
        world.jobs[job.id] = job
    else:
        world.keep_job(job)


def _count_sharing(world: World, restore: Restore) -> None:
    others = [one for one in world.restores.values() if one.account_id == restore.account_id and one.phase != "over"]
    restore.shared = bool(others)
    world.counters.shared_accounts += bool(others)


def _copied(world: World, job_id: str) -> None:
    restore = world.restores[job_id]
    if restore.phase == "copying":
        _arrived(world, restore)


def _arrived(world: World, restore: Restore) -> None:
    """Go on from copying to building, or to the failure that the seed has decided."""
    restore.moved_mb, restore.phase = restore.until_mb, "building"
    transfers.share(world, restore.account_id, _arrived)
    if restore.error in _WHILE_COPYING and world.jobs[restore.job_id].status == "InProgress":
        _end(world, restore, "Failed", restore.error)
    else:
        world.after(restore.builds_for, "then", _built, restore.job_id)


def _built(world: World, job_id: str) -> None:
    restore, job = world.restores[job_id], world.jobs[job_id]
    if restore.phase != "building" or job.status != "InProgress":
        return
    vm = restored.source_of(world, world.items[restore.item_id]) if restore.item_id in world.items else None
    if vm is not None:
        restored.make_disks(world, restore, vm)
        restored.describe(world, restore, job)
    if vm is None or restore.error:
        _end(world, restore, "Failed", restore.error or "UserErrorBcmDatasourceNotPresent")
    elif restore.kind == "AlternateLocation" and restore.target.lower() in world.vms:
        _end(world, restore, "Failed", "UserErrorTargetVmAlreadyExists")
    else:
        if restore.kind == "AlternateLocation":
            restored.make_vm(world, restore, vm)
        elif restore.kind == "OriginalLocation":
            restored.attach(world, restore, restore.target)
        _end(world, restore, "Completed", "")


def _end(world: World, restore: Restore, status: str, error: str) -> None:
    job = world.jobs[restore.job_id]
    if restore.phase == "over":
        return
    restore.moved_mb = transfers.arrived(restore, world.now)
    restore.phase = "over"
    job.status, job.ended_at, job.error = status, world.now, error
    if status == "Failed":
        world.failures.append(job)
    transfers.share(world, restore.account_id, _arrived)

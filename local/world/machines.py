"""What does the service do with virtual machines? They are made, changed, started, stopped and deleted."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from local.world import groups, images, runs
from local.world.accepted import accept
from local.world.load import kind_of
from local.world.refusals import counting
from local.world.resources import Disk
from local.world.state import Json, Operation, Refused, Vm
from local.world.world import World

WRITE = "Microsoft.Compute/virtualMachines/write"
DELETE = "Microsoft.Compute/virtualMachines/delete"
POWERS = {"start": "running", "deallocate": "deallocated", "powerOff": "stopped"}
"""What each action makes of a virtual machine."""


def power_of(seed: int, vm: Vm) -> str:
    """Return "running", "stopped" or "deallocated"."""
    return vm.power or ("deallocated" if kind_of(seed, vm) == "off" else "running")


def answers_since(seed: int, vm: Vm) -> datetime | None:
    """Return since when the VM's agent answers: a minute or two after it began to run; None for always."""
    since = vm.power_since or vm.created_at
    return since + timedelta(seconds=random.Random(f"{seed}|boot|{vm.guid}").uniform(40, 150)) if since else None


def put(world: World, vm_id: str, body: Json, caller: str) -> tuple[Vm, Operation | None]:
    """Make a VM from an image or from loose disks, or change one's tags and size at once (no operation).

    Raises Refused: no region or another one, no such resource group, image or disk, or a disk that belongs to a VM.
    """
    before = world.vms.get(vm_id.lower())
    region = str(body.get("location") or "").replace(" ", "").lower()
    tags = {str(key): str(value) for key, value in (body.get("tags") or {}).items()}
    size = str(((body.get("properties") or {}).get("hardwareProfile") or {}).get("vmSize") or "Standard_D4s_v5")
    with counting(world):
        if not region:
            raise Refused(400, "LocationRequired", "The location property is required for this definition.")
        if before is not None and before.region != region:
            raise Refused(
                409,
                "InvalidResourceLocation",
                f"The resource '{before.name}' already exists in location '{before.region}'.",
            )
        vm = before or _new(world, vm_id, region, body)
    vm.tags, vm.size = tags, size
    world.record(vm.id, WRITE, caller)
    if before is not None:
        return vm, None
    world.vms[vm.id.lower()] = vm
    takes = _takes(world, vm)
    world.after(takes, "then", _made, vm.id.lower())
    return vm, accept(world, _scope(vm), takes)


def delete(world: World, vm: Vm, caller: str) -> Operation:
    """Delete a VM within a minute; its disks, its protection and its points stay."""
    takes = _takes(world, vm)
    world.after(takes, "then", _gone, vm.id.lower())
    world.record(vm.id, DELETE, caller)
    return accept(world, _scope(vm), takes)


def turn(world: World, vm: Vm, action: str, caller: str) -> Operation:
    """Start, deallocate or power off a VM within a minute; `action` is one of `POWERS`."""
    takes = _takes(world, vm)
    world.after(takes, "then", _turned, vm.id.lower(), POWERS[action])
    world.record(vm.id, f"Microsoft.Compute/virtualMachines/{action}/action", caller)
    return accept(world, _scope(vm), takes)


def _new(world: World, vm_id: str, region: str, body: Json) -> Vm:
    _, _, subscription, _, group, *_, name = vm_id.split("/")
    groups.require(world, subscription, group)
    storage = (body.get("properties") or {}).get("storageProfile") or {}
    disks = list(_loose_disks(world, storage))
    draw = random.Random(f"{world.seed}|made|{vm_id.lower()}")
    transfer = draw.uniform(30, 120)
    vm = Vm(
        id=vm_id,
        name=name,
        subscription=subscription,
        resource_group=group,
        region=region,
        guid=runs.guid(world.seed, "vm", group, name, len(world.activity)),
        tags={},
        data_gb=float(sum(disk.size_gb for disk in disks)) or round(transfer * draw.uniform(4, 9), 1),
        churn_gb=round(transfer * 0.6, 1),
        transfer_minutes=transfer,
        os_type=next((disk.os_type for disk in disks if disk.os_type), "") or _os_of(storage),
        created_at=world.now,
        power="running",
        power_since=world.now,
        provisioning="Creating",
    )
    for disk in disks:
        disk.managed_by = vm_id
    return vm


def _loose_disks(world: World, storage: Json) -> Iterator[Disk]:
    """Yield the disks that are to be attached; raises Refused for one that is not there or not loose."""
    for part in [storage.get("osDisk") or {}, *(storage.get("dataDisks") or ())]:
        if str(part.get("createOption") or "").lower() != "attach":
            continue
        disk_id = str((part.get("managedDisk") or {}).get("id") or "")
        disk = world.disks.get(disk_id.lower())
        if disk is None:
            raise Refused(404, "ResourceNotFound", f"The disk '{disk_id}' was not found.")
        if disk.managed_by:
            raise Refused(
                409, "AttachDiskWhileBeingDetached", f"The disk '{disk.name}' belongs to '{disk.managed_by}'."
            )
        yield disk


def _os_of(storage: Json) -> str:
    wanted = storage.get("imageReference") or {}
    names = [str(wanted.get(part) or "") for part in ("publisher", "offer", "sku")]
    found = images.versions(*names)
    if not found and any(names):
        raise Refused(404, "PlatformImageNotFound", f"The platform image '{':'.join(names)}' is not available.")
    system = str((storage.get("osDisk") or {}).get("osType") or "Linux")
    return found[-1].os_type if found else system


def _takes(world: World, vm: Vm) -> timedelta:
    draw = random.Random(f"{world.seed}|machine|{vm.id.lower()}|{len(world.operations)}")
    return timedelta(seconds=draw.uniform(10, 60))


def _scope(vm: Vm) -> str:
    return f"{vm.subscription}/{vm.region}"


def _made(world: World, vm_id: str) -> None:
    if vm_id in world.vms:
        world.vms[vm_id].provisioning = "Succeeded"


def _gone(world: World, vm_id: str) -> None:
    vm = world.vms.pop(vm_id, None)
    if vm is None:
        return
    world.deleted_vms[vm_id] = vm
    for disk in world.disks.values():
        if disk.managed_by.lower() == vm_id:
            disk.managed_by = ""


def _turned(world: World, vm_id: str, power: str) -> None:
    vm = world.vms.get(vm_id)
    if vm is not None and power_of(world.seed, vm) != power:
        vm.power, vm.power_since = power, world.now

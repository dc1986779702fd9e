"""What does a restore leave behind? Disks, a virtual machine, and blobs in the account that staged it."""

import math
import re
from dataclasses import replace

from local.world import groups, runs
from local.world.resources import Disk, Restore
from local.world.state import Item, Job, Vm
from local.world.world import World

TAG = "RSVaultBackup"
"""The tag that restored disks carry: the id of the job that made them."""
_OS_DISK_GB = {"Linux": 30, "Windows": 127}
_UNKNOWN_GB = 128.0


def source_of(world: World, item: Item) -> Vm:
    """Return the item's VM as it is, or as it was when it was deleted; one that nobody remembers is of no size."""
    known = world.vms.get(item.vm_id.lower()) or world.deleted_vms.get(item.vm_id.lower())
    if known is not None:
        return known
    _, _, subscription, _, group, *_, name = item.vm_id.split("/")
    region = world.vaults[item.vault_id].region
    return Vm(item.vm_id, name, subscription, group, region, "", {}, _UNKNOWN_GB, _UNKNOWN_GB / 10, 60.0)


def stage(world: World, restore: Restore, vm: Vm) -> None:
    """Make the container that stages the restore, with the copied disks' blobs; it stays when the restore ends."""
    account = world.accounts.get(restore.account_id)
    if account is None:
        return
    hexadecimal = runs.guid(world.seed, "container", restore.job_id).replace("-", "")
    restore.container = f"{_short(vm.name)}-{hexadecimal}"
    blobs = account.containers.setdefault(restore.container, [])
    if restore.size_mb:
        blobs += [f"{_short(vm.name)}-{role}-{restore.job_id}.vhd" for role, _ in _disks_of(vm)]


def describe(world: World, restore: Restore, job: Job) -> None:
    """Write the restored machine's configuration and a template beside the disks, and name both in the job."""
    account = world.accounts.get(restore.account_id)
    if account is None or restore.kind == "OriginalLocation":
        return
    config = f"config-{restore.container.partition('-')[0]}-{restore.job_id}.json"
    template = f"azuredeploy{restore.job_id}.json"
    account.containers.setdefault(restore.container, []).extend([config, template])
    address = f"https://{account.name}.blob.core.windows.net/{restore.container}"
    job.bag |= {
        "Config Blob Name": config,
        "Config Blob Container Name": restore.container,
        "Config Blob Uri": f"{address}/{config}",
        "Template Blob Uri": f"{address}/{template}",
    }


def make_disks(world: World, restore: Restore, vm: Vm) -> None:
    """Make the managed disks in the target group, tagged with the job; without a group there are blobs alone."""
    group = groups.find(world, restore.group_id) if restore.group_id else None
    if group is None:
        return
    for role, size in _disks_of(vm):
        name = f"{vm.name.lower()}-{role}-{world.now:%Y%m%d-%H%M%S}"
        disk = Disk(
            id=f"{group.id}/providers/Microsoft.Compute/disks/{name}",
            name=name,
            subscription=group.subscription,
            resource_group=group.name,
            region=restore.region,
            size_gb=size,
            os_type=vm.os_type if role == "osdisk" else "",
            created_at=world.now,
            tags={TAG: restore.job_id},
        )
        world.disks[disk.id.lower()] = disk


def make_vm(world: World, restore: Restore, vm: Vm) -> None:
    """Make the virtual machine from the restored disks: it carries the tags of its source, and nothing protects it."""
    group = groups.find(world, restore.group_id)
    assert group is not None, "its restore was accepted with it"
    name = restore.target.rsplit("/", 1)[-1]
    made = replace(
        vm,
        id=f"{group.id}/providers/Microsoft.Compute/virtualMachines/{name}",
        name=name,
        subscription=group.subscription,
        resource_group=group.name,
        region=restore.region,
        guid=runs.guid(world.seed, "vm", group.name, name, restore.job_id),
        tags=dict(vm.tags),
        power="running",
        power_since=world.now,
        created_at=world.now,
    )
    world.vms[made.id.lower()] = made
    attach(world, restore, made.id)


def attach(world: World, restore: Restore, vm_id: str) -> None:
    """Attach the restored disks to the virtual machine; those that it had stay, loose, in their group."""
    for disk in world.disks.values():
        if disk.managed_by.lower() == vm_id.lower():
            disk.managed_by = ""
        if disk.tags.get(TAG) == restore.job_id:
            disk.managed_by = vm_id


def _disks_of(vm: Vm) -> list[tuple[str, int]]:
    """Return (role, GB) of the VM's disks: the system's and one with the rest of its data."""
    system = _OS_DISK_GB[vm.os_type]
    rest = math.ceil(vm.data_gb) - system
    return [("osdisk", system)] + ([("datadisk-000", rest)] if rest > 0 else [])


def _short(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())[:20]

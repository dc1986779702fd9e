"""Which fleets can the local Azure hold? Seeded worlds with weeks of history, ready to run.

The demo's retention facts: DefaultPolicy keeps 30 daily points; Critical keeps 30 daily and 12 weekly (Sunday) ones;
Archive adds 12 monthly (first Sunday) and 7 yearly (first Sunday of January) ones; Hourly is Enhanced, every 4 hours
from 08:00 for 12 hours. The others start at 22:30 UTC; the second vault writes that as 23:30 W. Europe Standard Time.
"""

import random
from datetime import datetime, timedelta

from local.pools import add_pools
from local.world import documents, runs, writes
from local.world.history import backfill, put
from local.world.limits import Limits, Pace
from local.world.state import Item, Vault, Vm
from local.world.world import EPOCH, World

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
HISTORY_DAYS = 21
TRAPS = {
    "raise": "db-weu-02",
    "richer-1": "web-weu-01",
    "richer-2": "web-eus-05",
    "yearly": "SQL-WEU-04",
    "hourly": "db-weu-06",
    "held": "db-weu-30",
    "exclusions": "SQL-EUS-08",
    "stopped": "app-weu-27",
    "soft-deleted": "app-eus-11",
}
"""The demo's special VMs: what is special about each, and its name."""
UNPROTECTED = ("SQL-WEU-24", "SQL-WEU-40", "app-eus-19", "SQL-EUS-20")
"""The demo's VMs without protection."""
APPLICATIONS = {
    "shop": ("db-weu-22", "app-weu-31", "web-weu-33"),
    "billing": ("SQL-EUS-04", "SQL-EUS-12", "SQL-EUS-16", "db-eus-06"),
}
"""The demo's applications that span VMs: the first fits into its windows one after another, the second does not."""
FAILING = ("SQL-WEU-28", "SQL-WEU-36", "app-weu-35", "db-weu-26", "web-weu-29")
"""VMs of one vault, in no application, whose backups the demo lets fail once they are moved."""
LOADS = {"app-weu-15": "saturated", "web-weu-13": "bursty", "db-eus-14": "off"}
"""The demo's VMs whose load is not their kind's: busy at all hours, busy without a pattern, deallocated."""

_REGIONS = {
    "westeurope": "weu",
    "eastus2": "eus",
    "northeurope": "neu",
    "uksouth": "uks",
    "westus2": "wus",
    "southeastasia": "sea",
    "australiaeast": "aue",
    "japaneast": "jpe",
}
_KINDS = {"SQL": "batch", "web": "office", "db": "flat", "app": "evening"}
"""What a VM's name says it is, and how it is loaded."""


def demo(seed: int = 7, start: datetime = EPOCH, pace: Pace | None = None, limits: Limits | None = None) -> World:
    """Return the demo's world: 60 VMs in 3 vaults and 2 regions, everyone at 22:30 UTC, with the traps of `TRAPS`.

    Restores have the accounts and groups of `local.pools`, and the first vault's secondary region can be read.

    "raise" is critical but on DefaultPolicy (a move can raise it); "richer-*" are standard but on Critical (a move
    would shorten); "yearly" has yearly points that a careless move would prune.
    """
    world = World(seed, start, limits, pace)
    weu1 = add_vault(world, "rsv-weu-01", "rg-backup-weu", "westeurope")
    weu2 = add_vault(world, "rsv-weu-02", "rg-backup-weu", "westeurope")
    eus = add_vault(world, "rsv-eus-01", "rg-backup-eus", "eastus2")
    _usual_policies(world, weu1, "22:30", "UTC")
    _usual_policies(world, weu2, "23:30", "W. Europe Standard Time")
    _usual_policies(world, eus, "22:30", "UTC")
    put(world, weu1, "Archive", documents.daily("22:30", daily=30, weekly=12, monthly=12, yearly=7))
    put(world, weu1, "Hourly", documents.hourly("08:00", daily=30))
    for vault, numbers in ((weu1, range(1, 25)), (weu2, range(25, 41)), (eus, range(1, 21))):
        for number in numbers:
            vm = _add_usual_vm(world, vault.region, number)
            if vm.name not in UNPROTECTED:
                _protect(world, vault, vm, _home(vm))
    for vm in world.vms.values():
        vm.load = LOADS.get(vm.name, vm.load)
    _tag_applications(world)
    _repolicy(world, {"raise": "DefaultPolicy", "richer-1": "Critical", "richer-2": "Critical"})
    _repolicy(world, {"yearly": "Archive", "hourly": "Hourly"})
    backfill(world, HISTORY_DAYS)
    _set_states(world)
    weu1.cross_region = True
    add_pools(world, SUBSCRIPTION)
    return world


def generated(vms: int, vaults: int = 3, regions: int = 2, seed: int = 7, *, history_days: int = HISTORY_DAYS) -> World:
    """Return a world of `vms` protected VMs, spread evenly over `vaults` in `regions`, half of them critical.

    Raises ValueError for more regions than are known or than there are vaults.
    """
    if not 1 <= regions <= min(len(_REGIONS), vaults):
        raise ValueError(f"generated: regions is 1 to {min(len(_REGIONS), vaults)} here, got {regions}")
    world = World(seed)
    for index in range(vaults):
        region = list(_REGIONS)[index % regions]
        vault = add_vault(world, f"rsv-{_REGIONS[region]}-{index + 1:02}", f"rg-backup-{_REGIONS[region]}", region)
        _usual_policies(world, vault, "22:30", "UTC")
        for number in range(index + 1, vms + 1, vaults):
            vm = _add_usual_vm(world, region, number)
            _protect(world, vault, vm, _home(vm))
    backfill(world, history_days, point_days=history_days)
    return world


def add_vault(world: World, name: str, group: str, region: str) -> Vault:
    """Add an empty vault."""
    provider = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.RecoveryServices"
    vault = Vault(f"{provider}/vaults/{name}", name, SUBSCRIPTION, group, region)
    world.vaults[vault.id.lower()] = vault
    return vault


def add_vm(world: World, name: str, group: str, region: str, tags: dict[str, str] | None = None) -> Vm:
    """Add a VM whose size, churn and transfer time (median 77, mean about 88 minutes) follow from seed and name."""
    draw = random.Random(f"{world.seed}|vm|{group}|{name}")
    transfer = min(max(draw.lognormvariate(4.35, 0.5), 15.0), 330.0)
    vm = Vm(
        id=f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}",
        name=name,
        subscription=SUBSCRIPTION,
        resource_group=group,
        region=region,
        guid=runs.guid(world.seed, "vm", group, name),
        tags=dict(tags or {}),
        data_gb=round(transfer * draw.uniform(4, 9), 1),
        churn_gb=round(transfer * 0.6, 1),
        transfer_minutes=transfer,
        os_type="Windows" if name.startswith("SQL") else "Linux",
    )
    world.vms[vm.id.lower()] = vm
    return vm


def _usual_policies(world: World, vault: Vault, start: str, zone: str) -> None:
    put(world, vault, "HourlyLogBackup", documents.workload())
    put(world, vault, "DefaultPolicy", documents.daily(start, zone, daily=30))
    put(world, vault, "Critical", documents.daily(start, zone, daily=30, weekly=12))


def _add_usual_vm(world: World, region: str, number: int) -> Vm:
    kind, short = list(_KINDS)[number % len(_KINDS)], _REGIONS[region]
    name = f"{kind}-{short.upper() if kind == 'SQL' else short}-{number:02}"
    tier = "critical" if number % 2 == 0 else "standard"
    vm = add_vm(world, name, f"rg-{kind}-{short}", region, {"backup-tier": tier, "owner": f"team-{kind.lower()}"})
    vm.load = _KINDS[kind]
    return vm


def _tag_applications(world: World) -> None:
    applications = {name: application for application, names in APPLICATIONS.items() for name in names}
    for vm in world.vms.values():
        if vm.name in applications:
            vm.tags["application"] = applications[vm.name]


def _home(vm: Vm) -> str:
    return "Critical" if vm.tags["backup-tier"] == "critical" else "DefaultPolicy"


def _protect(world: World, vault: Vault, vm: Vm, policy: str) -> None:
    writes.protect(world, vault, vm, world.policies[f"{vault.id}/backupPolicies/{policy}".lower()])


def _repolicy(world: World, wanted: dict[str, str]) -> None:
    for trap, policy in wanted.items():
        item = _trapped(world, trap)
        vault = world.vaults[item.vault_id]
        item.policy_id = f"{vault.id}/backupPolicies/{policy}"
        world.reschedule(item)


def _set_states(world: World) -> None:
    held = world.vms[_trapped(world, "held").vm_id.lower()]
    held.tags["nightshift-hold"] = "2026-12-31;ops;month-end"
    _trapped(world, "exclusions").extended = {
        "diskExclusionProperties": {"diskLunList": [2, 3], "isInclusionList": False}
    }
    for trap in ("stopped", "soft-deleted"):
        item = _trapped(world, trap)
        item.state, item.policy_id = "ProtectionStopped", ""
        world.reschedule(item)
    _trapped(world, "soft-deleted").deleted_at = world.now - timedelta(days=3)


def _trapped(world: World, trap: str) -> Item:
    name = TRAPS[trap].lower()
    return next(item for item in world.items.values() if item.container.endswith(f";{name}"))

"""What do tests of restores need beside vaults? A pool of two accounts, a target group, and orders that fit."""

from datetime import timedelta
from typing import Any

from local import pools
from local.fleets import SUBSCRIPTION
from local.world import machines
from local.world.resources import ResourceGroup, Restore, StorageAccount
from shared.model.azure import RecoveryPoint
from shared.model.restores import Mode, RestoreJob, RestoreOrder
from tests.contract.stages import Stage
from tests.contract.test_vaults_and_fleet import item_of, vault_of

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-Target"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
LONG = timedelta(days=400)


def add_pool(stage: Stage) -> tuple[StorageAccount, StorageAccount]:
    """Add two accounts without other load, and the target group."""
    stage.world.groups[GROUP.lower()] = ResourceGroup(GROUP, "rg-Target", SUBSCRIPTION, "westeurope")
    names = ("stone", "sttwo")
    one, two = (pools.add_account(stage.world, name, f"{SUBSCRIPTION}/rg-Staging", "westeurope") for name in names)
    one.load = two.load = 0.0
    return one, two


def points_of(stage: Stage, name: str = "App-0") -> list[RecoveryPoint]:
    """Return the item's points, newest first."""
    now = stage.world.now
    found = stage.ports.vaults.recovery_points(vault_of(stage), item_of(stage, name), now - LONG, now)
    return sorted(found, key=lambda point: point.at, reverse=True)


def order(stage: Stage, account: StorageAccount, mode: Mode = Mode.DISKS, **change: Any) -> RestoreOrder:
    """Return an order from the oldest point, which is in the vault alone."""
    made: dict[str, Any] = {} if mode is Mode.REPLACE else {"group_id": GROUP.lower()}
    if mode is Mode.NEW_VM:
        made |= {"network_id": NETWORK, "subnet_id": f"{NETWORK}/subnets/default", "vm_name": "app-0-restored"}
    known: dict[str, Any] = {"item": item_of(stage), "point": points_of(stage)[-1], "mode": mode}
    return RestoreOrder(**{**known, "region": "westeurope", "account_id": account.id.lower(), **made, **change})


def accepted(stage: Stage, operation_id: str) -> RestoreJob:
    """Let the order be accepted and return its job with details."""
    stage.world.advance(timedelta(seconds=30))
    operation = stage.ports.restores.operation(vault_of(stage).id, operation_id)
    assert operation.status == "Succeeded"
    return stage.ports.restores.job(operation.job_id, vault_of(stage).id)


def restores_of(stage: Stage) -> list[Restore]:
    """Return what the world knows of restores, oldest first."""
    return list(stage.world.restores.values())


def stop(stage: Stage, name: str = "App-0") -> None:
    """Deallocate the VM at once."""
    record = stage.world.vms[item_of(stage, name).vm_id]
    record.power, record.power_since = machines.POWERS["deallocate"], stage.world.now

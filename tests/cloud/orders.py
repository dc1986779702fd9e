"""Which orders are as they should be? One for each mode, of the item of `tests.cloud.nouns`."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.model.azure import RecoveryPoint
from shared.model.restores import Mode, RestoreOrder
from tests.cloud.nouns import ITEM, SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-restore"
ACCOUNT = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-staging/providers/microsoft.storage/storageaccounts/stone"
NETWORK = f"{GROUP}/providers/microsoft.network/virtualnetworks/net"
SUBNET = f"{NETWORK}/subnets/default"
IDENTITY = f"{GROUP}/providers/microsoft.managedidentity/userassignedidentities/restorer"
POINT = RecoveryPoint(
    id=f"{ITEM.id}/recoveryPoints/348916168024334",
    at=datetime(2026, 3, 1, 22, 30, tzinfo=UTC),
    consistency="AppConsistent",
    tiers=(("HardenedRP", "Valid"),),
)
DISKS = RestoreOrder(item=ITEM, point=POINT, mode=Mode.DISKS, region="westeurope", account_id=ACCOUNT, group_id=GROUP)
NEW_VM = replace(DISKS, mode=Mode.NEW_VM, network_id=NETWORK, subnet_id=SUBNET, vm_name="vm1-restored")
REPLACE = replace(DISKS, mode=Mode.REPLACE, group_id="")
AWAY = replace(DISKS, region="northeurope", secondary=True)

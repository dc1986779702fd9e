"""Where do restores go? A pool of storage accounts in each region, and resource groups for what they build."""

from datetime import timedelta

from local.world.resources import ResourceGroup, StorageAccount
from local.world.world import World

POOLS = {
    "westeurope": ("weu", 12),
    "eastus2": ("eus", 4),
    "northeurope": ("neu", 3),
    "centralus": ("cus", 3),
}
"""Regions of the demo and their pairs: how each is abbreviated, and how many accounts its pool has."""
IN_USE = "strestoreweu07"
"""The account that an application uses: it says so by its tag, and loads it heavily."""
TARGETS = ("rg-restore-{short}", "rg-drill-{short}")
"""The resource groups of each region that restores may build in."""
_HEAVY = 0.7
_AGE = timedelta(days=200)


def add_pools(world: World, subscription: str) -> None:
    """Add every region's pool and target groups."""
    for region, (short, count) in POOLS.items():
        for name in ("rg-staging-{short}", *TARGETS):
            _add_group(world, subscription, name.format(short=short), region)
        for number in range(1, count + 1):
            add_account(world, f"strestore{short}{number:02}", f"{subscription}/rg-staging-{short}", region)
    used = next((account for account in world.accounts.values() if account.name == IN_USE), None)
    if used is not None:
        used.load = _HEAVY
        used.tags["application"] = "image-archive"


def add_account(world: World, name: str, place: str, region: str, kind: str = "StorageV2") -> StorageAccount:
    """Add an account that was made long ago; `place` is "<subscription>/<resource group>"."""
    subscription, group = place.split("/")
    provider = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage"
    account = StorageAccount(
        id=f"{provider}/storageAccounts/{name}",
        name=name,
        subscription=subscription,
        resource_group=group,
        region=region,
        created_at=world.now - _AGE,
        kind=kind,
        tags={"purpose": "restore"},
    )
    world.accounts[account.id.lower()] = account
    return account


def _add_group(world: World, subscription: str, name: str, region: str) -> None:
    group = ResourceGroup(f"/subscriptions/{subscription}/resourceGroups/{name}", name, subscription, region)
    world.groups[group.id.lower()] = group

"""What of a vault can be seen and restored in its secondary region? What was transferred to it, half a day later."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from local.world import restore_requests, runs
from local.world.regions import PAIRS
from local.world.restore_requests import Wish
from local.world.state import Item, Json, Point, Refused, Vault
from local.world.world import World

_LAG_HOURS = (10.0, 14.0)


def opened(vault: Vault) -> bool:
    """Whether the vault's secondary region can be read: it is geo-redundant, has a pair and is opened."""
    return vault.redundancy == "GeoRedundant" and vault.cross_region and vault.region in PAIRS


def arrives(world: World, point: Point) -> datetime | None:
    """Return when the point is in the secondary region: about 12 hours after it was taken; None for a snapshot."""
    if not point.vaulted:
        return None
    hours = random.Random(f"{world.seed}|replica|{point.id}").uniform(*_LAG_HOURS)
    return point.at + timedelta(hours=hours)


def points_of(world: World, item: Item) -> list[Point]:
    """Return the item's points that have arrived in the secondary region."""
    return [point for point in item.points if (at := arrives(world, point)) is not None and at <= world.now]


def items_in(world: World, vault: Vault) -> list[Item]:
    """Return the vault's items of which a point has arrived."""
    return [item for item in world.items_in(vault.id) if points_of(world, item)]


def principal(world: World, region: str) -> str:
    """Return the object id of the service's own principal in a region: who may use an access token there."""
    return runs.guid(world.seed, "service principal", region.lower())


def refuse_closed(vault: Vault) -> None:
    """Raise Refused where the vault's secondary region cannot be read. The codes are ours."""
    if vault.redundancy != "GeoRedundant":
        raise Refused(
            400,
            "BMSUserErrorVaultNotGeoRedundant",
            f"The vault's redundancy is {vault.redundancy}; only a GeoRedundant one has a secondary region.",
        )
    if not opened(vault):
        raise Refused(
            400, "BMSUserErrorCrossRegionRestoreNotEnabled", "Cross Region Restore is not enabled for the vault."
        )


def token(world: World, vault: Vault, item: Item, point: Point) -> str:
    """Return the secret of an access token for one point."""
    return runs.guid(world.seed, "access token", vault.id.lower(), item.id.lower(), point.id)


def redeem(world: World, region: str, details: Json, asked: Json) -> Wish:
    """Return the restore in `region` that an access token's `details` allow, as the wire request asks for it.

    Raises Refused: a token that was changed or is another region's, and a request that names another region.
    """
    vault, item, point = _named(world, details)
    if details.get("objectType") != "CrrAccessToken":
        raise _invalid("crossRegionRestoreAccessDetails.objectType must be CrrAccessToken.")
    if details.get("accessTokenString") != token(world, vault, item, point):
        raise _invalid("crossRegionRestoreAccessDetails.accessTokenString is not valid.")
    refuse_closed(vault)
    if PAIRS[vault.region] != region.lower():
        raise _invalid(f"the vault's secondary region is {PAIRS[vault.region]}.")
    if str(asked.get("region") or "").replace(" ", "").lower() != region.lower():
        raise _invalid("restoreRequest.region must be the secondary region.")
    return replace(restore_requests.read(vault, item, point, asked), secondary=True)


def _named(world: World, details: Json) -> tuple[Vault, Item, Point]:
    wanted = [str(details.get(name) or "").lower() for name in ("subscriptionId", "resourceGroupName", "resourceName")]
    container = str(details.get("containerName") or "").lower()
    for vault in world.vaults.values():
        if [vault.subscription.lower(), vault.resource_group.lower(), vault.name.lower()] != wanted:
            continue
        for item in items_in(world, vault):
            if item.container == container:
                for point in points_of(world, item):
                    if point.id == details.get("recoveryPointId"):
                        return vault, item, point
    raise _invalid("crossRegionRestoreAccessDetails name no recovery point.")


def _invalid(what: str) -> Refused:
    return Refused(400, "BMSUserErrorInvalidInput", f"Input provided for the call is invalid: {what}")

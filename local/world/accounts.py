"""What does the service do with storage accounts? They are made, changed and deleted, and others load them."""

import math
import random
import re
from datetime import datetime, timedelta

from local.world import groups
from local.world.accepted import accept
from local.world.refusals import counting
from local.world.resources import StorageAccount
from local.world.state import Json, Operation, Refused
from local.world.world import World

WRITE = "Microsoft.Storage/storageAccounts/write"
DELETE = "Microsoft.Storage/storageAccounts/delete"
CONTAINER_DELETE = "Microsoft.Storage/storageAccounts/blobServices/containers/delete"
_KINDS = ("Storage", "StorageV2", "BlobStorage", "BlockBlobStorage", "FileStorage")
_SKUS = ("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Premium_LRS")
_NAME = re.compile(r"[a-z0-9]{3,24}")
_IDLE = (0.01, 0.08)
_BUSIEST = 0.95


def busy(world: World, account: StorageAccount, at: datetime) -> float:
    """Return the share of the account's throughput that others take in the hour of `at`, 0 to 0.95."""
    mean = account.load
    if mean is None:
        mean = random.Random(f"{world.seed}|account|{account.id.lower()}").uniform(*_IDLE)
    day = 1 + 0.25 * math.sin((at.hour - 9) / 24 * 2 * math.pi)
    noise = random.Random(f"{world.seed}|account|{account.id.lower()}|{at:%Y-%m-%dT%H}").uniform(0.85, 1.15)
    return min(mean * day * noise, _BUSIEST)


def find(world: World, account_id: str) -> StorageAccount | None:
    """Return the account of this id, in any case."""
    return world.accounts.get(account_id.lower())


def put(world: World, account_id: str, body: Json, caller: str) -> tuple[StorageAccount, Operation | None]:
    """Make an account, which is there when the operation ends, or change one at once (no operation).

    Raises Refused: a name that is no name or that is taken, an unknown kind or sku, no such resource group, another
    region, or too many accounts in the region.
    """
    before = find(world, account_id)
    with counting(world):
        wanted = _read(world, account_id, body)
        if before is None:
            _refuse_new(world, wanted)
        elif before.region != wanted.region:
            raise Refused(
                409,
                "InvalidResourceLocation",
                f"The resource '{wanted.name}' already exists in location '{before.region}'.",
            )
    world.record(wanted.id, WRITE, caller)
    if before is not None:
        before.tags, before.sku, before.default_action = wanted.tags, wanted.sku, wanted.default_action
        return before, None
    takes = timedelta(seconds=random.Random(f"{world.seed}|make|{wanted.id.lower()}").uniform(4, 20))
    world.making.add(wanted.name)
    world.after(takes, "then", _made, wanted)
    return wanted, accept(world, f"{wanted.subscription}/{wanted.region}", takes, resource_id=wanted.id)


def delete(world: World, account: StorageAccount, caller: str) -> None:
    """Delete an account with all that is in it."""
    del world.accounts[account.id.lower()]
    world.record(account.id, DELETE, caller)


def delete_container(world: World, account: StorageAccount, name: str, caller: str) -> None:
    """Delete one of the account's containers; none of that name changes nothing."""
    account.containers.pop(name, None)
    world.record(f"{account.id}/blobServices/default/containers/{name}", CONTAINER_DELETE, caller)


def _made(world: World, account: StorageAccount) -> None:
    world.making.discard(account.name)
    world.accounts[account.id.lower()] = account


def _read(world: World, account_id: str, body: Json) -> StorageAccount:
    _, _, subscription, _, group, *_, name = account_id.split("/")
    if not _NAME.fullmatch(name):
        raise Refused(
            400,
            "AccountNameInvalid",
            f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
            "length and use numbers and lower-case letters only.",
        )
    kind, sku = str(body.get("kind", "StorageV2")), str((body.get("sku") or {}).get("name", "Standard_LRS"))
    region = str(body.get("location") or "").replace(" ", "").lower()
    if not region:
        raise Refused(400, "LocationRequired", "The location property is required for this definition.")
    if kind not in _KINDS or sku not in _SKUS:
        raise Refused(400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: kind, sku.")
    rules = (body.get("properties") or {}).get("networkAcls") or {}
    account = StorageAccount(account_id, name, subscription, group, region, world.now, kind, sku)
    account.tags = {str(key): str(value) for key, value in (body.get("tags") or {}).items()}
    account.default_action = str(rules.get("defaultAction", "Allow"))
    return account


def _refuse_new(world: World, wanted: StorageAccount) -> None:
    groups.require(world, wanted.subscription, wanted.resource_group)
    if wanted.name in world.making or any(one.name == wanted.name for one in world.accounts.values()):
        raise Refused(409, "StorageAccountAlreadyTaken", f"The storage account named {wanted.name} is already taken.")
    place = (wanted.subscription.lower(), wanted.region)
    here = [one for one in world.accounts.values() if (one.subscription.lower(), one.region) == place]
    if len(here) >= world.limits.accounts_per_region:
        raise Refused(
            409,
            "MaxStorageAccountsCountPerSubscriptionExceeded",
            f"Subscription {wanted.subscription} already contains {len(here)} storage accounts in location "
            f"{wanted.region} and the maximum allowed is {world.limits.accounts_per_region}.",
        )

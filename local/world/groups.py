"""Which resource groups are there? Those that were made, and those in which something lies."""

from collections.abc import Iterable
from itertools import chain

from local.world.refusals import counting
from local.world.resources import Disk, ResourceGroup, StorageAccount
from local.world.state import Refused, Vault, Vm
from local.world.world import World

WRITE = "Microsoft.Resources/subscriptions/resourceGroups/write"

type _Resource = Vault | Vm | StorageAccount | Disk


def groups_in(world: World, subscription: str) -> list[ResourceGroup]:
    """Return the subscription's resource groups by name; one that nobody made is where its first resource is."""
    wanted, found = subscription.lower(), dict[str, ResourceGroup]()
    resources: Iterable[_Resource] = chain(world.vaults.values(), world.vms.values(), world.accounts.values())
    for one in chain(resources, world.disks.values()):
        key = one.resource_group.lower()
        if one.subscription.lower() == wanted and key not in found:
            group_id = f"/subscriptions/{one.subscription}/resourceGroups/{one.resource_group}"
            found[key] = ResourceGroup(group_id, one.resource_group, one.subscription, one.region)
    found |= {made.name.lower(): made for made in world.groups.values() if made.subscription.lower() == wanted}
    return [found[key] for key in sorted(found)]


def find(world: World, group_id: str) -> ResourceGroup | None:
    """Return the resource group of this id, in any case."""
    parts = group_id.strip("/").split("/")
    if len(parts) != 4 or [parts[0].lower(), parts[2].lower()] != ["subscriptions", "resourcegroups"]:
        return None
    return next((one for one in groups_in(world, parts[1]) if one.name.lower() == parts[3].lower()), None)


def require(world: World, subscription: str, name: str) -> ResourceGroup:
    """Return the resource group or raise Refused (404)."""
    found = find(world, f"/subscriptions/{subscription}/resourceGroups/{name}")
    if found is None:
        raise Refused(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
    return found


def put(world: World, wanted: ResourceGroup, caller: str) -> bool:
    """Make the resource group or replace its tags; return whether it is new. Raises Refused: another region."""
    before = find(world, wanted.id)
    with counting(world):
        if before is not None and before.region != wanted.region:
            raise Refused(
                409,
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{wanted.region}'. The Resource group already exists in location "
                f"'{before.region}'.",
            )
    made = before or wanted
    made.tags = wanted.tags
    world.groups[made.id.lower()] = made
    world.record(made.id, WRITE, caller)
    return before is None

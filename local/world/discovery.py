"""What does the service find when asked to look for virtual machines? A look that takes a while."""

from datetime import timedelta

from local.world import runs
from local.world.state import Operation, Vault, Vm
from local.world.world import World

_TAKES = timedelta(seconds=10)


def refresh(world: World, vault: Vault) -> Operation:
    """Look for virtual machines in the vault's region; what there is shows without it too."""
    operation = Operation(
        id=runs.guid(world.seed, "operation", len(world.operations)),
        item_id="",
        vault_id=vault.id.lower(),
        started_at=world.now,
    )
    world.operations[operation.id] = operation
    world.at(world.now + _TAKES, "done", operation.id)
    return operation


def protectable(world: World, vault: Vault) -> list[Vm]:
    """Return the VMs of the vault's subscription and region that no vault protects, in the order of their ids."""
    here = [vm for vm in world.vms_in(vault.subscription) if vm.region == vault.region]
    return [vm for vm in here if world.item_of(vm.id) is None]

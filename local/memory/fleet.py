"""Which pretend machines are there, and who changed their backups? The Fleet port over the world's records."""

from collections.abc import Callable, Sequence
from datetime import datetime

from local.arm import wire as sent
from local.world import World
from shared.cloud import wire
from shared.model.azure import Change, Vm


class MemoryFleet:
    """Reads the world as it is now: Resource Graph's and the activity log's delays are not modelled."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault

    def vms(self, subscriptions: Sequence[str]) -> list[Vm]:
        """List all virtual machines of the subscriptions with their tags, in the order of their ids."""
        self._fault("fleet.vms")
        wanted = {subscription.lower() for subscription in subscriptions}
        found = [record for record in self._world.vms.in_order() if record.subscription.lower() in wanted]
        return [wire.vm_from(sent.graph_vm(record)) for record in found]

    def changes(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who wrote backup policies and memberships in [since, until]."""
        self._fault("fleet.changes")
        entries = [entry for entry in self._world.activity if entry.subscription.lower() == subscription.lower()]
        read = [wire.change_from(sent.activity(entry)) for entry in reversed(entries) if since <= entry.at <= until]
        return [change for change in read if change is not None]

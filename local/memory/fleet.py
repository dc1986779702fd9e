"""Which pretend machines are there, and who changed their backups? The Fleet port over the world's records."""

from collections.abc import Callable, Sequence
from datetime import datetime

from local.world import World
from shared.cloud.wire import change_from, vm_from
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
        return [
            vm_from(
                {
                    "id": vm.id,
                    "name": vm.name,
                    "location": vm.region,
                    "resourceGroup": vm.resource_group,
                    "subscriptionId": vm.subscription,
                    "tags": vm.tags,
                }
            )
            for _, vm in sorted(self._world.vms.items())
            if vm.subscription.lower() in wanted
        ]

    def changes(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who wrote backup policies and memberships in [since, until]."""
        self._fault("fleet.changes")
        read = (
            change_from(
                {
                    "operationName": {"value": entry.operation},
                    "status": {"value": entry.status},
                    "resourceId": entry.resource_id,
                    "caller": entry.caller,
                    "eventTimestamp": entry.at.isoformat(),
                }
            )
            for entry in self._world.activity
            if entry.subscription.lower() == subscription.lower() and since <= entry.at <= until
        )
        return [change for change in read if change is not None]

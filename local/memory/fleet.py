"""Which pretend machines are there, and who changed their backups? The Fleet port over the world's records."""

from collections.abc import Callable, Sequence
from datetime import datetime

from local.arm import wire as sent
from local.world import World, state
from shared.cloud import wire
from shared.model.azure import Change, Job, ProtectedItem, Vm


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

    def jobs(self, subscriptions: Sequence[str], since: datetime) -> list[Job]:
        """List the VM jobs of all vaults that started or ended since."""
        self._fault("fleet.jobs")
        found = [
            job
            for vault in self._vaults(subscriptions)
            for job in self._world.jobs_in(vault.id)
            if job.started_at >= since or (job.ended_at is not None and job.ended_at >= since)
        ]
        read = [wire.job_from(sent.job(self._world, job)) for job in found]
        return [job for job in read if job is not None]

    def items(self, subscriptions: Sequence[str]) -> list[ProtectedItem]:
        """List the protected VMs of all vaults."""
        self._fault("fleet.items")
        found = [item for vault in self._vaults(subscriptions) for item in self._world.items_in(vault.id)]
        read = [wire.item_from(sent.item(self._world, item)) for item in found]
        return [item for item in read if item is not None]

    def _vaults(self, subscriptions: Sequence[str]) -> list[state.Vault]:
        wanted = {subscription.lower() for subscription in subscriptions}
        return [vault for _, vault in sorted(self._world.vaults.items()) if vault.subscription.lower() in wanted]

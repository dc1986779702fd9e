"""Which pretend machines are there, and who changed their backups? The Fleet port over the world's records."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from local.arm import wire as sent
from local.arm import wire_machines
from local.memory.shown import shown_items, shown_jobs, shown_policies, shown_vms
from local.world import World, state
from shared.cloud import wire
from shared.cloud.ids import machine_subscription
from shared.model.azure import BackupPolicy, Change, Job, ProtectedItem, Vm

LONGEST_JOB = timedelta(days=3)
"""What began so long ago has ended before."""


class MemoryFleet:
    """Reads the world as it is now: Resource Graph's and the activity log's delays are not modelled."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault
        self._jobs, self._items, self._policies = shown_jobs(world), shown_items(world), shown_policies(world)
        self._vms = shown_vms()

    def vms(self, subscriptions: Sequence[str]) -> list[Vm]:
        """List all virtual machines of the subscriptions with their tags, in the order of their ids."""
        self._fault("fleet.vms")
        wanted = {subscription.lower() for subscription in subscriptions}
        found = [record for record in self._world.vms.in_order() if record.subscription.lower() in wanted]
        return self._vms.of(found)

    def changes(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who wrote backup policies and memberships in [since, until]."""
        self._fault("fleet.changes")
        return self._activity(subscription, since, until, wire.change_from)

    def backups_by_hand(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who asked for backups on demand in [since, until]."""
        self._fault("fleet.backups_by_hand")
        return self._activity(subscription, since, until, wire.by_hand_from)

    def jobs(self, subscriptions: Sequence[str], since: datetime) -> list[Job]:
        """List the VM jobs of all vaults that started or ended since."""
        self._fault("fleet.jobs")
        return self._jobs.of(
            job
            for vault in self._vaults(subscriptions)
            for job in self._world.jobs_in(vault.id, since - LONGEST_JOB)
            if job.started_at >= since or (job.ended_at is not None and job.ended_at >= since)
        )

    def items(self, subscriptions: Sequence[str]) -> list[ProtectedItem]:
        """List the protected VMs of all vaults."""
        self._fault("fleet.items")
        return self._items.of(item for vault in self._vaults(subscriptions) for item in self._world.items_in(vault.id))

    def power(self, vm_id: str) -> str | None:
        """Return the VM's power now; None where there is no such VM."""
        machine_subscription(vm_id)
        self._fault("fleet.power")
        record = self._world.vms.get(vm_id.lower())
        if record is None:
            return None
        return wire.power_from({"properties": {"instanceView": wire_machines.instance_view(self._world, record)}})

    def policies(self, subscriptions: Sequence[str]) -> list[BackupPolicy]:
        """List the VM policies of all vaults."""
        self._fault("fleet.policies")
        vaults = self._vaults(subscriptions)
        return self._policies.of(policy for vault in vaults for policy in self._world.policies_in(vault.id))

    def _vaults(self, subscriptions: Sequence[str]) -> list[state.Vault]:
        wanted = {subscription.lower() for subscription in subscriptions}
        return [vault for _, vault in sorted(self._world.vaults.items()) if vault.subscription.lower() in wanted]

    def _activity(
        self,
        subscription: str,
        since: datetime,
        until: datetime,
        reader: Callable[[Mapping[str, object]], Change | None],
    ) -> list[Change]:
        log = self._world.activity
        first, last = bisect_left(log, since, key=_at), bisect_right(log, until, key=_at)
        mine = [entry for entry in reversed(log[first:last]) if entry.subscription.lower() == subscription.lower()]
        return [change for entry in mine if (change := reader(sent.activity(entry))) is not None]


def _at(entry: state.Activity) -> datetime:
    return entry.at

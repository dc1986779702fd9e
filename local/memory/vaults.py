"""What do the pretend vaults hold? The Vaults port: the world's wire JSON through the readers that read Azure's."""

from collections.abc import Callable
from datetime import datetime

from local.arm import wire as sent
from local.arm import wire_vaults
from local.memory.sending import CALLER, in_our_errors, not_found, properties_of
from local.memory.shown import shown_items, shown_jobs, shown_policies
from local.world import World, state
from local.world.on_demand import trigger_backup
from local.world.writes import put_item, put_policy
from shared.cloud import wire
from shared.cloud.bodies import backup_body, membership_body, policy_body, protection_body
from shared.cloud.ids import item_path, machine_names
from shared.errors import Permanent
from shared.model.azure import BackupPolicy, Job, ProtectedItem, RecoveryPoint, Vault, Vm


class MemoryVaults:
    """Writes go through the same body builders as in the cloud, and take effect when the world's operation ends."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault
        self._jobs, self._items, self._policies = shown_jobs(world), shown_items(world), shown_policies(world)

    def vaults(self, subscription: str) -> list[Vault]:
        """List the subscription's vaults."""
        self._fault("vaults.vaults")
        found = [record for _, record in sorted(self._world.vaults.items())]
        mine = [record for record in found if record.subscription.lower() == subscription.lower()]
        return [wire.vault_from(wire_vaults.vault(record)) for record in mine]

    def items(self, vault: Vault) -> list[ProtectedItem]:
        """List the vault's protected VMs, soft-deleted ones included."""
        self._fault("vaults.items")
        records = self._world.items_in(self._vault(vault.id).id)
        return self._items.of(records)

    def policies(self, vault: Vault) -> list[BackupPolicy]:
        """List the vault's VM policies."""
        self._fault("vaults.policies")
        return self._policies.of(self._world.policies_in(self._vault(vault.id).id))

    def jobs(self, vault: Vault, since: datetime, until: datetime, status: str | None = None) -> list[Job]:
        """List VM jobs that started in [since, until], of one `status` if given."""
        self._fault("vaults.jobs")
        records = self._world.jobs_in(self._vault(vault.id).id, since, until)
        return self._jobs.of(record for record in records if status in {None, record.status})

    def recovery_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        """List the item's recovery points of [since, until], newest first."""
        self._fault("vaults.recovery_points")
        owner = self._world.items.get(item.id.lower())
        if owner is None or owner.vault_id != vault.id:
            raise not_found(item.id)
        rules = self._world.rules_of(owner)
        newest_first = sorted(owner.points, key=lambda point: point.at, reverse=True)
        return [
            wire.recovery_point_from(sent.point(self._world, owner, point, rules))
            for point in newest_first
            if since <= point.at <= until
        ]

    def write_policy(self, vault: Vault, policy: BackupPolicy) -> None:
        """Create the slot policy or overwrite it in place."""
        if policy.vault_id != vault.id:
            raise Permanent(f"policy {policy.name!r}: of vault {policy.vault_id}, not {vault.id}", "Refused")
        properties = properties_of(policy_body(policy))
        self._fault("vaults.write_policy")
        with in_our_errors(f"write of policy {policy.name} in vault {vault.name}"):
            put_policy(self._world, self._vault(vault.id), policy.name, properties, CALLER)
        self._fault("vaults.write_policy.sent")

    def assign_policy(self, item: ProtectedItem, policy: BackupPolicy, origin: str = "") -> None:
        """Move `item` to `policy`; visible when the world's operation ends."""
        properties = properties_of(membership_body(item, policy, origin))
        self._fault("vaults.assign_policy")
        with in_our_errors(f"move of {item.name} to policy {policy.name}"):
            put_item(self._world, self._vault(item_path(item.id).vault.id), item.id, properties, CALLER)
        self._fault("vaults.assign_policy.sent")

    def protect(self, vault: Vault, vm: Vm, policy: BackupPolicy) -> None:
        """Put an unprotected VM under `policy`; visible when the world's operation ends."""
        properties = properties_of(protection_body(vault, vm, policy))
        container, item = machine_names(vm.resource_group, vm.name)
        self._fault("vaults.protect")
        with in_our_errors(f"protection of {vm.name} by policy {policy.name}"):
            home = self._vault(vault.id)
            item_id = f"{home.id}/backupFabrics/Azure/protectionContainers/{container}/protectedItems/{item}"
            put_item(self._world, home, item_id, properties, CALLER)
        self._fault("vaults.protect.sent")

    def back_up(self, item: ProtectedItem, keep_until: datetime) -> None:
        """Start an on-demand backup; its job shows in lists some minutes later."""
        expiry = properties_of(backup_body(keep_until))["recoveryPointExpiryTimeInUTC"]
        self._fault("vaults.back_up")
        with in_our_errors(f"backup of {item.name}"):
            home = self._vault(item_path(item.id).vault.id)
            trigger_backup(self._world, home, item.id, expiry, CALLER)
        self._fault("vaults.back_up.sent")

    def job_reads_left(self, subscription: str) -> int | None:  # noqa: ARG002 the world's reads are free
        """Return None: no budget is kept here."""
        return None

    def _vault(self, vault_id: str) -> state.Vault:
        found = self._world.vaults.get(vault_id.lower())
        if found is None:
            raise not_found(vault_id)
        return found

"""What do the pretend vaults hold? The Vaults port, straight from the world's records."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from local.world import Refused, World, points
from local.world import state as records
from local.world.runs import FAILURES
from local.world.writes import put_item, put_policy
from shared.cloud.bodies import membership_body, policy_body
from shared.cloud.ids import item_path
from shared.cloud.wire import policy_from
from shared.errors import Permanent, Transient
from shared.model.azure import BackupPolicy, Job, JobError, ProtectedItem, ProtectionState, RecoveryPoint, Vault

CALLER = "nightshift"
"""Who writes, in the world's activity log."""


class MemoryVaults:
    """Writes go through the same body builders as in the cloud, and take effect when the world's operation ends."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault

    def vaults(self, subscription: str) -> list[Vault]:
        """List the subscription's vaults."""
        self._fault("vaults.vaults")
        found = (self._world.vaults[key] for key in sorted(self._world.vaults))
        return [_vault(vault) for vault in found if vault.subscription.lower() == subscription.lower()]

    def items(self, vault: Vault) -> list[ProtectedItem]:
        """List the vault's protected VMs, soft-deleted ones included."""
        self._fault("vaults.items")
        self._record(vault.id)
        return [self._item(item) for item in self._world.items_in(vault.id)]

    def policies(self, vault: Vault) -> list[BackupPolicy]:
        """List the vault's VM policies."""
        self._fault("vaults.policies")
        self._record(vault.id)
        members = [item.policy_id.lower() for item in self._world.items_in(vault.id)]
        read = (
            policy_from({"id": policy.id, "name": policy.name, "properties": _counted(policy.properties, count)})
            for policy in self._world.policies_in(vault.id)
            for count in (members.count(policy.id.lower()),)
        )
        return [policy for policy in read if policy is not None]

    def jobs(self, vault: Vault, since: datetime, until: datetime, status: str | None = None) -> list[Job]:
        """List VM jobs that started in [since, until], of one `status` if given."""
        self._fault("vaults.jobs")
        self._record(vault.id)
        return [
            self._job(job)
            for job in self._world.jobs_in(vault.id)
            if since <= job.started_at <= until and status in {None, job.status}
        ]

    def recovery_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        """List the item's recovery points of [since, until]."""
        self._fault("vaults.recovery_points")
        self._record(vault.id)
        found = self._world.items.get(item.id.lower())
        if found is None:
            raise _not_found(item.id)
        rules = self._world.rules_of(found)
        return [
            RecoveryPoint(
                id=f"{found.id}/recoveryPoints/{point.id}",
                at=point.at,
                consistency=point.consistency,
                tiers=tuple(points.tiers(point, rules, self._world.now)),
            )
            for point in found.points
            if since <= point.at <= until
        ]

    def write_policy(self, vault: Vault, policy: BackupPolicy) -> None:
        """Create the slot policy or overwrite it in place."""
        if policy.vault_id != vault.id:
            raise Permanent(f"policy {policy.name!r}: of vault {policy.vault_id}, not {vault.id}", "Refused")
        properties = _properties(policy_body(policy))
        self._fault("vaults.write_policy")
        with _service_words(f"write of policy {policy.name}"):
            put_policy(self._world, self._record(vault.id), policy.name, properties, CALLER)
        self._fault("vaults.write_policy.sent")

    def assign_policy(self, item: ProtectedItem, policy: BackupPolicy, origin: str = "") -> None:
        """Move `item` to `policy`; visible when the world's operation ends."""
        properties = _properties(membership_body(item, policy, origin))
        self._fault("vaults.assign_policy")
        with _service_words(f"move of {item.name} to policy {policy.name}"):
            put_item(self._world, self._record(item_path(item.id).vault.id), item.id, properties, CALLER)
        self._fault("vaults.assign_policy.sent")

    def _record(self, vault_id: str) -> records.Vault:
        found = self._world.vaults.get(vault_id.lower())
        if found is None:
            raise _not_found(vault_id)
        return found

    def _item(self, item: records.Item) -> ProtectedItem:
        vm = self._world.vms.get(item.vm_id.lower())
        policy = self._world.policies.get(item.policy_id.lower())
        return ProtectedItem(
            id=item.id,
            vault_id=item.vault_id,
            vm_id=item.vm_id.lower(),
            name=vm.name if vm else item.vm_id.rpartition("/")[2],
            container=item.container.lower(),
            policy_id=item.policy_id.lower(),
            policy_name=policy.name if policy else "",
            state=ProtectionState(item.state),
            health=item.health,
            last_backup_status=item.last_status,
            last_backup_at=item.last_backup_at,
            last_recovery_point_at=item.last_point_at,
            soft_deleted=item.deleted_at is not None,
            extended_properties=json.dumps(item.extended, sort_keys=True) if item.extended else "",
        )

    def _job(self, job: records.Job) -> Job:
        return Job(
            id=f"{self._record(job.vault_id).id}/backupJobs/{job.id}",
            vault_id=job.vault_id,
            container=job.container.lower(),
            vm_name=job.vm_name,
            operation=job.operation,
            status=job.status,
            started_at=job.started_at,
            ended_at=job.ended_at,
            duration=(job.ended_at or self._world.now) - job.started_at,
            errors=_errors(job),
        )


@contextmanager
def _service_words(what: str) -> Iterator[None]:
    try:
        yield
    except Refused as refusal:
        message = f"{what}: {refusal.code}: {refusal.message}"
        if refusal.status == 429 or refusal.status >= 500:
            raise Transient(message, refused=refusal.status == 429) from refusal
        raise Permanent(message, refusal.code) from refusal


def _not_found(resource_id: str) -> Permanent:
    return Permanent(f"{resource_id} was not found", "ResourceNotFound")


def _properties(body: Mapping[str, object]) -> dict[str, Any]:
    """What the service would read from the bytes sent: a copy through JSON, sharing nothing with the caller."""
    properties: dict[str, Any] = json.loads(json.dumps(body["properties"]))
    return properties


def _counted(properties: Mapping[str, Any], members: int) -> dict[str, Any]:
    return {**properties, "protectedItemsCount": members}


def _vault(vault: records.Vault) -> Vault:
    return Vault(
        id=vault.id.lower(),
        name=vault.name,
        subscription=vault.subscription.lower(),
        resource_group=vault.resource_group,
        region=vault.region.lower(),
        redundancy=vault.redundancy,
        immutability=vault.immutability,
        guarded=vault.guarded,
        soft_delete=vault.soft_delete,
    )


def _errors(job: records.Job) -> tuple[JobError, ...]:
    if not job.error:
        return ()
    code, text, _ = FAILURES.get(job.error, (0, "", []))
    return (JobError(code, job.error, text),)

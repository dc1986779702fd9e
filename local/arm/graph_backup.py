"""What does Resource Graph know of backups? Jobs, about a minute behind the vault, protected items and policies."""

import random
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from local.arm import wire
from local.arm.graph import Table
from local.clock import iso
from local.world.state import Item, Job, Json, Policy, Vault
from local.world.world import World

type Record = Job | Item | Policy
type Reader = Callable[[Record], Any]

TABLE = "recoveryservicesresources"
_JOBS = "microsoft.recoveryservices/vaults/backupjobs"
_ITEMS = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
_POLICIES = "microsoft.recoveryservices/vaults/backuppolicies"
_KINDS = frozenset({_JOBS, _ITEMS, _POLICIES})
_LONGEST_LAG = timedelta(seconds=100)


def table(world: World, subscriptions: Collection[str], query: str) -> Table[Record]:
    """Return the table's rows in the subscriptions (lower case), only of the kinds that the query names, if it does."""
    vaults = [vault for vault in world.vaults.values() if vault.subscription.lower() in subscriptions]
    named = {kind for kind in _KINDS if kind.rsplit("/", 1)[-1] in query.lower()} or _KINDS
    records: list[Record] = []
    if _ITEMS in named:
        records += [item for vault in vaults for item in world.items_in(vault.id)]
    if _POLICIES in named:
        records += [policy for vault in vaults for policy in world.policies_in(vault.id)]
    if _JOBS in named:
        records += [seen for vault in vaults for job in world.jobs_in(vault.id) if (seen := _seen(world, job))]
    return Table(records, _columns(world), _INNER)


def _seen(world: World, job: Job) -> Job | None:
    """Return a job as it was some seconds ago, None where it was not listed then. Each job's lag is its own."""
    if max(job.visible_at, job.ended_at or job.visible_at) + _LONGEST_LAG <= world.now:
        return job
    lag = timedelta(seconds=random.Random(f"{world.seed}|graph|{job.id}").uniform(20, _LONGEST_LAG.total_seconds()))
    if job.visible_at + lag > world.now:
        return None
    if job.ended_at is not None and job.ended_at + lag > world.now:
        return replace(job, status="InProgress", ended_at=None, error="")
    return job


def _columns(world: World) -> dict[str, Reader]:
    def shown(record: Record) -> Json:
        match record:
            case Job():
                return wire.job(world, record)
            case Item():
                return wire.item(world, record)
            case Policy():
                return wire.policy(record, world.members_in(record.vault_id)[record.id])

    def identity(record: Record) -> str:
        return f"{vault(record).id}/backupJobs/{record.id}" if isinstance(record, Job) else record.id

    def vault(record: Record) -> Vault:
        return world.vaults[record.vault_id]

    return {
        "id": identity,
        "name": lambda record: record.id if isinstance(record, Job) else record.name,
        "type": lambda record: _TYPES[type(record)],
        "tenantId": lambda _: wire.TENANT,
        "kind": lambda _: "",
        "location": lambda record: vault(record).region,
        "resourceGroup": lambda record: vault(record).resource_group.lower(),
        "subscriptionId": lambda record: vault(record).subscription,
        "managedBy": lambda _: "",
        "sku": lambda _: None,
        "plan": lambda _: None,
        "properties": lambda record: shown(record)["properties"],
        "tags": lambda _: None,
    }


def _of_a_job(read: Callable[[Job], Any]) -> Reader:
    return lambda record: read(record) if isinstance(record, Job) else None


_written = lru_cache(maxsize=65536)(iso)
_TYPES = {Job: _JOBS, Item: _ITEMS, Policy: _POLICIES}
_INNER: dict[str, Reader] = {
    "properties.backupManagementType": lambda record: (
        record.properties["backupManagementType"] if isinstance(record, Policy) else "AzureIaasVM"
    ),
    "properties.startTime": _of_a_job(lambda job: _written(job.started_at)),
    "properties.endTime": _of_a_job(lambda job: _written(job.ended_at) if job.ended_at else None),
    "properties.status": _of_a_job(lambda job: job.status),
    "properties.operation": _of_a_job(lambda job: job.operation),
}
"""What is often asked of rows, read without the rest of them; of jobs only, but for the first."""

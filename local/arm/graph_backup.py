"""What does Resource Graph know of backups? Jobs and protected items, about a minute behind the vault."""

import random
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from local.arm import wire
from local.arm.graph import Table
from local.clock import iso
from local.world.state import Item, Job, Json, Vault
from local.world.world import World

type Reader = Callable[[Job | Item], Any]

TABLE = "recoveryservicesresources"
_JOBS = "microsoft.recoveryservices/vaults/backupjobs"
_ITEMS = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
_LONGEST_LAG = timedelta(seconds=100)


def table(world: World, subscriptions: Collection[str], query: str) -> Table[Job | Item]:
    """Return the table's rows in the subscriptions (lower case), only of the kinds that the query names, if it does."""
    vaults = [vault for vault in world.vaults.values() if vault.subscription.lower() in subscriptions]
    named = {kind for kind in (_JOBS, _ITEMS) if kind.rsplit("/", 1)[-1] in query.lower()} or {_JOBS, _ITEMS}
    records: list[Job | Item] = []
    if _ITEMS in named:
        records += [item for vault in vaults for item in world.items_in(vault.id)]
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
    def shown(record: Job | Item) -> Json:
        return wire.job(world, record) if isinstance(record, Job) else wire.item(world, record)

    def vault(record: Job | Item) -> Vault:
        return world.vaults[record.vault_id]

    return {
        "id": lambda record: shown(record)["id"],
        "name": lambda record: record.id if isinstance(record, Job) else record.name,
        "type": lambda record: _JOBS if isinstance(record, Job) else _ITEMS,
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

_INNER: dict[str, Reader] = {
    "properties.backupManagementType": lambda _: "AzureIaasVM",
    "properties.startTime": _of_a_job(lambda job: _written(job.started_at)),
    "properties.endTime": _of_a_job(lambda job: _written(job.ended_at) if job.ended_at else None),
    "properties.status": _of_a_job(lambda job: job.status),
    "properties.operation": _of_a_job(lambda job: job.operation),
}
"""What is asked of all jobs, read without the rest of a row; items have but the first of it."""

"""On which implementations do the ports have to behave the same? In memory, and over the real SDKs, TLS and Azurite."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from local import fleets, memory
from local.arm.app import application
from local.azurite import Azurite
from local.faults import plan
from local.memory.queues import MemoryQueues
from local.memory.told import MemoryEvents, MemoryWebhook
from local.scenarios.wire import Front, Token
from local.world import PageSizes, World, documents
from local.world.cloud import Cloud
from local.world.history import backfill, put
from local.world.writes import protect
from shared.cloud.fleet import CloudFleet
from shared.cloud.job_reads import JobReads
from shared.cloud.ledger import TableLedger
from shared.cloud.load import CloudLoad
from shared.cloud.monitoring import CloudMonitoring
from shared.cloud.plan_store import BlobPlans
from shared.cloud.policy_store import BlobPolicies
from shared.cloud.quarantine import BlobQuarantine
from shared.cloud.report_store import BlobReports
from shared.cloud.restore_accounts import CloudRestoreAccounts
from shared.cloud.restores import CloudRestores
from shared.cloud.result_store import BlobResults
from shared.cloud.vault import CloudVaults
from shared.errors import Transient
from shared.ports import Ports

FAULTS = {
    "vaults.write_policy": ("PUT", "/backupPolicies/"),
    "vaults.assign_policy": ("PUT", "/protectedItems/"),
    "vaults.protect": ("PUT", "/protectedItems/"),
    "restores.trigger": ("POST", "/restore"),
    "restores.cancel": ("POST", "/cancel"),
    "restores.token": ("POST", "/accessToken"),
    "restores.crossing": ("POST", "/backupCrossRegionRestore"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Ports over a small world: a vault with 5 protected VMs of 6, and an empty one.

    `strike(write, kind, when)` lets the next such write go wrong: kind "429", "503" or "drop" (no answer), "before" or
    "after" its effect.
    `log` are the calls that the pretend ARM saw.
    """

    ports: Ports
    world: World
    strike: Callable[[str, str, str], None]
    log: Sequence[Mapping[str, object]] = ()

    def settle(self) -> None:
        """Let every accepted operation end."""
        self.world.advance(timedelta(minutes=1))


@contextmanager
def in_memory() -> Iterator[Stage]:
    world, pending = _world(), dict[str, Transient]()

    def fault(call: str) -> None:
        if call in pending:
            raise pending.pop(call)

    def strike(write: str, kind: str, when: str) -> None:
        call = "restores.trigger" if write == "restores.crossing" else write
        pending[f"{call}{'.sent' if when == 'after' else ''}"] = Transient(kind, refused=kind == "429")

    yield Stage(memory.ports(world, {"plan"}, fault), world, strike)


@contextmanager
def in_local_azure(front: Front, endpoint: str, azurite: Azurite) -> Iterator[Stage]:
    """Put a world behind `endpoint`, in pages of two rows; storage gets a container and a table of its own."""
    cloud = Cloud(_world(), pages=PageSizes(*([2] * 8)))

    def strike(write: str, kind: str, when: str) -> None:
        match = dict(zip(("method", "path"), FAULTS[write], strict=True))
        cloud.faults = plan({"rules": [{"match": match, "kind": kind, "when": when, "times": 1}]})

    fresh, credential, reads = f"c{uuid.uuid4().hex}", Token(), JobReads()
    front.app = application(cloud)
    ports = Ports(
        vaults=CloudVaults(credential, endpoint, reads),
        fleet=CloudFleet(credential, endpoint),
        load=CloudLoad(credential, endpoint),
        monitoring=CloudMonitoring(credential, endpoint),
        restores=CloudRestores(credential, endpoint, reads),
        restore_accounts=CloudRestoreAccounts(credential, endpoint),
        ledger=TableLedger(credential, azurite.table_uri, fresh),
        plans=BlobPlans(credential, azurite.blob_uri, fresh),
        policies=BlobPolicies(credential, azurite.blob_uri, fresh),
        reports=BlobReports(credential, azurite.blob_uri, fresh),
        results=BlobResults(credential, azurite.blob_uri, fresh),
        queues=MemoryQueues(lambda: cloud.world.now),
        events=MemoryEvents(),
        webhook=MemoryWebhook(),
        quarantine=BlobQuarantine(credential, azurite.blob_uri, fresh, f"{fresh}letters"),
        switches=frozenset({"plan"}),
        wait=lambda seconds: cloud.world.advance(timedelta(seconds=seconds)),
        now=cloud.now,
    )
    yield Stage(ports, cloud.world, strike, cloud.log)


def _world() -> World:
    world = World(seed=3)
    vault = fleets.add_vault(world, "rsv-one", "rg-Backup", "westeurope")
    fleets.add_vault(world, "rsv-two", "rg-Backup", "westeurope")
    put(world, vault, "HourlyLogBackup", documents.workload())
    default = put(world, vault, "DefaultPolicy", documents.daily("22:30"))
    put(world, vault, "Enhanced", documents.enhanced("22:30", weekly=12, monthly=12, yearly=7))
    put(world, vault, "Hourly", documents.hourly("08:00"))
    machines = [fleets.add_vm(world, f"App-{number}", "RG-App", "westeurope", {"Tier": "Gold"}) for number in range(6)]
    items = [protect(world, vault, machine, default) for machine in machines[:5]]
    items[1].extended = {"diskExclusionProperties": {"diskLunList": [2], "isInclusionList": False}}
    backfill(world, 3)
    items[4].deleted_at, items[4].state, items[4].policy_id = world.now - timedelta(days=2), "ProtectionStopped", ""
    world.reschedule(items[4])
    return world

"""How do flows run without any Azure? The ports over the pretend cloud's state, in this process's memory."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from local.memory.fleet import MemoryFleet
from local.memory.ledger import MemoryLedger
from local.memory.load import MemoryLoad
from local.memory.monitoring import MemoryMonitoring
from local.memory.queues import MemoryQueues
from local.memory.restores import MemoryRestoreAccounts, MemoryRestores
from local.memory.stores import MemoryPlans, MemoryPolicies, MemoryReports, MemoryResults
from local.memory.told import MemoryEvents, MemoryQuarantine, MemoryWebhook
from local.memory.vaults import MemoryVaults
from local.world import World
from shared.ports import Ports

__all__ = ["ports"]


def ports(world: World, switches: Iterable[str] = (), fault: Callable[[str], None] | None = None) -> Ports:
    """Return ports over `world` with empty stores; waiting steps the world.

    `fault` is told the name of each call to Azure ("vaults.items", "load.series", ...) before it takes effect, and of
    each write again after it, with ".sent" appended; what it raises, the caller sees.
    """
    happens = fault or _nothing
    return Ports(
        vaults=MemoryVaults(world, happens),
        fleet=MemoryFleet(world, happens),
        load=MemoryLoad(world, happens),
        monitoring=MemoryMonitoring(world, happens),
        restores=MemoryRestores(world, happens),
        restore_accounts=MemoryRestoreAccounts(world, happens),
        ledger=MemoryLedger(),
        plans=MemoryPlans(),
        policies=MemoryPolicies(),
        reports=MemoryReports(),
        results=MemoryResults(),
        queues=MemoryQueues(lambda: world.now, happens),
        events=MemoryEvents(happens),
        webhook=MemoryWebhook(happens),
        quarantine=MemoryQuarantine(),
        switches=frozenset(switches),
        wait=lambda seconds: world.advance(timedelta(seconds=seconds)),
        now=lambda: world.now,
    )


def _nothing(_call: str) -> None:
    return None

"""How busy were the pretend VMs? The Load port over the same curves that the pretend Azure Monitor shows."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from local.world import World
from local.world.load import cpu
from shared.model.azure import Vm
from shared.model.load import LoadSeries

_HOUR = timedelta(hours=1)


class MemoryLoad:
    """Reads the curves up to the world's clock; `fault` is told each read before it happens."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault

    def series(self, vms: Sequence[Vm], since: datetime, until: datetime) -> dict[str, LoadSeries]:
        """Return the hourly load of each VM by its id, over the whole hours of [since, until); all None if unknown."""
        self._fault("load.series")
        first = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        first += _HOUR if first < since else timedelta()
        instants = [first + hour * _HOUR for hour in range(max(0, (until - first) // _HOUR))]
        return {vm.id: LoadSeries(vm.id, first, 60, tuple(self._load(vm.id, at) for at in instants)) for vm in vms}

    def _load(self, vm_id: str, at: datetime) -> float | None:
        record = self._world.vms.get(vm_id)
        return cpu(self._world.seed, record, at) if record and at <= self._world.now else None

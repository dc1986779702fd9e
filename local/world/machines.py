"""Is a pretend VM running? Its power, by what was done to it or by the kind of its load."""

from local.world.load import kind_of
from local.world.state import Vm


def power_of(seed: int, vm: Vm) -> str:
    """Return "running", "stopped" or "deallocated"."""
    return vm.power or ("deallocated" if kind_of(seed, vm) == "off" else "running")

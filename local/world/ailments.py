"""Why does this backup fail? Storms over a vault, what ails a machine until somebody mends it, and plain bad luck."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from local.world.failures import FAILURES, Nature, draw_title
from local.world.runs import Run
from local.world.state import Item, Vm

if TYPE_CHECKING:
    from local.world.world import World

_DAY = timedelta(hours=24)
_TURNING = timedelta(minutes=2)
"""How long a machine is between two states."""
_STAYS = 0.4
"""Share of errors that mostly pass and stay nevertheless."""
_LATE = 0.15
"""Share of passing errors that come after the snapshot: the backup ends with warnings."""


@dataclass(frozen=True, slots=True)
class Ailment:
    """An error that a machine's backups end with: until an instant, or at an hour of the day (UTC) and beside it.

    One that passes is felt by the next backup only.
    """

    title: str
    until: datetime | None = None
    hour: int | None = None

    @property
    def passes(self) -> bool:
        """Say whether the next backup is the last one to feel it."""
        return FAILURES[self.title].nature is Nature.PASSING

    def at(self, now: datetime) -> bool:
        """Say whether it is felt at `now`."""
        return (self.until is None or now < self.until) and (
            self.hour is None or (now.hour - self.hour) % 24 in {0, 1, 23}
        )


@dataclass(frozen=True, slots=True)
class Storm:
    """All backups of a vault that begin in a span end with one error."""

    vault_id: str
    title: str
    since: datetime
    until: datetime


class Trouble(NamedTuple):
    """What goes wrong with one backup: an error, or a warning where it comes after the snapshot; "" for none."""

    error: str = ""
    warning: str = ""


def trouble(world: "World", item: Item, vm: Vm, run: Run, slot: datetime | None) -> Trouble:
    """Return what goes wrong with the backup that begins now; `slot` is None for one by hand.

    Where the pace does not let backups fail in all ways, bad luck is what the run's own draw says.
    """
    for storm in world.storms:
        if storm.vault_id == item.vault_id and storm.since <= world.now < storm.until:
            return Trouble(storm.title)
    if world.pace.all_failures and (title := _of_state(world, item, vm)):
        return Trouble(title)
    ailment = world.ailments.get(vm.id.lower())
    if ailment is not None and ailment.at(world.now):
        if ailment.passes:
            del world.ailments[vm.id.lower()]
        return Trouble(ailment.title)
    if not world.pace.all_failures:
        return Trouble(run.error)
    if not run.error or (slot is None and item.last_status == "Failed"):
        return Trouble()
    return _struck(world, vm, slot or world.now)


def machine(world: "World", item: Item) -> Vm | None:
    """Return the machine that a scheduled backup is for; one that is gone is still tried where all failures happen."""
    vm_id = item.vm_id.lower()
    return world.vms.get(vm_id) or (world.deleted_vms.get(vm_id) if world.pace.all_failures else None)


def past_title(world: "World", vm: Vm, slot: datetime, error: str) -> str:
    """Return the error of a run before the story; it left nothing behind."""
    return draw_title(_draw(world, vm, slot)) if error and world.pace.all_failures else error


def afflict(world: "World", vm: Vm, title: str, hour: int | None = None) -> None:
    """Let a machine's backups end with an error from now on, for as long as the error's nature says.

    `hour` (UTC) is for errors that are felt at an hour of the day; left out, the present one.
    """
    nature = FAILURES[title].nature
    if nature is Nature.STATE:
        vm.provisioning = "Failed"
        return
    until = world.now + _DAY if nature is Nature.DAY else None
    felt = world.now.hour if hour is None else hour
    world.ailments[vm.id.lower()] = Ailment(title, until, felt if nature is Nature.HOUR else None)


def mend(world: "World", vm: Vm) -> None:
    """Take away what ails a machine."""
    world.ailments.pop(vm.id.lower(), None)
    if vm.provisioning == "Failed":
        vm.provisioning = "Succeeded"


def blocked(world: "World", item: Item) -> bool:
    """Say whether the service takes no backup by hand of the item for the rest of a day."""
    ailment = world.ailments.get(item.vm_id.lower())
    return ailment is not None and FAILURES[ailment.title].nature is Nature.DAY and ailment.at(world.now)


def _of_state(world: "World", item: Item, vm: Vm) -> str:
    """Return the error that the state of the machine leads to: only a first backup needs it to run."""
    if vm.id.lower() not in world.vms:
        return "ResourceNotFound"
    if vm.provisioning == "Failed":
        return "UserErrorVmProvisioningStateFailed"
    turning = vm.power_since is not None and world.now - vm.power_since < _TURNING
    if vm.provisioning != "Succeeded" or turning:
        return "UserErrorVmNotInDesirableState"
    return "AzureVmOffline" if vm.power in {"stopped", "deallocated"} and item.state == "IRPending" else ""


def _struck(world: "World", vm: Vm, at: datetime) -> Trouble:
    draw = _draw(world, vm, at)
    title = draw_title(draw)
    nature, stays, late = FAILURES[title].nature, draw.random() < _STAYS, draw.random() < _LATE
    if nature not in {Nature.PASSING, Nature.ONCE} or (nature is Nature.ONCE and stays):
        afflict(world, vm, title)
    return Trouble(warning=title) if late and nature is Nature.PASSING else Trouble(title)


def _draw(world: "World", vm: Vm, at: datetime) -> random.Random:
    return random.Random(f"{world.seed}|failure|{vm.guid}|{at.isoformat()}")

"""What did a scenario show? Its figures, and what was expected of them, counted from the world's own records."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from local.identity import PRINCIPAL
from local.memory.sending import CALLER
from local.world import World
from local.world.state import Activity, Item
from local.world.writes import ITEM_WRITE, POLICY_WRITE
from shared.model.night import Check

APP = frozenset({CALLER, PRINCIPAL})
"""Who the app is in the activity log: in memory, and over the wire."""


@dataclass(frozen=True, slots=True)
class Told:
    """The figures of one scenario, and each expectation with what was measured."""

    figures: dict[str, Any]
    checks: tuple[Check, ...]

    @property
    def failed(self) -> list[str]:
        """Return the expectations that do not hold, in words."""
        return [
            f"{check.name}: expected {check.expected}, got {check.measured}" for check in self.checks if not check.ok
        ]


def zero(name: str, count: int) -> Check:
    """Expect none of it."""
    return Check(name, "0", str(count), count == 0)


def at_least(name: str, least: int, count: int) -> Check:
    """Expect that enough happened for a zero elsewhere to mean something."""
    return Check(name, f"at least {least}", str(count), count >= least)


def at_most(name: str, most: float, count: float) -> Check:
    """Expect no more of it than that."""
    return Check(name, f"at most {most:g}", f"{count:g}", count <= most)


def unharmed(counters: dict[str, int]) -> tuple[Check, ...]:
    """Expect that nothing was lost that a backup product must never lose."""
    return (
        zero("recovery points lost early", counters["points_pruned"]),
        zero("VMs whose protection was stopped", counters["protection_stopped"]),
        zero("disk exclusions lost", counters["exclusions_lost"]),
        zero("policies shortened in place", counters["policies_shortened"]),
    )


def writes(world: World, since: datetime | None = None, operation: str = "") -> list[Activity]:
    """Return the app's writes from `since` on, of one operation if given, as the activity log has them."""
    return [
        entry
        for entry in world.activity
        if entry.caller in APP and (since is None or entry.at >= since) and operation in {"", entry.operation}
    ]


def moves(world: World, since: datetime | None = None) -> list[Activity]:
    """Return the app's membership writes."""
    return writes(world, since, ITEM_WRITE)


def policy_writes(world: World, since: datetime | None = None) -> list[Activity]:
    """Return the app's policy writes."""
    return writes(world, since, POLICY_WRITE)


def per_vault_day(entries: list[Activity]) -> Counter[tuple[str, date]]:
    """Count the writes by vault and UTC day."""
    return Counter((vault_of(entry.resource_id), entry.at.date()) for entry in entries)


def vault_of(resource_id: str) -> str:
    """Return the lower-cased id of the vault that holds the item or policy."""
    return "/".join(resource_id.lower().split("/")[:9])


def target_of(world: World, move: Activity) -> str:
    """Return the name of the policy that a membership write named, from the job that it started."""
    return next(
        job.bag["Policy Name"]
        for job in world.jobs.values()
        if job.item_id == move.resource_id.lower() and job.started_at == move.at and "Policy Name" in job.bag
    )


def policies_by_item(world: World) -> dict[str, str]:
    """Return each item's policy id, both lower-cased."""
    return {key: item.policy_id.lower() for key, item in world.items.items()}


def active(world: World) -> list[Item]:
    """Return the items that scheduled backups run for."""
    return [item for item in world.items.values() if item.active]

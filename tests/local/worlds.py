"""What small worlds do the tests of the physics use? One vault, one VM, policies at will."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.fleets import add_vault, add_vm
from local.world import Limits, Pace, World, documents, writes
from local.world.history import backfill, put
from local.world.state import Item, Policy, Vault, Vm

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""
SURE = Pace(failure_rate=0.0, restore_failure_rate=0.0)


@dataclass(frozen=True, slots=True)
class Small:
    """One VM on policy `home` of one vault."""

    world: World
    vault: Vault
    vm: Vm
    item: Item

    def policy(self, name: str, properties: dict[str, Any]) -> Policy:
        """Add a policy outside the quota."""
        return put(self.world, self.vault, name, properties)

    def move(self, policy: Policy, **more: Any) -> None:
        """Move the VM and let the move end."""
        self.send({"policyId": policy.id, **more})

    def send(self, properties: dict[str, Any]) -> None:
        """Write the membership and let the write end."""
        writes.put_item(self.world, self.vault, self.item.id, properties, "test")
        self.world.advance(timedelta(minutes=1))

    def edit(self, policy: Policy, properties: dict[str, Any]) -> None:
        """Overwrite a policy."""
        writes.put_policy(self.world, self.vault, policy.name, properties, "test")

    def days(self, count: float) -> None:
        """Let days pass."""
        self.world.advance(timedelta(days=count))


def small(home: dict[str, Any] | None = None, history: int = 21, limits: Limits | None = None, **vault: Any) -> Small:
    """Return a world of one VM with `history` days behind it; `vault` sets fields of the vault."""
    world = World(seed=3, start=NOON, limits=limits, pace=SURE)
    record = add_vault(world, "rsv-one", "rg-backup", "westeurope")
    for name, value in vault.items():
        setattr(record, name, value)
    vm = add_vm(world, "vm-one", "rg-vms", "westeurope")
    policy = put(world, record, "home", home or documents.daily("22:30", daily=30))
    item = writes.protect(world, record, vm, policy)
    backfill(world, history)
    return Small(world, record, vm, item)

"""What does the app ask of its own storage, and when? Stores that tell a hook of each call, as the vaults do."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local.memory import ports as memory_ports
from local.world import World
from shared.ports import Ports

WRITES = frozenset({"claim", "write", "swap", "drop", "spend", "save", "publish", "mark_good", "put"})
"""Calls that are told twice: before their effect, and with ".sent" appended after it."""

type Hook = Callable[[str], None]


class Watched:
    """A store behind a hook: `noun.call` before each call, `noun.call.sent` after each write."""

    def __init__(self, store: Any, noun: str, happens: Hook) -> None:
        self.store = store
        self._noun = noun
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self.store, name)

        def call(*arguments: Any) -> Any:
            self._happens(f"{self._noun}.{name}")
            answer = inner(*arguments)
            if name in WRITES:
                self._happens(f"{self._noun}.{name}.sent")
            return answer

        return call


def watched_ports(world: World, switches: frozenset[str], happens: Hook) -> Ports:
    """Return memory ports over `world` whose stores tell `happens` of each call too; a wait is told as "wait"."""
    ports = memory_ports(world, switches, happens)

    def wait(seconds: float) -> None:
        happens("wait")
        ports.wait(seconds)

    return replace(
        ports,
        ledger=Watched(ports.ledger, "ledger", happens),
        plans=Watched(ports.plans, "plans", happens),
        policies=Watched(ports.policies, "policies", happens),
        reports=Watched(ports.reports, "reports", happens),
        results=Watched(ports.results, "results", happens),
        quarantine=Watched(ports.quarantine, "quarantine", happens),
        wait=wait,
    )


def with_stores_of(ports: Ports, source: Ports) -> Ports:
    """Return `ports` with a copy of what the stores of `source` hold; both come from `watched_ports`."""
    for noun in ("ledger", "plans", "policies", "reports", "results"):
        watched: Any = getattr(ports, noun)
        original: Any = getattr(source, noun)
        watched.store = original.store.copy()
    return ports

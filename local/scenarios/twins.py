"""What if a timer runs twice at once? Two enforcements in step, taking turns at every call."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from local import fleets
from local.figures import ENFORCE
from local.scenarios.intent import document
from local.scenarios.nights import Nights, eve_of_first_moves
from local.scenarios.told import Told, at_least, at_most, moves, per_vault_day, policy_writes, unharmed, zero

LIMITS = {"policy_writes_per_vault_day": 7, "moves_per_vault_day": 9}
PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Turns:
    """Lets one of several threads go on at a time, and draws anew who does at every call.

    A thread calls `wait_for_turn` before each step and `leave` at its end; nothing else decides who runs.
    """

    draw: random.Random
    turns: int = 0
    _waiting: dict[int, threading.Event] = field(default_factory=dict, init=False)
    _expected: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def expect(self, threads: int) -> None:
        """Let nobody go on before so many threads are there."""
        self._expected = threads

    def wait_for_turn(self) -> None:
        """Stop until it is this thread's turn. Raises TimeoutError where the others never stop."""
        mine = threading.Event()
        with self._lock:
            self._waiting[threading.get_ident()] = mine
            self._go_on()
        if not mine.wait(PATIENCE_SECONDS):
            raise TimeoutError("the other thread neither called anything nor ended")

    def leave(self) -> None:
        """End this thread's part."""
        with self._lock:
            self._expected -= 1
            self._go_on()

    def _go_on(self) -> None:
        """Wake one thread, when all of them wait."""
        if self._waiting and len(self._waiting) == self._expected:
            chosen = self.draw.choice(list(self._waiting))
            self.turns += 1
            self._waiting.pop(chosen).set()


def twins(seed: int, nights: int = 2) -> Told:
    """Two enforcements run side by side: no VM is written twice, and no quota is overspent."""
    told = Nights(fleets.generated(16, vaults=1, regions=1, seed=seed), document(limits=LIMITS))
    told.until(eve_of_first_moves(told))
    turns = Turns(random.Random(f"twins|{seed}"))
    failures = _side_by_side(told, turns)
    both = moves(told.world)
    told.nights(nights)
    counters = told.truth()["counters"]
    times_moved = Counter(entry.resource_id.lower() for entry in both)
    times_written = Counter(entry.resource_id.lower() for entry in policy_writes(told.world))
    figures = {
        "turns": turns.turns,
        "moves_by_both": len(both),
        "moves_in_all": len(moves(told.world)),
        "vms_written_twice": sum(count > 1 for count in times_moved.values()),
        "policies_written_twice": sum(count > 1 for count in times_written.values()),
        "most_moves_a_day": max(per_vault_day(moves(told.world)).values(), default=0),
        "most_policy_writes_a_day": max(per_vault_day(policy_writes(told.world)).values(), default=0),
        "errors": len(failures) + len(told.errors()),
        **counters,
    }
    checks = (
        at_least("turns taken", 200, turns.turns),
        at_least("VMs moved by both", 6, figures["moves_by_both"]),
        zero("VMs written twice", figures["vms_written_twice"]),
        zero("policies written twice", figures["policies_written_twice"]),
        zero("writes that the service refused", counters["refused"]),
        at_most("moves in a vault and UTC day", LIMITS["moves_per_vault_day"], figures["most_moves_a_day"]),
        at_most(
            "policy writes in a vault and UTC day",
            LIMITS["policy_writes_per_vault_day"],
            figures["most_policy_writes_a_day"],
        ),
        zero("days on which a VM had no run", counters["runs_skipped"]),
        zero("invocations that failed", figures["errors"]),
        *unharmed(counters),
    )
    return Told(figures, checks)


def _side_by_side(told: Nights, turns: Turns) -> list[BaseException]:
    """Run the enforcement twice at the full hour, a minute from now; return what either raised."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            turns.wait_for_turn()
            told.body(ENFORCE)()
        except Exception as failure:
            failures.append(failure)
        finally:
            turns.leave()

    told.world.advance(timedelta(minutes=1))
    told.fault = lambda _: turns.wait_for_turn()
    threads = [threading.Thread(target=run, daemon=True) for _ in range(2)]
    turns.expect(len(threads))
    with told.sources():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
    told.fault = None
    return failures

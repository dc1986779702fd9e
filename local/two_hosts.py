"""What if the host that runs the timers stands still in the middle of its writes? Another takes over, then it wakes."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.child import ChildError
from local.clock import iso
from local.stack import Stack

ITEMS, POLICIES = "/protecteditems/", "/backuppolicies/"
QUOTAS = {"moves": ITEMS, "policy-writes": POLICIES}
"""The ledger's quotas, and what the paths of the writes have in them that spend from each."""
STOPS_BEHIND = 2
"""The leading host stops when it has moved so many VMs: policies are written, and most moves are to come."""
UNNOTICED = timedelta(minutes=61)
"""So long nobody leads: the other host makes up for a tick whose hour is over, in which nobody else may write."""
MEANWHILE = UNNOTICED + timedelta(minutes=5)
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
"""A lease runs out in 15."""

type Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stall:
    """How long the access log was: when the tick began, when its host stopped, when it woke, and when it had ended."""

    began: int
    stopped: int
    woke: int
    ended: int


def stand_still(stack: Stack, tick: datetime) -> Stall:
    """Let the leading host stand still in the middle of its tick, for longer than its lease; needs two hosts.

    Raises ChildError where the host wrote too little, or where the other one did not take over.
    """
    leading, other = stack.leading, stack.following
    began = _length(stack)
    stack.arm.post("/_local/gate", {"nth": STOPS_BEHIND, "path": ITEMS})
    tells: list[BaseException] = []
    running = threading.Thread(target=_run, args=(leading.control.post, tick, tells), daemon=True)
    running.start()
    _until(lambda: stack.arm.get("/_local/gate")["holding"] or not running.is_alive(), "the leading host to write")
    if not running.is_alive():
        raise ChildError(f"the leading host moved fewer than {STOPS_BEHIND} VMs at {tick}")
    leading.process.pause()
    try:
        stopped = _length(stack)
        stack.arm.post("/_local/gate/let-go", {})
        stack.arm.post("/_local/clock", {"to": iso(tick + UNNOTICED)})
        until = {"until": iso(tick + MEANWHILE)}
        _until(lambda: bool(other.control.post("/_local/run", until)["leads"]), "the other host to take the lease")
        woke = _length(stack)
    finally:
        leading.process.go_on()
    running.join(PATIENCE_SECONDS)
    if running.is_alive() or tells:
        raise ChildError(f"the host that stood still did not end its tick: {tells or 'it still runs'}")
    return Stall(began, stopped, woke, _length(stack))


def figures(stall: Stall, log: Sequence[Entry], spent: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return who wrote how much, what was written twice, and quotas as the ledger and the service count them.

    `log` is the access log up to now, `spent` are the ledger's counts, by day, quota and vault.
    """
    times = Counter(str(entry["path"]).lower() for entry in log[stall.began :] if entry["effect"])
    twice = [path for path, count in times.items() if count > 1]
    sent = [entry for entry in log if entry["method"] == "PUT" and entry["status"] != 429]
    return {
        "writes_before_it_stood_still": _effects(log[stall.began : stall.stopped]),
        "writes_by_the_other": _effects(log[stall.stopped : stall.woke]),
        "writes_after_it_woke": _effects(log[stall.woke : stall.ended]),
        "vms_written_twice": sum(ITEMS in path for path in twice),
        "policies_written_twice": sum(POLICIES in path for path in twice),
        "quotas": {
            quota: {
                "sent": sum(part in str(entry["path"]).lower() for entry in sent),
                "spent": sum(int(row["taken"]) for key, row in spent.items() if f"|{quota}|" in key),
            }
            for quota, part in QUOTAS.items()
        },
    }


def _run(post: Any, tick: datetime, tells: list[BaseException]) -> None:
    try:
        post("/_local/run", {"until": iso(tick + timedelta(minutes=2))})
    except Exception as failure:
        tells.append(failure)


def _until(holds: Any, what: str) -> None:
    """Look again and again until it holds; raise ChildError where it never does."""
    for _ in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
        if holds():
            return
        threading.Event().wait(LOOK_SECONDS)
    raise ChildError(f"waited {PATIENCE_SECONDS:g} s in vain for {what}")


def _length(stack: Stack) -> int:
    return len(stack.arm.get("/_local/log"))


def _effects(entries: Iterable[Entry]) -> int:
    return sum(bool(entry["effect"]) for entry in entries)

"""What goes wrong with a call? Faults that a hook raises, before or after the call's effect."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.errors import Permanent, Transient

SENT = ".sent"
AFTER = " after"
FAILURES = ("refused", "lost before", "lost after", "permanent")
"""A refusal at the door; an answer lost before or after the effect; a refusal for good."""
KINDS = (*FAILURES, "slow before", "slow after", "drift before", "drift after")
"""And time that passes, or something that somebody does, in the middle of a call."""


@dataclass(slots=True)
class Faults:
    """Lets the first of the calls named so go wrong, and a `share` of the others. `struck` counts them."""

    draw: random.Random
    name: str
    share: float
    struck: int = 0
    _due: str = field(default="", init=False)

    def __call__(self, call: str) -> None:
        """Strike, or let the call pass."""
        if call == self.name:
            wanted = not self.struck or self.draw.random() < self.share
            self._due = self.draw.choice(FAILURES) if wanted else ""
            if self._due not in {"", "lost after"}:
                self._strike()
        elif call == self.name + SENT and self._due == "lost after":
            self._strike()

    def _strike(self) -> None:
        kind, self._due = self._due, ""
        self.struck += 1
        raise fault(kind)


@dataclass(slots=True)
class OneFault:
    """Lets the `nth` call of an invocation go wrong in one way, once; 1 is the first, and waits do not count.

    Where it `does` something, that happens before or after the call's effect; else the call fails.
    """

    nth: int
    kind: str
    does: Callable[[], object] | None = None
    seen: int = 0
    struck: str = ""
    _armed: str = field(default="", init=False)

    def __call__(self, call: str) -> None:
        """Strike, or let the call pass."""
        if call.endswith(SENT):
            if self._armed == call:
                self._armed = ""
                self._strike(call)
            return
        self.seen += call != "wait"
        if self.seen != self.nth or call == "wait":
            return
        if self.kind.endswith(AFTER):
            self._armed = call + SENT
        else:
            self._strike(call)

    def _strike(self, call: str) -> None:
        self.struck = call
        if self.does is None:
            raise fault(self.kind)
        self.does()


def fault(kind: str) -> Transient | Permanent:
    """Return what the app is told."""
    if kind == "permanent":
        return Permanent("the service refuses this for good", "BMSUserErrorInvalidInput")
    if kind == "refused":
        return Transient("429 Too Many Requests", retry_after=20.0, refused=True)
    return Transient("no answer came")

"""Which calls go wrong? The rules of a fault plan, counted and drawn call by call."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.faults.schema import CODE, EFFECT, HOURS_STUCK
from local.world.mishaps import Mishap

_ITEM = re.compile(r"/protecteditems/[^/]+")
_ITEM_ALONE = re.compile(r"/protecteditems/[^/]+$")
_POLICY = re.compile(r"/backuppolicies/[^/]+")
SUBJECTS = {"assign": "item", "stop": "item", "edit": "policy_id", "tag": "vm", "create": "like", "delete": "vm"}
"""Whom each human act is about, by the key that names it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one call: `kind` is an HTTP status or a word, `after` when its effect took place.

    "stuck" goes on for `hours` and ends with `outcome` (failed: with `code`), "slow" takes `seconds`, "drift" is the
    human `act`.
    """

    kind: str
    after: bool = False
    hours: float = HOURS_STUCK
    outcome: str = EFFECT
    code: str = CODE
    seconds: float = 0.0
    act: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Rule:
    """One line of a plan. Without nth, every or rate it strikes every matching call, at most `times` times."""

    fault: Fault
    method: str = ""
    path: str = ""
    label: str = ""
    nth: tuple[int, ...] = ()
    every: int = 0
    rate: float | None = None
    times: int | None = None
    seen: int = 0
    struck: int = 0

    def matches(self, method: str, path: str, label: str) -> bool:
        """Whether the rule speaks of this call, and the call is one that its fault can strike."""
        path = path.lower()
        return (
            (not self.method or self.method.upper() == method.upper())
            and self.path.lower() in path
            and self.label.lower() in label.lower()
            and _can_strike(self.fault, method.upper(), path)
        )

    def strikes(self, draw: random.Random) -> bool:
        """Count one matching call and say whether it goes wrong."""
        self.seen += 1
        if self.times is not None and self.struck >= self.times:
            return False
        if self.nth:
            hit = self.seen in self.nth
        elif self.every:
            hit = self.seen % self.every == 0
        else:
            hit = self.rate is None or draw.random() < self.rate
        self.struck += hit
        return hit


def _can_strike(fault: Fault, method: str, path: str) -> bool:
    """Only writes of items have an operation to get stuck; a hand needs something of the call to lay itself on."""
    if fault.kind == "stuck":
        return method in {"PUT", "DELETE"} and _ITEM_ALONE.search(path) is not None
    if fault.kind != "drift" or SUBJECTS[fault.act["kind"]] in fault.act:
        return True
    by_policy = fault.act["kind"] == "edit" and _POLICY.search(path) is not None
    return by_policy or _ITEM.search(path) is not None


@dataclass(slots=True)
class FaultPlan:
    """The rules in their order; the first that strikes decides. `mishaps` befall scheduled runs."""

    rules: list[Rule] = field(default_factory=list)
    seed: int = 0
    mishaps: tuple[Mishap, ...] = ()
    _draw: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"faults|{self.seed}")

    def strike(self, method: str, path: str, label: str = "") -> Fault | None:
        """Return what goes wrong with this call, or None. Every matching rule counts the call."""
        found: Fault | None = None
        for rule in self.rules:
            if rule.matches(method, path, label) and rule.strikes(self._draw):
                found = found or rule.fault
        return found

"""Which calls go wrong? Fault plans: by name, or from JSON of the exported schema."""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KINDS = ("429", "503", "500", "504", "drop")

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Fault plan of the local Azure",
    "type": "object",
    "required": ["rules"],
    "additionalProperties": False,
    "properties": {
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind"],
                "additionalProperties": False,
                "properties": {
                    "match": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "method": {"type": "string"},
                            "path": {"type": "string", "description": "part of the path, compared without case"},
                            "label": {"type": "string", "description": "part of the caller's label"},
                        },
                    },
                    "nth": {"type": "array", "items": {"type": "integer", "minimum": 1}},
                    "every": {"type": "integer", "minimum": 1},
                    "rate": {"type": "number", "minimum": 0, "maximum": 1},
                    "kind": {"enum": list(KINDS)},
                    "when": {"enum": ["before", "after"], "description": "before or after the call's effect"},
                    "times": {"type": "integer", "minimum": 1},
                },
            },
        }
    },
}

_MEMBERSHIP = {"method": "PUT", "path": "/protectedItems/"}
NAMED: dict[str, list[dict[str, Any]]] = {
    "calm": [],
    "issue": [
        {"match": _MEMBERSHIP, "nth": [3], "kind": "429"},
        {"match": _MEMBERSHIP, "nth": [8], "kind": "503", "when": "before"},
    ],
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one call: `kind` is an HTTP status or "drop"; `after` when its effect took place."""

    kind: str
    after: bool


@dataclass(slots=True)
class Rule:
    """One line of a plan. Without nth, every or rate it strikes every matching call, at most `times` times."""

    kind: str
    method: str = ""
    path: str = ""
    label: str = ""
    nth: tuple[int, ...] = ()
    every: int = 0
    rate: float | None = None
    after: bool = False
    times: int | None = None
    seen: int = 0
    struck: int = 0

    def matches(self, method: str, path: str, label: str) -> bool:
        """Whether the rule speaks of this call."""
        return (
            (not self.method or self.method.upper() == method.upper())
            and self.path.lower() in path.lower()
            and self.label.lower() in label.lower()
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


@dataclass(slots=True)
class FaultPlan:
    """The rules in their order; the first that strikes decides."""

    rules: list[Rule] = field(default_factory=list)
    seed: int = 0
    _draw: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"faults|{self.seed}")

    def strike(self, method: str, path: str, label: str = "") -> Fault | None:
        """Return what goes wrong with this call, or None. Every matching rule counts the call."""
        found: Fault | None = None
        for rule in self.rules:
            if rule.matches(method, path, label) and rule.strikes(self._draw):
                found = found or Fault(rule.kind, rule.after)
        return found


def plan(source: str | dict[str, Any], seed: int = 0) -> FaultPlan:
    """Return the plan of a name ("calm", "issue"), of a JSON file's path, or of a document.

    Raises ValueError that names what is wrong.
    """
    if isinstance(source, str):
        if source in NAMED:
            return FaultPlan([_rule(rule) for rule in NAMED[source]], seed)
        path = Path(source)
        if not path.is_file():
            raise ValueError(f"faults: {source!r} is neither {' nor '.join(NAMED)} nor a file")
        source = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(source, dict):
            raise ValueError("faults: the document must be an object with a list `rules`")
    unknown = sorted(set(source) - {"rules"})
    if unknown or not isinstance(source.get("rules"), list):
        raise ValueError(f"faults: expected an object with a list `rules`, got keys {sorted(source)}")
    return FaultPlan([_rule(rule) for rule in source["rules"]], seed)


def _rule(document: dict[str, Any]) -> Rule:
    known = set(SCHEMA["properties"]["rules"]["items"]["properties"])
    match = document.get("match", {})
    unknown = sorted(set(document) - known) + sorted(set(match) - {"method", "path", "label"})
    if unknown:
        raise ValueError(f"faults: unknown keys {unknown}; expected {sorted(known)}")
    kind, when = str(document.get("kind")), document.get("when", "before")
    if kind not in KINDS or when not in {"before", "after"}:
        raise ValueError(f"faults: kind is one of {KINDS} and when is before or after, got {kind!r} and {when!r}")
    if kind == "429" and when == "after":
        raise ValueError("faults: a 429 comes before the effect; a throttled request was not begun")
    return Rule(
        kind=kind,
        method=match.get("method", ""),
        path=match.get("path", ""),
        label=match.get("label", ""),
        nth=tuple(document.get("nth", ())),
        every=document.get("every", 0),
        rate=document.get("rate"),
        after=when == "after",
        times=document.get("times"),
    )

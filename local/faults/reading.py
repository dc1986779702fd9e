"""Which fault plan is meant? A name, a file or a document, checked as a whole and turned into rules."""

import json
from pathlib import Path
from typing import Any

from local.faults.complaints import complaints
from local.faults.rules import Fault, FaultPlan, Rule
from local.faults.schema import CODE, EFFECT, HOURS_STUCK, SCHEMA
from local.world.mishaps import Mishap

type Document = dict[str, Any]

_MEMBERSHIP = {"method": "PUT", "path": "/protectedItems/"}
NAMED: dict[str, Document] = {
    "calm": {"rules": []},
    "issue": {
        "rules": [
            {"match": _MEMBERSHIP, "nth": [3], "kind": "429"},
            {"match": _MEMBERSHIP, "nth": [8], "kind": "503", "when": "before"},
        ]
    },
}


def plan(source: str | Document, seed: int = 0) -> FaultPlan:
    """Return the plan of a name ("calm", "issue"), of a JSON file's path, or of a document.

    Raises ValueError that names every mistake: the rule's index, the field, and what was expected.
    """
    document = read(source) if isinstance(source, str) else source
    if wrong := list(complaints(SCHEMA, document)):
        raise ValueError("\n".join(f"faults: {one}" for one in wrong))
    rules = [_rule(rule) for rule in document.get("rules", ())]
    return FaultPlan(rules, seed, tuple(_mishap(entry) for entry in document.get("world", ())))


def read(source: str) -> Any:
    """Return the document of a name or of a JSON file, unchecked; raises ValueError where there is none."""
    if source in NAMED:
        return NAMED[source]
    path = Path(source)
    if not path.is_file():
        raise ValueError(f"faults: {source!r} is neither {' nor '.join(NAMED)} nor a file")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as mistake:
        raise ValueError(f"faults: {source} is not JSON: {mistake}") from mistake


def _rule(document: Document) -> Rule:
    match = document.get("match", {})
    fault = Fault(
        kind=document["kind"],
        after=document.get("when") == "after",
        hours=document.get("hours", HOURS_STUCK),
        outcome=document.get("outcome", EFFECT),
        code=document.get("code", CODE),
        seconds=document.get("seconds", 0.0),
        act=document.get("act", {}),
    )
    return Rule(
        fault,
        method=match.get("method", ""),
        path=match.get("path", ""),
        label=match.get("label", ""),
        nth=tuple(document.get("nth", ())),
        every=document.get("every", 0),
        rate=document.get("rate"),
        times=document.get("times"),
    )


def _mishap(document: Document) -> Mishap:
    most: float = document.get("hours") or document.get("minutes") or 0.0
    return Mishap(document["kind"], document.get("rate", 1.0), most, document.get("vm", ""))

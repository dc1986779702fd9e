"""What if this very call goes wrong, in this very way? Every fault at every call of a plan and of an enforcement."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from local.faults import plan
from local.faults.schema import ANSWERS, EFFECT, FAILED
from local.figures import ENFORCE
from local.scenarios.breakage import SLOW, eves, healed_at, some
from local.scenarios.endings import DRIFT_HEALS, Ending, Tally, end_of, settled
from local.scenarios.nights import Nights
from local.scenarios.told import Told, at_least, zero
from local.scenarios.wire import Wire, on_the_wire
from local.world import documents
from local.world.history import put
from shared.model.night import Check

BY_HAND = "ByHand"
"""A policy of every story's vault that keeps as much as any other: people who move a VM there lose nothing by it."""
WHEN = ("before", "after")
HOLD = {"nightshift-hold": "2026-12-31;ops;change freeze"}

type Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One fault at one call: the function's call by its number, and the rule that strikes it and no other."""

    function: str
    number: int
    call: str
    rule: dict[str, Any]

    @property
    def kind(self) -> str:
        """The fault in words."""
        what = self.rule.get("act", {}).get("kind") or self.rule.get("outcome") or ""
        return " ".join(part for part in (self.rule["kind"], what, self.rule.get("when", "")) if part)

    @property
    def undone(self) -> bool:
        """Whether Azure took the write and it never had its effect: then it is written again."""
        return self.kind == f"stuck {FAILED} before"

    @property
    def heals(self) -> timedelta:
        """How much later than other stories it is over."""
        return DRIFT_HEALS if self.rule["kind"] in {"drift", "stuck"} else timedelta()


def every_fault(seed: int, nights: int = 40) -> Told:
    """One call to Azure goes wrong, over the real SDKs: `nights` faults of calls, spread evenly; 0: all of them."""
    stories = eves(seed)
    for story in stories.values():
        vault = next(iter(story.world.vaults.values()))
        put(story.world, vault, BY_HAND, documents.daily("22:30", daily=30, weekly=12))
    struck: Counter[str] = Counter()
    with on_the_wire() as wire:
        cases = [case for function, story in stories.items() for case in _cases(wire, story, function)]
        healed = healed_at(stories)
        tally = Tally(_ending(wire, stories[ENFORCE].twin(), {"rules": []}, healed)[0])
        for case in some(cases, nights):
            told = stories[case.function].twin()
            ending, hits = _ending(wire, told, {"rules": [case.rule]}, healed + case.heals)
            where = f"{case.kind} at call {case.number}, {case.call}, of {case.function}"
            tally.note(ending, where, by_hand=case.rule["kind"] == "drift", may_repeat=case.undone)
            struck[case.kind] += hits
    in_memory = end_of(stories[ENFORCE].twin(), healed)
    return _told(tally, cases, struck, in_memory)


def _ending(wire: Wire, told: Nights, faults: dict[str, Any], healed: datetime) -> tuple[Ending, int]:
    """Tell the story over the wire; return its ending, and how often a rule struck.

    Four weeks of load are much to read: plans that are made later, to heal, read them from memory.
    """
    in_memory = told.ports.load
    cloud = wire.carry(told, plan(faults))
    told.until(told.world.now + timedelta(minutes=1))
    told.ports = replace(told.ports, load=in_memory)
    ending = end_of(told, healed)
    return ending, sum(rule.struck for rule in cloud.faults.rules)


def _cases(wire: Wire, story: Nights, function: str) -> list[Case]:
    """Return every fault at every call that the function makes in its next invocation."""
    told = story.twin()
    cloud = wire.carry(told, plan("calm"))
    told.until(told.world.now + timedelta(minutes=1))
    calls = [entry for entry in cloud.log if entry["label"].startswith(f"{function}#")]
    return [
        Case(function, number, f"{entry['method']} {_short(entry)}", _striking(rule, calls[:number], function))
        for number, entry in enumerate(calls, start=1)
        for rule in _rules(entry, story)
    ]


def _striking(rule: dict[str, Any], calls: list[Entry], function: str) -> dict[str, Any]:
    """Return the rule for the last of these calls: it counts only calls that its fault can strike."""
    found = {**rule, "match": {"label": function}}
    (counting,) = plan({"rules": [found]}).rules
    return {**found, "nth": [sum(counting.matches(call["method"], call["path"], call["label"]) for call in calls)]}


def _rules(entry: Entry, story: Nights) -> Iterator[dict[str, Any]]:
    yield {"kind": "429"}
    for when in WHEN:
        yield from ({"kind": kind, "when": when} for kind in ANSWERS)
        yield {"kind": "slow", "seconds": SLOW.total_seconds(), "when": when}
        yield from ({"kind": "drift", "act": act, "when": when} for act in _acts(entry, story))
        if entry["method"] == "PUT" and "/protecteditems/" in entry["path"].lower():
            yield from ({"kind": "stuck", "outcome": outcome, "when": when} for outcome in (EFFECT, FAILED))


def _acts(entry: Entry, story: Nights) -> Iterator[dict[str, Any]]:
    """Return what a person does: to the item and policy of the call, or to the first ones where it is about none."""
    path, item = entry["path"].lower(), next(item for _, item in sorted(story.world.items.items()) if item.active)
    about_item = "/protecteditems/" in path
    some_policy = {} if about_item or "/backuppolicies/" in path else {"policy_id": item.policy_id}
    yield {"kind": "edit", "start": "02:00", **some_policy}
    yield {"kind": "assign", "policy": BY_HAND, **({} if about_item else {"item": item.id})}
    yield {"kind": "tag", "tags": HOLD, **({} if about_item else {"vm": item.vm_id})}


def _short(entry: Entry) -> str:
    """Return the path without what all paths have in common."""
    path: str = entry["path"]
    return (
        path.rsplit("/", 2)[-2] + "/" + path.rsplit("/", 1)[-1] if entry["method"] == "PUT" else path.rsplit("/", 1)[-1]
    )


def _told(tally: Tally, cases: list[Case], struck: Counter[str], in_memory: Ending) -> Told:
    sites = {(case.function, case.number) for case in cases}
    figures = {
        "call_sites": len(sites),
        "kinds": len({case.kind for case in cases}),
        "cases": len(cases),
        "struck": sum(struck.values()),
        **tally.figures(),
        "struck_by_kind": dict(sorted(struck.items())),
    }
    checks = (
        at_least("VMs moved in the calm story", 8, settled(tally.calm)),
        at_least("calls that may go wrong", 20, len(sites)),
        zero("VMs that end elsewhere over the wire", len(in_memory.places.items() - tally.calm.places.items())),
        Check("faults that struck", str(tally.stories), str(figures["struck"]), figures["struck"] == tally.stories),
        *tally.checks(),
    )
    return Told(figures, checks)

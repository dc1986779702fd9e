"""What would a fault plan do? A line for each of its rules and mishaps, in words."""

import json
from collections.abc import Iterator

from local.faults.rules import SUBJECTS, Fault, FaultPlan, Rule
from local.faults.schema import FAILED
from local.world.mishaps import LATE, MISSING, PROMISED_HOURS, PROMISED_MINUTES, Mishap


def lines(plan: FaultPlan) -> Iterator[str]:
    """Yield what each rule and each mishap does; one line that nothing goes wrong where there is none."""
    for index, rule in enumerate(plan.rules):
        yield f"rules[{index}]: {_calls(rule)}: {_meets(rule.fault)}"
    for index, mishap in enumerate(plan.mishaps):
        yield f"world[{index}]: {_runs(mishap)}: {_befalls(mishap)}"
    if not plan.rules and not plan.mishaps:
        yield "nothing goes wrong"


def _calls(rule: Rule) -> str:
    words = [f"{rule.method.upper()} calls" if rule.method else "calls", _of_its_kind(rule.fault)]
    words += [f"with {rule.path} in their path"] if rule.path else []
    words += [f"by {rule.label}"] if rule.label else []
    parts = [" ".join(word for word in words if word)]
    if rule.nth:
        parts.append(f"number {' and '.join(map(str, rule.nth))}")
    if rule.every:
        parts.append(f"one in {rule.every}")
    if rule.rate is not None:
        parts.append(f"{rule.rate:.0%} of them")
    if rule.times is not None:
        parts.append(f"at most {rule.times} of them")
    return ", ".join(parts)


def _of_its_kind(fault: Fault) -> str:
    if fault.kind == "stuck":
        return "that write or delete an item"
    if fault.kind != "drift" or SUBJECTS[fault.act["kind"]] in fault.act:
        return ""
    return "about an item or a policy" if fault.act["kind"] == "edit" else "about an item"


def _meets(fault: Fault) -> str:
    when = "after their effect" if fault.after else "before their effect"
    if fault.kind == "429":
        return "answered 429, and not begun"
    if fault.kind == "drop":
        return f"the connection is closed without an answer, {when}"
    if fault.kind == "slow":
        return f"{fault.seconds:g} s pass, {when}"
    if fault.kind == "drift":
        return f"a person acts by hand, {when}: {json.dumps(dict(fault.act))}"
    if fault.kind == "stuck":
        ends = f"fails with {fault.code}" if fault.outcome == FAILED else "ends well"
        effect = "the effect comes in time" if fault.after else "the effect waits as well"
        return f"the operation is stuck for {fault.hours:g} h and then {ends}; {effect}"
    return f"answered {fault.kind}, {when}"


def _runs(mishap: Mishap) -> str:
    whose = f" of VMs with {mishap.vm} in their id" if mishap.vm else ""
    return f"{mishap.rate:.0%} of the scheduled runs{whose}"


def _befalls(mishap: Mishap) -> str:
    if mishap.kind == LATE:
        return f"start {PROMISED_HOURS:g} to {mishap.most:g} h late"
    if mishap.kind == MISSING:
        return "never start: no job and no alert"
    return f"are listed {PROMISED_MINUTES:g} to {mishap.most:g} minutes after they began"

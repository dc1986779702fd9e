"""How does a plan cross the process border? As versioned JSON, read back with every reason at once."""

import json
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from shared.errors import BadMessage
from shared.model.plan import Plan

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

PLAN_VERSION = 1
"""Raised whenever an older reader would misunderstand a newer plan."""


def plan_to_json(plan: Plan) -> str:
    """Return the plan as a JSON document: {"version": 1, "plan": {...}}."""
    return json.dumps({"version": PLAN_VERSION, "plan": _plans().dump_python(plan, mode="json")}, allow_nan=False)


def plan_from_json(text: str) -> Plan:
    """Return the plan of a JSON document, or raise BadMessage with every reason. Unknown fields are passed over."""
    from pydantic import ValidationError

    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise BadMessage([f"plan: not JSON: {failure}"]) from failure
    if not isinstance(document, dict) or document.get("version") != PLAN_VERSION:
        found = document.get("version") if isinstance(document, dict) else type(document).__name__
        raise BadMessage([f"plan.version: found {found!r}; expected {PLAN_VERSION}: plan again with this version"])
    try:
        plan = _plans().validate_json(json.dumps(document.get("plan")), strict=True)
    except (ValidationError, ValueError) as failure:
        reasons = _reasons(failure) if isinstance(failure, ValidationError) else [f"plan: {failure}"]
        raise BadMessage(reasons) from failure
    if naive := _naive(plan):
        raise BadMessage([f"{path}: no UTC offset; expected an instant such as 2026-01-01T00:00:00Z" for path in naive])
    return plan


@cache
def _plans() -> "TypeAdapter[Plan]":
    """Pydantic is imported on first use: it is slow to load and most invocations read no plan."""
    from pydantic import TypeAdapter

    return TypeAdapter(Plan)


def _reasons(failure: "ValidationError") -> list[str]:
    return [f"{'.'.join(map(str, ('plan', *error['loc'])))}: {error['msg']}" for error in failure.errors()]


def _naive(plan: Plan) -> list[str]:
    instants: dict[str, datetime | None] = {"plan.made_at": plan.made_at}
    instants |= {f"plan.vms.{place}.due": vm.due for place, vm in enumerate(plan.vms)}
    instants |= {f"plan.edits.{place}.due": edit.due for place, edit in enumerate(plan.edits)}
    instants |= {f"plan.enrolments.{place}.due": one.due for place, one in enumerate(plan.enrolments)}
    return [path for path, at in instants.items() if at is not None and at.tzinfo is None]

"""What does a call meet that a fault strikes? Another answer, a lost one, time, a stuck operation, or a human hand."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from local.arm.messages import Call, Response, error, item_id_of
from local.faults import Fault
from local.faults.rules import SUBJECTS
from local.faults.schema import FAILED
from local.world import human
from local.world.state import Refused
from local.world.stuck import Stuck, stick
from local.world.world import World

_INTERNAL = (
    "The REST API call encountered an internal error. Wait for a few minutes and then try the operation again. "
    "If the issue persists, please contact Microsoft support."
)
_ERRORS = {
    "500": ("RestApiInternalError", _INTERNAL),
    "503": ("ServerTimeout", "The request timed out."),
    "504": (
        "GatewayTimeout",
        "The gateway did not receive a response from 'Microsoft.RecoveryServices' within the specified time period.",
    ),
}
_A_MOMENT = timedelta(seconds=1)
"""After an operation ended; a hand that comes sooner is refused, since the item is busy."""


def meet(call: Call, fault: Fault, inner: Callable[..., Response]) -> Response | None:
    """Let the fault have its effect on the world; return the answer that replaces the service's, if any does.

    `inner` makes the provider's own errors, of which a 500 is one. "stuck" needs an answered call: see `get_stuck`. A
    429 has words of the budget's: the service makes them.
    """
    if fault.kind == "slow":
        call.cloud.wait(fault.seconds)
    elif fault.kind == "drift":
        _drift(call, fault)
    elif fault.kind == "drop":
        return Response(0, dropped=True)
    elif fault.kind in _ERRORS:
        answer = inner if fault.kind == "500" else error
        return answer(int(fault.kind), *_ERRORS[fault.kind])
    return None


def get_stuck(call: Call, fault: Fault) -> None:
    """Let the operation that the call has just begun go on for hours."""
    operation = list(call.world.operations.values())[-1]
    failure = fault.code if fault.outcome == FAILED else ""
    stick(call.world, operation, Stuck(timedelta(hours=fault.hours), failure, fault.after))


def _drift(call: Call, fault: Fault) -> None:
    """Let a person act: now, or as soon as the operation has ended that keeps the item busy."""
    world, kind, what = call.world, fault.act["kind"], _what(call, fault.act)
    item_id = str(what.get("item", "")).lower()
    busy = [o for o in world.operations.values() if o.item_id == item_id and o.status == "InProgress"]
    if fault.after and busy:
        due = max(world.jobs[operation.job_id].due for operation in busy)
        world.at(due + _A_MOMENT, "then", _act, kind, what)
    else:
        _act(world, kind, what)


def _act(world: World, kind: str, what: dict[str, Any]) -> None:
    """Carry the act out; what is not there, or is refused, is left undone."""
    try:
        human.act(world, kind, what)
    except (Refused, KeyError, ValueError):
        return


def _what(call: Call, act: Mapping[str, Any]) -> dict[str, Any]:
    """Return the act's words, with what the call is about where the act does not say."""
    what = {name: value for name, value in act.items() if name not in {"kind", "policy"}}
    key = SUBJECTS[act["kind"]]
    what.setdefault(key, _subject(call, key))
    item = call.world.items.get(str(what.get("item", "")).lower())
    if "policy" in act and item is not None:
        what["policy_id"] = f"{call.world.vaults[item.vault_id].id}/backupPolicies/{act['policy']}"
    return what


def _subject(call: Call, key: str) -> str:
    """Return the item, policy or VM that the call is about; "" where there is none (any more, or yet)."""
    item = call.world.items.get(item_id_of(call).lower()) if "item" in call.params else None
    properties = call.request.body.get("properties") or {}
    if key == "item":
        return item.id if item else ""
    if key == "policy_id":
        named = call.request.path if "policy" in call.params else str(properties.get("policyId") or "")
        return named or (item.policy_id if item else "")
    return item.vm_id if item else str(properties.get("sourceResourceId") or "")

"""Does the checker confirm this plan? Its own lines, region by region, handed to the independent checker."""

from collections import defaultdict
from typing import Any

from shared.model.plan import Action, Plan, VmPlan
from shared.rules import plan_check


def check(plan: Plan) -> list[str]:
    """Return every way in which the plan is not what it claims; an empty list confirms it.

    Regions that could not be planned carry no prices and claim nothing.
    """
    by_region: dict[str, list[VmPlan]] = defaultdict(list)
    for line in plan.vms:
        if line.slot is not None:
            by_region[line.region].append(line)
    wrong = [f"{line.name} is planned without a start" for line in plan.moves if line.slot is None]
    for proof in plan.proofs:
        if any(proof.prices):
            claim = {"peak": proof.peak, "bound": proof.bound, "prices": proof.prices}
            wrong += [f"{proof.region}: {lie}" for lie in _check_region(by_region[proof.region], claim)]
    return wrong


def _check_region(lines: list[VmPlan], claim: dict[str, Any]) -> list[str]:
    places = {(line.vault_id, line.policy, line.slot) for line in lines}
    problem = {
        "columns": ["duration", "load", "allowed_starts", "vault", "group"],
        "jobs": [[line.duration_slots, 1, _starts(line), line.vault_id, line.policy] for line in lines],
        "vms_per_policy": None,
        "policies_per_vault": None,
    }
    starts = [line.slot for line in lines]
    return plan_check.check(problem, claim | {"starts": starts, "policies": len(places)})


def _starts(line: VmPlan) -> tuple[int | None, ...]:
    """A held VM may only be where it is."""
    return (line.slot,) if line.action is Action.HOLD else line.allowed

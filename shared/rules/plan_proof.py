"""Does the checker confirm this plan? Its own lines, region by region, handed to the independent checker."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.model.azure import SLOT_MINUTES, Vm
from shared.model.intent import FleetPolicy
from shared.model.plan import Action, Plan, RegionProof, Spacing, VmPlan
from shared.rules import plan_check
from shared.rules.slots import start_slots


def check(plan: Plan, intent: FleetPolicy, vms: Iterable[Vm]) -> list[str]:
    """Return every way in which the plan is not what it claims, or breaks a limit; an empty list confirms it.

    Regions that could not be planned carry no prices and claim nothing. Ceilings are not asked of a region for which
    the plan itself says that they were given up, nor that an application is apart which it says is only spaced: that
    is checked instead.
    """
    applications = {vm.id: vm.tags.get(intent.separation_tag or "", "") for vm in vms}
    wrong = [*_misplaced(plan), *_over_full(plan, intent)]
    proofs = {proof.region: proof for proof in plan.proofs if any(proof.prices)}
    for region, lines in sorted(_by_region(plan).items()):
        if region not in proofs:
            wrong += [f"{line.name} is planned, but its region carries no proof" for line in lines if _is_planned(line)]
        else:
            relaxed = any(finding.code == "plan-relaxed" and finding.subject == region for finding in plan.findings)
            problem = _problem(lines, applications) | ({} if relaxed else _ceilings(lines, intent))
            problem["slots_per_group"] = intent.limits.slots_per_tier
            claim = _claim(lines, proofs[region])
            claim["spaced"] = _spaced(plan.spacings, region, _apart(lines, applications))
            wrong += [f"{region}: {lie}" for lie in plan_check.check(problem, claim)]
    return wrong


def _is_planned(line: VmPlan) -> bool:
    return line.action is not Action.HOLD


def _by_region(plan: Plan) -> dict[str, list[VmPlan]]:
    found: dict[str, list[VmPlan]] = defaultdict(list)
    for line in plan.vms:
        if line.slot is not None:
            found[line.region].append(line)
    return found


def _misplaced(plan: Plan) -> Iterator[str]:
    """Every planned VM is in a policy that the plan describes and that starts at its slot; a held one does not move."""
    starts = {(policy.vault_id, policy.name.lower()): start_slots(policy, plan.night)[:1] for policy in plan.policies}
    for line in plan.vms:
        if not _is_planned(line):
            if (line.slot, line.policy) != (line.current_slot, line.current_policy):
                yield f"{line.name} is held, but not where it is"
        elif line.slot is None or starts.get((line.vault_id, line.policy.lower())) != (line.slot,):
            yield f"{line.name} is planned in {line.policy}, which is not described as starting at its slot"
    for one in plan.enrolments:
        if starts.get((one.vault_id, one.policy.lower())) != (one.slot,):
            yield f"{one.name} is enrolled in {one.policy}, which is not described as starting at its slot"


def _over_full(plan: Plan, intent: FleetPolicy) -> Iterator[str]:
    """Held VMs count in the policies they stay in; a policy that nobody is planned in is not ours to judge."""
    most = intent.limits.vms_per_policy
    joining = [(one.vault_id, one.policy.lower()) for one in plan.enrolments]
    members = Counter([*joining, *((line.vault_id, line.policy.lower()) for line in plan.vms)])
    planned = {(line.vault_id, line.policy.lower()) for line in plan.vms if _is_planned(line)}
    for place in sorted(planned.union(joining)):
        if members[place] > most:
            yield f"{place[1]} would hold {members[place]} VMs; {most} are allowed"


def _problem(lines: Sequence[VmPlan], applications: Mapping[str, str]) -> dict[str, Any]:
    """State what was to be planned in the checker's words; vaults and applications are numbered from 1."""
    vaults = _numbers(line.vault_id for line in lines)
    apart = _apart(lines, applications)
    return {
        "columns": ["duration", "load", "allowed_starts", "vault", "group", "separate"],
        "jobs": [
            [
                line.duration_slots,
                1,
                line.allowed if _is_planned(line) else (line.slot,),
                vaults[line.vault_id],
                _group(line),
                apart.get(applications.get(line.vm_id, ""), 0),
            ]
            for line in lines
        ],
        "vms_per_policy": None,
        "policies_per_vault": None,
        "may_space": list(apart.values()),
    }


def _apart(lines: Iterable[VmPlan], applications: Mapping[str, str]) -> dict[str, int]:
    return _numbers(name for line in lines if (name := applications.get(line.vm_id, "")))


def _spaced(spacings: Iterable[Spacing], region: str, apart: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the region's spacings in the checker's words; -1 stands for an application that it does not have."""
    return [
        {"group": apart.get(spacing.application, -1), "gap_slots": spacing.gap_minutes // SLOT_MINUTES}
        for spacing in spacings
        if spacing.region == region
    ]


def _ceilings(lines: Sequence[VmPlan], intent: FleetPolicy) -> dict[str, Any]:
    vaults = _numbers(line.vault_id for line in lines).values()
    ceiling = intent.vault_ceiling
    return {
        "ceilings": {} if ceiling is None else dict.fromkeys(vaults, ceiling),
        "ceiling": intent.region_ceilings.get(lines[0].region),
    }


def _claim(lines: Sequence[VmPlan], proof: RegionProof) -> dict[str, Any]:
    places = {(line.vault_id, _group(line), line.slot) for line in lines}
    return {
        "starts": [line.slot for line in lines],
        "policies": len(places),
        "peak": proof.peak,
        "bound": proof.bound,
        "prices": proof.prices,
    }


def _group(line: VmPlan) -> str:
    """VMs of one tier and policy type share starts; held ones count under the policy they are in."""
    if not _is_planned(line):
        return f"held {line.policy}"
    enhanced = "-v2" in line.policy.removeprefix(f"ns-{line.tier}")
    return f"{line.tier} v2" if enhanced else line.tier


def _numbers(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted(set(names)), start=1)}

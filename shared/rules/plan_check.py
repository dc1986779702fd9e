"""Is this plan what it says it is? The independent checker: it shares no code with the planner.

It trusts nothing the plan claims: every start, limit and overlap is looked at again, and peak, policies and bound are
computed anew from the starts and the prices.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

TOLERANCE = 1e-6


def check(problem: Mapping[str, Any], plan: Mapping[str, Any]) -> list[str]:
    """Return every way in which the plan is not what it claims; an empty list confirms it.

    `problem` is a document of kind "windows": "columns" names the entries of each row of "jobs" ("duration", "load",
    "allowed_starts", and where they apply "vault", "group", "separate"); "slots" and "cyclic" describe the day;
    limits are "vms_per_policy", "policies_per_vault", "slots_per_group", "ceilings" (by vault), "ceiling" (all jobs)
    and "lateness". Absent, lateness is 4 slots, and the two limits on policies are 100 and 50 where there is a vault
    column. `plan` holds "starts", "peak", "bound", "prices" and "policies".
    """
    jobs = [dict(zip(problem["columns"], row, strict=True)) for row in problem["jobs"]]
    starts, prices = plan["starts"], plan["prices"]
    slots, cyclic = problem.get("slots", 48), problem.get("cyclic", True)
    if len(starts) != len(jobs):
        return [f"the plan has {len(starts)} starts for {len(jobs)} jobs"]
    if len(prices) != slots or min(prices) < 0 or not 0 < sum(prices) < float("inf"):
        return [f"prices must be {slots} numbers, none negative and not all zero"]
    wrong = [
        f"job {index} starts at {start}, which is not one of its allowed starts"
        for index, (job, start) in enumerate(zip(jobs, starts, strict=True))
        if start not in job["allowed_starts"] or (not cyclic and start + job["duration"] > slots)
    ]
    if wrong:
        return wrong
    return [
        *_loads(problem, plan, jobs),
        *_policies(problem, plan, jobs),
        *_overlaps(problem, starts, jobs),
        *_bound(plan, jobs, slots, cyclic),
    ]


def _loads(problem: Mapping[str, Any], plan: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    load: defaultdict[int | None, Counter[int]] = defaultdict(Counter)
    for job, start in zip(jobs, plan["starts"], strict=True):
        for slot in range(start, start + job["duration"]):
            load[None][slot % problem.get("slots", 48)] += job["load"]
            load[job.get("vault", 0)][slot % problem.get("slots", 48)] += job["load"]
    peak = {who: max(by_slot.values()) for who, by_slot in load.items()}
    wrong = [
        f"vault {vault} reaches {peak[int(vault)]}, above its ceiling of {ceiling}"
        for vault, ceiling in (problem.get("ceilings") or {}).items()
        if peak.get(int(vault), 0) > ceiling
    ]
    if plan["peak"] != peak.get(None, 0):
        wrong.append(f"the peak is {peak.get(None, 0)}, not {plan['peak']}")
    if problem.get("ceiling") is not None and peak.get(None, 0) > problem["ceiling"]:
        wrong.append(f"the peak of {peak[None]} is above the ceiling of {problem['ceiling']}")
    return wrong


def _policies(problem: Mapping[str, Any], plan: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    vaulted = "vault" in problem["columns"]
    per = problem.get("vms_per_policy", 100 if vaulted else None)
    most = problem.get("policies_per_vault", 50 if vaulted else None)
    widest = problem.get("slots_per_group")
    held = Counter(
        (job.get("vault", 0), job.get("group", 0), start) for job, start in zip(jobs, plan["starts"], strict=True)
    )
    policies: Counter[int] = Counter()
    for (vault, _, _), count in held.items():
        policies[vault] += -(-count // per) if per else 1
    families = Counter((vault, group) for vault, group, _ in held)
    wrong = [
        f"vault {vault} needs {count} policies; {most} are allowed"
        for vault, count in policies.items()
        if most is not None and count > most
    ]
    wrong += [
        f"group {group} of vault {vault} has {count} starts; {widest} are allowed"
        for (vault, group), count in families.items()
        if widest is not None and count > widest
    ]
    if plan["policies"] != policies.total():
        wrong.append(f"the plan needs {policies.total()} policies, not {plan['policies']}")
    return wrong


def _overlaps(problem: Mapping[str, Any], starts: Sequence[int], jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    slots, lateness = problem.get("slots", 48), problem.get("lateness", 4)
    envelopes: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for index, (job, start) in enumerate(zip(jobs, starts, strict=True)):
        if job.get("separate", 0):
            envelopes[job["separate"]].append((start, start + job["duration"] + lateness, index))
    wrong = []
    for group, windows in envelopes.items():
        around = sorted(windows)
        if problem.get("cyclic", True) and len(around) > 1:
            first_again = (around[0][0] + slots, around[0][1] + slots, around[0][2])
            around.append(first_again)
        # In the order of starts, disjoint neighbours mean that all are disjoint.
        wrong += [
            f"jobs {one} and {other} of separation group {group} may overlap"
            for (_, end, one), (begin, _, other) in pairwise(around)
            if begin < end
        ]
    return wrong


def _bound(plan: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]], slots: int, cyclic: bool) -> list[str]:
    prices = plan["prices"]
    sums = list(accumulate([*prices, *prices], initial=0.0))
    paid = 0.0
    for job in jobs:
        duration = job["duration"]
        usable = (start for start in job["allowed_starts"] if cyclic or start + duration <= slots)
        paid += job["load"] * min(sums[start + duration] - sums[start] for start in usable)
    proved = paid / sum(prices)
    if not plan["bound"] <= proved * (1 + TOLERANCE):
        return [f"the prices prove a bound of {proved:.6f}, not {plan['bound']}"]
    return []

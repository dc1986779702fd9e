"""Is this plan what it says it is? The independent checker: it shares no code with the planner.

It trusts nothing the plan claims: every start, limit and overlap is looked at again, and peak, policies and bound are
computed anew from the starts and the prices.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

TOLERANCE = 1e-6
# Half-finished arrangements looked at before a group is believed to be impossible.
LOOKS = 5_000


def check(problem: Mapping[str, Any], plan: Mapping[str, Any]) -> list[str]:
    """Return every way in which the plan is not what it claims; an empty list confirms it.

    `problem` is a document of kind "windows": "columns" names the entries of each row of "jobs" ("duration", "load",
    "allowed_starts", and where they apply "vault", "group", "separate"); "slots" and "cyclic" describe the day;
    limits are "vms_per_policy", "policies_per_vault", "slots_per_group", "ceilings" (by vault), "ceiling" (all jobs)
    and "lateness". Absent, lateness is 4 slots, and the two limits on policies are 100 and 50 where there is a vault
    column. "may_space" names the separation groups that may be spaced where they cannot be kept apart.
    `plan` holds "starts", "peak", "bound", "prices" and "policies", and "spaced" with the "group" and "gap_slots" of
    every group that was spaced; all others must be apart.
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
        *_overlaps(problem, plan, jobs),
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


def _overlaps(problem: Mapping[str, Any], plan: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    spaced = {claim["group"]: claim["gap_slots"] for claim in plan.get("spaced") or ()}
    groups: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for index, (job, start) in enumerate(zip(jobs, plan["starts"], strict=True)):
        if job.get("separate", 0):
            groups[job["separate"]].append((start, -job["duration"], index))
    wrong = [f"separation group {group} is spaced, but has no jobs" for group in spaced.keys() - groups.keys()]
    for group, runs in groups.items():
        around = sorted(runs)
        if problem.get("cyclic", True) and len(around) > 1:
            around.append((around[0][0] + problem.get("slots", 48), *around[0][1:]))
        # In the order of starts, longer ones first, nobody comes closer than the next one.
        gaps = [(later - start + less, one, other) for (start, less, one), (later, _, other) in pairwise(around)]
        if group in spaced:
            crew = [jobs[index] for _, _, index in runs]
            wrong += [
                f"separation group {group} {lie}"
                for lie in _spacing(problem, crew, min(gaps, default=(0, 0, 0))[0], spaced[group])
            ]
        else:
            wrong += [
                f"jobs {one} and {other} of separation group {group} may overlap"
                for gap, one, other in gaps
                if gap < problem.get("lateness", 4)
            ]
    return wrong


def _spacing(problem: Mapping[str, Any], crew: list[Mapping[str, Any]], gap: int, claimed: int) -> list[str]:
    """Tell whether a group that is only spaced may not be, need not be, or has another gap than is claimed."""
    if crew[0]["separate"] not in (problem.get("may_space") or ()):
        return ["is only spaced, which the problem does not allow"]
    wrong = [] if gap == claimed else [f"has a smallest gap of {gap} slots, not {claimed}"]
    if gap >= problem.get("lateness", 4) or _can_be_apart(problem, crew):
        wrong.append("is only spaced, but can be kept apart")
    return wrong


def _can_be_apart(problem: Mapping[str, Any], crew: list[Mapping[str, Any]]) -> bool:
    """Tell whether a plain search finds starts that keep the group apart; it gives up after LOOKS."""
    slots, cyclic = problem.get("slots", 48), problem.get("cyclic", True)
    failed: set[tuple[int, frozenset[int]]] = set()
    late, fewest_first = problem.get("lateness", 4), sorted(crew, key=lambda job: len(job["allowed_starts"]))
    choices = [
        [
            frozenset(slot % slots if cyclic else slot for slot in range(start, start + job["duration"] + late))
            for start in sorted(job["allowed_starts"])
            if cyclic or start + job["duration"] <= slots
        ]
        for job in fewest_first
    ]

    def fits(number: int, taken: frozenset[int]) -> bool:
        if number == len(choices):
            return True
        if (number, taken) in failed or len(failed) > LOOKS:
            return False
        if any(not taken & envelope and fits(number + 1, taken | envelope) for envelope in choices[number]):
            return True
        failed.add((number, taken))
        return False

    return fits(0, frozenset())


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

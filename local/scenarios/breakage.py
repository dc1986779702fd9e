"""What if it breaks just here? A crash, or one failed call, at every moment of the invocations that write."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from local import fleets
from local.figures import ENFORCE
from local.scenarios.faults import KINDS, OneFault
from local.scenarios.intent import document
from local.scenarios.nights import SENT, Nights, eve_of_first_moves
from local.scenarios.told import (
    Told,
    at_least,
    moves,
    per_vault_day,
    policy_writes,
)
from local.world import World
from local.world.world import EPOCH
from shared.flows import fleet_policy
from shared.flows.record import steps_of
from shared.model.night import Check
from shared.model.plan import Outcome, Plan

PLAN = "plan_backup_windows"
PLANNED_AT = EPOCH + timedelta(minutes=29)
"""A minute before the first plan."""
HEALS = timedelta(hours=27)
"""After the first writes: one more plan was made, and its day of enforcement is over."""
PRUNES = timedelta(days=2)
"""Long enough for the service to prune what it was told to prune, and to count the runs that it skipped."""
HARM = ("points_pruned", "protection_stopped", "exclusions_lost", "policies_shortened", "runs_skipped", "tags_missed")
LIMITS = {"policy_writes_per_vault_day": 8, "moves_per_vault_day": 12}


@dataclass(frozen=True, slots=True)
class Ending:
    """How one telling of the story ended: where each VM is and what its policy says, and what was harmed.

    `excused` are the VMs that the app gave a reason for: they are held, they wait, or their load could not be read.
    """

    places: dict[str, tuple[str, str]]
    excused: frozenset[str]
    harm: Counter[str]


def crash_anywhere(seed: int, nights: int = 40) -> Told:
    """The process dies at `nights` moments of planning and of enforcing, spread evenly; 0 means at every moment.

    The fleet ends where it would have ended anyway, or the VMs that differ are held with a reason.
    """
    stories = _stories(seed)
    healed = stories[ENFORCE].world.now + HEALS
    calm, harm, broken = _ending(stories[ENFORCE].twin(), healed), defaultdict[str, list[str]](list), Counter[str]()
    for function, story in stories.items():
        moments = _moments(story.twin(), function)
        for moment in _some(len(moments), nights):
            told = story.twin()
            told.crash_at(moment)
            _note(harm, calm, _ending(told, healed), f"crash at moment {moment}, {moments[moment - 1]}, of {function}")
            broken[function] += any(done.error == "Crash" for done in told.log)
    return _told(calm, harm, broken)


def faults_anywhere(seed: int, nights: int = 12) -> Told:
    """One call fails, in each of four ways, at `nights` calls of planning and of enforcing; 0 means at every call."""
    stories = _stories(seed)
    healed = stories[ENFORCE].world.now + HEALS
    calm, harm, broken = _ending(stories[ENFORCE].twin(), healed), defaultdict[str, list[str]](list), Counter[str]()
    for function, story in stories.items():
        calls = [name for name in _moments(story.twin(), function) if not name.endswith(SENT) and name != "wait"]
        for kind in KINDS:
            for call in _some(len(calls), nights):
                told = story.twin()
                told.fault = one = OneFault(call, kind)
                _note(harm, calm, _ending(told, healed), f"{kind} at call {call}, {calls[call - 1]}, of {function}")
                broken[function] += bool(one.struck)
    return _told(calm, harm, broken)


def _stories(seed: int) -> dict[str, Nights]:
    """Return a small fleet's story up to a minute before each invocation that is to be broken."""
    planning, enforcing = (
        Nights(fleets.generated(10, vaults=1, regions=1, seed=seed), document(limits=LIMITS)) for _ in range(2)
    )
    planning.until(PLANNED_AT)
    enforcing.until(eve_of_first_moves(enforcing))
    return {PLAN: planning, ENFORCE: enforcing}


def _note(harm: dict[str, list[str]], calm: Ending, ending: Ending, where: str) -> None:
    """Note what went wrong, and where the story had been broken."""
    elsewhere = [vm for vm, place in calm.places.items() if ending.places.get(vm) != place and vm not in ending.excused]
    for name in [*ending.harm.elements(), *(["VMs elsewhere without a reason"] if elsewhere else [])]:
        harm[name].append(where)


def _moments(told: Nights, function: str) -> list[str]:
    """Return the names of the moments of the function's next invocation, in order."""
    seen: list[str] = []
    told.fault = seen.append
    told.until(told.world.now + timedelta(minutes=1))
    if [done.function for done in told.log[-1:]] != [function] or told.log[-1].error:
        raise ValueError(f"{function} does not run here, or fails by itself: {told.log[-1:]}")
    return seen


def _some(count: int, wanted: int) -> list[int]:
    """Return `wanted` of the numbers 1 to `count`, evenly spread; all of them where `wanted` is 0."""
    if not wanted or wanted >= count:
        return list(range(1, count + 1))
    return [1 + index * count // wanted for index in range(wanted)]


def _ending(told: Nights, healed: datetime) -> Ending:
    told.until(told.world.now + timedelta(minutes=1))
    unread = _load_unread(told.ports.plans.latest())
    told.until(healed)
    told.dead_until(healed + PRUNES)
    counters = told.truth()["counters"]
    harm = Counter({name: counters[name] for name in HARM})
    for entries, limit, what in (
        (moves(told.world), LIMITS["moves_per_vault_day"], "moves above the quota"),
        (policy_writes(told.world), LIMITS["policy_writes_per_vault_day"], "policy writes above the quota"),
    ):
        harm[what] = sum(max(0, count - limit) for count in per_vault_day(entries).values())
    places = _places(told.world)
    return Ending(places, frozenset(places) if unread else _told_why(told, healed), harm)


def _load_unread(made: Plan | None) -> bool:
    """Tell whether the plan says that it was made without load: then it may want other starts."""
    return made is not None and any(finding.code == "load-unreadable" for finding in made.findings)


def _told_why(told: Nights, healed: datetime) -> frozenset[str]:
    """Return the VMs that the newest plan holds, and those whose last step says why they wait."""
    made = told.ports.plans.latest()
    steps = steps_of(told.ports, fleet_policy.read(told.ports, healed), healed)
    last = {step.subject: step for step in steps}
    waiting = {vm_id for vm_id, step in last.items() if step.outcome is Outcome.WAITING and step.reason}
    return frozenset(waiting | {line.vm_id for line in (made.held if made else ()) if line.reason})


def _places(world: World) -> dict[str, tuple[str, str]]:
    """Return each VM's policy and what it says."""
    return {
        item.vm_id.lower(): (item.policy_id.lower(), json.dumps(world.policies[item.policy_id.lower()].properties))
        for item in world.items.values()
        if item.policy_id
    }


def _told(calm: Ending, harm: dict[str, list[str]], broken: Counter[str]) -> Told:
    settled = sum("/ns-" in policy for policy, _ in calm.places.values())
    figures = {"moved_in_the_calm_story": settled, "broken_at": dict(broken), "harm": harm}
    names = [*HARM, "moves above the quota", "policy writes above the quota", "VMs elsewhere without a reason"]
    checks = (
        at_least("VMs moved in the calm story", 8, settled),
        *(at_least(f"breaks of {function}", 5, broken[function]) for function in (PLAN, ENFORCE)),
        *(Check(name, "never", "; ".join(harm.get(name, ())[:5]) or "never", name not in harm) for name in names),
    )
    return Told(figures, checks)

"""How did a broken story end, and how the calm one? Places, reasons and harm, from the world's own records."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from local.scenarios.nights import Nights
from local.scenarios.told import APP, moves, per_vault_day, policy_writes
from local.world import World
from local.world.human import CALLER
from local.world.state import Activity
from local.world.writes import ITEM_WRITE
from shared.flows import fleet_policy
from shared.flows.record import steps_of
from shared.model.night import Check
from shared.model.plan import Outcome, Plan

HEALS = timedelta(hours=27)
"""After the first writes: one more plan was made, and its day of enforcement is over."""
DRIFT_HEALS = timedelta(days=2)
"""So much later a person's edit was reported, stood for a full day, and was put back at a safe hour."""
PRUNES = timedelta(days=2)
"""Long enough for the service to prune what it was told to prune, and to count the runs that it skipped."""
LOSSES = (
    "points_pruned",
    "protection_stopped",
    "exclusions_lost",
    "policies_shortened",
    "runs_skipped",
    "tags_missed",
)
LIMITS = {"policy_writes_per_vault_day": 8, "moves_per_vault_day": 12}
"""The quotas of these stories: about what they need."""
MOVES_ABOVE, POLICIES_ABOVE = "moves above the quota", "policy writes above the quota"
TWICE = "VMs and policies written twice"
OVER_A_HAND = "writes over a person's"
NOTICE = timedelta(days=1)
"""So long an edit by hand stands; a move by hand of a VM that we had placed stands for good."""
RPOS = {"critical": timedelta(hours=40), "standard": timedelta(hours=48)}
"""How far apart the runs of a VM may be, by its tier's tag."""
TOO_FAR = "runs further apart than the RPO"
ELSEWHERE = "VMs elsewhere without a reason"
HARM = (*LOSSES, MOVES_ABOVE, POLICIES_ABOVE, TWICE, OVER_A_HAND, TOO_FAR, ELSEWHERE)
BY_HAND_TOO = frozenset({TWICE, "runs_skipped"})
"""What is no harm once a person had a hand in it: an edit is put back, which may stretch a day within the RPO."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How one telling of the story ended: where each VM is and what its policy says, and what was harmed.

    `excused` are the VMs that the app gave a reason for: they are held, they wait, or their load could not be read.
    `planned` are those that are where the newest plan wants them, with a reason.
    """

    places: dict[str, tuple[str, str]]
    excused: frozenset[str]
    planned: frozenset[str]
    harm: Counter[str]


@dataclass(slots=True)
class Tally:
    """What became of many stories, compared with one `calm` ending; `harm` says where each kind of it was done."""

    calm: Ending
    stories: int = 0
    same_end: int = 0
    with_a_reason: int = 0
    harm: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, ending: Ending, where: str, *, by_hand: bool = False, may_repeat: bool = False) -> None:
        """Count one story, broken at `where`.

        What a person did `by_hand` may end in another plan, with its reasons, and be put back within the RPO; a write
        that `may_repeat` was on its way when others went on, or never had its effect.
        """
        self.stories += 1
        other = [vm for vm, place in self.calm.places.items() if ending.places.get(vm) != place]
        excused = ending.excused | (ending.planned if by_hand else frozenset())
        elsewhere = [vm for vm in other if vm not in excused]
        self.same_end += not other
        self.with_a_reason += bool(other) and not elsewhere
        for name in [*ending.harm, *([ELSEWHERE] if elsewhere else [])]:
            if not (by_hand and name in BY_HAND_TOO) and not (may_repeat and name == TWICE):
                self.harm[name].append(where)

    def figures(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {
            "moved_in_the_calm_story": settled(self.calm),
            "stories": self.stories,
            "same_end": self.same_end,
            "held_with_reason": self.with_a_reason,
            "harm": {name: places for name, places in self.harm.items() if places},
        }

    def checks(self) -> Iterable[Check]:
        """Expect none of any harm, and name the first places of what there is."""
        for name in HARM:
            places = self.harm.get(name, [])
            yield Check(name, "never", "; ".join(places[:5]) or "never", not places)


def settled(ending: Ending) -> int:
    """Count the VMs that ended in slot policies."""
    return sum("/ns-" in policy for policy, _ in ending.places.values())


def end_of(told: Nights, healed: datetime) -> Ending:
    """Tell the story on until it is healed and what was to be pruned is pruned, and return its ending."""
    told.until(told.world.now + timedelta(minutes=1))
    unread = _load_unread(told.ports.plans.latest())
    told.until(healed)
    made = told.ports.plans.latest()
    waiting = _waiting(told, healed)
    told.dead_until(healed + PRUNES)
    places = _places(told.world)
    held = frozenset(line.vm_id for line in (made.held if made else ()) if line.reason)
    return Ending(
        places,
        frozenset(places) if unread else held | waiting,
        _as_planned(made, places) if made else frozenset(),
        _harm(told),
    )


def _harm(told: Nights) -> Counter[str]:
    counters = told.truth()["counters"]
    harm = Counter({name: counters[name] for name in LOSSES})
    written = moves(told.world), policy_writes(told.world)
    for entries, limit, what in zip(written, ("moves", "policy_writes"), (MOVES_ABOVE, POLICIES_ABOVE), strict=True):
        most = LIMITS[f"{limit}_per_vault_day"]
        harm[what] = sum(max(0, count - most) for count in per_vault_day(entries).values())
    times = Counter(entry.resource_id.lower() for entries in written for entry in entries)
    harm[TWICE] = sum(count > 1 for count in times.values())
    harm[OVER_A_HAND] = len(over_a_hand(told.world))
    harm[TOO_FAR] = runs_too_far_apart(told.world)
    return +harm


def runs_too_far_apart(world: World) -> int:
    """Count the gaps between a VM's runs, and since its last one, that are longer than its tier's RPO."""
    slots: dict[str, list[datetime]] = defaultdict(list)
    for job in world.jobs.values():
        if job.scheduled_for is not None:
            slots[job.item_id].append(job.scheduled_for)
    return sum(
        later - sooner > RPOS[world.vms[world.items[item_id].vm_id.lower()].tags["backup-tier"]]
        for item_id, found in slots.items()
        for sooner, later in pairwise([*sorted(found), world.now])
    )


def over_a_hand(world: World) -> list[Activity]:
    """Return our writes that undid what a person had done to what we had written: moves ever, edits before notice."""
    found: list[Activity] = []
    ours: set[str] = set()
    theirs: dict[str, datetime] = {}
    for entry in world.activity:
        subject = entry.resource_id.lower()
        if entry.caller == CALLER and subject in ours:
            theirs[subject] = entry.at
        elif entry.caller in APP:
            by_hand = theirs.get(subject)
            if by_hand is not None and (entry.operation == ITEM_WRITE or entry.at < by_hand + NOTICE):
                found.append(entry)
            ours.add(subject)
    return found


def _load_unread(made: Plan | None) -> bool:
    """Tell whether the plan says that it was made without load: then it may want other starts."""
    return made is not None and any(finding.code == "load-unreadable" for finding in made.findings)


def _waiting(told: Nights, healed: datetime) -> frozenset[str]:
    """Return the VMs whose last step says why they wait."""
    steps = steps_of(told.ports, fleet_policy.read(told.ports, healed), healed)
    last = {step.subject: step for step in steps}
    return frozenset(vm_id for vm_id, step in last.items() if step.outcome is Outcome.WAITING and step.reason)


def _as_planned(made: Plan, places: dict[str, tuple[str, str]]) -> frozenset[str]:
    """Return the VMs that are where the plan wants them, or whose policy it says something about."""
    told_of = {finding.subject for finding in made.findings}
    wanted = {line.vm_id: f"/{line.policy or line.current_policy}".lower() for line in made.vms if line.reason}
    return frozenset(
        vm_id
        for vm_id, (policy, _) in places.items()
        if policy in told_of or (vm_id in wanted and policy.endswith(wanted[vm_id]))
    )


def _places(world: World) -> dict[str, tuple[str, str]]:
    """Return each VM's policy and what it says."""
    return {
        item.vm_id.lower(): (item.policy_id.lower(), json.dumps(world.policies[item.policy_id.lower()].properties))
        for item in world.items.values()
        if item.policy_id
    }

"""Does the app respect what people do? Weeks of human edits, and not one of them reverted that is to be adopted."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from local import fleets
from local.scenarios.hand import Act, Hand
from local.scenarios.intent import document
from local.scenarios.nights import Nights
from local.scenarios.told import Told, at_least, moves, policy_writes, target_of, zero
from local.world import World
from local.world.state import Activity

ACTS_A_DAY = 4
NOTICE = timedelta(days=1)
RPO = timedelta(hours=48)
"""Of the tier that allows the longest gap between runs; people tag VMs from one tier to the other."""


def human_edits(seed: int, nights: int = 20) -> Told:
    """People move, edit, hold, stop and tag: the app loses nothing, and takes back only schedules, with notice."""
    draw = random.Random(f"people|{seed}")
    told = Nights(fleets.generated(16, vaults=2, regions=1, seed=seed), document())
    told.nights(2)
    hand = Hand(told.world, draw)
    begins = told.world.now
    minutes = sorted(draw.randrange(nights * 24 * 60) for _ in range(nights * ACTS_A_DAY))
    for minute in minutes:
        told.until(max(told.world.now, begins + timedelta(minutes=minute)))
        hand.act()
    told.nights(4)
    counters = told.truth()["counters"]
    figures = {
        "nights": nights,
        "acts": {kind: len(hand.done(kind)) for kind in sorted({act.kind for act in hand.acts})},
        "moves": len(moves(told.world)),
        "policy_writes": len(policy_writes(told.world, begins)),
        "schedules_put_back": len(_put_back(told.world, hand)),
        "moves_of_adopted_vms": len(moves_of_adopted(told.world, hand)),
        "moves_of_stopped_vms": len(_after(moves(told.world), hand.done("stop"))),
        "moves_of_held_vms": len(moves_of_held(told.world, hand)),
        "edits_without_notice": len(_without_notice(told.world, hand)),
        "runs_lost_to_the_app": len(runs_lost(told.world, hand)),
        "errors": len(told.errors()),
        **counters,
    }
    checks = (
        at_least("human acts", nights * 2, len(hand.acts)),
        at_least("writes by the app meanwhile", 1, len(moves(told.world, begins)) + figures["policy_writes"]),
        zero("recovery points lost early", counters["points_pruned"]),
        zero("VMs stopped by the app", counters["protection_stopped"] - len(hand.done("stop"))),
        zero("disk exclusions lost", counters["exclusions_lost"]),
        zero("policies shortened by the app", counters["policies_shortened"] - len(hand.done("shorter"))),
        *(
            zero(name.replace("_", " "), figures[name])
            for name in (
                "moves_of_adopted_vms",
                "moves_of_stopped_vms",
                "moves_of_held_vms",
                "edits_without_notice",
                "runs_lost_to_the_app",
                "errors",
            )
        ),
    )
    return Told(figures, checks)


def _after(entries: list[Activity], acts: list[Act]) -> list[Activity]:
    """Return the writes to something that came after an act on it."""
    return [entry for entry in entries if any(_hits(act, entry) and entry.at >= act.at for act in acts)]


def _hits(act: Act, entry: Activity) -> bool:
    return entry.resource_id.lower() == act.subject


def moves_of_adopted(world: World, hand: Hand) -> list[Activity]:
    """Return the moves of VMs that somebody had taken elsewhere after the app had placed them."""
    found: list[Activity] = []
    placed: dict[str, str] = {}
    adopted: set[str] = set()
    events: list[Act | Activity] = [*moves(world), *hand.done("move")]
    for event in sorted(events, key=lambda event: event.at):
        if isinstance(event, Act):
            elsewhere = event.subject in placed and event.to.rsplit("/", 1)[-1] != placed[event.subject]
            adopted = adopted | {event.subject} if elsewhere else adopted - {event.subject}
            continue
        subject = event.resource_id.lower()
        found += [event] if subject in adopted else []
        placed[subject] = target_of(world, event).lower()
    return found


def moves_of_held(world: World, hand: Hand) -> list[Activity]:
    """Return the moves of VMs whose hold had not expired, nor been ended, nor been replaced by a shorter one."""
    vms = {key: item.vm_id.lower() for key, item in world.items.items()}
    found = []
    for move in moves(world):
        tagged = [act for act in hand.acts if act.kind in {"hold", "release"} and act.at <= move.at]
        last = next((act for act in reversed(tagged) if act.subject == vms[move.resource_id.lower()]), None)
        if last is not None and last.kind == "hold" and str(move.at.date()) <= last.to:
            found.append(move)
    return found


def _put_back(world: World, hand: Hand) -> list[Activity]:
    return _after(policy_writes(world), hand.done("schedule"))


def _without_notice(world: World, hand: Hand) -> list[Activity]:
    """Return the edits of a policy that came within a day of anybody's edit of it."""
    edits = [act for act in hand.acts if act.kind in {"schedule", "longer", "shorter"}]
    return [
        entry
        for entry in policy_writes(world)
        if any(_hits(act, entry) and act.at <= entry.at < act.at + NOTICE for act in edits)
    ]


def runs_lost(world: World, hand: Hand) -> list[tuple[str, datetime]]:
    """Return the gaps between a VM's runs that hold a write of the app, and nothing that anybody else did."""
    found = []
    for key, item in world.items.items():
        slots = sorted(job.scheduled_for for job in world.jobs.values() if job.item_id == key and job.scheduled_for)
        for last, following in pairwise([*slots, *([world.now] if item.active else [])]):
            theirs = any(key in act.members and last <= act.at <= following for act in hand.acts)
            ours = any(last <= write.at <= following for write in _writes_on(world, key, item.policy_id))
            if following - last > RPO and ours and not theirs:
                found.append((key, last.astimezone(UTC)))
    return found


def _writes_on(world: World, item_id: str, policy_id: str) -> list[Activity]:
    subjects = {item_id, policy_id.lower()}
    return [entry for entry in [*moves(world), *policy_writes(world)] if entry.resource_id.lower() in subjects]

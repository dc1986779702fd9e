"""Does a change of mind go well? Rollbacks, edits of tiers and narrow quotas, over as many nights as they need."""

import random
from datetime import date, datetime, timedelta
from typing import Any

from local import fleets
from local.scenarios.faults import Faults
from local.scenarios.intent import document, retention, tiers
from local.scenarios.nights import Crash, Nights
from local.scenarios.told import (
    Told,
    at_least,
    at_most,
    moves,
    per_vault_day,
    policies_by_item,
    policy_writes,
    target_of,
    unharmed,
    zero,
)
from local.world import World
from local.world.state import Activity
from shared.flows import fleet_policy
from shared.flows import rollback as flow
from shared.model.plan import Outcome, Step

RAISED = 45
LOWERED = 20
HOURS_OF_ROLLBACK = 30
"""The operator asks again every hour; each VM has a safe one in a day and some hours."""
LATECOMERS = 4
"""VMs that get their tier tag together with the edit of the tier, and so want to move just then."""


def rollback(seed: int, nights: int = 4) -> Told:
    """An operator puts everything back, through a crash and lost answers: VMs go home for good, or are held."""
    told = Nights(fleets.demo(seed), document())
    homes = policies_by_item(told.world)
    told.nights(2)
    away = {key for key, policy in policies_by_item(told.world).items() if policy != homes[key]}
    draw = random.Random(f"rollback|{seed}")
    dying = told.world.now
    told.crash_at(draw.randint(1, _moments_of_rollback(told.twin())))
    told.command("rollback", lambda: _put_everything_back(told))
    crashed = told.log[-1].error == Crash.__name__
    told.nights(1)
    asked = told.world.now
    told.fault = faults = Faults(draw, "vaults.assign_policy", share=0.3)
    reasons: dict[str, Step] = {}
    for hour in range(HOURS_OF_ROLLBACK):
        told.until(asked + timedelta(hours=hour, minutes=5))
        for step in told.command("rollback", lambda: _put_everything_back(told)) or ():
            reasons[step.subject] = step
    told.fault = None
    last = told.world.now
    told.nights(nights)
    now, counters = policies_by_item(told.world), told.truth()["counters"]
    abroad = {key for key in away if now[key] != homes[key]}
    held = {key for key in abroad if reasons[told.world.items[key].vm_id.lower()].outcome is Outcome.HELD}
    figures = {
        "moved_before": len(away),
        "back": len(away - abroad),
        "held": sorted(reasons[told.world.items[key].vm_id.lower()].reason for key in held),
        "neither": len(abroad - held),
        "moved_away_again": len(_moved_away_again(told.world, homes, dying)),
        "answers_lost_or_refused": faults.struck,
        "moves_after": len(moves(told.world, last)),
        "errors": len(told.errors()),
        **counters,
    }
    checks = (
        at_least("VMs moved before", 30, len(away)),
        at_least("VMs back where they came from", 30, figures["back"]),
        zero("VMs neither back nor held", figures["neither"]),
        at_least("crashes on the way", 1, crashed),
        at_least("moves back that failed at first", 2, faults.struck),
        zero("VMs moved away again", figures["moved_away_again"]),
        zero("moves after everything was put back", figures["moves_after"]),
        zero("days on which a VM had no run", counters["runs_skipped"]),
        zero("invocations that failed", figures["errors"] - crashed),
        *unharmed(counters),
    )
    return Told(figures, checks)


def _moments_of_rollback(told: Nights) -> int:
    before = told.moments
    told.command("rollback", lambda: _put_everything_back(told))
    return told.moments - before


def _moved_away_again(world: World, homes: dict[str, str], since: datetime) -> list[Activity]:
    """Return the moves of VMs that the app had sent home before."""
    sent_home: set[str] = set()
    again = []
    for move in moves(world, since):
        item = move.resource_id.lower()
        if target_of(world, move).lower() == homes[item].rsplit("/", 1)[-1]:
            sent_home.add(item)
        elif item in sent_home:
            again.append(move)
    return again


def _put_everything_back(told: Nights) -> tuple[Step, ...]:
    intent = fleet_policy.read(told.ports, told.world.now)
    return flow.rollback(told.ports, intent, told.world.now, flow.Selection(everything=True), dry_run=False)


def tier_edit(seed: int, nights: int = 6) -> Told:
    """A tier keeps more, some nights later less: nothing moves into a policy not yet updated, nothing is shortened."""
    narrow = {"policy_writes_per_vault_day": 8}
    raised = tiers(standard={"retention": retention(RAISED)})
    lowered = tiers(standard={"retention": retention(LOWERED)})
    world = fleets.generated(24, vaults=2, regions=1, seed=seed)
    late = [vm for vm in world.vms.values() if vm.tags["backup-tier"] == "standard"][:LATECOMERS]
    for vm in late:
        vm.tags["backup-tier"] = "none yet"
    told = Nights(world, document(limits=narrow))
    told.nights(3)
    before, edited = len(moves(world)), world.now
    told.publish(document(tiers=raised, limits=narrow))
    told.fault = faults = Faults(random.Random(f"tier|{seed}"), "vaults.write_policy", share=0.5)
    for vm in late:
        vm.tags["backup-tier"] = "standard"
    told.nights(nights)
    told.fault = None
    after_raise, lowered_at = _daily(world, "ns-standard"), world.now
    told.publish(document(tiers=lowered, limits=narrow))
    told.nights(nights)
    truth = told.truth()
    stale = [
        move
        for move in moves(world, edited)
        if (name := target_of(world, move)).startswith("ns-standard")
        and not any(
            write.resource_id.lower().endswith(f"/{name.lower()}") and edited <= write.at <= move.at
            for write in policy_writes(world, edited)
        )
        and move.at < lowered_at
    ]
    figures = {
        "moves_before": before,
        "policy_writes_that_failed": faults.struck,
        "policies_raised": sum(days == RAISED for days in after_raise.values()),
        "policies_not_raised": sum(days < RAISED for days in after_raise.values()),
        "moves_after_the_raise": len([move for move in moves(world, edited) if move.at < lowered_at]),
        "moves_into_stale_policies": len(stale),
        "policies_lowered": sum(days > _daily(world, "ns-standard")[name] for name, days in after_raise.items()),
        "errors": len(told.errors()),
        **truth["counters"],
    }
    checks = (
        at_least("VMs moved before the edit", 12, before),
        at_least("policy writes that failed on the way", 1, faults.struck),
        at_least("policies raised in place", 2, figures["policies_raised"]),
        zero("policies in use that were not raised", figures["policies_not_raised"]),
        at_least("VMs moved into raised policies", 1, figures["moves_after_the_raise"]),
        zero("VMs moved into policies not raised yet", figures["moves_into_stale_policies"]),
        zero("policies lowered", figures["policies_lowered"]),
        zero("days on which a VM had no run", truth["counters"]["runs_skipped"]),
        zero("invocations that failed", figures["errors"]),
        *unharmed(truth["counters"]),
    )
    return Told(figures, checks)


def _daily(world: World, prefix: str) -> dict[str, int]:
    """Return the days of daily points of each used policy whose name starts so."""
    used = {item.policy_id.lower() for item in world.items.values()}
    return {
        key: policy.rules.kept["daily"]
        for key, policy in world.policies.items()
        if policy.name.startswith(prefix) and key in used
    }


def quotas(seed: int, nights: int = 8) -> Told:
    """Quotas are narrow: the fleet gets to its plan over several nights, and never writes more than it may."""
    limits: dict[str, Any] = {"policy_writes_per_vault_day": 5, "moves_per_vault_day": 10}
    told = Nights(fleets.generated(60, vaults=2, regions=1, seed=seed), document(limits=limits))
    told.nights(nights)
    world, counters = told.world, told.truth()["counters"]
    moved, written = per_vault_day(moves(world)), per_vault_day(policy_writes(world))
    figures = {
        "moves": len(moves(world)),
        "policy_writes": len(policy_writes(world)),
        "days_with_moves": len({day for _, day in moved}),
        "most_moves_a_day": max(moved.values(), default=0),
        "most_policy_writes_a_day": max(written.values(), default=0),
        "still_on_their_old_policies": sum("/ns-" not in policy for policy in policies_by_item(world).values()),
        "last_write": str(max((day for _, day in moved), default=date.min)),
        "errors": len(told.errors()),
        **counters,
    }
    checks = (
        at_least("VMs moved", 55, figures["moves"]),
        at_least("days with moves", 3, figures["days_with_moves"]),
        at_most("moves in a vault and UTC day", 10, figures["most_moves_a_day"]),
        at_most("policy writes in a vault and UTC day", 5, figures["most_policy_writes_a_day"]),
        zero("VMs still on their old policies", figures["still_on_their_old_policies"]),
        zero("days on which a VM had no run", counters["runs_skipped"]),
        zero("invocations that failed", figures["errors"]),
        *unharmed(counters),
    )
    return Told(figures, checks)

"""Which points beside the schedule are due, and are they asked for? A look at the whole fleet in a few bulk calls."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.flows.job_failures.reading import HISTORY, Reading, jobs_of_items, known_asked
from shared.flows.job_failures.respond import SWITCH
from shared.flows.look import newest_plan
from shared.flows.on_demand.asking import ask, standing
from shared.model.intent import FleetPolicy
from shared.model.on_demand import OnDemandBackup, Stage
from shared.ports import Ports
from shared.rules.asked_backups import protected_in
from shared.rules.cadence import TICK, Extra, extra_backup
from shared.rules.durations import PRIOR_MINUTES
from shared.rules.fresh_points import before_patching, wants_fresh_points
from shared.rules.memberships import RUNNING_STATES
from shared.rules.retries import Context, kept_still
from shared.telemetry import Event, tell

MOST_TOLD = 50
"""VMs that one event names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one tick found: what it asked for, what the switch kept it from, and what was left out, with reasons."""

    asked: tuple[Extra, ...] = ()
    kept_back: tuple[Extra, ...] = ()
    skipped: tuple[Extra, ...] = ()


def ask_for_due(ports: Ports, intent: FleetPolicy, now: datetime) -> Asked:
    """Ask for each backup beside the schedule whose time has come; without the switch, tell which ones those are.

    Four calls for the whole fleet, all to Resource Graph, and none where fleet.yaml wants no such points.
    """
    if not (any(tier.backups_per_day > 1 for tier in intent.tiers) or wants_fresh_points(intent.patch_windows)):
        return Asked()
    found, known = list(_found(ports, intent, now)), standing(ports.ledger)
    skipped = tuple(one for one in found if one.skipped)
    due = tuple(one for one in found if not one.skipped and _is_news(known.get(one.wanted.key), now))
    if SWITCH in ports.switches:
        for one in due:
            ask(ports, replace(one.wanted, asked_at=now), one.name, now)
        done = Asked(asked=due, skipped=skipped)
    else:
        done = Asked(kept_back=due, skipped=skipped)
    tell(
        Event.BACKUPS_DUE,
        at=now,
        asked=len(done.asked),
        would_start=[_line(one, one.wanted.reason) for one in done.kept_back[:MOST_TOLD]],
        skipped=[_line(one, one.skipped) for one in skipped[:MOST_TOLD]],
    )
    return done


def _found(ports: Ports, intent: FleetPolicy, now: datetime) -> Iterator[Extra]:
    subscriptions, made = intent.scope.subscriptions, newest_plan(ports)
    items = tuple(one for one in ports.fleet.items(subscriptions) if protected_in(one, intent.scope))
    vms = {vm.id: vm for vm in ports.fleet.vms(subscriptions)}
    policies = {policy.id: policy for policy in ports.fleet.policies(subscriptions)}
    listed = known_asked(ports, ports.fleet.jobs(subscriptions, now - HISTORY))
    jobs = jobs_of_items(Reading((), listed, items, now - HISTORY))
    minutes = {line.vm_id: line.minutes for line in made.vms} if made else {}
    for item in items:
        if item.state not in RUNNING_STATES:
            continue
        context = Context(
            intent=intent,
            vm=vms.get(item.vm_id),
            policy=policies.get(item.policy_id),
            jobs=jobs.get(item.vm_id, ()),
            minutes=minutes.get(item.vm_id, PRIOR_MINUTES),
            last_point_at=item.last_recovery_point_at,
        )
        for extra in (extra_backup(item, context, now), before_patching(item, context, now)):
            if extra is not None and context.vm is not None:
                yield replace(extra, skipped=extra.skipped or kept_still(context.vm, intent, now))


def _is_news(known: OnDemandBackup | None, now: datetime) -> bool:
    """Return whether it is not asked for yet, or was without that anybody has looked at it since it was due."""
    if known is None:
        return True
    return known.stage is Stage.WAITING and not known.said and now >= known.wanted.not_before + TICK


def _line(one: Extra, why: str) -> str:
    return f"{one.name}: {why}"

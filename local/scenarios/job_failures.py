"""Is every failed backup seen, answered and told of? Nights of failures, lost events and killed workers."""

import hashlib
import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from local import fleets
from local.memory.told import MemoryWebhook
from local.scenarios import failure_judge as judge
from local.scenarios.bad_runs import bad_runs
from local.scenarios.forbidden import Operator, forbidden_starts, retries
from local.scenarios.intent import document, tiers
from local.scenarios.nights import Crash, Nights
from local.scenarios.outside import Outside
from local.scenarios.post import Post
from local.scenarios.told import Told, at_least, at_most, zero
from local.scenarios.troubles import Freeze, Troubles
from local.scenarios.workers import LIKELY, Killer, Workers
from local.world import Pace, World, documents
from local.world.history import backfill, put
from local.world.writes import protect
from shared.flows.job_failures.facts import FACTS
from shared.messages.facts import fact_from_json
from shared.model.failures import Fact, History
from shared.rules.incidents import fold, incidents

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TIMERS = ("watch_jobs", "check_protection", "sweep")
VMS, VAULTS = 40, (("westeurope", "22:30"), ("westeurope", "23:30"), ("eastus2", "03:00"))
PACE = Pace(failure_rate=0.15, lateness=40 * MINUTE)
BEAT = 5 * MINUTE
LAST = HOUR
"""What goes wrong so late is not judged: there is no time left to tell of it."""
MOST_RETRIES = 2
MANY = 20
"""Over so many nights chance evens out."""


def job_failures(seed: int, nights: int = 200) -> Told:
    """Backups fail in all ways, events are lost, workers killed: all is answered, told of, and rarely tried again."""
    draw = random.Random(f"job failures|{seed}")
    told = Nights(_fleet(seed), _intent([]), frozenset({"backup"}))
    workers = Workers(told, TIMERS, Post(draw), Killer(draw, LIKELY))
    troubles = Troubles(workers, draw, lambda freezes: told.publish(_intent(freezes)))
    outside = Outside(workers, draw)
    begins, facts = told.world.now, dict[str, Fact]()
    for night in range(nights):
        troubles.night()
        _pass(workers, troubles, outside, begins + (night + 1) * DAY)
        facts |= {key: fact_from_json(row["json"]) for key, row in told.ports.ledger.rows(FACTS).items()}
    return _judged(workers, troubles, begins, fold(History(), facts.values()))


def _pass(workers: Workers, troubles: Troubles, outside: Outside, until: datetime) -> None:
    world = workers.nights.world
    beat = world.now
    while world.now < until:
        beat = min(beat + BEAT, until)
        while (due := troubles.due()) is not None and due <= beat:
            workers.until(max(due, world.now))
            troubles.happen()
        workers.until(max(beat, world.now))
        outside.beat()


def _judged(workers: Workers, troubles: Troubles, begins: datetime, known: History) -> Told:
    told, world, records = workers.nights, workers.nights.world, troubles.records
    sent, kills = _sent(told), workers.killer.kills
    runs = bad_runs(world, records.protected)
    due = [run for run in runs if run.started_at >= begins and run.knowable <= world.now - LAST]
    made = incidents(known)
    lost, clash = judge.without_incident(due, world, made), judge.conflicting(sent, world)
    waits = judge.waits(due, world, sent, kills)
    starts = forbidden_starts(world, Operator(json.loads(_intent(records.freezes)), records), runs)
    tried, late = retries(world), [one for one in waits if one.too_long]
    days = max((world.now - begins).days, 1)
    figures: dict[str, Any] = {
        "failures": len(due),
        "incidents": len(made),
        "without_incident": len(lost),
        "conflicting_alerts": len(clash),
        "repeated_sends": judge.repeated(sent),
        "kills": len(kills),
        "longest_minutes_to_alert_no_kill": _longest([one for one in waits if not one.kills]),
        "longest_minutes_to_alert": _longest(waits),
        "forbidden_retries": len(starts),
        "max_retries": max(tried.values(), default=0),
        "trace_hash": _trace(told, sent),
        "alerts": len(sent),
        "storms_told": len({alert.key for alert, _ in sent if alert.key.startswith("storm|")}),
        "waited_for": len(waits),
        "retries": tried.total(),
        "events_lost": workers.post.lost,
        "events_brought": workers.post.brought,
        "kinds": len({run.code.name for run in due}),
        "happened": dict(sorted(records.happened.items())),
        "errors": sorted({done.error for done in told.errors() if done.error != Crash.__name__}),
        "wrong": [*(f"no incident: {run}" for run in lost), *clash, *(f"late: {one}" for one in late), *starts][:20],
    }
    checks = (
        at_least("failures", (5 if days >= MANY else 2) * days, len(due)),
        at_least("workers killed", days, len(kills)),
        at_least("events lost", days, workers.post.lost),
        zero("bad runs without an incident", len(lost)),
        zero("incidents told of under two keys in one state", len(clash)),
        zero("alerts that came too late, or never", len(late)),
        at_most("alerts sent again", len(kills), figures["repeated_sends"]),
        zero("forbidden retries", len(starts)),
        at_most("retries of an incident", MOST_RETRIES, figures["max_retries"]),
        zero("invocations that failed", len(figures["errors"])),
    )
    return Told(figures, checks)


def _sent(told: Nights) -> judge.Sent:
    webhook = told.ports.webhook
    assert isinstance(webhook, MemoryWebhook)
    return webhook.posted


def _longest(waits: Sequence[judge.Wait]) -> float:
    return round(max((one.minutes or 0.0 for one in waits), default=0.0), 1)


def _trace(told: Nights, sent: judge.Sent) -> str:
    """Return a hash over all that happened: invocations with their calls, jobs, and what was told."""
    lines = [f"{done.at} {done.function} {done.error} {' '.join(done.calls)}" for done in told.log]
    lines += [f"{job.id} {job.started_at} {job.status} {job.error}" for job in told.world.jobs.values()]
    lines += [f"{at} {alert}" for alert, at in sent]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _fleet(seed: int) -> World:
    """Return three vaults that start at three hours, each with critical and standard VMs."""
    world = World(seed, pace=PACE)
    weekly = {"critical": 12, "standard": 0}
    for number, (region, start) in enumerate(VAULTS):
        vault = fleets.add_vault(world, f"rsv-{number}", f"rg-backup-{number}", region)
        homes = {
            name: put(world, vault, name, documents.daily(start, daily=30, weekly=weekly[name])) for name in weekly
        }
        for index in range(number, VMS, len(VAULTS)):
            tier = "critical" if index % 2 else "standard"
            vm = fleets.add_vm(world, f"vm-{index:02}", f"rg-{number}", region, {"backup-tier": tier})
            protect(world, vault, vm, homes[tier])
    backfill(world, 7, 7)
    return world


def _intent(freezes: Sequence[Freeze]) -> str:
    return document(
        tiers=tiers(standard={"retry_outside_window": True}),
        blackout=[{"from": str(one.first), "to": str(one.last), "reason": "freeze"} for one in freezes],
        alerts={"webhook": "INBOX"},
    )

"""Do moves stop when they do harm? Moved VMs start to fail in the middle of a careful roll-out."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from local import fleets
from local.scenarios.alerts import Alerts, heard
from local.scenarios.intent import document
from local.scenarios.nights import Nights
from local.scenarios.told import Told, at_least, at_most, moves, per_vault_day, unharmed, writes, zero
from local.world import World
from local.world.state import Job
from shared.flows import breaker as flow
from shared.model.night import Check

HOUR = timedelta(hours=1)
ROLLOUT = {"first": 4, "share": "25%"}
MOST = 5
"""A quarter of the 20 VMs in each vault."""
GOOD_NIGHTS = 3
"""The canary and a share are moved, and some VMs are not."""
NIGHTS_TO_THE_END = 6


def breaker(seed: int, nights: int = 4) -> Told:
    """Moved VMs start to fail: moves stop within a fleet day, one alert says why, and an operator lets them go on."""
    told = Nights(fleets.generated(40, vaults=2, regions=1, seed=seed), document(rollout=ROLLOUT))
    with heard() as alerts:
        return _story(told, alerts, nights)


def _story(told: Nights, alerts: Alerts, nights: int) -> Told:
    world = told.world
    told.nights(GOOD_NIGHTS)
    struck, before = world.now, len(moves(world))
    _fail(world, _moved(world))
    told.nights(nights)
    row = told.ports.ledger.read(flow.BREAKER, flow.STOPPED) or {"at": world.now.isoformat()}
    stopped = datetime.fromisoformat(row["at"])
    reported = json.loads(told.ports.reports.latest("json") or "{}").get("breaker", "")
    harm = _first_failure(world, struck)
    figures: dict[str, Any] = {
        "moves_before": before,
        "most_moves_of_a_vault_and_day": max(per_vault_day(moves(world)).values(), default=0),
        "left_to_move": len(world.items) - len(_moved(world)),
        "hours_from_harm_to_stop": (stopped - harm) / HOUR,
        "writes_after_the_stop": len(writes(world, stopped)),
        "alerts": alerts.texts("moves-stopped"),
        "reported": reported,
    }
    _fail(world, frozenset())
    told.command("resume", lambda: flow.resume(told.ports, "ops", world.now))
    told.nights(NIGHTS_TO_THE_END)
    counters = told.truth()["counters"]
    figures |= {
        "left_in_the_end": len(world.items) - len(_moved(world)),
        "alerts_in_the_end": len(alerts.texts("moves-stopped")),
        "errors": len(told.errors()),
        **counters,
    }
    checks = (
        at_least("VMs moved before", 8, before),
        at_most("VMs of a vault moved in a night", MOST, figures["most_moves_of_a_vault_and_day"]),
        at_least("VMs left to move when moves stopped", 8, figures["left_to_move"]),
        at_most("hours from the first failure to the stop", 24, figures["hours_from_harm_to_stop"]),
        zero("writes after the stop", figures["writes_after_the_stop"]),
        at_least("words of the report about it", 1, len(reported.split())),
        zero("VMs left to move in the end", figures["left_in_the_end"]),
        Check("alerts about it", "1", str(figures["alerts_in_the_end"]), figures["alerts_in_the_end"] == 1),
        zero("days on which a VM had no run", counters["runs_skipped"]),
        zero("invocations that failed", figures["errors"]),
        *unharmed(counters),
    )
    return Told(figures, checks)


def _moved(world: World) -> frozenset[str]:
    return frozenset(item.vm_id.lower() for item in world.items.values() if "/ns-" in item.policy_id)


def _fail(world: World, vm_ids: frozenset[str]) -> None:
    world.pace = replace(world.pace, failing=vm_ids)


def _first_failure(world: World, since: datetime) -> datetime:
    failed: list[Job] = [job for job in world.jobs.values() if job.started_at >= since and job.error]
    return min((job.started_at for job in failed), default=since)

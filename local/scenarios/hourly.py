"""Do VMs that are to run several times a day get there and stay, also when clocks change? Judged by their jobs."""

from collections import defaultdict
from datetime import datetime, timedelta

from local import fleets
from local.scenarios.intent import document, tiers
from local.scenarios.nights import Nights
from local.scenarios.quiet import CLOCK_CHANGES
from local.scenarios.told import Told, at_least, moves, unharmed, writes, zero
from local.world import World, documents
from local.world.history import put
from local.world.state import Job

OFTEN = {
    "policy_type": "enhanced",
    "instant_restore_days": 7,
    "schedule": {"every": "4h", "hours": "08:00-20:00"},
}
RUNS = 4
DAY = timedelta(days=1)
SETTLING = 2
"""Nights until the first plan was reported and enforced."""
CALM = 2
"""Nights at the end in which nothing is written any more: the clocks changed three days after the beginning."""


def hourly(seed: int, nights: int = 8) -> Told:
    """A tier asks for four runs a day: its VMs get them, one of them into the vault, and no run is lost on the way."""
    told = Nights(_fleet(seed), document(tiers=tiers(standard=OFTEN)))
    told.nights(SETTLING)
    settled = told.world.now
    told.nights(nights - SETTLING - CALM)
    calm = told.world.now
    told.nights(CALM)
    counters = told.truth()["counters"]
    often = [item.vm_id.lower() for item in told.world.items.values() if "/ns-standard-" in item.policy_id.lower()]
    days = [_day(told.world, vm_id, calm) for vm_id in often]
    figures = {
        "nights": nights,
        "vms": len(often),
        "moves_after_the_change": len(moves(told.world, settled)),
        "writes_at_the_end": len(writes(told.world, calm)),
        "errors": len(told.errors()),
        **counters,
    }
    checks = (
        at_least("VMs that run several times a day", 20, figures["vms"]),
        at_least("VMs moved for the new clock", 1, figures["moves_after_the_change"]),
        zero("VMs without four runs a day", sum(len(day) != RUNS for day in days)),
        zero("VMs without one run a day into the vault", sum(sum(job.vaulted for job in day) != 1 for day in days)),
        zero("writes once all are there", figures["writes_at_the_end"]),
        zero("days on which a VM had no run", counters["runs_skipped"]),
        zero("weeks without a weekly point", counters["tags_missed"]),
        zero("invocations that failed", figures["errors"]),
        *unharmed(counters),
    )
    return Told(figures, checks)


def _fleet(seed: int) -> World:
    """Return the demo's fleet with its standard VMs on Enhanced daily policies."""
    world = fleets.demo(seed, start=CLOCK_CHANGES[seed % 2])
    for vault in world.vaults.values():
        policy = put(world, vault, "Enhanced", documents.enhanced("22:30", daily=30))
        for item in world.items.values():
            if item.policy_id.lower() == f"{vault.id}/backupPolicies/DefaultPolicy".lower():
                item.policy_id = policy.id
    return world


def _day(world: World, vm_id: str, since: datetime) -> list[Job]:
    """Return the VM's scheduled runs of the 24 hours from `since` on."""
    runs = defaultdict(list)
    for job in world.jobs.values():
        if job.scheduled_for is not None and since <= job.scheduled_for < since + DAY:
            runs[job.vm_id.lower()].append(job)
    return runs[vm_id]

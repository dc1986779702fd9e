"""Does a year go well? Clock changes, new windows, failing jobs, and people who move, edit, create and delete."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from local import fleets
from local.scenarios.gaps import runs_overdue, tags_missed
from local.scenarios.hand import Hand
from local.scenarios.intent import document
from local.scenarios.nights import Nights
from local.scenarios.told import Told, at_least, moves, policy_writes, zero
from local.world import Pace, World, documents
from local.world.history import backfill, put
from local.world.writes import protect
from shared.flows import breaker, pauses
from shared.flows.look import PLACEMENTS

AUTUMN = datetime(2026, 10, 20, 12, tzinfo=UTC)
"""Five days before Europe's clocks change, twelve before America's; ten weeks on the year ends."""
ZONES = {"westeurope": "Europe/Amsterdam", "eastus2": "America/New_York"}
RETENTION: dict[str, dict[str, int]] = {
    "gold": {"daily": 30, "weekly": 12, "monthly": 12, "yearly": 7},
    "silver": {"daily": 30, "weekly": 8, "monthly": 6},
    "bronze": {"daily": 14},
}
TAGGED = {
    "weekly": ("weeks", "sunday"),
    "monthly": ("months", "first sunday"),
    "yearly": ("years", "first sunday of january"),
}
RPO = {"gold": 36, "silver": 40, "bronze": 48}
"""Hours."""
KEEPER = "vm-keeper"
"""It is tagged bronze, and has yearly points that a move to the bronze policies would prune."""
HABITS = {
    "move": 3,
    "reschedule": 3,
    "keep_longer": 1,
    "keep_shorter": 2,
    "undo": 2,
    "retier": 6,
    "hold": 2,
    "release": 1,
    "stop": 1,
    "protect_again": 2,
    "create": 1,
    "delete": 1,
}
ACTS_A_DAY = 1.5
DAYS_BETWEEN = {"publishes": 16, "fails": 15, "dies": 45, "lets_go": 3}
"""How rare all else is, on average."""


@dataclass(slots=True)
class Year:
    """A year as it goes: the app's nights, the people, and what the judge has to know that the world forgets.

    `tags` has each VM's tier tags with their instants; `theirs` counts what people shortened and stopped themselves.
    """

    told: Nights
    hand: Hand
    draw: random.Random
    tags: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    theirs: Counter[str] = field(default_factory=Counter)
    versions: int = 0

    def acts(self) -> None:
        """Somebody does something."""
        counters = self.told.world.counters
        before = (counters.policies_shortened, counters.protection_stopped)
        self.hand.act()
        self.theirs["policies_shortened"] += counters.policies_shortened - before[0]
        self.theirs["protection_stopped"] += counters.protection_stopped - before[1]
        self.notes_tags()

    def notes_tags(self) -> None:
        """Remember which VM has which tier from now on."""
        for key, vm in self.told.world.vms.items():
            known, tag = self.tags.setdefault(key, []), vm.tags.get("backup-tier", "")
            if not known or known[-1][1] != tag:
                known.append((self.told.world.now, tag))

    def publishes(self) -> None:
        """The operator moves the windows, and now and then keeps a tier's points longer."""
        self.versions += 1
        self.told.publish(_document(self.draw, self.versions))

    def fails(self) -> None:
        """All jobs of one VM fail, until the next VM's do."""
        world = self.told.world
        world.pace = replace(world.pace, failing=frozenset({self.draw.choice([*sorted(world.vms), ""])}))

    def dies(self) -> None:
        """The app is dead for some days; backups go on."""
        self.told.dead_until(self.told.world.now + timedelta(days=self.draw.uniform(0.5, 3)))

    def lets_go(self) -> None:
        """The operator lets moves go on, and hands a VM that somebody had moved back to the app."""
        told = self.told
        if breaker.stopped(told.ports):
            told.command("resume", lambda: breaker.resume(told.ports, "ops", told.world.now))
            self.theirs["moves_resumed"] += 1
        moved = {told.world.items[act.subject].vm_id.lower() for act in self.hand.acts if act.kind in {"move", "again"}}
        if known := sorted(moved & told.ports.ledger.rows(PLACEMENTS).keys()):
            chosen = self.draw.choice(known)
            told.command("release", lambda: pauses.release(told.ports, chosen))


def year(seed: int, nights: int = 365) -> Told:
    """A year of edits by hand, new windows, clock changes and failing jobs: no point, run or exclusion is lost."""
    draw = random.Random(f"year|{seed}")
    world = _fleet(seed)
    told = Nights(world, _document(draw, 0), frozenset({"plan", "enrol"}))
    keeper = next(key for key in world.items if key.endswith(KEEPER))
    hand = Hand(world, draw, HABITS, (*RETENTION, "tin"), frozenset({keeper}))
    one = Year(told, hand, draw)
    one.notes_tags()
    begins = world.now
    for at, happens in _events(one, nights):
        told.until(max(world.now, at))
        happens()
    told.until(max(world.now, begins + timedelta(days=nights)))
    yearly = [job for job in world.jobs.values() if job.item_id == keeper and "yearly" in job.tags]
    return _judged(one, begins, sum(job.started_at >= begins for job in yearly))


def _events(one: Year, nights: int) -> list[tuple[datetime, Callable[[], None]]]:
    """Return what happens when, in order: at any minute, as people and failures do."""
    begins, draw = one.told.world.now, one.draw
    rates: list[tuple[Callable[[], None], float]] = [
        (one.acts, ACTS_A_DAY),
        (one.publishes, 1 / DAYS_BETWEEN["publishes"]),
        (one.fails, 1 / DAYS_BETWEEN["fails"]),
        (one.dies, 1 / DAYS_BETWEEN["dies"]),
        (one.lets_go, 1 / DAYS_BETWEEN["lets_go"]),
    ]
    found = [
        (begins + timedelta(minutes=draw.randrange(nights * 24 * 60)), happens)
        for happens, rate in rates
        for _ in range(max(1, round(nights * rate)))
    ]
    return sorted(found, key=lambda event: event[0])


def _judged(one: Year, begins: datetime, yearly_runs: int) -> Told:
    world, hand, told = one.told.world, one.hand, one.told
    counters = told.truth()["counters"]
    rpos = {name: timedelta(hours=hours) for name, hours in RPO.items()}
    overdue, untagged = runs_overdue(world, hand, one.tags, rpos), tags_missed(world, hand)
    jobs = [job for job in world.jobs.values() if job.scheduled_for and job.scheduled_for >= begins]
    days = (world.now - begins).days
    changes = {zone: _clock_changes(zone, begins, world.now) for zone in ZONES.values()}
    figures: dict[str, Any] = {
        "days": days,
        "moves": len(moves(world, begins)),
        "policy_writes": len(policy_writes(world, begins)),
        "acts": dict(sorted(Counter(act.kind for act in hand.acts).items())),
        "documents": one.versions,
        "clock_changes": changes,
        "runs": len(jobs),
        "failed_runs": sum(job.status == "Failed" for job in jobs),
        "moves_resumed": one.theirs["moves_resumed"],
        "overdue": [str(gap) for gap in overdue],
        "untagged": [str(gap) for gap in untagged],
        "errors": sorted({done.error for done in told.errors()}),
        **counters,
    }
    checks = (
        at_least("moves by the app", days // 8, figures["moves"]),
        at_least("policies written by the app", days // 8, figures["policy_writes"]),
        at_least("acts of people", days, len(hand.acts)),
        at_least("new versions of fleet.yaml", days // 20, one.versions),
        *(at_least(f"clock changes of {zone}", days // 180 or days // 60, n) for zone, n in changes.items()),
        at_least("failed runs", days // 10, figures["failed_runs"]),
        at_least("yearly runs of the keeper", days // 300 or days // 76, yearly_runs),
        zero("recovery points lost early", counters["points_pruned"]),
        zero("VMs stopped by the app", counters["protection_stopped"] - one.theirs["protection_stopped"]),
        zero("disk exclusions lost", counters["exclusions_lost"]),
        zero("policies shortened by the app", counters["policies_shortened"] - one.theirs["policies_shortened"]),
        zero("VMs without a run for longer than their RPO", len(overdue)),
        zero("weekly, monthly and yearly runs missing", len(untagged)),
        zero("invocations that failed", len(told.errors())),
    )
    return Told(figures, checks)


def _clock_changes(zone: str, begins: datetime, ends: datetime) -> int:
    """Count the days of [begins, ends) whose end has another offset than their beginning."""
    local = ZoneInfo(zone)
    offsets = [(begins + timedelta(days=day)).astimezone(local).utcoffset() for day in range((ends - begins).days + 1)]
    return sum(one != other for one, other in pairwise(offsets))


def _fleet(seed: int) -> World:
    """Return two vaults in two regions with a few VMs of each tier, as careless people left them: all at one hour."""
    world = World(seed, AUTUMN, pace=Pace(failure_rate=0.02))
    for number, region in enumerate(ZONES):
        vault = fleets.add_vault(world, f"rsv-{number}", f"rg-backup-{number}", region)
        for tier, kept in RETENTION.items():
            put(world, vault, f"Old-{tier}", documents.daily("22:30", "UTC", 2, **kept))
        for index, tier in enumerate((*RETENTION, "bronze", "bronze")):
            name = f"vm-{number}{index}" if number or index < len(RETENTION) + 1 else KEEPER
            vm = fleets.add_vm(world, name, f"rg-{number}", region, {"backup-tier": tier})
            vm.load = "flat"
            home = "gold" if name == KEEPER else tier
            item = protect(world, vault, vm, world.policies[f"{vault.id}/backupPolicies/Old-{home}".lower()])
            if index % 2 == 0:
                item.extended = {"diskExclusionProperties": {"diskLunList": [2, 3], "isInclusionList": False}}
    backfill(world, fleets.HISTORY_DAYS)
    return world


def _document(draw: random.Random, version: int) -> str:
    """Return a fleet.yaml whose windows lie anywhere in the evening and the night; tiers keep more as years go by."""
    windows = {
        name: {"hours": _hours(draw), "zone": ZONES["westeurope"], "zones": {"eastus2": ZONES["eastus2"]}}
        for name in ("early", "late")
    }
    used = {"gold": "late", "silver": "early", "bronze": "late"}
    tiers = {name: _tier(name, window, version) for name, window in used.items()}
    return document(windows=windows, tiers=tiers, capacity={}, limits={"initial_backups_per_night": 3})


def _hours(draw: random.Random) -> str:
    begins = draw.randrange(19 * 60, 24 * 60, 30)
    ends = (begins + draw.randrange(180, 361, 30)) % (24 * 60)
    return f"{begins // 60:02}:{begins % 60:02}-{ends // 60:02}:{ends % 60:02}"


def _tier(name: str, window: str, version: int) -> dict[str, Any]:
    kept = RETENTION[name]
    tagged = {key: {unit: kept[key], "on": on} for key, (unit, on) in TAGGED.items() if key in kept}
    return {
        "match": {"tag": "backup-tier", "values": [name]},
        "window": window,
        "policy_type": "standard",
        "retention": {"daily": {"days": kept["daily"] + version // 6}, **tagged},
        "instant_restore_days": 2,
        "rpo": f"{RPO[name]}h",
    }

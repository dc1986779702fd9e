"""Are lost recovery points found, explained and made up for? Fifteen nights in memory, one thing wrong of each kind."""

import json
import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from local import leftovers
from local.scenarios import retention_fills as fills
from local.scenarios import retention_judge as judge
from local.scenarios.nights import Nights
from local.scenarios.point_reads import CountedVaults
from local.scenarios.post import Chances, Post
from local.scenarios.retention_fleet import A_DAY, Fleet, fleet
from local.scenarios.retention_plants import Plants, weekly_of
from local.scenarios.told import zero
from local.scenarios.workers import Killer, Workers
from local.world import human, lost_points
from local.world.lost_points import Loss
from local.world.state import Item
from shared.flows import fleet_policy, review
from shared.flows.retention import history
from shared.model.night import Check, NightReport

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHTS, VMS = 15, 40
TIMERS = (
    "plan_backup_windows", "enforce_backup_windows", "watch_jobs", "check_protection", "check_retention",
    "run_extra_backups", "sweep", "review_night",
)  # fmt: skip
SATURDAY = 4
"""The noon after which runs may be of the month's first Sunday, by local or by UTC days."""
ACTS: tuple[tuple[int, str, str, str], ...] = (
    (2, "collides", "vm-00007", "a backup by hand that ran when the scheduled one was due"),
    (3, "off", "vm-00014", "a VM whose state had failed"),
    (3, "quota", "vm-00023", "a VM with as many snapshots as it may have"),
    (SATURDAY, "agent", "vm-00003", "a weekly point"),
    (SATURDAY, "settings", "vm-00008", "a monthly point"),
)
"""At which noon what is done to which VM, and what that is."""
WEEKLY_AT, WEEKLY = 6, "vm-00018"
SHORTENED_AT, SHORTENED, KEPT_DAYS = 10, "vm-00026", 7
SOFT_DELETE_AT = 4
FILLED = {"vm-00003": "weekly", "vm-00008": "monthly"}
"""The VMs whose lost point is made up for, and its class: they lose the first run that carries it."""


@dataclass(slots=True)
class Chapter:
    """The nights as they go."""

    made: Fleet
    nights: Nights
    workers: Workers
    plants: Plants
    counted: CountedVaults
    heard: judge.Heard = field(default_factory=judge.Heard)
    done: set[str] = field(default_factory=set)

    def day(self, number: int) -> None:
        """Do what is done at this noon, and live until the next."""
        world, ends = self.nights.world, self.nights.world.now + DAY
        for noon, act, name, _ in ACTS:
            if noon <= number and name not in self.done and self._is_its_night(name):
                self.plants.plant(act, self.made.item(name))
                self.done.add(name)
        if number == WEEKLY_AT:
            item = self.made.item(WEEKLY)
            self._edit(item, weekly_of(world.policies[item.policy_id.lower()]))
        if number == SHORTENED_AT:
            item = self.made.item(SHORTENED)
            properties = json.loads(json.dumps(world.policies[item.policy_id.lower()].properties))
            properties["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = KEPT_DAYS
            self._edit(item, properties)
        if number == SOFT_DELETE_AT:
            self.plants.soft_delete_off(min(world.vaults), days=NIGHTS)
        while (due := self.plants.due()) is not None and due <= ends:
            self.workers.until(max(due, world.now))
            self.plants.happen()
        self.workers.until(ends)
        self.hears()

    def hears(self) -> None:
        """Take in what the app says of retention now."""
        ports, now = self.nights.ports, self.nights.world.now
        with self.nights.sources():
            self.heard.hear(history.night(ports, fleet_policy.read(ports, now), now))

    def report(self) -> NightReport:
        """Return the app's own report of the last night."""
        ports, now = self.nights.ports, self.nights.world.now
        with self.nights.sources():
            return review.review(ports, fleet_policy.read(ports, now), now)

    def _is_its_night(self, name: str) -> bool:
        """Return whether the VM's next run carries what it is to lose."""
        rules = self.nights.world.rules_of(self.made.item(name))
        assert rules is not None, "nobody stops its protection"
        return FILLED.get(name, "daily") in rules.tags(rules.next_run(self.nights.world.now))

    def _edit(self, item: Item, properties: dict[str, Any]) -> None:
        self.plants.touched |= {item.vm_id.lower(), item.policy_id.lower()}
        human.act(self.nights.world, "edit", {"policy_id": item.policy_id, "properties": properties})


def main(seed: int, folder: Path, *, as_json: bool) -> int:
    """Tell the chapter, write its report to `folder`, and say what was expected; return 1 where something failed."""
    with _quiet():
        chapter = tell(seed)
        found, checks = judged(chapter)
        report = replace(chapter.report(), judge=checks)
    leftovers.write(folder, report, found)
    if as_json:
        print(json.dumps(found))
    else:
        out = Console()
        out.print(leftovers.table(checks, "What the pretend Azure knows of recovery points"))
        out.print(f"\nreport: {folder / 'report.html'}\nfigures: {folder / 'report.json'}", soft_wrap=True)
    return int(not all(check.ok for check in checks))


def tell(seed: int, nights: int = NIGHTS) -> Chapter:
    """Live through the nights, and a morning."""
    made, draw = fleet(seed, VMS), random.Random(f"retention chapter|{seed}")
    told = Nights(made.world, made.intent(), frozenset({"plan", "backup"}))
    counted = CountedVaults(told.ports.vaults, made.world)
    told.ports = replace(told.ports, vaults=counted)
    workers = Workers(told, TIMERS, Post(draw, Chances(0.0, 1, 0.0)), Killer(draw, {}))
    chapter = Chapter(made, told, workers, Plants(made.world, draw, 0, nights), counted)
    for number in range(nights):
        chapter.day(number)
    return chapter


def judged(chapter: Chapter) -> tuple[dict[str, Any], tuple[Check, ...]]:
    """Return figures, and what was expected of them, from the world's own memory of what was lost."""
    world, heard, touched = chapter.nights.world, chapter.heard, chapter.plants.touched
    begins = world.now - NIGHTS * DAY
    losses = lost_points.losses(world, begins, world.now)
    verdict, filled = judge.named(world, losses, heard), fills.fills(world, losses, heard, chapter.made.busy())
    strange = judge.findings(heard, touched)
    short = fills.days_short(world, chapter.made.busy(), (begins, world.now), A_DAY)
    looks = {key: len(ats) for key, ats in heard.looks.items()}
    found: dict[str, Any] = {
        "vms": len(world.vms),
        "nights": NIGHTS,
        "lost": len(losses),
        "named": sum(1 for one in heard.named.values() if one.vm_id in {loss.vm_id for loss in losses}),
        "missed": verdict.missed,
        "wrong_causes": verdict.wrong_causes,
        "false": [*verdict.false, *strange],
        "filled": filled.good,
        "filled_twice": filled.twice,
        "wrong_expiry": filled.wrong_expiry,
        "days_short": short,
        "over_budget_hours": chapter.counted.reads.hours_over(),
        "reads": chapter.counted.reads.total,
        "errors": sorted({done.error for done in chapter.nights.errors()}),
    }
    checks = (
        *(_explained(chapter, losses, name, what) for _, _, name, what in ACTS if name not in FILLED),
        *(_made_up_for(chapter, filled, losses, name, what) for _, _, name, what in ACTS if name in FILLED),
        _explained(chapter, losses, WEEKLY, "runs of a schedule that somebody made weekly"),
        _explained(chapter, losses, SHORTENED, "points that a shortened policy dropped"),
        _told(heard, chapter.made.item(SHORTENED).policy_id, "a policy that keeps less than its tier wants"),
        _told(heard, min(world.vaults), "a vault whose soft delete is off"),
        zero("lost points that were not named, or not in time", len(verdict.missed)),
        zero("lost points that were named with another cause", len(verdict.wrong_causes)),
        zero("points and findings named that were in order", len(verdict.false) + len(strange)),
        zero("lost points made up for twice", len(filled.twice)),
        zero(f"days on which a VM had fewer than {A_DAY} points", len(short)),
        zero("runs that the app's own backups kept from starting", len(fills.collisions(losses, world))),
        zero("points dropped early that nobody gave up", judge.pruned(world, touched)),
        zero("hours over the provider's limit of reads", found["over_budget_hours"]),
        Check("looks at each VM's points", "2 or more", str(min(looks.values())), min(looks.values()) >= 2),
        zero("invocations that failed", len(found["errors"])),
    )
    return found, checks


def _explained(chapter: Chapter, losses: Sequence[Loss], name: str, what: str) -> Check:
    """Expect that each point a VM lost was named with its cause."""
    mine = [loss for loss in losses if loss.vm_id.endswith(f"/{name}")]
    heard = judge.Heard(named={key: one for key, one in chapter.heard.named.items() if key[0].endswith(f"/{name}")})
    verdict = judge.named(chapter.nights.world, mine, heard)
    causes = sorted({cause.value for one in heard.named.values() for cause in one.causes})
    good = bool(mine) and bool(heard.named) and not (verdict.wrong_causes or verdict.missed or verdict.false)
    wanted = sorted({cause.value for loss in mine for cause in judge.CAUSES[loss.why]})
    return Check(f"{what} ({name})", f"named: {', '.join(wanted)}", ", ".join(causes) or "not named", good)


def _made_up_for(chapter: Chapter, filled: fills.Fills, losses: Sequence[Loss], name: str, what: str) -> Check:
    """Expect one backup that is kept as long as the lost point should have been."""
    (loss, *_) = [loss for loss in losses if loss.vm_id.endswith(f"/{name}")]
    jobs = [job for job in fills.asked_by_us(chapter.nights.world) if job.vm_id == loss.vm_id]
    kept = ", ".join(f"kept until {job.expires:%Y-%m-%d}" for job in jobs if job.expires) or "none"
    wrong = [one for one in (*filled.twice, *filled.wrong_expiry, *filled.not_filled) if one.startswith(name)]
    good = loss.long_term and len(jobs) == 1 and not wrong
    return Check(f"{what} that was lost ({name})", f"one backup, kept until {loss.keep_until:%Y-%m-%d}", kept, good)


def _told(heard: judge.Heard, subject: str, what: str) -> Check:
    codes = sorted({code for code, about in heard.findings if about == subject.lower()})
    return Check(what, "a finding", ", ".join(codes) or "none", bool(codes))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the app's log to itself."""
    log = logging.getLogger("nightshift")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)

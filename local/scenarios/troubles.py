"""What goes wrong with backups, night by night? Seeded troubles, kept for the judge where the world forgets them."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from local.scenarios.workers import Workers
from local.world import Refused, World, human, runs
from local.world.cancel import cancel_job
from local.world.failures import draw_title
from local.world.on_demand import trigger_backup
from local.world.schedule import Rules
from local.world.state import Item
from local.world.writes import put_item
from shared.flows import pauses

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RATES = {
    "never_starts": 0.8,
    "collides": 0.8,
    "asks": 0.4,
    "cancels": 0.5,
    "keeps_failing": 0.3,
    "mends": 2,
    "pauses": 0.15,
    "holds": 0.2,
    "freezes": 0.08,
    "storms": 0.12,
    "deletes": 0.1,
}
"""How often each happens in a night, on average; each is a method of `Troubles`."""
ALL_KINDS = 0.5
"""Share of the nights in which backups fail in all ways that Azure knows; in the others in two."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What counts from `begins` until `ends` for the `subject`: a vault's name or "*", a VM, a vault's id."""

    subject: str
    begins: datetime
    ends: datetime

    def holds(self, subject: str, at: datetime) -> bool:
        """Return whether it counts for the subject at the instant."""
        return self.subject in {subject, "*"} and self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Protected:
    """An item while it is protected, by rules that do not change meanwhile; `ends` is None for one that still is."""

    item_id: str
    rules: Rules
    begins: datetime
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """A blackout of local dates, and when it was published."""

    published: datetime
    first: date
    last: date


@dataclass(slots=True)
class Records:
    """What the world forgets and the judge needs. `freezes` are local dates on which nothing starts, both inclusive."""

    protected: list[Protected] = field(default_factory=list)
    paused: list[Kept] = field(default_factory=list)
    held: list[Kept] = field(default_factory=list)
    storms: list[Kept] = field(default_factory=list)
    freezes: list[Freeze] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)


class Troubles:
    """Makes trouble in the world of `workers`; `publish` is told the freezes when there is a new one."""

    def __init__(self, workers: Workers, draw: random.Random, publish: Callable[[list[Freeze]], None]) -> None:
        self.records = Records()
        self.world: World = workers.nights.world
        self._workers = workers
        self._draw = draw
        self._publish = publish
        self._coming: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        for item in self.world.items.values():
            self._is_protected(item)

    def night(self) -> None:
        """Draw what goes wrong from now until tomorrow at this hour."""
        self.world.pace = replace(self.world.pace, all_failures=self._draw.random() < ALL_KINDS)
        for name, rate in RATES.items():
            for _ in range(int(rate) + (self._draw.random() < rate % 1)):
                self._at(self.world.now + self._draw.random() * DAY, getattr(self, name))

    def due(self) -> datetime | None:
        """Return when the next trouble comes."""
        return self._coming[0][0] if self._coming else None

    def happen(self) -> None:
        """Let the next trouble come; what the service refuses does not happen."""
        _, _, trouble = heapq.heappop(self._coming)
        try:
            trouble()
        except Refused:
            return

    def never_starts(self) -> None:
        """Azure forgets a VM's next run."""
        if item := self._item():
            slot = self._next(item)
            self._at(slot - MINUTE, lambda: self._forget(item))
            self._at(slot + MINUTE, lambda: self._remember(item))

    def collides(self) -> None:
        """Somebody backs a VM up by hand just before its next run would begin."""
        if item := self._item():
            slot, vm = self._next(item), self.world.vms[item.vm_id.lower()]
            late = runs.course(self.world.seed, vm, slot, self.world.pace).late
            self._at(slot + late - self._draw.uniform(1, 5) * MINUTE, lambda: self._back_up(item))

    def asks(self) -> None:
        """Somebody backs a VM up by hand, at any hour."""
        if item := self._item():
            self._back_up(item)

    def cancels(self) -> None:
        """Somebody cancels a backup that has just begun."""
        running = [self.world.jobs[job] for _, job in sorted(self.world.running.items())]
        early = [job for job in running if job.snapshot_ends and job.snapshot_ends > self.world.now]
        if early:
            job = self._draw.choice(early)
            cancel_job(self.world, self.world.vaults[job.vault_id], job, human.CALLER)
            self._note("cancels")

    def keeps_failing(self) -> None:
        """All backups of a VM fail for one reason, until somebody mends it."""
        if item := self._item():
            self._human("afflict", vm=item.vm_id, code=draw_title(self._draw))

    def mends(self) -> None:
        """Somebody mends a VM whose backups fail."""
        failed = [vm for key, vm in sorted(self.world.vms.items()) if vm.provisioning == "Failed"]
        if ailing := [*(self.world.vms[key] for key in sorted(self.world.ailments) if key in self.world.vms), *failed]:
            self._human("mend", vm=self._draw.choice(ailing).id)

    def pauses(self) -> None:
        """An operator pauses a vault, or all."""
        scope = self._draw.choice([*(vault.name for vault in self.world.vaults.values()), "*"])
        now, until = self.world.now, self.world.now + self._draw.uniform(2, 12) * HOUR
        nights = self._workers.nights
        nights.command("pause", lambda: pauses.pause(nights.ports, scope, until, "ops", "works"))
        self.records.paused = _renewed(self.records.paused, Kept(scope, now, until))
        self._note("pauses")

    def holds(self) -> None:
        """Somebody tags a VM as held, for the rest of the day or some days more."""
        if item := self._item():
            days = self._draw.randint(0, 3) * DAY
            tags = {"nightshift-hold": f"{self.world.now.date() + days};ops;change freeze"}
            self._human("tag", vm=item.vm_id, tags=tags)
            midnight = self.world.now.replace(hour=0, minute=0, second=0, microsecond=0)
            held = Kept(item.vm_id.lower(), self.world.now, midnight + days + DAY)
            self.records.held = _renewed(self.records.held, held)

    def freezes(self) -> None:
        """The operator publishes a blackout of one day or two, from tomorrow or the day after on."""
        first = self.world.now.date() + self._draw.randint(1, 2) * DAY
        self.records.freezes.append(Freeze(self.world.now, first, first + self._draw.randint(0, 1) * DAY))
        self._publish(self.records.freezes)
        self._note("freezes")

    def storms(self) -> None:
        """Every backup of a vault fails for some hours of the next night, and all for one reason."""
        vault_id = self._draw.choice(sorted(self.world.vaults))
        evening = self.world.now.replace(hour=20, minute=0, second=0, microsecond=0)
        begins = evening if evening > self.world.now else evening + DAY
        self._at(begins, lambda: self._storm(vault_id))

    def deletes(self) -> None:
        """Somebody deletes a VM; its protection is stopped days later, and another VM comes in its place."""
        if item := self._item():
            self._human("delete", vm=item.vm_id)
            days = self._draw.randint(1, 4)
            self._at(self.world.now + days * DAY, lambda: self._stop(item))
            noon = self.world.now.replace(hour=12, minute=7, second=0, microsecond=0)
            self._at(noon + (days + 1) * DAY, lambda: self._replace(item))

    def _storm(self, vault_id: str) -> None:
        hours = self._draw.uniform(4, 9)
        self._human("storm", vault=vault_id, code=draw_title(self._draw), hours=hours)
        self.records.storms.append(Kept(vault_id, self.world.now, self.world.now + hours * HOUR))

    def _stop(self, item: Item) -> None:
        self._human("stop", item=item.id)
        for one in [one for one in self.records.protected if one.item_id == item.id.lower() and one.ends is None]:
            self.records.protected.remove(one)
            self.records.protected.append(replace(one, ends=self.world.now))

    def _replace(self, gone: Item) -> None:
        """Create a VM like another one, and protect it in the vault of the one that is gone."""
        vault = self.world.vaults[gone.vault_id]
        policy = next(one for one in self.world.policies_in(vault.id) if one.rules.starts)
        like = self._item(vault.id.lower())
        if like is None:
            return
        name = f"vm-new-{self.records.happened['create']:03}"
        self._human("create", like=like.vm_id, name=name)
        vm = self.world.vms[f"{like.vm_id.rpartition('/')[0]}/{name}".lower()]
        names = f"iaasvmcontainerv2;{vm.resource_group.lower()};{name}"
        within = "backupFabrics/Azure/protectionContainers"
        item_id = f"{vault.id}/{within}/IaasVMContainer;{names}/protectedItems/VM;{names}"
        put_item(self.world, vault, item_id, {"policyId": policy.id, "sourceResourceId": vm.id}, human.CALLER)
        self._at(self.world.now + MINUTE, lambda: self._is_protected(self.world.items[item_id.lower()]))

    def _is_protected(self, item: Item) -> None:
        rules = self.world.rules_of(item)
        if rules is not None:
            self.records.protected.append(Protected(item.id.lower(), rules, self.world.now))

    def _forget(self, item: Item) -> None:
        if item.active:
            item.generation += 1
            self._note("never starts")

    def _remember(self, item: Item) -> None:
        if item.active:
            self.world.reschedule(item)

    def _back_up(self, item: Item) -> None:
        trigger_backup(self.world, self.world.vaults[item.vault_id], item.id, None, human.CALLER)
        self._note("backups by hand")

    def _human(self, kind: str, **what: object) -> None:
        human.act(self.world, kind, what)
        self._note(kind)

    def _item(self, vault_id: str = "") -> Item | None:
        """Choose an item, of one vault if given, that backups run for and whose VM is there."""
        found = [
            item
            for _, item in sorted(self.world.items.items())
            if item.active and item.vm_id.lower() in self.world.vms and vault_id in {"", item.vault_id}
        ]
        return self._draw.choice(found) if found else None

    def _next(self, item: Item) -> datetime:
        rules = self.world.rules_of(item)
        assert rules is not None, "an active item has a policy"
        return rules.next_run(self.world.now + 5 * MINUTE)

    def _at(self, instant: datetime, trouble: Callable[[], object]) -> None:
        heapq.heappush(self._coming, (instant, next(self._numbers), trouble))

    def _note(self, name: str) -> None:
        self.records.happened[name] += 1


def _renewed(kept: list[Kept], new: Kept) -> list[Kept]:
    """Return the list with a new entry, which takes the place of what still counts for its subject."""
    cut = [replace(one, ends=min(one.ends, new.begins)) if one.subject == new.subject else one for one in kept]
    return [*cut, new]

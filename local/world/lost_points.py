"""Which recovery points should be there and are not, and why? What the world remembers of them, for a judge.

A promise is what an item's policy said, and it stands until other terms give at least as much, or until a person who
may do so has given it up. Months are 30 days long and years 365, as everywhere in this world.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from local.world import points, policies
from local.world.schedule import Rules
from local.world.state import Item, Job, Point

if TYPE_CHECKING:
    from local.world.world import World

COLLISION, NEVER_STARTED = "collision", "never started"
STOPPED, VM_GONE, SCHEDULE_CHANGED, SHORTENED = "stopped", "vm gone", "schedule changed", "shortened"
CANCELLED = "cancelled"
"""Why a point is lost, where no error of a job says it."""
GRACE = timedelta(hours=2)
"""A run may still begin so long after its slot."""
GOOD = frozenset({"Completed", "CompletedWithWarnings"})
_DELETE = "Microsoft.Compute/virtualMachines/delete"

type _Jobs = Mapping[tuple[str, datetime], Job]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an item's policy says from `since` on; `rules` is None while protection is stopped."""

    since: datetime
    rules: Rules | None


@dataclass(frozen=True, slots=True)
class Gone:
    """A point that was dropped at `gone_at`, before the longest time it was ever promised, or after it."""

    point: Point
    gone_at: datetime

    @property
    def early(self) -> bool:
        """Whether it had been promised for longer."""
        return self.gone_at < self.point.promised


@dataclass(frozen=True, slots=True)
class Loss:
    """A point that a promise names and that is not there: its run was due at `slot` and would carry `tags`.

    `why` is the title of the job's error, or one of this module's words. `known_at` is when the point was lost, or when
    it was clear that it would not come; it was to be kept until `keep_until`.
    """

    item_id: str
    vm_id: str
    slot: datetime
    tags: frozenset[str]
    keep_until: datetime
    why: str
    known_at: datetime

    @property
    def long_term(self) -> bool:
        """Whether it would have been more than a daily point."""
        return bool(self.tags - {"daily"})


@dataclass(slots=True)
class Memory:
    """What became of runs and points, by the lower-cased ids of their items.

    `items` are all that ever were, and `terms` those of each, oldest first. `no_job` says why a run that was due left
    no job, and `given_up` holds the instants from which a person had approved terms that keep less.
    """

    items: dict[str, Item] = field(default_factory=dict)
    terms: dict[str, list[Terms]] = field(default_factory=dict)
    no_job: dict[tuple[str, datetime], str] = field(default_factory=dict)
    gone: dict[str, list[Gone]] = field(default_factory=dict)
    given_up: dict[str, list[datetime]] = field(default_factory=dict)

    def note_terms(self, item: Item, rules: Rules | None, now: datetime) -> None:
        """Remember what the item's policy says from now on."""
        self.items[item.id.lower()] = item
        known = self.terms.setdefault(item.id.lower(), [])
        if not known or known[-1].rules is not rules:
            known.append(Terms(now, rules))

    def note_no_job(self, item: Item, slot: datetime | None, why: str) -> None:
        """Remember why a run that was due at `slot` left no job."""
        if slot is not None:
            self.no_job[item.id.lower(), slot] = why

    def note_dropped(self, item: Item, dropped: Sequence[Point], now: datetime) -> int:
        """Remember points that were dropped; return how many of them had been promised for longer."""
        found = [Gone(point, now) for point in dropped]
        if found:
            self.gone.setdefault(item.id.lower(), []).extend(found)
        return sum(one.early for one in found)

    def give_up(self, item: Item, now: datetime) -> None:
        """Let what the item's policy keeps by now be all that is promised, of old points too: somebody approved it."""
        self.given_up.setdefault(item.id.lower(), []).append(now)
        rules = self.terms[item.id.lower()][-1].rules
        for point in item.points:
            point.promised = min(point.promised, points.keeps(point, rules))


def promises(terms: Sequence[Terms], given_up: Collection[datetime] = ()) -> list[Terms]:
    """Return what was promised when: terms that give less count only where a person gave the rest up in time.

    `given_up` are instants at which the terms that held then had been approved.
    """
    found: list[Terms] = []
    for index, one in enumerate(terms):
        ends = terms[index + 1].since if index + 1 < len(terms) else None
        approved = any(one.since <= at and (ends is None or at < ends) for at in given_up)
        if not found or found[-1].rules is None or approved or not _less(found[-1].rules, one.rules):
            found.append(one)
    return found


def losses(world: "World", since: datetime, until: datetime) -> list[Loss]:
    """Return the lost points whose runs were due in [since, until), by item and then by time.

    Runs that may still come, or whose job runs, are not judged yet. Whoever deletes an item gives up what was promised,
    and so does who stops the protection of a machine that is gone.
    """
    jobs = {(job.item_id, job.scheduled_for): job for job in world.jobs.values() if job.scheduled_for is not None}
    found: list[Loss] = []
    deleted = {entry.resource_id.lower(): entry.at for entry in world.activity if entry.operation == _DELETE}
    for item_id, item in sorted(world.memory.items.items()):
        ends, last = min(until, world.now - GRACE), world.memory.terms[item_id][-1]
        vm_gone = deleted.get(item.vm_id.lower()) if item.vm_id.lower() not in world.vms else None
        if item_id not in world.items or item.deleted_at is not None or (vm_gone and last.rules is None):
            ends = min(ends, last.since)
        found += _of_item(world.memory, item, jobs, vm_gone, (since, ends))
    return found


def _of_item(
    memory: Memory, item: Item, jobs: _Jobs, deleted: datetime | None, span: tuple[datetime, datetime]
) -> Iterator[Loss]:
    item_id = item.id.lower()
    terms, gone = memory.terms[item_id], {one.point.slot: one for one in memory.gone.get(item_id, ()) if one.early}
    promised = promises(terms, memory.given_up.get(item_id, ()))
    for index, one in enumerate(promised):
        ends = promised[index + 1].since if index + 1 < len(promised) else span[1]
        for slot in _slots(one, (max(one.since, span[0]), min(ends, span[1]))):
            job = jobs.get((item_id, slot))
            if job is not None and job.status in GOOD and slot not in gone:
                continue
            if job is not None and job.ended_at is None:
                continue
            assert one.rules is not None, "what is stopped has no slots"
            tags = one.rules.tags(slot)
            why = _why(memory, item_id, slot, job, gone=deleted is not None and deleted <= slot)
            known_at = (job.ended_at if job else None) or slot + GRACE
            if slot in gone:
                why, known_at = SHORTENED, gone[slot].gone_at
            kept = max((one.rules.kept[name] for name in tags), default=one.rules.instant_days)
            yield Loss(item_id, item.vm_id.lower(), slot, tags, slot + timedelta(days=kept), why, known_at)


def _slots(terms: Terms, span: tuple[datetime, datetime]) -> Iterator[datetime]:
    if terms.rules is None or span[0] >= span[1]:
        return
    slot = terms.rules.next_run(span[0])
    while slot < span[1]:
        yield slot
        slot = terms.rules.next_run(slot)


def _why(memory: Memory, item_id: str, slot: datetime, job: Job | None, *, gone: bool) -> str:
    if gone:
        return VM_GONE
    if job is not None:
        return CANCELLED if job.status == "Cancelled" else job.error
    if known := memory.no_job.get((item_id, slot)):
        return known
    held = [one for one in memory.terms[item_id] if one.since <= slot][-1]
    return STOPPED if held.rules is None else SCHEDULE_CHANGED


def _less(before: Rules | None, after: Rules | None) -> bool:
    """Return whether `after` runs on fewer days than `before`, or keeps a class for less long."""
    if before is None:
        return False
    if after is None:
        return True
    fewer = after.period > before.period or (bool(before.weekdays) and len(after.weekdays) < len(before.weekdays))
    return fewer or any(name != "instant" for name in policies.shortened(before, after))

"""What happens in the pretend Azure as time passes? State, one stepped clock, and a queue of events."""

import heapq
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from local.world import ailments, failures, gaps, lost_points, monitor, points, runs
from local.world.limits import Limits, Pace
from local.world.resources import Disk, ResourceGroup, Restore, StorageAccount
from local.world.schedule import Rules
from local.world.shelf import Shelf
from local.world.state import Activity, Counters, Item, Job, Operation, Policy, Vault, Vm

EPOCH = datetime(2026, 3, 2, 12, tzinfo=UTC)


class World:
    """The pretend cloud. Everything in it follows from the seed, the fleet and the writes; real time plays no part.

    Dictionaries are keyed by lower-cased ARM ids (jobs, operations and restores by GUIDs).
    """

    def __init__(
        self, seed: int = 0, start: datetime = EPOCH, limits: Limits | None = None, pace: Pace | None = None
    ) -> None:
        self.seed = seed
        self.now = start
        self.limits = limits or Limits()
        self.pace = pace or Pace()
        self.vaults: dict[str, Vault] = {}
        self.vms = Shelf[Vm](subscription=lambda vm: vm.subscription.lower())
        self.policies = Shelf[Policy](vault=lambda policy: policy.vault_id)
        self.items = Shelf[Item](vault=lambda item: item.vault_id, vm=lambda item: item.vm_id.lower())
        self.jobs: dict[str, Job] = {}
        self.operations = Shelf[Operation](item=lambda operation: operation.item_id)
        self.accounts: dict[str, StorageAccount] = {}
        self.making: set[str] = set()
        self.groups: dict[str, ResourceGroup] = {}
        self.disks: dict[str, Disk] = {}
        self.restores: dict[str, Restore] = {}
        self.deleted_vms: dict[str, Vm] = {}
        self.activity: list[Activity] = []
        self.monitor = monitor.Monitor()
        self.failures: list[Job] = []
        self.ailments: dict[str, ailments.Ailment] = {}
        self.storms: list[ailments.Storm] = []
        self.counters = Counters()
        self.memory = lost_points.Memory()
        self.spent: dict[tuple[str, str], list[datetime]] = {}
        self.running: dict[str, str] = {}
        self._jobs_of: dict[str, list[Job]] = {}
        self._events: list[tuple[datetime, int, str, tuple[Any, ...]]] = []
        self._sequence = 0
        self.after(self.pace.sweep_every, "sweep")

    def advance_to(self, instant: datetime) -> None:
        """Run the physics up to `instant`, event by event; an instant in the past changes nothing."""
        while self._events and self._events[0][0] <= instant:
            at, _, name, arguments = heapq.heappop(self._events)
            self.now = max(self.now, at)
            handler: Callable[..., None] = getattr(self, f"_on_{name}")
            handler(*arguments)
        self.now = max(self.now, instant)

    def upcoming(self) -> datetime | None:
        """Return the instant of the next event of the queue; None where it is empty."""
        return self._events[0][0] if self._events else None

    def advance(self, span: timedelta) -> None:
        """Run the physics for `span`."""
        self.advance_to(self.now + span)

    def after(self, span: timedelta, name: str, *arguments: Any) -> None:
        """Queue the event `name` for `span` from now."""
        self.at(self.now + span, name, *arguments)

    def at(self, instant: datetime, name: str, *arguments: Any) -> None:
        """Queue the event `name` for `instant`; events of one instant happen in the order they were queued."""
        self._sequence += 1
        heapq.heappush(self._events, (instant, self._sequence, name, arguments))

    def take_back(self, name: str, key: object) -> tuple[datetime, tuple[Any, ...]]:
        """Take the queued event `name` whose first argument is `key` out; return its instant and its arguments."""
        found = next(event for event in self._events if event[2] == name and event[3][0] == key)
        self._events.remove(found)
        heapq.heapify(self._events)
        return found[0], found[3]

    def rules_of(self, item: Item) -> Rules | None:
        """Return what the item's policy says; None while protection is stopped."""
        policy = self.policies.get(item.policy_id.lower())
        return policy.rules if policy else None

    def vms_in(self, subscription: str) -> list[Vm]:
        """Return the subscription's VMs in the order of their ids."""
        return self.vms.at("subscription", subscription.lower())

    def jobs_in(self, vault_id: str, since: datetime | None = None, until: datetime | None = None) -> list[Job]:
        """Return the vault's jobs that lists show by now, newest first; only those that began in [since, until]."""
        jobs = self._jobs_of.get(vault_id.lower(), [])
        first = bisect_left(jobs, since, key=_began) if since else 0
        last = bisect_right(jobs, until, key=_began) if until else len(jobs)
        return [job for job in reversed(jobs[first:last]) if job.visible_at <= self.now]

    def items_in(self, vault_id: str) -> list[Item]:
        """Return the vault's items in the order of their ids."""
        return self.items.at("vault", vault_id.lower())

    def item_of(self, vm_id: str) -> Item | None:
        """Return the item of the VM, in whichever vault; None for a VM that is not protected."""
        return next(iter(self.items.at("vm", vm_id.lower())), None)

    def policies_in(self, vault_id: str) -> list[Policy]:
        """Return the vault's policies in the order of their ids."""
        return self.policies.at("vault", vault_id.lower())

    def members_in(self, vault_id: str) -> Counter[str]:
        """Return how many items each of the vault's policies has, by the policy's own id."""
        return Counter(item.policy_id for item in self.items_in(vault_id))

    def keep_job(self, job: Job) -> None:
        """Add a job to the vault's history."""
        self.jobs[job.id] = job
        insort(self._jobs_of.setdefault(job.vault_id, []), job, key=_place)

    def record(self, resource_id: str, operation: str, caller: str) -> None:
        """Write an entry into the activity log."""
        entry = runs.guid(self.seed, "activity", len(self.activity))
        subscription = resource_id.split("/")[2]
        self.activity.append(Activity(entry, self.now, resource_id, operation, caller, subscription))

    def reschedule(self, item: Item) -> None:
        """Follow the item's policy from now on; a run that was queued under the old one and has not begun is lost."""
        item.generation += 1
        rules = self.rules_of(item)
        self.memory.note_terms(item, rules, self.now)
        if rules and item.active:
            self.at(rules.next_run(self.now), "slot", item.id.lower(), item.generation)

    def skipped_runs(self) -> int:
        """Count the days on which a protected VM has had no run, up to now."""
        self._count_overdue()
        return self.counters.runs_skipped

    def start_backup(self, item: Item, slot: datetime | None, expires: datetime | None = None) -> Job | None:
        """Begin a backup job; None, and nothing happens, where another job holds the item.

        `slot` is None for on-demand backups.
        """
        if item.id.lower() in self.running:
            self.counters.collisions += 1
            self.memory.note_no_job(item, slot, lost_points.COLLISION)
            return None
        vm = ailments.machine(self, item) if slot else self.vms.get(item.vm_id.lower())
        rules = self.rules_of(item)
        key = slot or self.now
        if vm is None:
            return None
        run = runs.course(self.seed, vm, key, self.pace, full=item.full_next)
        error, warning = ailments.trouble(self, item, vm, run, slot)
        vaulted = rules.vaulted(slot) if rules and slot else True
        snapshot_ends = self.now + run.snapshot
        due = snapshot_ends if error or not vaulted else snapshot_ends + run.transfer
        job = Job(
            id=runs.guid(self.seed, "job", item.id.lower(), key.isoformat()),
            vault_id=item.vault_id,
            item_id=item.id.lower(),
            vm_id=item.vm_id.lower(),
            vm_name=vm.name,
            container=item.container,
            operation="Backup",
            started_at=self.now,
            due=due,
            visible_at=self.now + run.hidden,
            snapshot_ends=snapshot_ends,
            scheduled_for=slot,
            expires=expires,
            user_triggered=slot is None,
            vaulted=vaulted,
            size_mb=run.size_mb,
            error=error,
            warning=warning,
            tags=rules.tags(slot) if rules and slot else frozenset(),
        )
        self.running[item.id.lower()] = job.id
        self.keep_job(job)
        if rules:
            gaps.count_gaps(item, rules, self.counters, key, job.tags)
        item.last_slot, item.days_missed = key, 0
        item.tagged_at |= dict.fromkeys(job.tags, key)
        if not error:
            self.at(snapshot_ends, "snapshot", job.id)
        self.at(due, "end", job.id)
        return job

    def _on_slot(self, item_id: str, generation: int) -> None:
        item = self.items.get(item_id)
        if item is None or item.generation != generation or not item.active:
            return
        rules, slot = self.rules_of(item), self.now
        if rules is None:
            return
        self.at(rules.next_run(slot), "slot", item_id, generation)
        vm = ailments.machine(self, item)
        if vm is not None:
            run = runs.course(self.seed, vm, slot, self.pace)
            self.counters.jobs_missing += run.missing
            if not run.missing:
                self.at(slot + run.late, "start", item_id, generation, slot)
            else:
                self.memory.note_no_job(item, slot, lost_points.NEVER_STARTED)

    def _on_start(self, item_id: str, generation: int, slot: datetime) -> None:
        item = self.items.get(item_id)
        if item is not None and item.generation == generation and item.active:
            self.start_backup(item, slot)

    def _on_snapshot(self, job_id: str) -> None:
        job = self.jobs[job_id]
        item, vm = self.items.get(job.item_id), self.vms.get(job.vm_id)
        if item is None or job.status != "InProgress":
            return
        if vm is None:
            job.error = "UserErrorVmNotFoundV2"
            return
        rules = self.rules_of(item)
        points.add(item, points.taken(self.seed, job, vm, rules), rules)

    def _on_end(self, job_id: str) -> None:
        job = self.jobs[job_id]
        if job.status != "InProgress":
            return
        job.ended_at = self.now
        job.status = "Failed" if job.error else "CompletedWithWarnings" if job.warning else "Completed"
        self.failures += [job] if job.error else []
        self.running.pop(job.item_id, None)
        item = self.items.get(job.item_id)
        if item is None:
            return
        item.last_status, item.last_backup_at = job.status, job.started_at
        if job.error:
            return
        job.error = job.warning
        item.full_next = bool(job.warning) and item.full_next
        if item.state == "IRPending":
            item.state = "Protected"
        if job.vaulted and item.points and not job.warning:
            wanted = runs.number(self.seed, job.id)
            for point in item.points[-8:]:
                point.vaulted = point.vaulted or point.id == wanted

    def _on_configured(self, operation_id: str, change: Callable[[], None]) -> None:
        self._on_done(operation_id)
        job = self.jobs[self.operations[operation_id].job_id]
        job.status, job.ended_at = "Completed", self.now
        change()

    def _on_cancelled(self, operation_id: str) -> None:
        job = self.jobs[self.operations[operation_id].job_id]
        job.status, job.ended_at, job.error = "Cancelled", self.now, failures.CANCELLED
        self.running.pop(job.item_id, None)
        self._on_done(operation_id)

    def _on_purged(self, item_id: str, deleted_at: datetime) -> None:
        item = self.items.get(item_id)
        if item is not None and item.deleted_at == deleted_at:
            del self.items[item_id]

    def _on_done(self, operation_id: str) -> None:
        operation = self.operations[operation_id]
        operation.status, operation.ended_at = "Succeeded", self.now

    def _on_then(self, act: Callable[..., None], *arguments: Any) -> None:
        act(self, *arguments)

    def _on_sweep(self) -> None:
        self.after(self.pace.sweep_every, "sweep")
        for item in self.items.values():
            dropped = points.sweep(item, self.rules_of(item), self.now, self.pace)
            self.counters.points_pruned += self.memory.note_dropped(item, dropped, self.now)
        self._count_overdue()

    def _count_overdue(self) -> None:
        for item in self.items.values():
            gaps.count_overdue(item, self.rules_of(item), self.counters, self.now)


def _began(job: Job) -> datetime:
    return job.started_at


def _place(job: Job) -> tuple[datetime, str]:
    return job.started_at, job.id

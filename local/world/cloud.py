"""How is the pretend Azure driven from outside? One facade for its HTTP surface, in-memory ports, host and judge."""

import math
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from local.clock import Running, iso, parse
from local.faults import Fault, FaultPlan, plan
from local.world import human
from local.world.limits import PageSizes
from local.world.resources import Restore
from local.world.state import Job
from local.world.world import World


class Cloud:
    """A world, its access log, its fault plan and its page sizes.

    Its clock is stepped: it moves with what calls cost and with what it is told. With `clock` it runs by itself.
    """

    def __init__(
        self,
        world: World,
        faults: FaultPlan | None = None,
        pages: PageSizes | None = None,
        clock: Running | None = None,
    ) -> None:
        self.world = world
        self.faults = FaultPlan()
        if faults is not None:
            self._suffer(faults)
        self.pages = pages or PageSizes()
        self.clock = clock
        self.label = ""
        self.log: list[dict[str, Any]] = []

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self.clock.now() if self.clock else self.world.now

    def clock_to(self, instant: datetime | str) -> datetime:
        """Run the physics to `instant` and return where the clock stands."""
        to = parse(instant) if isinstance(instant, str) else instant
        if self.clock:
            self.clock.jump(to)
        self.world.advance_to(to)
        return self.now()

    def upcoming(self) -> datetime | None:
        """Return when something happens next in the physics; None where nothing will."""
        return self.world.upcoming()

    def wait(self, seconds: float) -> datetime:
        """Run the physics for `seconds` and return where the clock stands."""
        return self.clock_to(self.now() + timedelta(seconds=seconds))

    def postpone(self, seconds: float) -> int:
        """Return the real seconds after which a caller may come back who has to wait for simulated ones.

        A stepped clock moves on by the wait, so that nobody sleeps.
        """
        if self.clock:
            return math.ceil(seconds / self.clock.speed)
        self.wait(seconds)
        return 0

    def catch_up(self) -> None:
        """Run the physics to where a clock that runs by itself stands."""
        self.world.advance_to(self.now())

    def caller(self, label: str) -> None:
        """Label the log entries that follow."""
        self.label = label

    def set_faults(self, source: str | dict[str, Any]) -> None:
        """Replace the fault plan; raises ValueError for one that cannot be read."""
        self._suffer(plan(source, self.world.seed))

    def _suffer(self, faults: FaultPlan) -> None:
        self.faults = faults
        self.world.pace = replace(self.world.pace, mishaps=faults.mishaps)

    def human(self, kind: str, **what: Any) -> None:
        """Let a human do something: see `local.world.human.act`. Raises Refused or ValueError."""
        self.catch_up()
        human.act(self.world, kind, what)

    def fail(self, names: Collection[str]) -> None:
        """Let the backups of these VMs fail from now on, and of no others; raises ValueError for an unknown name."""
        known = {vm.name: vm.id.lower() for vm in self.world.vms.values()}
        if unknown := sorted(set(names) - known.keys()):
            raise ValueError(f"failing: no VM is named {', '.join(unknown)}")
        self.world.pace = replace(self.world.pace, failing=frozenset(known[name] for name in names))

    def fail_in_all_ways(self, rate: float) -> None:
        """Let this share of backups fail from now on, with all errors that Azure knows and for as long as they last."""
        if not 0 <= rate <= 1:
            raise ValueError(f"failures: expected a share from 0 to 1, got {rate}")
        self.world.pace = replace(self.world.pace, failure_rate=rate, all_failures=True)

    def begin(self, method: str, path: str) -> Fault | None:
        """Charge the time of one call to a stepped clock and return the fault that strikes it, if any."""
        if self.clock:
            self.catch_up()
        else:
            self.world.advance(self.world.pace.call)
        return self.faults.strike(method, path, self.label)

    def note(self, method: str, path: str, action: str, status: int, effect: bool) -> None:
        """Write one call into the access log; `effect` says whether state changed. Status 0: no answer was sent."""
        self.log.append(
            {
                "at": iso(self.world.now),
                "method": method,
                "path": path,
                "action": action,
                "status": status,
                "label": self.label,
                "effect": effect,
            }
        )

    def truth(self) -> dict[str, Any]:
        """Return what the judge needs as JSON: clock, counters, and of each resource what matters to a judgement."""
        self.catch_up()
        world = self.world
        skipped = world.skipped_runs()
        return {
            "now": iso(world.now),
            "vms": len(world.vms),
            "unprotected": self._unprotected(),
            "vaults": [
                {"id": vault.id, "name": vault.name, "region": vault.region, "immutability": vault.immutability}
                for vault in world.vaults.values()
            ],
            "items": [self._item(key) for key in sorted(world.items)],
            "policies": {policy.id: policy.properties for policy in world.policies.values()},
            "jobs": [self._job(job) for job in world.jobs.values()],
            "accounts": [{"id": one.id, "region": one.region} for one in world.accounts.values()],
            "groups": [{"id": one.id, "region": one.region} for one in world.groups.values()],
            "restores": [self._restore(restore) for restore in world.restores.values()],
            "counters": {
                "points_pruned": world.counters.points_pruned,
                "protection_stopped": world.counters.protection_stopped,
                "runs_skipped": skipped,
                "exclusions_lost": world.counters.exclusions_lost,
                "policies_shortened": world.counters.policies_shortened,
                "refused": world.counters.refused,
                "collisions": world.counters.collisions,
                "tags_missed": world.counters.tags_missed,
                "shared_accounts": world.counters.shared_accounts,
                "jobs_missing": world.counters.jobs_missing,
            },
            "pages": {
                "items": {v.id: _pages(len(world.items_in(v.id)), self.pages.items) for v in world.vaults.values()},
                "policies": {
                    v.id: _pages(len(world.policies_in(v.id)), self.pages.policies) for v in world.vaults.values()
                },
            },
        }

    def _unprotected(self) -> list[dict[str, str]]:
        protected = {item.vm_id.lower() for item in self.world.items.values()}
        free = [vm for key, vm in sorted(self.world.vms.items()) if key not in protected]
        return [{"id": vm.id, "region": vm.region} for vm in free]

    def _item(self, key: str) -> dict[str, Any]:
        item = self.world.items[key]
        return {
            "id": item.id,
            "vm": item.vm_id,
            "vault": item.vault_id,
            "region": self.world.vaults[item.vault_id].region,
            "policy_id": item.policy_id,
            "state": item.state,
            "extended": item.extended,
            "soft_deleted": item.deleted_at is not None,
            "points": len(item.points),
        }

    def _job(self, job: Job) -> dict[str, Any]:
        return {
            "id": job.id,
            "vm": job.vm_id,
            "vault": job.vault_id,
            "region": self._region(job.vault_id),
            "operation": job.operation,
            "status": job.status,
            "error": job.error,
            "expires": iso(job.expires) if job.expires else None,
            "scheduled_for": iso(job.scheduled_for) if job.scheduled_for else None,
            "started_at": iso(job.started_at),
            "ended_at": iso(job.ended_at) if job.ended_at else None,
        }

    def _region(self, vault_id: str) -> str:
        vault = self.world.vaults.get(vault_id)
        return vault.region if vault else ""

    def _restore(self, restore: Restore) -> dict[str, Any]:
        job = self.world.jobs[restore.job_id]
        return {
            "job": restore.job_id,
            "kind": restore.kind,
            "secondary": job.operation == "CrossRegionRestore",
            "item": restore.item_id,
            "vm": job.vm_id,
            "vault": job.vault_id,
            "region": restore.region,
            "point": restore.point_id,
            "point_at": iso(restore.point_at),
            "account": restore.account_id,
            "shared": restore.shared,
            "group": restore.group_id,
            "target": restore.target,
            "container": restore.container,
            "status": job.status,
            "error": job.error,
            "started_at": iso(job.started_at),
            "ended_at": iso(job.ended_at) if job.ended_at else None,
        }


def _pages(rows: int, size: int) -> int:
    return max(1, math.ceil(rows / size))

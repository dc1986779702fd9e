"""How is the pretend Azure driven from outside? One facade for its HTTP surface, in-memory ports, host and judge."""

import math
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from local.clock import iso, parse
from local.faults import Fault, FaultPlan, plan
from local.world import human
from local.world.limits import PageSizes
from local.world.state import Job
from local.world.world import World


class Cloud:
    """A world, its access log, its fault plan and its page sizes."""

    def __init__(self, world: World, faults: FaultPlan | None = None, pages: PageSizes | None = None) -> None:
        self.world = world
        self.faults = faults or FaultPlan()
        self.pages = pages or PageSizes()
        self.label = ""
        self.log: list[dict[str, Any]] = []

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self.world.now

    def clock_to(self, instant: datetime | str) -> datetime:
        """Run the physics to `instant` and return where the clock stands."""
        self.world.advance_to(parse(instant) if isinstance(instant, str) else instant)
        return self.world.now

    def wait(self, seconds: float) -> datetime:
        """Run the physics for `seconds` and return where the clock stands."""
        self.world.advance(timedelta(seconds=seconds))
        return self.world.now

    def caller(self, label: str) -> None:
        """Label the log entries that follow."""
        self.label = label

    def set_faults(self, source: str | dict[str, Any]) -> None:
        """Replace the fault plan; raises ValueError for one that cannot be read."""
        self.faults = plan(source, self.world.seed)

    def human(self, kind: str, **what: Any) -> None:
        """Let a human do something: see `local.world.human.act`. Raises Refused or ValueError."""
        human.act(self.world, kind, what)

    def fail(self, names: Collection[str]) -> None:
        """Let the backups of these VMs fail from now on, and of no others; raises ValueError for an unknown name."""
        known = {vm.name: vm.id.lower() for vm in self.world.vms.values()}
        if unknown := sorted(set(names) - known.keys()):
            raise ValueError(f"failing: no VM is named {', '.join(unknown)}")
        self.world.pace = replace(self.world.pace, failing=frozenset(known[name] for name in names))

    def begin(self, method: str, path: str) -> Fault | None:
        """Charge the time of one call to the clock and return the fault that strikes it, if any."""
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
        """Return what the judge needs as JSON: clock, number of VMs, vaults, items, policies, jobs, counters, pages."""
        world = self.world
        skipped = world.skipped_runs()
        return {
            "now": iso(world.now),
            "vms": len(world.vms),
            "vaults": [
                {"id": vault.id, "name": vault.name, "region": vault.region, "immutability": vault.immutability}
                for vault in world.vaults.values()
            ],
            "items": [self._item(key) for key in sorted(world.items)],
            "policies": {policy.id: policy.properties for policy in world.policies.values()},
            "jobs": [self._job(job) for job in world.jobs.values()],
            "counters": {
                "points_pruned": world.counters.points_pruned,
                "protection_stopped": world.counters.protection_stopped,
                "runs_skipped": skipped,
                "exclusions_lost": world.counters.exclusions_lost,
                "policies_shortened": world.counters.policies_shortened,
                "refused": world.counters.refused,
                "collisions": world.counters.collisions,
                "tags_missed": world.counters.tags_missed,
            },
            "pages": {
                "items": {v.id: _pages(len(world.items_in(v.id)), self.pages.items) for v in world.vaults.values()},
                "policies": {
                    v.id: _pages(len(world.policies_in(v.id)), self.pages.policies) for v in world.vaults.values()
                },
            },
        }

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
            "region": self.world.vaults[job.vault_id].region,
            "operation": job.operation,
            "status": job.status,
            "scheduled_for": iso(job.scheduled_for) if job.scheduled_for else None,
            "started_at": iso(job.started_at),
            "ended_at": iso(job.ended_at) if job.ended_at else None,
        }


def _pages(rows: int, size: int) -> int:
    return max(1, math.ceil(rows / size))

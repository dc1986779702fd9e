"""What happened before the story begins? Past jobs and points, written directly instead of simulated."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from local.world import points, policies, runs, schedule
from local.world.ailments import past_title
from local.world.schedule import Rules
from local.world.state import Item, Job, Point, Policy, Vault, Vm
from local.world.world import World

_WORKLOAD = Rules("", "Workload", (), 0, frozenset(), 0, {}, {})
_LONGEST = 1200


@dataclass(frozen=True, slots=True)
class _Past:
    """Whose past is written; all its jobs share the lower-cased ids, which are most of a job's memory."""

    world: World
    item: Item
    rules: Rules
    vm: Vm
    item_id: str
    vm_id: str


def put(world: World, vault: Vault, name: str, properties: dict[str, Any]) -> Policy:
    """Add a policy as it was once made: validated, but outside the day's quota and the activity log."""
    policy_id = f"{vault.id}/backupPolicies/{name}"
    rules = _WORKLOAD
    if properties["backupManagementType"] == "AzureIaasVM":
        policies.check(properties)
        properties = policies.tidy(properties)
        rules = schedule.read(properties)
    policy = Policy(policy_id, name, vault.id.lower(), properties, rules)
    world.policies[policy_id.lower()] = policy
    return policy


def backfill(world: World, job_days: int, point_days: int = _LONGEST) -> None:
    """Give every protected item its jobs of `job_days` and the points of `point_days` that it still has."""
    for item in world.items.values():
        rules = world.rules_of(item)
        if rules is not None:
            _backfill_item(world, item, rules, job_days, point_days)


def _backfill_item(world: World, item: Item, rules: Rules, job_days: int, point_days: int) -> None:
    vm = world.vms[item.vm_id.lower()]
    kept = max(rules.kept.values(), default=0)
    first_job = world.now - timedelta(days=job_days)
    slot = rules.next_run(world.now - timedelta(days=max(job_days, min(kept, point_days))))
    past = _Past(world, item, rules, vm, item.id.lower(), vm.id.lower())
    while slot <= world.now:
        tags = rules.tags(slot)
        days = max((rules.kept[name] for name in tags), default=rules.instant_days)
        if slot >= first_job or slot + timedelta(days=days) > world.now:
            _past_run(past, slot, tags, job=slot >= first_job)
        slot = rules.next_run(slot)
    if item.points:
        item.state, item.full_next = "Protected", False


def _past_run(past: _Past, slot: datetime, tags: frozenset[str], *, job: bool) -> None:
    world, item, rules, vm = past.world, past.item, past.rules, past.vm
    run = runs.course(world.seed, vm, slot, world.pace)
    run = replace(run, error=past_title(world, vm, slot, run.error))
    began, vaulted = slot + run.late, rules.vaulted(slot)
    ended = began + run.snapshot + (run.transfer if vaulted and not run.error else timedelta())
    if ended > world.now:
        return
    job_id = runs.guid(world.seed, "job", past.item_id, slot.isoformat())
    if job:
        record = Job(
            id=job_id,
            vault_id=item.vault_id,
            item_id=past.item_id,
            vm_id=past.vm_id,
            vm_name=vm.name,
            container=item.container,
            operation="Backup",
            started_at=began,
            due=ended,
            visible_at=began + run.hidden,
            status="Failed" if run.error else "Completed",
            ended_at=ended,
            snapshot_ends=began + run.snapshot,
            scheduled_for=slot,
            vaulted=vaulted,
            size_mb=run.size_mb,
            error=run.error,
            tags=tags,
        )
        world.keep_job(record)
        item.last_status, item.last_backup_at = record.status, began
    item.last_slot = slot
    item.tagged_at |= dict.fromkeys(tags, slot)
    if run.error:
        return
    point = Point(
        id=runs.number(world.seed, job_id),
        at=began + timedelta(seconds=4),
        tags=tags,
        policy_type=rules.policy_type,
        consistency="AppConsistent" if vm.os_type == "Windows" else "FileSystemConsistent",
        promised=began,
        vaulted=vaulted,
        slot=slot,
    )
    if points.keeps(point, rules) > world.now:
        points.add(item, point, rules)

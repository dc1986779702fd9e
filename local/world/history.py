"""What happened before the story begins? Past jobs and points, written directly instead of simulated."""

from datetime import datetime, timedelta
from typing import Any

from local.world import points, policies, runs, schedule
from local.world.schedule import Rules
from local.world.state import Item, Job, Point, Policy, Vault
from local.world.world import World

_WORKLOAD = Rules("", "Workload", (), 0, frozenset(), 0, {}, {})
_LONGEST = 1200


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
    while slot <= world.now:
        tags = rules.tags(slot)
        days = max((rules.kept[name] for name in tags), default=rules.instant_days)
        if slot >= first_job or slot + timedelta(days=days) > world.now:
            run = runs.course(world.seed, vm, slot, world.pace)
            _past_run(world, item, slot, run, job=slot >= first_job)
        slot = rules.next_run(slot)
    if item.points:
        item.state, item.full_next = "Protected", False


def _past_run(world: World, item: Item, slot: datetime, run: runs.Run, *, job: bool) -> None:
    rules = world.rules_of(item)
    assert rules is not None, "only items with a policy have a past"
    vm = world.vms[item.vm_id.lower()]
    began, vaulted = slot + run.late, rules.vaulted(slot)
    ended = began + run.snapshot + (run.transfer if vaulted and not run.error else timedelta())
    if ended > world.now:
        return
    job_id = runs.guid(world.seed, "job", item.id.lower(), slot.isoformat())
    if job:
        past = Job(
            id=job_id,
            vault_id=item.vault_id,
            item_id=item.id.lower(),
            vm_id=item.vm_id.lower(),
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
            tags=rules.tags(slot),
        )
        world.keep_job(past)
        item.last_status, item.last_backup_at = past.status, began
    item.last_slot = slot
    item.tagged_at |= dict.fromkeys(rules.tags(slot), slot)
    if run.error:
        return
    point = Point(
        id=runs.number(world.seed, job_id),
        at=began + timedelta(seconds=4),
        tags=rules.tags(slot),
        policy_type=rules.policy_type,
        consistency="AppConsistent" if vm.os_type == "Windows" else "FileSystemConsistent",
        promised=began,
        vaulted=vaulted,
    )
    if points.keeps(point, rules) > world.now:
        points.add(item, point, rules)

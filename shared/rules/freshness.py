"""Is each VM's newest point young enough, and whose last run left none? From the vaults' lists alone."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from shared.model.azure import BackupPolicy, ProtectedItem, Vm
from shared.model.intent import FleetPolicy
from shared.model.plan import Finding
from shared.rules.expected_points import JUDGED_AFTER
from shared.rules.memberships import RUNNING_STATES
from shared.rules.scheduled_runs import last_run
from shared.rules.scope import in_scope, tier_of
from shared.rules.slots import instant_text

NEVER = datetime.min.replace(tzinfo=UTC)
EARLY = timedelta(minutes=30)
"""A point may carry an instant a little before its run was due, where clocks differ."""


def too_old(items: Iterable[ProtectedItem], vms: Mapping[str, Vm], intent: FleetPolicy, now: datetime) -> list[Finding]:
    """Return a finding for each VM in scope whose newest point is older than its tier's RPO, the oldest point first.

    A VM whose first backup has failed, or ended long ago without a point, has none at all; one that was never backed up
    is not late yet.
    """
    found: list[tuple[datetime, str, str]] = []
    for item in items:
        vm = vms.get(item.vm_id)
        tier = tier_of(vm, intent.tiers) if vm and in_scope(vm, intent.scope) else None
        if tier is None or item.soft_deleted or item.state not in RUNNING_STATES:
            continue
        newest, last = item.last_recovery_point_at, item.last_backup_at
        failed = item.last_backup_status.lower() == "failed"
        if newest is None and last is not None and (failed or now - last > tier.rpo):
            found.append((NEVER, item.vm_id, f"{item.name} has no recovery point at all"))
        elif newest is not None and now - newest > tier.rpo:
            rpo = f"{tier.rpo / timedelta(hours=1):g} h, the RPO of {tier.name}"
            text = f"the newest point of {item.name} is of {instant_text(newest)}: older than {rpo}"
            found.append((newest, item.vm_id, text))
    return [Finding("point-too-old", vm_id, text) for _, vm_id, text in sorted(found)]


def suspects(items: Iterable[ProtectedItem], policies: Mapping[str, BackupPolicy], now: datetime) -> tuple[str, ...]:
    """Return the VM ids, sorted, whose last run that is over has left no point: these are looked at next."""
    found = []
    for item in items:
        policy = policies.get(item.policy_id)
        if policy is None or item.soft_deleted or item.state not in RUNNING_STATES:
            continue
        run, newest = last_run(policy, now - JUDGED_AFTER), item.last_recovery_point_at
        if run is not None and newest is not None and newest < run.earliest - EARLY:
            found.append(item.vm_id)
    return tuple(sorted(found))

"""Would this change lose a recovery point? Every field of two policies compared, each loss in words.

Azure applies a policy's retention to existing points of the same class when a VM is moved to it, and prunes
within about a day; so anything less, and anything this version cannot read, is a loss.
"""

from shared.model.azure import BackupPolicy, Frequency, HourlySchedule, PolicyType, TaggedRetention
from shared.rules.tagged_days import CLASSES

_RANKS = {Frequency.HOURLY: 3, Frequency.DAILY: 2, Frequency.WEEKLY: 1, Frequency.UNKNOWN: 0}


def losses(current: BackupPolicy, target: BackupPolicy) -> tuple[str, ...]:
    """Return every way in which `target` gives less than `current`, or cannot be compared; empty: none."""
    return (
        *_unreadable(current),
        *_unreadable(target),
        *_kind_losses(current, target),
        *_point_losses(current, target),
        *_snapshot_losses(current, target),
    )


def keeps_less(promised: BackupPolicy, policy: BackupPolicy) -> tuple[str, ...]:
    """Return what `policy` gives less of in points: runs, and how long each class is kept; empty: nothing.

    Unlike `losses` it says nothing of policy types and snapshots, and another schedule is less only where it runs less.
    """
    return (*fewer_runs(promised, policy), *_point_losses(promised, policy))


def fewer_runs(promised: BackupPolicy, policy: BackupPolicy) -> tuple[str, ...]:
    """Return how `policy` runs less often, whenever that is; empty: it does not."""
    if _RANKS[policy.frequency] < _RANKS[promised.frequency]:
        return (f"schedule: {promised.frequency} -> {policy.frequency}",)
    if promised.hourly is not None and policy.frequency is Frequency.HOURLY:
        return tuple(_run_losses(promised.hourly, policy.hourly))
    if policy.frequency is promised.frequency and len(policy.run_days) < len(promised.run_days):
        return (f"runs: {len(promised.run_days)} days a week -> {len(policy.run_days)}",)
    return ()


def rises(current: BackupPolicy, target: BackupPolicy) -> bool:
    """Return whether `target` keeps anything longer than `current`: in a sealed vault that cannot be undone."""
    if (target.retention.daily_days or 0) > (current.retention.daily_days or 0):
        return True
    if target.instant_restore_days > current.instant_restore_days:
        return True
    return any(_class_rises(getattr(current.retention, name), getattr(target.retention, name)) for name in CLASSES)


def _class_rises(old: TaggedRetention | None, new: TaggedRetention | None) -> bool:
    """Counts in different units cannot be compared, so another unit may be a rise as well as a loss."""
    if new is None:
        return False
    return old is None or new.unit != old.unit or new.count > old.count or len(new.when) > len(old.when)


def longest_days(policy: BackupPolicy) -> int:
    """Return the longest retention of any class in days (weeks of 7, months of 31, years of 366)."""
    unit_days = {"Days": 1, "Weeks": 7, "Months": 31, "Years": 366}
    kept = policy.retention
    tagged = [
        entry.count * unit_days.get(entry.unit, 366) for entry in (kept.weekly, kept.monthly, kept.yearly) if entry
    ]
    return max([kept.daily_days or 0, *tagged])


def _unreadable(policy: BackupPolicy) -> tuple[str, ...]:
    return tuple(f"policy {policy.name} has {name}, which this version cannot compare" for name in policy.unread)


def _kind_losses(current: BackupPolicy, target: BackupPolicy) -> tuple[str, ...]:
    found = []
    if current.policy_type is not target.policy_type:
        found.append(f"policy type would change from {current.policy_type} to {target.policy_type}")
    if (current.frequency, target.frequency) == (Frequency.DAILY, Frequency.HOURLY):
        return tuple(found)
    if current.frequency is not target.frequency:
        found.append(f"schedule would change from {current.frequency} to {target.frequency}")
    elif current.hourly is not None:
        found += _run_losses(current.hourly, target.hourly)
    elif len(target.run_days) < len(current.run_days):
        days = f"{len(current.run_days)} days a week ({', '.join(current.run_days)})"
        found.append(f"runs: {days} -> {len(target.run_days)}")
    return tuple(found)


def _point_losses(current: BackupPolicy, target: BackupPolicy) -> tuple[str, ...]:
    return (
        *_daily_losses(current, target),
        *(loss for name in CLASSES for loss in _class_losses(name, current, target)),
    )


def _run_losses(old: HourlySchedule, new: HourlySchedule | None) -> list[str]:
    """Return how an hourly schedule runs less often, or at longer intervals, than another."""
    if new is None:
        return ["runs: the hours of the target are not known"]
    found = []
    if new.every > old.every:
        found.append(f"runs: every {old.every} h -> every {new.every} h")
    if len(new.runs) < len(old.runs) or len(new.certain_runs) < len(old.certain_runs):
        found.append(f"runs: {len(old.runs)} a day -> {len(new.runs)} a day")
    return found


def _daily_losses(current: BackupPolicy, target: BackupPolicy) -> tuple[str, ...]:
    old, new = current.retention.daily_days, target.retention.daily_days
    if old is None or (new is not None and new >= old):
        return ()
    return (f"daily points: {old} days -> {new or 0} days",)


def _class_losses(name: str, current: BackupPolicy, target: BackupPolicy) -> tuple[str, ...]:
    old: TaggedRetention | None = getattr(current.retention, name)
    new: TaggedRetention | None = getattr(target.retention, name)
    if old is None:
        return ()
    if new is None:
        return (f"{name} points: {old.count} {old.unit.lower()} -> none",)
    found = []
    if new.unit != old.unit:
        found.append(f"{name} points: kept in {old.unit.lower()}, target counts {new.unit.lower()}")
    elif new.count < old.count:
        found.append(f"{name} points: {old.count} -> {new.count} {new.unit.lower()}")
    if len(new.when) < len(old.when):
        found.append(f"{name} points: {len(old.when)} tagged runs ({', '.join(old.when)}) -> {len(new.when)}")
    return tuple(found)


def _snapshot_losses(current: BackupPolicy, target: BackupPolicy) -> tuple[str, ...]:
    found = []
    if target.instant_restore_days < current.instant_restore_days:
        found.append(f"instant restore: {current.instant_restore_days} -> {target.instant_restore_days} days")
    if current.archive != target.archive:
        found.append(
            f"archive tiering: {'; '.join(current.archive) or 'none'} -> {'; '.join(target.archive) or 'none'}"
        )
    if current.snapshot_consistency != target.snapshot_consistency:
        old, new = current.snapshot_consistency or "default", target.snapshot_consistency or "default"
        found.append(f"snapshot consistency: {old} -> {new}")
    if current.snapshot_group != target.snapshot_group:
        found.append("snapshot resource group would change")
    return tuple(found)


def same_schedule(one: BackupPolicy, other: BackupPolicy) -> bool:
    """Return whether two policies start runs at the same times."""
    return (one.frequency, one.time_zone, one.start, one.run_days, one.hourly) == (
        other.frequency, other.time_zone, other.start, other.run_days, other.hourly,
    )  # fmt: skip


def can_move_type(current: PolicyType, target: PolicyType) -> bool:
    """Return whether Azure allows the change of policy type at all: never back to Standard."""
    return current is target or (current is PolicyType.STANDARD and target is PolicyType.ENHANCED)


def is_daily(policy: BackupPolicy) -> bool:
    """Return whether the policy has one daily start, the schedule that slot policies replace."""
    return policy.frequency is Frequency.DAILY and policy.start is not None


def is_hourly(policy: BackupPolicy) -> bool:
    """Return whether the policy runs several times a day, at hours that are known."""
    return policy.frequency is Frequency.HOURLY and policy.start is not None and policy.hourly is not None

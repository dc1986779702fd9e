"""What does a slot policy look like? One per vault, tier, type and start: `ns-<tier>-<hhmm>[-v2][-n]`.

The start of an hourly schedule is here that of its day's last run, which reaches the vault.
"""

import re

from shared.model.azure import SLOT_MINUTES, BackupPolicy, Frequency, PolicyType
from shared.model.intent import Tier
from shared.rules.hourly import first_start, in_policies_of, in_words
from shared.rules.slots import clock_text
from shared.rules.tagged_days import CLASSES, to_utc

PREFIX = "ns-"
NOTHING = "none"
_BETWEEN = " | "
STANDARD_INSTANT_RESTORE_DAYS = 5
"""Most days of instant restore that a Standard policy may have (Azure instant restore documentation)."""


def name_of(tier: str, policy_type: PolicyType, slot: int, number: int = 1) -> str:
    """Return the policy's name; `number` counts from 1 where one policy would exceed its share of VMs."""
    parts = [f"{PREFIX}{tier}", clock_text(slot).replace(":", "")]
    if policy_type is PolicyType.ENHANCED:
        parts.append("v2")
    if number > 1:
        parts.append(str(number))
    return "-".join(parts)


def of_tier(policy_name: str, tier: str) -> bool:
    """Return whether the name is a slot policy's of this tier; `ns-gold-db-0200` is not of tier "gold"."""
    return re.fullmatch(rf"{PREFIX}{re.escape(tier)}-\d{{4}}(-v2)?(-\d+)?", policy_name.lower()) is not None


def id_of(vault_id: str, name: str) -> str:
    """Return the lower-cased ARM id of a policy."""
    return f"{vault_id}/backuppolicies/{name}".lower()


def slot_policy(vault_id: str, tier: Tier, policy_type: PolicyType, slot: int, shift: int) -> BackupPolicy:
    """Return the tier's first slot policy at `slot`; tagged days are moved `shift` days from local to UTC.

    That of an hourly schedule has its day's last run at `slot`.
    """
    hours = in_policies_of(tier, policy_type).hourly
    name = name_of(tier.name, policy_type, slot)
    days = tier.instant_restore_days
    if policy_type is PolicyType.STANDARD:
        days = min(days, STANDARD_INSTANT_RESTORE_DAYS)
    return BackupPolicy(
        id=id_of(vault_id, name),
        name=name,
        vault_id=vault_id,
        policy_type=policy_type,
        frequency=Frequency.HOURLY if hours else Frequency.DAILY,
        time_zone="UTC",
        start=first_start(hours.schedule, slot) if hours else slot * SLOT_MINUTES,
        retention=to_utc(tier.retention, shift),
        instant_restore_days=days,
        hourly=hours.schedule if hours else None,
    )


def is_ours(policy_name: str) -> bool:
    """Return whether the name is one of ours; whether we made it is for the ledger to say."""
    return policy_name.lower().startswith(PREFIX)


def fingerprint(policy: BackupPolicy) -> str:
    """Return every managed field as one line: equal lines mean nothing differs that we write or compare."""
    return _BETWEEN.join(f"{field}: {value}" for field, value in _fields(policy))


def change_since(then: str, policy: BackupPolicy) -> str:
    """Return, for a reader, each managed field that differs from what the fingerprint `then` says."""
    pairs = zip(then.split(_BETWEEN), fingerprint(policy).split(_BETWEEN), strict=True)
    return "; ".join(f"{old} -> {new.partition(': ')[2]}" for old, new in pairs if old != new)


def change_text(current: BackupPolicy | None, target: BackupPolicy) -> str:
    """Return, for a reader, each managed field that `target` changes, or all it sets where there is no policy yet."""
    if current is None:
        return "; ".join(f"{field}: {value}" for field, value in _fields(target) if value != NOTHING)
    pairs = zip(_fields(current), _fields(target), strict=True)
    return "; ".join(f"{field}: {old} -> {new}" for (field, old), (_, new) in pairs if old != new)


def _runs(policy: BackupPolicy) -> tuple[str, ...]:
    """A field more than before would make every policy that was written look changed, so the runs join its schedule."""
    return policy.run_days if policy.hourly is None else (in_words(policy.hourly),)


def _fields(policy: BackupPolicy) -> list[tuple[str, str]]:
    start = NOTHING if policy.start is None else f"{policy.start // 60:02d}:{policy.start % 60:02d}"
    fields = [
        ("policy type", policy.policy_type.value),
        ("schedule", " ".join((policy.frequency.value, *_runs(policy)))),
        ("start", f"{start} {policy.time_zone}"),
        ("daily points", f"{policy.retention.daily_days or 0} days"),
    ]
    for name in CLASSES:
        kept = getattr(policy.retention, name)
        text = f"{kept.count} {kept.unit.lower()} on {', '.join(kept.when)}" if kept else NOTHING
        fields.append((f"{name} points", text))
    return [
        *fields,
        ("instant restore", f"{policy.instant_restore_days} days"),
        ("archive tiering", "; ".join(policy.archive) or NOTHING),
        ("snapshot consistency", policy.snapshot_consistency or NOTHING),
        ("snapshot group", "/".join(filter(None, policy.snapshot_group)) or NOTHING),
        ("fields unknown to us", ", ".join(policy.unread) or NOTHING),
    ]

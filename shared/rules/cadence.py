"""Which backups are due beside the schedule, where a tier wants several points a day? Each with its time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.azure import BackupPolicy, Frequency, ProtectedItem
from shared.model.intent import Tier
from shared.model.on_demand import Purpose, Wanted
from shared.rules.retries import Context, takes
from shared.rules.scheduled_runs import next_run, runs_around
from shared.rules.slots import DAY, instant_text
from shared.rules.start_guards import needless_now

TICK = timedelta(minutes=30)
"""How often it is seen what is due: so long before its time a point is asked for."""
REQUESTER = "nightshift"


@dataclass(frozen=True, slots=True)
class Extra:
    """A backup beside the schedule whose time has come, and why it is not asked for all the same ("": it is)."""

    wanted: Wanted
    name: str
    skipped: str = ""


def extra_backup(item: ProtectedItem, context: Context, now: datetime) -> Extra | None:
    """Return the VM's backup beside the schedule whose time is now, None where it has none.

    With n points a day, the scheduled run starting at s, they are due at s + k * 24 h / n for k = 1 to n - 1, and may
    start within half of that spacing, though never so late that they could be in the way of the next scheduled run.
    """
    tier, policy = context.tier, context.policy
    if tier is None or policy is None or tier.backups_per_day < 2 or policy.frequency is not Frequency.DAILY:
        return None
    half = DAY / tier.backups_per_day / 2
    due = next((one for one in _dues(policy, tier.backups_per_day, now) if one - TICK <= now < one + half), None)
    if due is None:
        return None
    following = next_run(policy, due)
    last = due + half if following is None else min(due + half, following.earliest - takes(context.minutes))
    reason = f"point of {instant_text(due)}, one of {tier.backups_per_day} a day"
    wanted = wanted_of(Purpose.CADENCE, item, tier, (due, last), reason)
    late = f"it could still run when the scheduled run of {instant_text(last + takes(context.minutes))} may start"
    skipped = late if now >= last or due >= last else needless_now(wanted, tier, context)
    return Extra(wanted, item.name, skipped)


def wanted_of(
    purpose: Purpose, item: ProtectedItem, tier: Tier, when: tuple[datetime, datetime], reason: str
) -> Wanted:
    """Return a backup of the item that may start in [first, last) of `when`, kept as its tier's daily points are."""
    first, last = when
    return Wanted(
        key=f"{purpose}|{item.vm_id}|{first:%Y-%m-%dT%H%MZ}",
        purpose=purpose,
        vm_id=item.vm_id,
        vault_id=item.vault_id,
        reason=reason,
        requester=REQUESTER,
        asked_at=first - TICK,
        keep_until=last + timedelta(days=tier.retention.daily_days or 7),
        not_before=first,
        not_after=last,
    )


def _dues(policy: BackupPolicy, points: int, now: datetime) -> Iterator[datetime]:
    for run in runs_around(policy, now):
        yield from (run.earliest + number * DAY / points for number in range(1, points))

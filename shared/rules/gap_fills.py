"""Which lost point is worth a backup now, and until when is that kept? Weekly to yearly ones, while they count."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from shared.model.azure import BackupPolicy, ProtectedItem
from shared.model.on_demand import OnDemandBackup, Purpose, Stage, Wanted
from shared.model.retention import Gap, Mark
from shared.rules.expected_points import tagged
from shared.rules.held_points import gap_key, is_for
from shared.rules.on_demand import LEAST_DAYS, keep_until
from shared.rules.slots import DAY, instant_text
from shared.rules.tagged_days import first_tagged_day

MOST_TRIES = 3
"""Backups that are asked for to make up for one point: after that a person must see why they fail."""


def fill(
    gap: Gap, item: ProtectedItem, policy: BackupPolicy, known: Sequence[OnDemandBackup], now: datetime
) -> Wanted | None:
    """Return the backup that makes up for a long-term point that is missing; None where none is to be asked for.

    Its point is kept until the lost one would have been. It is asked for until the next run that carries the longest of
    the lost classes: from then on that one stands for what was lost. `policy` is the one that promised it, `known` are
    the backups on demand of this VM.
    """
    due, tried = gap.expected.due, [one for one in known if is_for(one, gap.expected)]
    if gap.mark is not Mark.MISSING or not gap.expected.long_term or any(not one.stage.over for one in tried):
        return None
    if len(tried) >= MOST_TRIES or any(one.stage is Stage.COMPLETED for one in tried):
        return None
    until, latest = keep_until(policy, due, due), next_of_class(gap, policy)
    if latest is None or now >= latest or until < now + timedelta(days=LEAST_DAYS):
        return None
    return Wanted(
        key=f"{gap_key(item.vm_id, due)}|{len(tried) + 1}",
        purpose=Purpose.GAP,
        vm_id=item.vm_id,
        vault_id=item.vault_id,
        reason=f"its {gap.expected.classes[-1]} point of {instant_text(due)} is missing: {gap.said}",
        requester="nightshift",
        asked_at=now,
        keep_until=until,
        not_before=now,
        not_after=latest,
    )


def next_of_class(gap: Gap, policy: BackupPolicy) -> datetime | None:
    """Return when the next run that carries the longest class of the lost one is due; None where there is none."""
    kept = tagged(policy, gap.expected.classes[-1]) if gap.expected.long_term else None
    due = gap.expected.due
    day = first_tagged_day(kept.when, (due + DAY).date()) if kept else None
    return due + (day - due.date()) if day else None


def came_to_nothing(known: Iterable[OnDemandBackup], since: datetime) -> frozenset[str]:
    """Return the VMs whose backup that was to make up for a point has come to nothing since: they are looked at next.

    A week later, when their turn comes, the next weekly run would stand for the lost one.
    """
    over = (one for one in known if one.wanted.purpose is Purpose.GAP and one.stage.over and one.at >= since)
    return frozenset(one.wanted.vm_id for one in over if one.stage is not Stage.COMPLETED)

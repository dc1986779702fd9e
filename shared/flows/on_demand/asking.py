"""How is a backup asked for beside the schedule, and what is remembered of it? One row each, and a hint to look."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from shared.flows.on_demand import rows
from shared.messages.backups import BackupRequest
from shared.messages.on_demand import hint_to_json
from shared.model.on_demand import OnDemandBackup, Purpose, Stage, Wanted
from shared.ports import Ledger, Ports

BACKUPS = "backup-requests"
LONGEST_DELAY = timedelta(days=7)
"""A queue hides a message no longer; one that comes too early is sent on."""
KEPT = timedelta(days=14)
LOST = timedelta(hours=2)
"""What nobody has looked at so long after its time has lost its message."""
LONGEST_JOB = timedelta(days=1)
"""So long the end of a backup is looked for."""
RETRY_WAITS = timedelta(hours=12)
RECORDS = frozenset({Purpose.OPERATOR, Purpose.RETRY, Purpose.GAP})
"""Purposes whose points somebody wanted, or that stand in for others: remembered for as long as they are kept."""


def ask(ports: Ports, wanted: Wanted, vm_name: str, now: datetime) -> bool:
    """Ask for a backup of the VM; False where that is known already.

    Where it still waits the message is sent again: a crash between the two leaves nothing lying.
    """
    new = claim(ports.ledger, wanted, vm_name, now)
    if not new:
        known = rows.find(ports.ledger, wanted.key)
        if known is None or known.value.stage is not Stage.WAITING:
            return False
        wanted = known.value.wanted
    send_hint(ports, wanted.key, wanted.not_before - now)
    return new


def claim(ledger: Ledger, wanted: Wanted, vm_name: str, now: datetime) -> bool:
    """Write down that a backup is wanted and waits; False where that is known already."""
    return rows.claim(ledger, OnDemandBackup(wanted=wanted, vm=vm_name, stage=Stage.WAITING, said="", at=now))


def retry_wanted(request: BackupRequest, decision: Mapping[str, str], keep_until: datetime) -> Wanted:
    """Return what a retry wants, by the row that says who decided it: other starts may keep it waiting for some hours.

    How long its point is kept is judged anew when it is started.
    """
    retry_at = datetime.fromisoformat(decision["retry_at"])
    return Wanted(
        key=request.wanted_key,
        purpose=Purpose.RETRY,
        vm_id=request.vm_id,
        vault_id=request.vault_id,
        reason=decision["reason"],
        requester="nightshift",
        asked_at=datetime.fromisoformat(decision["at"]),
        keep_until=keep_until,
        not_before=retry_at,
        not_after=retry_at + RETRY_WAITS,
    )


def send_hint(ports: Ports, key: str, delay: timedelta) -> None:
    """Have what is wanted looked at after the delay, or sooner where a queue takes no longer one."""
    ports.queues.send(BACKUPS, hint_to_json(key), max(0.0, min(delay, LONGEST_DELAY).total_seconds()))


def standing(ledger: Ledger) -> dict[str, OnDemandBackup]:
    """Return all backups that were asked for and are remembered, by key, where each stands."""
    return {key: row.value for key, row in rows.everything(ledger).items()}


def lately(ledger: Ledger, since: datetime) -> tuple[OnDemandBackup, ...]:
    """Return those under way, and those that ended since the UTC instant, the newest first."""
    found = [one for one in standing(ledger).values() if not one.stage.over or one.at >= since]
    return tuple(sorted(found, key=lambda one: (one.at, one.wanted.key), reverse=True))


def give_up_lost(ledger: Ledger, now: datetime) -> int:
    """End what nobody will look at any more, its message having been lost; return how many."""
    count = 0
    for row in rows.everything(ledger).values():
        one = row.value
        if one.stage is Stage.WAITING and now > one.wanted.not_after + LOST:
            stage, said = Stage.EXPIRED, one.said or "nobody looked at it in time"
        elif one.stage in {Stage.SENT, Stage.SEEN} and now > (one.sent_at or one.at) + LONGEST_JOB + LOST:
            stage, said = Stage.FAILED, "its end was not seen"
        else:
            continue
        count += rows.move(ledger, row, stepped(one, stage, said, now)) is not None
    return count


def forget_old(ledger: Ledger, now: datetime) -> int:
    """Drop what was over two weeks ago, and is no record of a point that is still kept; return how many rows."""
    old = [key for key, one in standing(ledger).items() if _forgettable(one, now)]
    for key in old:
        ledger.drop(rows.WANTED, key)
    return len(old)


def stepped(one: OnDemandBackup, stage: Stage, said: str, now: datetime) -> OnDemandBackup:
    """Return the backup at another stage, seen now."""
    return replace(one, stage=stage, said=said, at=now)


def _forgettable(one: OnDemandBackup, now: datetime) -> bool:
    if not one.stage.over or one.at >= now - KEPT:
        return False
    return not (one.stage is Stage.COMPLETED and one.wanted.purpose in RECORDS and now < one.wanted.keep_until)

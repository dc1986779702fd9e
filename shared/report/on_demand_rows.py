"""How is a backup on demand told? What it is for, who asked why, where it stands, and how long its point is kept."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.on_demand import OnDemandBackup, Purpose, Stage
from shared.report.wording import day, instant

_PURPOSES = {
    Purpose.OPERATOR: "asked for by a person",
    Purpose.RETRY: "instead of a failed backup",
    Purpose.GAP: "to fill a gap",
    Purpose.PATCHING: "before patching",
    Purpose.CADENCE: "one more of the day",
}
_STAGES = {
    Stage.WAITING: ("plain", "waits"),
    Stage.SENT: ("plain", "sent"),
    Stage.SEEN: ("plain", "runs"),
    Stage.COMPLETED: ("good", "completed"),
    Stage.FAILED: ("failed", "failed"),
    Stage.REFUSED: ("held", "refused"),
    Stage.EXPIRED: ("held", "not started in time"),
}
_RANKS = ("failed", "held", "plain", "good")


@dataclass(frozen=True, slots=True)
class OnDemandRow:
    """One backup on demand in words. `chip` is how its stage is marked, `kept` until when its point is kept."""

    chip: str
    stage: str
    vm: str
    purpose: str
    reason: str
    asked: str
    stands: str
    seen: str
    kept: str


def on_demand_rows(backups: Iterable[OnDemandBackup]) -> tuple[OnDemandRow, ...]:
    """Return the backups in words: what came to nothing first, then what is to come, then what is done."""
    order = sorted(backups, key=lambda one: (one.wanted.purpose is not Purpose.OPERATOR, one.wanted.asked_at, one.vm))
    return tuple(sorted(map(_row, order), key=lambda row: _RANKS.index(row.chip)))


def _row(one: OnDemandBackup) -> OnDemandRow:
    chip, stage = _STAGES[one.stage]
    wanted = one.wanted
    by = f" by {wanted.requester}" if wanted.requester else ""
    sent = f"sent at {instant(one.sent_at)}, " if one.sent_at else ""
    return OnDemandRow(
        chip=chip,
        stage=stage,
        vm=one.vm,
        purpose=_PURPOSES[wanted.purpose],
        reason=wanted.reason,
        asked=f"asked for{by} at {instant(wanted.asked_at)}",
        stands=_stands(one),
        seen=f"{sent}last seen at {instant(one.at)}",
        kept=_kept(one),
    )


def _stands(one: OnDemandBackup) -> str:
    if one.stage is not Stage.WAITING:
        return one.said
    wanted = one.wanted
    window = f"to be started between {instant(wanted.not_before)} and {instant(wanted.not_after)}"
    return "; ".join(part for part in (one.said, window) if part)


def _kept(one: OnDemandBackup) -> str:
    until = day(one.wanted.keep_until.date())
    if one.stage is Stage.COMPLETED:
        return f"kept until {until}"
    return f"was to be kept until {until}" if one.stage.over else f"to be kept until {until}"

"""How is a restore told? What it went through, how fast it was, what came of it, and what is left to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.restore_history import RestoreHistory, Stretch
from shared.model.restore_tasks import Step
from shared.report.wording import counted, instant, share, size

MOST_STRETCHES = 8
"""Stretches written out for one row, the last ones; the JSON report holds all."""
MOST_LEFTOVERS = 4
_STEPS = {
    Step.WAITING: "waited",
    Step.CHECKING: "was checked and sent",
    Step.RUNNING: "ran",
    Step.MOVING: "was stopped to move",
    Step.CANCELLING: "was being cancelled",
}
_RANKS = ("failed", "plain", "held", "good")
"""What is left to people comes first, then what is under way, then the other ends."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch in words, and when it began."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class RestoreRow:
    """One restore in words. `chip` is how its standing is marked; `known` says what of it is not known, or ""."""

    chip: str
    ending: str
    vm: str
    asked: str
    accounts: str
    pace: str
    stages: tuple[Stage, ...]
    more_stages: int
    known: str
    outcome: str
    to_do: tuple[str, ...]
    leftovers: tuple[str, ...]
    more_leftovers: int


def restore_rows(restores: Sequence[RestoreHistory], now: datetime) -> tuple[RestoreRow, ...]:
    """Return the restores in words as they stand at `now`, what is left to people first."""
    rows = [_row(one, now) for one in restores]
    return tuple(sorted(rows, key=lambda row: _RANKS.index(row.chip)))


def _row(one: RestoreHistory, now: datetime) -> RestoreRow:
    chip, ending = _standing(one)
    stages = [Stage(each.since, _stage(each, now)) for each in one.stretches]
    return RestoreRow(
        chip=chip,
        ending=ending,
        vm=one.vm,
        asked=f"{one.mode}{_source(one)}, request {one.request_id} of {instant(one.accepted_at)}",
        accounts=" \N{RIGHTWARDS ARROW} ".join(one.accounts),
        pace=_pace(one),
        stages=tuple(stages[-MOST_STRETCHES:]),
        more_stages=max(0, len(stages) - MOST_STRETCHES),
        known=_known(one),
        outcome=_outcome(one, now),
        to_do=one.to_do,
        leftovers=tuple(f"{left.kind} {left.id}: {left.why}" for left in one.leftovers[:MOST_LEFTOVERS]),
        more_leftovers=max(0, len(one.leftovers) - MOST_LEFTOVERS),
    )


def _source(one: RestoreHistory) -> str:
    """Return where it is made, if not in the vault's own region, and how old its point was when it was asked for."""
    age = one.point_age
    old = "" if age is None else f", from a point {age / timedelta(hours=1):,.0f} h old"
    return f"{f' in {one.region}' if one.region else ''}{old}"


def _standing(one: RestoreHistory) -> tuple[str, str]:
    match one.step:
        case Step.DONE:
            return "good", "restored"
        case Step.FAILED:
            return ("held", "failed, asked for again") if one.answered else ("failed", "failed")
        case Step.CANCELLED:
            return "held", "cancelled"
        case Step.WAITING:
            return "plain", "waits"
    return "plain", "under way"


def _stage(stretch: Stretch, now: datetime) -> str:
    minutes = ((stretch.until or now) - stretch.since) // timedelta(minutes=1)
    on = f" on {stretch.account}" if stretch.account else ""
    still = "" if stretch.until else " so far"
    return f"{_STEPS[stretch.step]}{on} for {minutes:,} min{still}{f': {stretch.why}' if stretch.why else ''}"


def _pace(one: RestoreHistory) -> str:
    moved = size(one.bytes_moved) if one.bytes_moved is not None else ""
    rate = f"{size(one.rate)}/s" if one.rate is not None else ""
    return " at ".join(part for part in (moved, rate) if part)


def _known(one: RestoreHistory) -> str:
    if one.from_start:
        return ""
    if not one.stretches:
        return "Its steps were not kept."
    return f"Its steps before {instant(one.stretches[0].since)} were not kept."


def _outcome(one: RestoreHistory, now: datetime) -> str:
    if one.ended_at is not None:
        took = (one.ended_at - one.accepted_at) // timedelta(minutes=1)
        moved = f", on {counted(len(one.accounts), 'account')}" if len(one.accounts) > 1 else ""
        return f"{one.reason or one.step}; ended at {instant(one.ended_at)}, after {took:,} min{moved}"
    done = f"about {share(one.share)} done" if one.step is not Step.WAITING else ""
    ends = f"expected to end at {instant(max(one.ends_at, now))}" if one.ends_at else "its end cannot be told yet"
    return "; ".join(part for part in (one.reason, done, ends) if part)

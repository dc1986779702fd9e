"""How far is a restore, and when will it be over? What people watch: a share, a phase, a rate and an end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.restore_tasks import RestoreState, RestoreTask, Step
from shared.rules.restore_watching import KnownJob
from shared.rules.restores import Turn

AT_WORK = frozenset({Step.ACCEPTED, Step.RUNNING, Step.MOVING, Step.CANCELLING})
NEARLY = 0.99
"""The most that is shown of what has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One restore as people see it: `share` is 0 to 1, `rate` bytes a second (None: not told), `ends_at` a guess."""

    request_id: str
    vm: str
    account: str
    phase: str
    share: float
    rate: float | None
    ends_at: datetime | None
    reason: str


def progress(
    task: RestoreTask, state: RestoreState, known: KnownJob | None, turn: Turn | None, now: datetime
) -> Progress:
    """Return how far a task is; `known` is its job as it was last seen, `turn` its place where it waits."""
    began = known.job.started_at if known else state.sent_at
    share = _share(task, state, known, began, now)
    return Progress(
        request_id=task.request_id,
        vm=task.item.vm_id.rpartition("/")[2] or task.item.name,
        account=state.account_id.rpartition("/")[2],
        phase=_phase(state, known),
        share=share,
        rate=_rate(known),
        ends_at=_waits_until(task, turn, now) if state.step is Step.WAITING else _ends_at(state, share, began, now),
        reason=turn.reason if turn else state.reason,
    )


def _share(
    task: RestoreTask, state: RestoreState, known: KnownJob | None, began: datetime | None, now: datetime
) -> float:
    """Return the share that is done: as the service told it, carried on from then; else by the expected length."""
    if state.step not in AT_WORK or began is None:
        return 1.0 if state.step is Step.DONE else 0.0
    elapsed = max(now - began, timedelta())
    told = known.job.progress if known else None
    if told and known is not None and known.detailed_at is not None and known.detailed_at > began:
        return min(told / 100 * (elapsed / (known.detailed_at - began)), NEARLY)
    return min(elapsed / timedelta(minutes=max(task.minutes, 1.0)), NEARLY)


def _phase(state: RestoreState, known: KnownJob | None) -> str:
    running = next((one.name for one in known.job.tasks if one.status == "InProgress"), "") if known else ""
    return running if running and state.step is Step.RUNNING else str(state.step)


def _rate(known: KnownJob | None) -> float | None:
    if known is None or known.job.bytes_moved is None or known.detailed_at is None:
        return None
    seconds = (known.detailed_at - known.job.started_at).total_seconds()
    return known.job.bytes_moved / seconds if seconds > 0 else None


def _waits_until(task: RestoreTask, turn: Turn | None, now: datetime) -> datetime | None:
    waits = turn.wait_minutes if turn else None
    return None if waits is None else now + timedelta(minutes=waits + task.minutes)


def _ends_at(state: RestoreState, share: float, began: datetime | None, now: datetime) -> datetime | None:
    if state.step not in AT_WORK or began is None or share <= 0:
        return None
    return max(now, began + (now - began) / share)

"""What is next for a restore? The row of the table that fits, and the state that follows from it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.model.restore_intent import RestoreLimits
from shared.model.restore_tasks import Passage, RestoreState, RestoreTask, Step
from shared.rules.restore_case import APPEARS, UNDER_WAY, Answer, Case, Observed
from shared.rules.restore_table import TABLE, Action, Row

LEASE = timedelta(minutes=30)
"""How long an account is held without a sign of life from its task."""
LOOKS = {
    Step.WAITING: timedelta(minutes=10),
    Step.UNSURE: timedelta(minutes=2),
    Step.ACCEPTED: timedelta(minutes=1),
    Step.RUNNING: timedelta(minutes=5),
    Step.MOVING: timedelta(minutes=2),
    Step.CANCELLING: timedelta(minutes=2),
}
"""How soon each step is looked at again; the others at once. Who waits is woken when an account is free for it."""
THROTTLED = timedelta(minutes=5)
"""How long nothing is sent after the service has said that it takes no more."""
MOST_PASSAGES, MOST_WORDS = 24, 160
"""Of a trail, and letters of each reason in it: a row of the ledger holds them all."""
_ONE_ORDER = frozenset({Step.CHECKING, Step.SENDING, Step.UNSURE, Step.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Next:
    """Write `state`, then do `action`. `seen` names the row; `alert` says that a person must know."""

    state: RestoreState
    action: Action
    seen: str
    alert: bool = False


def begin(now: datetime) -> RestoreState:
    """Return the state of a task that was just accepted."""
    why = "it has just been accepted"
    return RestoreState(step=Step.WAITING, since=now, due=now, reason=why, trail=(Passage(Step.WAITING, now, "", why),))


def next_step(task: RestoreTask, state: RestoreState, seen: Observed, limits: RestoreLimits, now: datetime) -> Next:
    """Return what is next after one look. Raises ValueError for a task that is over."""
    case = Case(task, state, seen, limits, now)
    row = next((row for row in TABLE if row.step is state.step and row.asks(case)), None)
    if row is None:
        raise ValueError(f"next_step: {task.key} is over ({state.step})")
    anew = row.to is not state.step or row.action is Action.CANCEL
    after = replace(
        _followed(case, row),
        step=row.to,
        since=now if anew else state.since,
        due=_due(case, row),
        reason=row.says.format(row.of(case)),
        cancel=case.cancel,
    )
    return Next(replace(after, trail=_trail(after)), row.action, row.seen, alert=row.to is Step.FAILED)


def target_name(task: RestoreTask, state: RestoreState) -> str:
    """Return the new VM's name for the next order: later ones have names of their own, since leftovers may stay."""
    if not task.vm_name or not state.attempts:
        return task.vm_name
    ending = f"-{state.attempts + 1}"
    return task.vm_name[: 64 - len(ending)] + ending


def _due(case: Case, row: Row) -> datetime:
    """Return when to look again: for lists to show a job, and for an order that may be under way, not before that."""
    sent = case.state.sent_at or case.now
    if row.to is Step.UNSURE:
        return max(sent + APPEARS, case.now + LOOKS[Step.UNSURE] if row.action is Action.READ_JOBS else case.now)
    if row.to is row.step is Step.SENDING:
        return sent + UNDER_WAY
    if row.step is Step.SENDING and row.to is Step.CHECKING:
        return case.now + THROTTLED
    return case.now + LOOKS.get(row.to, timedelta(0))


def _followed(case: Case, row: Row) -> RestoreState:
    """Return the state with what the row changes beside the step: account, lease, attempts, operation and job."""
    state, sent, until = case.state, case.seen.sent, case.now + LEASE
    if row.step is Step.SENDING and sent.answer is not Answer.NOT_BEGUN and row.to is not Step.SENDING:
        state = replace(state, attempts=state.attempts + 1, operation_id=sent.operation_id)
    if row.to.over:
        return replace(state, lease_until=None)
    if row.to is Step.WAITING:
        return _released(case, row, state)
    state = replace(state, lease_until=until)
    match row.step, row.to:
        case Step.WAITING, Step.CHECKING:
            return replace(state, account_id=case.seen.account_id)
        case Step.CHECKING, Step.SENDING:
            return replace(state, sent_at=case.now, operation_id="", job_id="")
        case Step.ACCEPTED, Step.RUNNING:
            return replace(state, job_id=case.seen.operation.job_id if case.seen.operation else "")
        case Step.UNSURE, Step.RUNNING:
            return replace(state, job_id=case.ours[0].id)
    return state


def _released(case: Case, row: Row, state: RestoreState) -> RestoreState:
    """Return the state without its account; one that is to blame is not taken again while there are others."""
    blamed = row.blames and case.seen.others and state.account_id and state.account_id not in state.tried
    return replace(
        state,
        account_id="",
        fence=0,
        lease_until=None,
        operation_id="",
        job_id="",
        past_jobs=(*state.past_jobs, state.job_id) if state.job_id else state.past_jobs,
        tried=(*state.tried, state.account_id) if blamed else state.tried,
    )


def _trail(after: RestoreState) -> tuple[Passage, ...]:
    """Return the trail with where it is now, if that is new; the oldest passages of a long one are let go."""
    step = Step.CHECKING if after.step in _ONE_ORDER else after.step
    here = Passage(step, after.since, after.account_id.rpartition("/")[2], after.reason[:MOST_WORDS])
    last = after.trail[-1] if after.trail else None
    if last is not None and (last.step, last.account) == (here.step, here.account):
        return after.trail
    return (*after.trail, here)[-MOST_PASSAGES:]

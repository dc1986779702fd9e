"""What follows what in a restore? One table: where it stands, what was seen, what to do, where it goes, and why.

The first row of a step whose question is answered with yes decides. The diagram in docs/restores.md is made from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.model.restore_tasks import Step
from shared.rules.restore_case import ACCEPTING, UNDER_WAY, UNRESOLVED, Answer, Case

CANCEL_AGAIN = timedelta(minutes=30)
"""A cancel that has had no effect by then is sent once more."""


class Action(StrEnum):
    """What is done once the new state is written. SEND is the only one that begins a restore."""

    WAIT = "wait"
    LEASE = "lease the account"
    VALIDATE = "pre-check"
    SEND = "send the order"
    ASK = "ask the operation"
    READ_JOBS = "read jobs"
    LOOK = "look at the job"
    CANCEL = "cancel the job"
    RELEASE = "release the account"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `asks` is the question that must be answered with yes; `says` is why, "{}" in it what `of` tells.

    `blames` says that the account was at fault, and is not taken again where there are others.
    """

    step: Step
    seen: str
    asks: Callable[[Case], bool]
    action: Action
    to: Step
    says: str
    of: Callable[[Case], object] = lambda _: ""
    blames: bool = False


def _always(_: Case) -> bool:
    return True


def _account(case: Case) -> str:
    return (case.seen.account_id or case.state.account_id).rpartition("/")[2]


def _objections(case: Case) -> str:
    return "; ".join(f"{one.code}: {one.text}" for one in case.seen.objections or ())


def _refusal(case: Case) -> str:
    return f"{case.seen.sent.code or 'no code'}: {case.seen.sent.text or 'no reason given'}"


def _operation(case: Case) -> str:
    return f"{case.seen.operation.code}: {case.seen.operation.text}" if case.seen.operation else ""


def _since_sent(case: Case) -> timedelta:
    return case.now - (case.state.sent_at or case.state.since)


def _may_be_under_way(case: Case) -> bool:
    return case.seen.sent.answer is Answer.NONE and _since_sent(case) < UNDER_WAY


def _not_cancelled_yet(case: Case) -> bool:
    return case.cancellable and case.now - case.state.since >= CANCEL_AGAIN


def _copy_goes_elsewhere(case: Case) -> bool:
    return case.too_slow and case.may_send and case.seen.others and not case.cancel


# A table is read by its columns.
# fmt: off
_WAITING = (
    Row(Step.WAITING, "cancelled", lambda case: case.cancel, Action.RELEASE, Step.CANCELLED,
        "it was cancelled in the queue"),
    Row(Step.WAITING, "waited too long", lambda case: case.waited_too_long, Action.RELEASE, Step.FAILED,
        "no account was free for it in time: {}", lambda case: case.seen.turn or case.state.reason),
    Row(Step.WAITING, "no order left", lambda case: not case.may_send, Action.RELEASE, Step.FAILED,
        "all {} orders that it may have were sent", lambda case: case.limits.jobs_per_vm),
    Row(Step.WAITING, "account free", lambda case: bool(case.seen.account_id), Action.LEASE, Step.CHECKING,
        "{}", lambda case: case.seen.turn or f"{_account(case)} is free"),
    Row(Step.WAITING, "none free", _always, Action.WAIT, Step.WAITING, "{}", lambda case: case.seen.turn),
)
_CHECKING = (
    Row(Step.CHECKING, "cancelled", lambda case: case.cancel, Action.RELEASE, Step.CANCELLED,
        "it was cancelled before anything was sent"),
    Row(Step.CHECKING, "waited too long", lambda case: case.waited_too_long, Action.RELEASE, Step.FAILED,
        "nothing could be sent in time: {}", lambda case: case.state.reason),
    Row(Step.CHECKING, "account lost", lambda case: not case.seen.leased, Action.RELEASE, Step.WAITING,
        "{} went to another restore", _account),
    Row(Step.CHECKING, "account unfit", lambda case: bool(case.seen.unusable), Action.RELEASE, Step.WAITING,
        "{}", lambda case: f"{_account(case)} may not be used any more: {case.seen.unusable}"),
    Row(Step.CHECKING, "no order left", lambda case: not case.may_send, Action.RELEASE, Step.FAILED,
        "all {} orders that it may have were sent", lambda case: case.limits.jobs_per_vm),
    Row(Step.CHECKING, "guard says no", lambda case: bool(case.seen.guard), Action.RELEASE, Step.FAILED,
        "{}", lambda case: case.seen.guard),
    Row(Step.CHECKING, "not validated", lambda case: case.seen.objections is None, Action.VALIDATE, Step.CHECKING,
        "the service is asked what it has against it"),
    Row(Step.CHECKING, "account objected to", lambda case: case.account_objected, Action.RELEASE, Step.WAITING,
        "{}", _objections, blames=True),
    Row(Step.CHECKING, "objected to", lambda case: bool(case.seen.objections), Action.RELEASE, Step.FAILED,
        "{}", _objections),
    Row(Step.CHECKING, "all is well", _always, Action.SEND, Step.SENDING,
        "nothing is against it; it is sent to {}", _account),
)
_SENDING = (
    Row(Step.SENDING, "accepted", lambda case: case.seen.sent.answer is Answer.ACCEPTED, Action.ASK, Step.ACCEPTED,
        "the service took the order"),
    Row(Step.SENDING, "told to come later", lambda case: case.seen.sent.answer is Answer.NOT_BEGUN,
        Action.WAIT, Step.CHECKING, "the service takes no more orders now, and has not begun this one"),
    Row(Step.SENDING, "account refused", lambda case: case.account_refused, Action.RELEASE, Step.WAITING,
        "{}", _refusal, blames=True),
    Row(Step.SENDING, "refused", lambda case: case.seen.sent.answer is Answer.REFUSED, Action.RELEASE, Step.FAILED,
        "{}", _refusal),
    Row(Step.SENDING, "may be under way", _may_be_under_way,
        Action.WAIT, Step.SENDING, "somebody may be sending it at this moment"),
    Row(Step.SENDING, "answer lost", _always, Action.WAIT, Step.UNSURE,
        "it is not known whether the service took the order; its jobs will tell"),
)
_UNSURE = (
    Row(Step.UNSURE, "may not show yet", lambda case: case.may_appear, Action.WAIT, Step.UNSURE,
        "a job that it began might not be in lists yet"),
    Row(Step.UNSURE, "not resolved in time", lambda case: case.unread and _since_sent(case) > UNRESOLVED,
        Action.RELEASE, Step.FAILED, "its jobs could not be read: find out whether a restore to {} runs", _account),
    Row(Step.UNSURE, "jobs not read", lambda case: case.unread, Action.READ_JOBS, Step.UNSURE,
        "the jobs of its vault are read for one that goes to {}", _account),
    Row(Step.UNSURE, "two could be it", lambda case: len(case.ours) > 1, Action.RELEASE, Step.FAILED,
        "{} jobs could be its own, so none is taken for it", lambda case: len(case.ours)),
    Row(Step.UNSURE, "job found", lambda case: bool(case.ours), Action.LOOK, Step.RUNNING,
        "the order had been taken: a job goes to {} and to its group", _account),
    Row(Step.UNSURE, "cancelled", lambda case: case.cancel, Action.RELEASE, Step.CANCELLED,
        "it was cancelled, and the order had not been taken"),
    Row(Step.UNSURE, "never began", lambda case: case.may_send, Action.WAIT, Step.CHECKING,
        "the order had not been taken; one more may follow"),
    Row(Step.UNSURE, "no order left", _always, Action.RELEASE, Step.FAILED,
        "the order had not been taken, and no more may follow"),
)
_ACCEPTED = (
    Row(Step.ACCEPTED, "job known", lambda case: bool(case.seen.operation and case.seen.operation.job_id),
        Action.LOOK, Step.RUNNING, "its job has begun"),
    Row(Step.ACCEPTED, "came to nothing, another may do", lambda case: case.operation_worth_another and not case.cancel,
        Action.RELEASE, Step.WAITING, "{}", _operation, blames=True),
    Row(Step.ACCEPTED, "cancelled", lambda case: case.operation_failed and case.cancel, Action.RELEASE, Step.CANCELLED,
        "it was cancelled, and its order came to nothing"),
    Row(Step.ACCEPTED, "came to nothing", lambda case: case.operation_failed, Action.RELEASE, Step.FAILED,
        "{}", _operation),
    Row(Step.ACCEPTED, "job not told", lambda case: _since_sent(case) >= ACCEPTING, Action.READ_JOBS, Step.UNSURE,
        "the service took the order and does not tell its job; its jobs will"),
    Row(Step.ACCEPTED, "no job yet", _always, Action.ASK, Step.ACCEPTED, "the service prepares its job"),
)
_RUNNING = (
    Row(Step.RUNNING, "completed", lambda case: case.completed, Action.RELEASE, Step.DONE, "it is restored"),
    Row(Step.RUNNING, "ended, cancelled", lambda case: case.ended and case.cancel, Action.RELEASE, Step.CANCELLED,
        "it was cancelled"),
    Row(Step.RUNNING, "cancelled by others", lambda case: case.stopped, Action.RELEASE, Step.FAILED,
        "somebody cancelled its job in Azure"),
    Row(Step.RUNNING, "failed, another may do", lambda case: case.ended and case.worth_another,
        Action.RELEASE, Step.WAITING,
        "its job failed and is worth another account: {}", lambda case: case.said, blames=True),
    Row(Step.RUNNING, "failed", lambda case: case.ended, Action.RELEASE, Step.FAILED,
        "its job failed: {}", lambda case: case.said),
    Row(Step.RUNNING, "cancelled", lambda case: case.cancel and case.cancellable, Action.CANCEL, Step.CANCELLING,
        "somebody wants it to stop"),
    Row(Step.RUNNING, "runs too long", lambda case: case.runs_too_long and case.cancellable,
        Action.CANCEL, Step.CANCELLING, "it has run for longer than {}", lambda case: case.limits.run),
    Row(Step.RUNNING, "cannot be stopped", lambda case: case.runs_too_long, Action.RELEASE, Step.FAILED,
        "it has run for longer than {} and cannot be cancelled: look at its job", lambda case: case.limits.run),
    Row(Step.RUNNING, "too slow", _copy_goes_elsewhere, Action.CANCEL, Step.MOVING,
        "{} takes its data too slowly; it moves to another account once this job has ended", _account),
    Row(Step.RUNNING, "too late to cancel", lambda case: case.cancel and case.seen.job is not None,
        Action.LOOK, Step.RUNNING, "its job cannot be cancelled any more, and goes on"),
    Row(Step.RUNNING, "at work", _always, Action.LOOK, Step.RUNNING, "it is restored to {}", _account),
)
_MOVING = (
    Row(Step.MOVING, "completed", lambda case: case.completed, Action.RELEASE, Step.DONE,
        "it is restored: it was done before it could be moved"),
    Row(Step.MOVING, "ended, cancelled", lambda case: case.ended and case.cancel, Action.RELEASE, Step.CANCELLED,
        "it was cancelled"),
    Row(Step.MOVING, "stopped to move", lambda case: case.ended, Action.RELEASE, Step.WAITING,
        "{} was too slow for it, and its job there has ended", _account, blames=True),
    Row(Step.MOVING, "cannot be stopped", lambda case: case.runs_too_long, Action.RELEASE, Step.FAILED,
        "it has run for longer than {} and does not stop: look at its job", lambda case: case.limits.run),
    Row(Step.MOVING, "cancel without effect", _not_cancelled_yet, Action.CANCEL, Step.MOVING,
        "its job goes on; it is cancelled once more"),
    Row(Step.MOVING, "stopping", _always, Action.LOOK, Step.MOVING, "it moves once its job has ended"),
)
_CANCELLING = (
    Row(Step.CANCELLING, "completed", lambda case: case.completed, Action.RELEASE, Step.DONE,
        "it is restored: it was done before it could be cancelled"),
    Row(Step.CANCELLING, "ended, cancelled", lambda case: case.ended and case.cancel, Action.RELEASE, Step.CANCELLED,
        "it was cancelled"),
    Row(Step.CANCELLING, "ended", lambda case: case.ended, Action.RELEASE, Step.FAILED,
        "it had run for longer than {}, and was stopped", lambda case: case.limits.run),
    Row(Step.CANCELLING, "cannot be stopped", lambda case: case.never_stops, Action.RELEASE, Step.FAILED,
        "it was cancelled and does not stop: look at its job"),
    Row(Step.CANCELLING, "cancel without effect", _not_cancelled_yet, Action.CANCEL, Step.CANCELLING,
        "its job goes on; it is cancelled once more"),
    Row(Step.CANCELLING, "stopping", _always, Action.LOOK, Step.CANCELLING, "it is being cancelled"),
)
# fmt: on
TABLE: Sequence[Row] = (*_WAITING, *_CHECKING, *_SENDING, *_UNSURE, *_ACCEPTED, *_RUNNING, *_MOVING, *_CANCELLING)
"""Each step's last row has no question, so that every look has an answer."""

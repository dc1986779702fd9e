"""Does a restore end well, or in words, whatever becomes of its orders, and never with two jobs at once?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.model.azure import JobError
from shared.model.restore_intent import RestoreLimits
from shared.model.restore_tasks import Step
from shared.model.restores import Objection, RestoreOperation
from shared.rules.restore_case import ACCEPTING, APPEARS, UNDER_WAY, UNRESOLVED, Answer, Observed, Sent
from shared.rules.restore_steps import Next, begin, next_step, target_name
from shared.rules.restore_table import CANCEL_AGAIN, TABLE, Action
from tests.rules.restoring import NOW, POOL, job, state, task

LIMITS = RestoreLimits()
SLOW = JobError(0, "CopyingVHDsFromBackUpVaultTakingLongTime", "too slow")
NO_SKU = JobError(0, "UserErrorSkuNotAvailable", "no such size")
HELD = {"account_id": POOL[0], "fence": 1, "sent_at": NOW, "attempts": 1}


def after(step: Step, seen: Observed, minutes: float = 0.0, **changes) -> Next:
    """What follows `minutes` later than the task came to the step."""
    held = {} if step is Step.WAITING else HELD
    known = {"job_id": job().id} if step in {Step.RUNNING, Step.MOVING, Step.CANCELLING} else {}
    its = state(step, **{**held, **known, **changes})
    return next_step(task(), its, seen, LIMITS, NOW + timedelta(minutes=minutes))


def went(found: Next) -> tuple[str, Action, Step]:
    return found.seen, found.action, found.state.step


def test_the_last_row_of_each_step_asks_nothing_and_ends_have_no_rows() -> None:
    for step in Step:
        rows = [row for row in TABLE if row.step is step]
        assert bool(rows) != step.over
        assert not rows or rows[-1].asks is TABLE[len(TABLE) - 1].asks
    assert len({(row.step, row.seen) for row in TABLE}) == len(TABLE)


def test_only_one_row_sends_and_it_stands_behind_every_guard() -> None:
    (row,) = [row for row in TABLE if row.action is Action.SEND]
    assert row is [one for one in TABLE if one.step is Step.CHECKING][-1]


def test_a_task_that_is_over_has_no_next_step() -> None:
    with pytest.raises(ValueError, match="is over"):
        next_step(task(), state(Step.DONE), Observed(), LIMITS, NOW)


@pytest.mark.parametrize(
    ("step", "seen", "minutes", "expected"),
    [
        (Step.WAITING, Observed(turn="all in use"), 0, ("none free", Action.WAIT, Step.WAITING)),
        (Step.WAITING, Observed(account_id=POOL[1]), 0, ("account free", Action.LEASE, Step.CHECKING)),
        (Step.WAITING, Observed(account_id=POOL[1], cancel=True), 0, ("cancelled", Action.RELEASE, Step.CANCELLED)),
        (Step.WAITING, Observed(account_id=POOL[1]), 24 * 60 + 1, ("waited too long", Action.RELEASE, Step.FAILED)),
        (Step.CHECKING, Observed(), 0, ("not validated", Action.VALIDATE, Step.CHECKING)),
        (Step.CHECKING, Observed(objections=()), 0, ("all is well", Action.SEND, Step.SENDING)),
        (Step.CHECKING, Observed(objections=(), cancel=True), 0, ("cancelled", Action.RELEASE, Step.CANCELLED)),
        (Step.CHECKING, Observed(objections=(), leased=False), 0, ("account lost", Action.RELEASE, Step.WAITING)),
        (Step.CHECKING, Observed(objections=(), unusable="x"), 0, ("account unfit", Action.RELEASE, Step.WAITING)),
        (Step.CHECKING, Observed(objections=(), guard="20 today"), 0, ("guard says no", Action.RELEASE, Step.FAILED)),
        (Step.CHECKING, Observed(objections=()), 24 * 60 + 1, ("waited too long", Action.RELEASE, Step.FAILED)),
        (
            Step.CHECKING,
            Observed(objections=(Objection("UserErrorVmNotShutDown", "it runs"),)),
            0,
            ("objected to", Action.RELEASE, Step.FAILED),
        ),
        (
            Step.CHECKING,
            Observed(objections=(Objection("UserErrorStorageAccountNotFound", "gone"),)),
            0,
            ("account objected to", Action.RELEASE, Step.WAITING),
        ),
        (
            Step.CHECKING,
            Observed(objections=(Objection("UserErrorStorageAccountNotFound", "gone"),), others=False),
            0,
            ("objected to", Action.RELEASE, Step.FAILED),
        ),
        (Step.SENDING, Observed(sent=Sent(Answer.ACCEPTED, "op")), 0, ("accepted", Action.ASK, Step.ACCEPTED)),
        (Step.SENDING, Observed(sent=Sent(Answer.NOT_BEGUN)), 0, ("told to come later", Action.WAIT, Step.CHECKING)),
        (Step.SENDING, Observed(sent=Sent(Answer.REFUSED)), 0, ("refused", Action.RELEASE, Step.FAILED)),
        (Step.SENDING, Observed(sent=Sent(Answer.LOST)), 0, ("answer lost", Action.WAIT, Step.UNSURE)),
        (Step.SENDING, Observed(), 0, ("may be under way", Action.WAIT, Step.SENDING)),
        (Step.SENDING, Observed(), 3, ("answer lost", Action.WAIT, Step.UNSURE)),
        (Step.UNSURE, Observed(jobs=()), 6, ("may not show yet", Action.WAIT, Step.UNSURE)),
        (Step.UNSURE, Observed(), 7, ("jobs not read", Action.READ_JOBS, Step.UNSURE)),
        (Step.UNSURE, Observed(jobs=[job(detailed=False)]), 7, ("jobs not read", Action.READ_JOBS, Step.UNSURE)),
        (Step.UNSURE, Observed(jobs=[job()]), 7, ("job found", Action.LOOK, Step.RUNNING)),
        (Step.UNSURE, Observed(jobs=[job()], cancel=True), 7, ("job found", Action.LOOK, Step.RUNNING)),
        (Step.UNSURE, Observed(jobs=[job(), job(id="other")]), 7, ("two could be it", Action.RELEASE, Step.FAILED)),
        (Step.UNSURE, Observed(jobs=()), 7, ("never began", Action.WAIT, Step.CHECKING)),
        (Step.UNSURE, Observed(jobs=(), cancel=True), 7, ("cancelled", Action.RELEASE, Step.CANCELLED)),
        (Step.UNSURE, Observed(), 361, ("not resolved in time", Action.RELEASE, Step.FAILED)),
        (Step.ACCEPTED, Observed(), 1, ("no job yet", Action.ASK, Step.ACCEPTED)),
        (Step.ACCEPTED, Observed(), 30, ("job not told", Action.READ_JOBS, Step.UNSURE)),
        (
            Step.ACCEPTED,
            Observed(operation=RestoreOperation("Succeeded", "job-1")),
            1,
            ("job known", Action.LOOK, Step.RUNNING),
        ),
        (
            Step.ACCEPTED,
            Observed(operation=RestoreOperation("Failed", code="UserErrorVmNotFoundV2", text="gone")),
            1,
            ("came to nothing", Action.RELEASE, Step.FAILED),
        ),
        (
            Step.ACCEPTED,
            Observed(operation=RestoreOperation("Failed", code="CloudInternalError", text="inside")),
            1,
            ("came to nothing, another may do", Action.RELEASE, Step.WAITING),
        ),
        (
            Step.ACCEPTED,
            Observed(operation=RestoreOperation("Failed", code="CloudInternalError"), cancel=True),
            1,
            ("cancelled", Action.RELEASE, Step.CANCELLED),
        ),
        (Step.RUNNING, Observed(), 1, ("at work", Action.LOOK, Step.RUNNING)),
        (Step.RUNNING, Observed(job=job()), 1, ("at work", Action.LOOK, Step.RUNNING)),
        (Step.RUNNING, Observed(job=job(status="Completed")), 1, ("completed", Action.RELEASE, Step.DONE)),
        (Step.RUNNING, Observed(job=job(status="Completed"), cancel=True), 1, ("completed", Action.RELEASE, Step.DONE)),
        (Step.RUNNING, Observed(job=job(status="Cancelled")), 1, ("cancelled by others", Action.RELEASE, Step.FAILED)),
        (
            Step.RUNNING,
            Observed(job=job(status="Cancelled"), cancel=True),
            1,
            ("ended, cancelled", Action.RELEASE, Step.CANCELLED),
        ),
        (
            Step.RUNNING,
            Observed(job=job(status="Failed", errors=(SLOW,))),
            1,
            ("failed, another may do", Action.RELEASE, Step.WAITING),
        ),
        (
            Step.RUNNING,
            Observed(job=job(status="Failed", errors=(NO_SKU,))),
            1,
            ("failed", Action.RELEASE, Step.FAILED),
        ),
        (Step.RUNNING, Observed(job=job(status="Failed")), 1, ("failed", Action.RELEASE, Step.FAILED)),
        (Step.RUNNING, Observed(job=job(), cancel=True), 1, ("cancelled", Action.CANCEL, Step.CANCELLING)),
        (
            Step.RUNNING,
            Observed(job=job(cancellable=False), cancel=True),
            1,
            ("too late to cancel", Action.LOOK, Step.RUNNING),
        ),
        (Step.RUNNING, Observed(job=job()), 24 * 60 + 1, ("runs too long", Action.CANCEL, Step.CANCELLING)),
        (
            Step.RUNNING,
            Observed(job=job(cancellable=False)),
            24 * 60 + 1,
            ("cannot be stopped", Action.RELEASE, Step.FAILED),
        ),
        (Step.RUNNING, Observed(), 24 * 60 + 1, ("cannot be stopped", Action.RELEASE, Step.FAILED)),
        (Step.MOVING, Observed(job=job(status="Cancelled")), 1, ("stopped to move", Action.RELEASE, Step.WAITING)),
        (Step.MOVING, Observed(job=job(status="Completed")), 1, ("completed", Action.RELEASE, Step.DONE)),
        (
            Step.MOVING,
            Observed(job=job(status="Cancelled"), cancel=True),
            1,
            ("ended, cancelled", Action.RELEASE, Step.CANCELLED),
        ),
        (Step.MOVING, Observed(job=job(status="Cancelling")), 1, ("stopping", Action.LOOK, Step.MOVING)),
        (Step.MOVING, Observed(job=job()), 30, ("cancel without effect", Action.CANCEL, Step.MOVING)),
        (Step.MOVING, Observed(job=job()), 24 * 60 + 1, ("cannot be stopped", Action.RELEASE, Step.FAILED)),
        (Step.CANCELLING, Observed(job=job(status="Completed")), 1, ("completed", Action.RELEASE, Step.DONE)),
        (Step.CANCELLING, Observed(job=job(status="Cancelled")), 1, ("ended", Action.RELEASE, Step.FAILED)),
        (
            Step.CANCELLING,
            Observed(job=job(status="Failed"), cancel=True),
            1,
            ("ended, cancelled", Action.RELEASE, Step.CANCELLED),
        ),
        (Step.CANCELLING, Observed(), 1, ("stopping", Action.LOOK, Step.CANCELLING)),
        (Step.CANCELLING, Observed(job=job()), 30, ("cancel without effect", Action.CANCEL, Step.CANCELLING)),
        (Step.CANCELLING, Observed(), 31 * 60, ("cannot be stopped", Action.RELEASE, Step.FAILED)),
    ],
)
def test_each_sight_has_its_row(step, seen, minutes, expected) -> None:
    found = after(step, seen, minutes)
    assert went(found) == expected
    assert found.alert == (expected[2] is Step.FAILED)


def test_nothing_is_sent_once_two_orders_were() -> None:
    assert went(after(Step.CHECKING, Observed(objections=()), attempts=2))[0] == "no order left"
    assert went(after(Step.WAITING, Observed(account_id=POOL[0]), attempts=2))[0] == "no order left"
    assert went(after(Step.UNSURE, Observed(jobs=()), 7, attempts=2))[0] == "no order left"
    failed = Observed(job=job(status="Failed", errors=(SLOW,)))
    assert went(after(Step.RUNNING, failed, attempts=2))[0] == "failed"


@pytest.mark.parametrize(
    "foreign",
    [
        {"account": "st2"},
        {"group": "rg-other"},
        {"container": "iaasvmcontainerv2;rg-app;app-2"},
        {"vault_id": "/other"},
        {"started_at": NOW - timedelta(minutes=3)},
        {"id": "earlier"},
    ],
)
def test_a_job_that_may_be_somebody_elses_is_not_adopted(foreign) -> None:
    found = after(Step.UNSURE, Observed(jobs=[job(**foreign)]), 7, past_jobs=("earlier",))
    assert went(found) == ("never began", Action.WAIT, Step.CHECKING)
    assert found.state.job_id == ""


def test_a_lost_answer_is_looked_into_when_a_job_would_show() -> None:
    lost = after(Step.SENDING, Observed(sent=Sent(Answer.LOST)), 1, attempts=0)
    assert lost.state.due == NOW + APPEARS
    assert lost.state.attempts == 1
    assert after(Step.SENDING, Observed(), 1).state.due == NOW + UNDER_WAY
    assert timedelta(minutes=5) < APPEARS < ACCEPTING < UNRESOLVED
    found = after(Step.UNSURE, Observed(jobs=[job()]), 7)
    assert found.state.job_id == job().id


def test_what_was_not_begun_costs_no_order() -> None:
    assert after(Step.SENDING, Observed(sent=Sent(Answer.NOT_BEGUN)), attempts=0).state.attempts == 0


@pytest.mark.parametrize(
    ("shown", "minutes", "slow"),
    [
        ({"bytes_moved": 5_000_000 * 3600 - 1, "bytes_total": 10**12}, 60, True),
        ({"bytes_moved": 5_000_000 * 3600, "bytes_total": 10**12}, 60, False),
        ({"bytes_moved": 5_000_000 * 3600 - 1, "bytes_total": 2 * 5_000_000 * 3600 - 3}, 60, False),
        ({"bytes_moved": 0, "bytes_total": 10**12}, 29, False),
        ({"bytes_moved": 0, "bytes_total": 10**12, "cancellable": False}, 60, False),
        ({"bytes_moved": 10, "bytes_total": 10}, 60, False),
        ({"progress": 10.0}, 25, False),
        ({"progress": 10.0}, 30, True),
        ({"progress": 13.0}, 30, False),
        ({"progress": 60.0}, 300, False),
        ({"progress": 99.0}, 600, False),
        ({}, 600, False),
    ],
)
def test_a_copy_that_is_too_slow_moves_where_that_is_sooner_over(shown, minutes, slow) -> None:
    seen = Observed(job=job(**shown), overload="others load it")
    found = after(Step.RUNNING, seen, minutes)
    assert went(found) == (("too slow", Action.CANCEL, Step.MOVING) if slow else ("at work", Action.LOOK, Step.RUNNING))
    assert after(Step.RUNNING, replace(seen, others=False), minutes).seen == "at work"
    assert after(Step.RUNNING, seen, minutes, attempts=2).seen == "at work"
    assert after(Step.RUNNING, replace(seen, cancel=True), minutes).seen in {"cancelled", "too late to cancel"}


def test_a_wrong_guess_of_the_length_alone_moves_nothing() -> None:
    long, its = Observed(job=job(progress=5.0)), state(Step.RUNNING, **HELD, job_id=job().id)
    later = NOW + timedelta(hours=1)
    assert next_step(task(), its, long, LIMITS, later).seen == "at work"
    assert next_step(task(measured=True), its, long, LIMITS, later).seen == "too slow"
    assert next_step(task(), its, replace(long, overload="1 throttled response"), LIMITS, later).seen == "too slow"


def test_after_a_move_the_old_account_is_shunned_and_names_are_new() -> None:
    moved = after(Step.MOVING, Observed(job=job(status="Cancelled")), 1).state
    assert (moved.account_id, moved.fence, moved.lease_until) == ("", 0, None)
    assert (moved.tried, moved.past_jobs, moved.job_id) == ((POOL[0],), (job().id,), "")
    named = task(vm_name="app-1-restored")
    assert target_name(named, begin(NOW)) == "app-1-restored"
    assert target_name(named, moved) == "app-1-restored-2"
    assert len(target_name(task(vm_name="x" * 64), moved)) == 64
    assert target_name(task(), moved) == ""


def test_the_only_account_of_a_pool_is_not_shunned() -> None:
    failed = Observed(job=job(status="Failed", errors=(SLOW,)), others=False)
    assert after(Step.RUNNING, failed).state.tried == ()


def test_a_cancel_is_remembered_and_sent_again_only_after_a_while() -> None:
    told = after(Step.UNSURE, Observed(jobs=(), cancel=True), 1).state
    assert told.cancel
    later = next_step(task(), told, Observed(jobs=()), LIMITS, NOW + timedelta(minutes=2)).state
    found = next_step(task(), later, Observed(jobs=()), LIMITS, NOW + APPEARS)
    assert found.state.step is Step.CANCELLED
    again = after(Step.CANCELLING, Observed(job=job()), 30)
    assert again.state.since == NOW + CANCEL_AGAIN


def test_reasons_name_the_account_and_the_error() -> None:
    assert after(Step.RUNNING, Observed(job=job())).state.reason == "it is restored to st1"
    failed = after(Step.RUNNING, Observed(job=job(status="Failed", errors=(NO_SKU,))))
    assert failed.state.reason == "its job failed: UserErrorSkuNotAvailable: no such size"
    assert after(Step.WAITING, Observed(turn="{braces} stay")).state.reason == "{braces} stay"

"""Does the report know of each restore what it went through, from storage alone?"""

import json
from datetime import timedelta

import pytest

from shared.flows import review
from shared.flows.restores import rows, standing
from shared.flows.restores.history import histories
from shared.model.restore_history import RestoreHistory
from shared.model.restore_tasks import Step
from tests.flows.restoring import MINUTE, Desk, desk


def told_of(told: Desk, back: timedelta = timedelta(days=1)) -> dict[str, RestoreHistory]:
    calls = list(told.calls)
    found = histories(told.ports, told.intent, told.world.now - back, told.world.now)
    asked = [call for call in told.calls[len(calls) :] if call.startswith(("restores.", "vaults.", "fleet."))]
    assert asked == []
    return {one.vm: one for one in found}


def test_one_that_runs_has_an_account_and_an_end_and_one_that_waits_a_place() -> None:
    told = desk(accounts=1)
    told.send(0, 1)
    told.minutes(15)
    found = told_of(told)
    (runs,) = [one for one in found.values() if one.step is Step.RUNNING]
    (waits,) = [one for one in found.values() if one is not runs]
    assert [one.step for one in runs.stretches] == [Step.WAITING, Step.CHECKING, Step.RUNNING]
    assert (runs.accounts, runs.from_start, runs.ended_at) == (("strestore0",), True, None)
    assert runs.ends_at is not None
    assert runs.ends_at > told.world.now
    assert [one.step for one in waits.stretches] == [Step.WAITING]
    assert waits.reason


def test_one_that_is_done_says_when_it_was_and_what_it_left() -> None:
    told = desk()
    told.send(0)
    told.until(Step.DONE)
    done = told_of(told)["vm-0"]
    assert (done.step, done.ended_at, done.to_do) == (Step.DONE, done.stretches[-1].until, ())
    assert {one.kind for one in done.leftovers} == {"container"}
    assert told_of(told, -MINUTE) == {}


def test_one_that_failed_on_an_account_moves_on_and_its_end_is_left_to_people_until_it_is_asked_for_again() -> None:
    told = desk(accounts=2, fails=1.0)
    told.send(0)
    told.until(Step.FAILED)
    found = told_of(told)["vm-0"]
    assert found.accounts == ("strestore0", "strestore1")
    why = next(one.why for one in found.stretches[1:] if one.step is Step.WAITING)
    assert why.startswith("its job failed and is worth another account: ")
    report = review.review(told.ports, told.intent, told.world.now)
    assert ("restore-failed", told.vm_id().lower()) in {(one.code, one.subject) for one in report.needs_human}
    assert report.restores == (found,)
    told.send(0, id="r2")
    told.until(Step.RUNNING, request="r2")
    report = review.review(told.ports, told.intent, told.world.now)
    assert "restore-failed" not in {one.code for one in report.needs_human}
    assert [(one.request_id, one.answered) for one in report.restores] == [("r1", True), ("r2", False)]
    stored = json.loads(told.ports.reports.latest("json") or "")
    assert stored["restores"]["figures"]["failed"] == 1


def test_a_result_that_cannot_be_read_is_an_alert_and_its_restore_is_told_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = desk()
    told.send(0)
    told.until(Step.DONE)
    row = told.ports.ledger.read(rows.ENDED, told.key())
    assert row is not None
    told.ports.ledger.write(rows.ENDED, told.key(), {**row, "result": "{}"})
    assert told_of(told)["vm-0"].bytes_moved is None
    assert [record for record in caplog.records if "restore-unreadable" in record.getMessage()]


def test_one_that_is_over_but_not_put_away_is_told_once() -> None:
    told = desk()
    told.send(0)
    told.until(Step.RUNNING)
    before = told.one()
    told.until(Step.DONE)
    told.ports.ledger.write(rows.TASKS, told.key(), before.row)
    assert told_of(told)["vm-0"].step is Step.DONE
    told.ports.ledger.drop(rows.ENDED, told.key())
    assert told_of(told)["vm-0"].step is Step.RUNNING
    assert standing.standing(told.ports).under.keys() == {told.key()}

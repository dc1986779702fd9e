"""Is it told how far a restore is, as far as that is known, and when it may be over?"""

from datetime import timedelta

import pytest

from shared.model.restore_tasks import Step
from shared.model.restores import JobTask
from shared.rules.restore_progress import NEARLY, Progress, progress
from shared.rules.restore_watching import KnownJob
from shared.rules.restores import Turn
from tests.rules.restoring import NOW, POOL, job, state, task

MINUTE = timedelta(minutes=1)
RUNNING = state(Step.RUNNING, account_id=POOL[0], sent_at=NOW - 30 * MINUTE)


def seen(read: float | None = None, began: float = 30, **changes) -> KnownJob:
    at = None if read is None else NOW - read * MINUTE
    return KnownJob(job(started_at=NOW - began * MINUTE, **changes), ours=True, detailed_at=at)


def of(known: KnownJob | None = None, at=RUNNING, turn: Turn | None = None, minutes: float = 60) -> Progress:
    return progress(task(minutes=minutes), at, known, turn, NOW)


def test_what_is_not_told_is_reckoned_by_the_expected_length() -> None:
    assert (of().share, of().ends_at, of().rate) == (0.5, NOW + 30 * MINUTE, None)
    assert (of(seen(began=15)).share, of(seen(began=15)).account) == (0.25, "st1")


def test_what_the_service_told_is_carried_on_from_then() -> None:
    told = of(seen(read=15, progress=40.0))
    assert told.share == pytest.approx(0.8)
    assert told.ends_at == NOW + 7.5 * MINUTE


def test_nothing_is_shown_as_done_before_it_has_ended() -> None:
    late = of(seen(began=600))
    assert (late.share, late.ends_at) == (NEARLY, NOW + 600 / NEARLY * 0.01 * MINUTE)
    assert of(at=state(Step.DONE)).share == 1.0
    assert (of(at=state(Step.FAILED)).share, of(at=state(Step.CHECKING)).ends_at) == (0.0, None)


def test_the_phase_is_the_jobs_own_while_it_runs() -> None:
    copying = seen(tasks=(JobTask("Transfer data from vault", "InProgress"), JobTask("Create", "NotStarted")))
    assert of(copying).phase == "Transfer data from vault"
    assert of(copying, state(Step.CANCELLING)).phase == "cancelling"
    assert of().phase == "running"


def test_the_rate_is_of_what_had_come_when_it_was_told() -> None:
    assert of(seen(read=10, bytes_moved=36_000_000_000)).rate == 30_000_000
    assert of(seen(read=30, bytes_moved=1)).rate is None


def test_who_waits_has_the_end_of_its_wait_and_of_itself() -> None:
    waiting = state(Step.WAITING)
    assert of(at=waiting, turn=Turn("k", "", "in use", 1, 45.0)).ends_at == NOW + 105 * MINUTE
    assert of(at=waiting, turn=Turn("k", "", "no pool", 1)).ends_at is None
    assert of(at=waiting, turn=Turn("k", "", "no pool", 1)).reason == "no pool"

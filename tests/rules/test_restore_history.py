"""Does a history say what a restore went through, and is a failure left to people until its VM is asked for again?"""

from dataclasses import replace
from datetime import timedelta

from shared.model.restore_history import Stretch
from shared.model.restore_intent import RestoreLimits
from shared.model.restore_tasks import Passage, RestoreState, Step
from shared.rules import restore_history
from shared.rules.restore_case import Answer, Observed, Sent
from shared.rules.restore_history import LONGEST_REASON, TO_DO, ended, lately, left_to_people, under_way
from shared.rules.restore_progress import progress
from shared.rules.restore_results import result_of
from shared.rules.restore_steps import MOST_PASSAGES, MOST_WORDS, begin, next_step
from tests.rules.restoring import NOW, POOL, job, state, task

MINUTE = timedelta(minutes=1)
LIMITS = RestoreLimits()
FAILED = state(Step.FAILED, since=NOW + 90 * MINUTE, reason="its job failed: X: y", account_id=POOL[0], attempts=1)


def follow(*seen: Observed) -> RestoreState:
    """Take a step every ten minutes."""
    its = begin(NOW)
    for number, one in enumerate(seen, start=1):
        its = next_step(task(), its, one, LIMITS, NOW + 10 * number * MINUTE).state
    return its


TAKEN = (
    Observed(account_id=POOL[0]),
    Observed(objections=()),
    Observed(sent=Sent(Answer.ACCEPTED, "operation")),
)


def test_the_way_from_check_to_job_is_one_stretch_with_its_account() -> None:
    its = follow(Observed(turn="all in use"), *TAKEN)
    found = under_way(task(), its, progress(task(), its, None, None, NOW))
    assert found.stretches == (
        Stretch(Step.WAITING, NOW, NOW + 20 * MINUTE, "", "it has just been accepted"),
        Stretch(Step.CHECKING, NOW + 20 * MINUTE, None, "st1", "st1 is free"),
    )
    assert (found.from_start, found.ended_at, found.accounts) == (True, None, ())


def test_a_move_is_a_wait_with_its_reason_between_two_accounts() -> None:
    running = replace(state(Step.RUNNING, account_id=POOL[0], job_id=job().id, attempts=1), trail=begin(NOW).trail)
    slow = job(status="Failed", errors=(), ended_at=NOW + 9 * MINUTE)
    moving = replace(running, step=Step.MOVING, trail=(*running.trail, Passage(Step.RUNNING, NOW, "st1")))
    waits = next_step(task(), moving, Observed(job=slow, others=True), LIMITS, NOW + 10 * MINUTE).state
    assert waits.trail[-1] == Passage(Step.WAITING, waits.since, "", waits.reason)
    assert "st1 was too slow" in waits.reason
    again = replace(waits, trail=(*waits.trail, Passage(Step.RUNNING, NOW + 20 * MINUTE, "st2")))
    done = replace(
        again,
        step=Step.DONE,
        since=NOW + 50 * MINUTE,
        trail=(*again.trail, Passage(Step.DONE, NOW + 50 * MINUTE, "st2")),
    )
    found = ended(task(), done, None)
    assert found.accounts == ("st1", "st2")
    assert [one.step for one in found.stretches][-3:] == [Step.RUNNING, Step.WAITING, Step.RUNNING]
    assert found.stretches[-1].until == found.ended_at == NOW + 50 * MINUTE


def test_long_trails_and_reasons_are_cut_and_it_is_known_that_they_are() -> None:
    its = follow(*(Observed(account_id=POOL[0]), Observed(leased=False)) * MOST_PASSAGES)
    assert len(its.trail) == MOST_PASSAGES
    assert not ended(task(), its, None).from_start
    told = follow(*TAKEN[:2], Observed(sent=Sent(Answer.REFUSED, code="No", text="word " * 100)))
    assert told.step is Step.FAILED
    assert len(told.trail[-1].why) == MOST_WORDS < len(told.reason)


def test_a_state_without_a_trail_tells_its_end_alone() -> None:
    found = ended(task(), FAILED, None)
    assert (found.stretches, found.from_start, found.ended_at) == ((), False, FAILED.since)
    running = state(Step.RUNNING, since=NOW + 5 * MINUTE, account_id=POOL[0])
    (only,) = ended(task(), running, None).stretches
    assert (only.step, only.since, only.account) == (Step.RUNNING, running.since, "st1")


def test_bytes_and_rate_are_the_results_and_the_guess_is_the_progress() -> None:
    last = job(status="Completed", ended_at=NOW + 50 * MINUTE, bytes_moved=6_000_000, staging="c")
    over = state(Step.DONE, since=NOW + 50 * MINUTE, job_id=last.id)
    found = ended(task(), over, result_of(task(), over, [last], ()))
    assert (found.bytes_moved, found.rate, found.share) == (6_000_000, 2000.0, 1.0)
    its = state(Step.RUNNING, sent_at=NOW)
    seen = under_way(task(), its, progress(task(), its, None, None, NOW + 30 * MINUTE))
    assert (seen.share, seen.ends_at, seen.rate) == (0.5, NOW + 60 * MINUTE, None)


def test_what_failed_is_left_to_people_until_its_vm_is_asked_for_again() -> None:
    failed = ended(task(), FAILED, None)
    (alone,) = lately([failed], NOW)
    assert (alone.answered, alone.to_do) == (False, TO_DO)
    (finding,) = left_to_people([alone])
    assert (finding.code, finding.subject) == ("restore-failed", task().item.vm_id)
    assert finding.text.startswith("app-1: its restore failed at ")
    assert "(request r1): its job failed: X: y; nobody has asked for it again" in finding.text
    before = ended(task(request_id="r0", accepted_at=NOW - MINUTE), state(Step.DONE), None)
    other = ended(task("app-2", request_id="r2", accepted_at=NOW + 95 * MINUTE), state(), None)
    assert len(left_to_people(lately([failed, before, other], NOW))) == 1
    again = ended(task(request_id="r3", accepted_at=NOW + 95 * MINUTE), state(), None)
    answered, _ = lately([again, failed], NOW)
    assert (answered.request_id, answered.answered, answered.to_do) == ("r1", True, ())
    assert left_to_people(lately([failed, again], NOW)) == ()
    beside = ended(task(request_id="r4"), state(Step.DONE, since=NOW + 91 * MINUTE), None)
    assert left_to_people(lately([failed, beside], NOW)) == ()
    early = ended(task(request_id="r4"), state(Step.DONE, since=NOW + 89 * MINUTE), None)
    assert len(left_to_people(lately([failed, early], NOW))) == 1


def test_what_failed_at_once_does_not_answer_itself() -> None:
    (alone,) = lately([ended(task(), replace(FAILED, since=NOW), None)], NOW)
    assert alone.to_do == TO_DO


def test_what_ended_before_is_left_out_and_what_is_under_way_never() -> None:
    waits = ended(task("app-2", request_id="r2", accepted_at=NOW - timedelta(days=3)), state(), None)
    failed = ended(task(), FAILED, None)
    assert [one.request_id for one in lately([failed, waits], FAILED.since)] == ["r2", "r1"]
    assert [one.request_id for one in lately([failed, waits], FAILED.since + MINUTE)] == ["r2"]


def test_a_long_reason_does_not_fill_the_findings() -> None:
    (failed,) = lately([ended(task(), replace(FAILED, reason="x" * 5000), None)], NOW)
    assert len(restore_history.left_to_people([failed])[0].text) < LONGEST_REASON + 150

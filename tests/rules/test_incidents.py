"""Are incidents what happened, in whatever order it is told?"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.failures import Failure, Family, History, Kind, Response, Severity, State, Told
from shared.rules.incidents import answered, attempts_for, earlier_runs, fold, forget, incidents
from shared.rules.job_failures import triage
from tests.rules.failures import (
    BEGAN,
    DAY,
    ENDED,
    HOUR,
    MINUTE,
    SLOT,
    at,
    context,
    failure,
    incident_of,
    late,
    success,
    tried,
)
from tests.rules.fleet import vm_id

AGENT = "UserErrorGuestAgentStatusUnavailable"
NONE = History()


def told(*facts):
    return incidents(fold(NONE, facts))


def test_a_failure_opens_an_incident_of_its_vm_and_cause() -> None:
    one = incident_of(failure(AGENT))
    assert (one.vm_id, one.vm_name, one.family, one.code) == (vm_id("app"), "app", Family.GUEST_AGENT, AGENT)
    assert (one.state, one.needs_human, one.severity) == (State.OPEN, True, Severity.ERROR)
    assert (one.opened_at, one.last_seen_at, one.resolved_at, one.due_since) == (BEGAN, BEGAN, None, ENDED)
    assert one.key == f"{vm_id('app')}|guest_agent/{AGENT}".lower()
    assert not incident_of(failure()).needs_human


def test_the_same_cause_is_one_incident_and_another_cause_another() -> None:
    assert len(told(failure(AGENT), late(failure(AGENT), 24))) == 1
    assert len(told(failure(AGENT), late(failure(), 24))) == 2
    assert len(told(failure(AGENT), failure(AGENT, vm="web"))) == 2
    assert len(told(failure(AGENT), failure("", code=400196, started_at=at(3)))) == 1
    assert len(told(failure("UserErrorNew"), late(failure("usererrornew"), 1))) == 1


def test_a_later_success_resolves_and_an_older_one_does_not() -> None:
    assert incident_of(failure(), success(at(2))).state is State.RESOLVED
    assert incident_of(failure(), success(at(2))).resolved_at == at(2)
    assert incident_of(failure(), success(BEGAN)).state is State.RESOLVED
    assert incident_of(failure(), success(BEGAN - MINUTE)).state is State.OPEN
    assert incident_of(failure(), success(at(2), "web")).state is State.OPEN


def test_the_first_success_after_it_is_the_one_that_repaired_it() -> None:
    assert incident_of(failure(), success(at(30)), success(at(6)), success(at(-5))).resolved_at == at(6)


def test_a_cause_that_comes_back_after_a_success_is_another_incident() -> None:
    first, second = told(failure(AGENT), success(at(24)), late(failure(AGENT), 48))
    assert (first.state, second.state) == (State.RESOLVED, State.OPEN)
    assert first.key == second.key
    assert first.alert_key != second.alert_key
    assert (first.opened_at, second.opened_at) == (BEGAN, BEGAN + 48 * HOUR)


def test_the_same_job_twice_changes_nothing_and_the_look_that_says_more_is_kept() -> None:
    bare = failure("", code=0)
    whole = replace(bare, code=400196, name=AGENT, text="It is silent.")
    for facts in ((bare, whole), (whole, bare), (whole, bare, whole)):
        (one,) = told(*facts)
        assert one.failures == (whole,)


def test_what_somebody_cancelled_and_what_is_no_backup_is_no_incident() -> None:
    assert told(failure("", Kind.CANCELLED)) == ()
    assert told(failure("UserErrorJobSuccessfullyCancelled", Kind.WARNINGS)) == ()
    assert told(failure(AGENT, operation="Restore")) == ()


def test_warnings_are_an_incident_that_only_a_clean_backup_resolves() -> None:
    warned = failure(AGENT, Kind.WARNINGS)
    assert incident_of(warned).severity is Severity.WARNING
    assert incident_of(warned, success(at(24))).state is State.RESOLVED
    (one,) = told(warned, late(warned, 24))
    assert (one.state, len(one.failures)) == (State.OPEN, 2)


def test_a_backup_with_warnings_repairs_what_failed_before_it_and_not_itself() -> None:
    broken, warned = failure("CloudInternalError"), failure(AGENT, Kind.WARNINGS, started_at=at(2))
    by_code = {one.code: one for one in told(broken, warned)}
    assert by_code["CloudInternalError"].resolved_at == at(2)
    assert by_code[AGENT].state is State.OPEN


def test_a_run_that_began_after_all_is_no_longer_overdue_whatever_came_of_it() -> None:
    overdue = failure("", Kind.OVERDUE)
    failed = failure(AGENT, started_at=at(3))
    by_code = {one.code: one for one in told(overdue, failed)}
    assert by_code["not-started"].resolved_at == at(3)
    assert by_code[AGENT].state is State.OPEN
    assert {one.state for one in told(failure("", Kind.COLLIDED), failed)} == {State.OPEN}


def test_overdue_and_never_started_are_one_incident_and_one_run() -> None:
    facts = (failure("", Kind.OVERDUE), failure("", Kind.NEVER_STARTED))
    one = incident_of(*facts)
    assert (one.code, len(one.failures), one.state) == ("not-started", 2, State.OPEN)


def test_three_failed_runs_of_one_family_escalate_all_that_is_open_in_it() -> None:
    twice = (failure(), late(failure(), 24))
    assert incident_of(*twice).state is State.OPEN
    again = late(failure("BackUpOperationFailed"), 48)
    assert [(one.state, one.needs_human) for one in told(*twice, again)] == [(State.ESCALATED, True)] * 2
    assert {one.state for one in told(*twice, late(failure(AGENT), 48))} == {State.OPEN}
    assert {one.state for one in told(*twice, success(at(30)), again)} == {State.RESOLVED, State.OPEN}


def test_a_retry_that_did_not_help_escalates() -> None:
    first, second = failure(), failure(started_at=at(1.5))
    one = incident_of(first, tried(first), second, tried(second, Response.USER_FIX, needs_human=True))
    assert (one.state, one.needs_human, one.due_since) == (State.ESCALATED, True, second.ended_at)
    assert incident_of(first, tried(first)).state is State.OPEN
    unhelped = incident_of(first, tried(first, Response.WAIT, needs_human=True))
    assert (unhelped.state, unhelped.needs_human) == (State.OPEN, True)


def test_a_human_is_needed_from_the_end_of_what_failed_not_from_when_that_was_answered() -> None:
    one, slowly = failure(), {"when": ENDED + 20 * MINUTE, "needs_human": True}
    assert incident_of(one, tried(one, Response.WAIT, **slowly)).due_since == ENDED
    assert incident_of(one, tried(one), tried(one, Response.WAIT, **slowly)).due_since == ENDED + 20 * MINUTE


def test_points_beyond_their_rpo_escalate() -> None:
    one = incident_of(failure(), tried(failure(), Response.WAIT, severity=Severity.CRITICAL))
    assert (one.state, one.severity, one.needs_human) == (State.ESCALATED, Severity.CRITICAL, True)


def test_an_answer_is_remembered_as_it_was_given() -> None:
    verdict = triage(failure(), (), context(), ENDED)
    attempt = answered(failure(), verdict, ENDED)
    assert (attempt.failure_id, attempt.response, attempt.retry_at) == (failure().id, Response.RETRY, verdict.retry_at)
    assert (attempt.reason, attempt.severity, attempt.needs_human) == (verdict.reason, Severity.WARNING, False)


def test_what_was_answered_since_the_last_backup_counts_for_the_next_failure() -> None:
    first, second = failure(), failure(started_at=at(1.5))
    history = fold(NONE, [first, tried(first)])
    assert attempts_for(history, second) == (tried(first),)
    assert attempts_for(history, first) == (tried(first),)
    assert attempts_for(history, failure(AGENT, started_at=at(1.5))) == (tried(first),)
    assert attempts_for(history, failure(vm="web")) == ()
    assert attempts_for(fold(history, [success(at(1))]), second) == ()
    assert attempts_for(fold(history, [failure(AGENT, Kind.WARNINGS, started_at=at(1))]), second) == ()
    assert attempts_for(fold(history, [success(at(0)), success(at(1), "web"), success(at(9))]), second) == (
        tried(first),
    )


def test_a_start_that_made_up_for_a_late_run_counts_though_the_run_is_no_longer_late() -> None:
    overdue, failed = failure("", Kind.OVERDUE), failure(started_at=at(4.6))
    history = fold(NONE, [overdue, tried(overdue), failed])
    assert attempts_for(history, failed) == (tried(overdue),)


def test_earlier_runs_are_counted_by_vm_family_and_run_until_a_success() -> None:
    history = fold(NONE, [failure(), late(failure("BackUpOperationFailed"), 24), late(failure(AGENT), 25)])
    tonight = late(failure(), 48)
    assert earlier_runs(history, tonight) == 2
    assert earlier_runs(history, failure()) == 0
    assert earlier_runs(history, late(failure(AGENT), 48)) == 1
    assert earlier_runs(history, late(failure(vm="web"), 48)) == 0
    assert earlier_runs(fold(history, [success(at(20))]), tonight) == 1
    assert earlier_runs(fold(history, [success(at(30))]), tonight) == 0


def test_what_is_over_is_forgotten_and_what_is_not_is_kept() -> None:
    old, fresh = failure(AGENT), late(failure(AGENT), 480)
    attempt = tried(old)
    facts = [old, attempt, success(at(24)), fresh, Told(incident_of(old).alert_key, "k", at(1))]
    smaller = forget(fold(NONE, facts), at(400))
    assert smaller == History((fresh,), (success(at(24)),), (), ())
    assert forget(fold(NONE, [old, attempt]), at(400)) == fold(NONE, [old, attempt])
    whole = fold(NONE, facts)
    assert forget(whole, at(20)) == whole
    assert fold(smaller, [old]) != smaller
    assert [one.state for one in incidents(fold(smaller, [old]))] == [State.RESOLVED, State.OPEN]


def test_the_last_success_of_each_vm_is_kept() -> None:
    history = fold(NONE, [success(at(2)), success(at(1)), success(at(0), "web")])
    assert set(forget(history, at(400)).successes) == {success(at(2)), success(at(0), "web")}


def test_what_was_told_is_found_though_an_older_failure_came_late() -> None:
    newer, older = late(failure(AGENT), 24), failure(AGENT)
    history = fold(NONE, [newer])
    (one,) = incidents(history)
    note = Told(one.alert_key, one.alert_key, at(30))
    (same,) = incidents(fold(history, [note, older]))
    assert same.last_alert == note
    assert same.opened_at == BEGAN


DROPS = st.lists(
    st.one_of(
        st.builds(
            lambda hours, name, kind, vm: failure(name, kind, vm, started_at=at(hours)),
            st.integers(-20, 60),
            st.sampled_from([AGENT, "CloudInternalError", "BackUpOperationFailed", "UserErrorNew"]),
            st.sampled_from(list(Kind)),
            st.sampled_from(["app", "web"]),
        ),
        st.builds(success, st.integers(-20, 60).map(at), st.sampled_from(["app", "web"])),
        st.builds(
            lambda hours, response: tried(failure(started_at=at(hours)), response),
            st.integers(-20, 60),
            st.sampled_from(list(Response)),
        ),
    ),
    max_size=12,
)


@settings(max_examples=150)
@given(DROPS, st.randoms(use_true_random=False))
def test_order_repetition_and_portions_change_nothing(facts, lot) -> None:
    once = fold(NONE, facts)
    shuffled = [*facts, *lot.sample(facts, len(facts) // 2)]
    lot.shuffle(shuffled)
    cut = lot.randint(0, len(shuffled))
    assert fold(fold(NONE, shuffled[:cut]), shuffled[cut:]) == once
    assert incidents(once) == incidents(fold(once, shuffled))


@settings(max_examples=150)
@given(DROPS)
def test_one_incident_at_most_is_open_and_no_failure_is_in_two(facts) -> None:
    found = told(*facts)
    open_ones = [one.key for one in found if one.state is not State.RESOLVED]
    assert len(set(open_ones)) == len(open_ones)
    placed = [each.id for one in found for each in one.failures]
    assert len(set(placed)) == len(placed)
    for one in found:
        assert one.opened_at <= one.last_seen_at
        assert one.resolved_at is None or one.resolved_at >= one.last_seen_at
        assert (one.resolved_at is not None) == (one.state is State.RESOLVED)
    starts = {fact.started_at for fact in facts if not isinstance(fact, Failure) and hasattr(fact, "vm_id")}
    after_all = max(starts, default=SLOT) + 10 * DAY
    healed = told(*facts, success(after_all), success(after_all, "web"))
    assert {one.state for one in healed} <= {State.RESOLVED}


@pytest.mark.parametrize("state", State)
def test_every_state_is_reached(state: State) -> None:
    three = [late(failure(), 24 * number) for number in range(3)]
    facts = {State.OPEN: three[:1], State.ESCALATED: three, State.RESOLVED: [*three, success(at(90))]}
    assert incident_of(*facts[state]).state is state

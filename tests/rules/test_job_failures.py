"""Does each failure get the answer that its error and its night ask for, and no start where there must be none?"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.azure import JobError
from shared.model.failures import Family, Kind, Response, Severity, Verdict
from shared.model.intent import Blackout
from shared.rules.error_table import TABLE
from shared.rules.failure_families import REMEDIES
from shared.rules.job_failures import triage
from shared.rules.retries import RETRY_AFTER
from tests.rules.failures import (
    BEGAN,
    DAY,
    ENDED,
    HOUR,
    MINUTE,
    POLICY,
    SLOT,
    at,
    context,
    failure,
    job,
    retries,
)
from tests.rules.fleet import intent, policy, tier, vm

STOPS = frozenset({Response.USER_FIX, Response.STOP, Response.IGNORE, Response.WAIT, Response.RESCHEDULE})
PASSING = (JobError(130001, "CloudInternalError", ""),)
BY_HAND = {"user_triggered": True, "scheduled_for": None}


def answer(of=None, attempts=(), now=ENDED, **around) -> Verdict:
    return triage(of or failure(), attempts, context(**around), now)


def test_a_transient_error_is_tried_again_half_an_hour_after_its_end() -> None:
    found = answer()
    assert (found.family, found.response, found.retry_at) == (Family.TRANSIENT, Response.RETRY, ENDED + 30 * MINUTE)
    assert (found.severity, found.needs_human) == (Severity.WARNING, False)
    assert found.runbook is REMEDIES[Family.TRANSIENT].runbook
    assert found.reason == "the service failed inside; started again at 03 Mar 23:10 UTC, for the first time"


def test_a_second_retry_comes_two_hours_after_the_first_ones_end_and_then_a_person_is_asked() -> None:
    second = failure(started_at=BEGAN + HOUR)
    found = answer(second, retries(1), now=second.ended_at)
    assert (found.response, found.retry_at) == (Response.RETRY, second.ended_at + 2 * HOUR)
    assert found.reason.endswith("for the second time")
    third = failure(started_at=BEGAN + 4 * HOUR)
    found = answer(third, retries(2), now=third.ended_at)
    assert (found.response, found.retry_at, found.needs_human) == (Response.USER_FIX, None, True)
    assert found.severity is Severity.ERROR
    assert found.reason == "the service failed inside, and it was tried 2 times more"


def test_a_failure_that_is_seen_late_is_tried_again_at_once() -> None:
    assert answer(now=ENDED + 2 * HOUR).retry_at == ENDED + 2 * HOUR


@pytest.mark.parametrize("name", ["GuestAgentSnapshotTaskStatusError", "VMRestorePointSomethingNew"])
def test_an_error_that_is_worth_one_retry_gets_one(name: str) -> None:
    assert answer(failure(name)).response is Response.RETRY
    found = answer(failure(name), retries(1))
    assert (found.response, found.needs_human) == (Response.USER_FIX, True)
    assert found.reason.endswith("and it was tried once more")


@pytest.mark.parametrize("code", TABLE, ids=lambda code: code.name)
def test_every_known_error_is_answered_by_its_own_answer_when_nothing_is_in_the_way(code) -> None:
    found = answer(failure(code.names[0].replace("*", "Any")))
    assert (found.family, found.response) == (code.family, code.response)
    assert (found.retry_at is None) == (code.response is not Response.RETRY)
    assert code.says in found.reason


@pytest.mark.parametrize("family", Family)
def test_every_family_is_reached_and_brings_its_runbook(family: Family) -> None:
    name = next((code.name for code in TABLE if code.family is family), "UserErrorBrandNew")
    found = answer(failure(name))
    assert (found.family, found.runbook) == (family, REMEDIES[family].runbook)


@pytest.mark.parametrize(
    "name",
    ["UserErrorGuestAgentStatusUnavailable", "UserErrorRpCollectionLimitReached", "ResourceNotFound", "UserErrorNew"],
)
def test_what_a_person_must_settle_is_told_and_never_started_again(name: str) -> None:
    found = answer(failure(name), now=ENDED + HOUR)
    assert found.response in {Response.USER_FIX, Response.STOP}
    assert (found.retry_at, found.needs_human, found.severity) == (None, True, Severity.ERROR)


def test_a_later_backup_makes_every_failure_harmless() -> None:
    for name in ("CloudInternalError", "ResourceNotFound", "CloudDosAbsoluteLimitReached", "UserErrorNew"):
        for status in ("Completed", "CompletedWithWarnings"):
            found = answer(failure(name), jobs=(job(at(2), status),))
            assert (found.response, found.severity) == (Response.IGNORE, Severity.INFORMATION)
            assert found.reason == "the backup of 04 Mar 00:00 UTC has made up for it"


def test_an_earlier_backup_another_job_or_its_own_makes_up_for_nothing() -> None:
    own = failure(job_id="job-032210")
    for done in (
        job(at(-3)),
        job(at(2), operation="Restore"),
        job(at(2), "Cancelled"),
        job(BEGAN, "CompletedWithWarnings"),
    ):
        assert answer(own, jobs=(done,)).response is Response.RETRY


def test_once_a_later_backup_has_failed_its_own_answer_is_the_one_that_counts() -> None:
    for name in ("CloudInternalError", "BMSUserErrorObjectLocked", "CloudDosAbsoluteLimitReached"):
        found = answer(failure(name), jobs=(job(at(2), "Failed"), job(at(1), "Failed"), job(at(3), "Cancelled")))
        assert (found.response, found.needs_human) == (Response.IGNORE, False)
        assert found.reason.endswith("the backup of 04 Mar 00:00 UTC has failed since, and has an answer of its own")
    assert answer(failure("ResourceNotFound"), jobs=(job(at(2), "Failed"),)).response is Response.STOP
    assert answer(failure(operation="Restore"), jobs=(job(at(2), "Failed"),)).response is Response.RETRY


def test_a_restore_is_not_repaired_by_a_backup_and_is_repeated_by_whoever_asked() -> None:
    found = answer(failure(operation="Restore"), jobs=(job(at(2)),))
    assert (found.response, found.retry_at, found.needs_human) == (Response.RETRY, None, True)
    assert found.reason == "the service failed inside; Restore is for whoever asked for it to repeat"
    assert answer(failure(operation="Restore", retryable=False)).response is Response.STOP
    assert answer(failure("CopyingVHDsFromBackUpVaultTakingLongTime", operation="")).retry_at is None


def test_a_backup_with_warnings_left_a_point_so_it_is_not_repeated() -> None:
    found = answer(failure(kind=Kind.WARNINGS))
    assert (found.response, found.retry_at) == (Response.IGNORE, None)
    found = answer(failure("UserErrorGuestAgentStatusUnavailable", Kind.WARNINGS))
    assert (found.response, found.severity) == (Response.USER_FIX, Severity.WARNING)
    assert answer(failure("ExtensionFailedVssWriterInBadState", Kind.WARNINGS)).response is Response.RESCHEDULE


def test_warnings_are_taken_back_by_a_clean_backup_only() -> None:
    warned = failure("UserErrorGuestAgentStatusUnavailable", Kind.WARNINGS)
    assert answer(warned, jobs=(job(at(2), "CompletedWithWarnings"),)).response is Response.USER_FIX
    assert answer(warned, jobs=(job(at(2)),)).response is Response.IGNORE


def test_a_cancelled_backup_is_nobodys_fault() -> None:
    assert answer(failure("", Kind.CANCELLED)).response is Response.IGNORE
    assert answer(failure("UserErrorJobSuccessfullyCancelled", Kind.WARNINGS)).response is Response.IGNORE


def test_a_blocked_day_is_waited_out() -> None:
    blocked = failure("CloudDosAbsoluteLimitReached", retryable=False)
    found = answer(blocked)
    assert (found.response, found.look_again_at, found.retry_at) == (Response.WAIT, ENDED + DAY, None)
    found = answer(blocked, now=ENDED + DAY)
    assert (found.response, found.look_again_at, found.retry_at) == (Response.WAIT, None, None)


def test_the_service_saying_that_no_retry_helps_outweighs_the_table() -> None:
    found = answer(failure(retryable=False))
    assert (found.response, found.retry_at, found.needs_human) == (Response.STOP, None, True)
    assert answer(failure(retryable=True)).response is Response.RETRY
    held = failure("UserErrorBackupOperationInProgress", retryable=False)
    assert answer(held).response is Response.WAIT
    assert answer(held, now=ENDED + HOUR).response is Response.STOP


def test_another_job_is_waited_for_and_looked_at_again() -> None:
    held = failure("UserErrorBackupOperationInProgress")
    now = ENDED + 3 * HOUR
    found = answer(held, now=now, jobs=(job(at(-1), "InProgress"),))
    assert (found.response, found.look_again_at, found.needs_human) == (Response.WAIT, now + 30 * MINUTE, False)
    assert "the job of 03 Mar 21:00 UTC is running for it" in found.reason
    assert answer(jobs=(job(at(-1), "Cancelling"),)).response is Response.WAIT


def test_a_job_that_holds_the_vm_for_more_than_a_day_is_a_matter_for_a_person() -> None:
    found = answer(now=ENDED, jobs=(job(ENDED - DAY - MINUTE, "InProgress"),))
    assert (found.response, found.needs_human) == (Response.USER_FIX, True)
    assert "has held it for more than a day" in found.reason
    assert answer(now=ENDED, jobs=(job(ENDED - DAY, "InProgress"),)).response is Response.WAIT


def test_its_own_job_in_the_list_is_not_another_one() -> None:
    stale = job(BEGAN, "InProgress", id="J")
    assert answer(failure(job_id="j"), jobs=(stale,)).response is Response.RETRY


@pytest.mark.parametrize("name", ["BMSUserErrorObjectLocked", "UserErrorVmNotInDesirableState"])
def test_once_what_held_it_is_over_it_is_tried_again(name: str) -> None:
    found = answer(failure(name))
    assert (found.response, found.look_again_at) == (Response.WAIT, ENDED + 30 * MINUTE)
    found = answer(failure(name), now=ENDED + 30 * MINUTE)
    assert (found.response, found.retry_at) == (Response.RETRY, ENDED + 30 * MINUTE)


def test_waiting_for_the_third_time_is_a_matter_for_a_person() -> None:
    held = failure("UserErrorBackupOperationInProgress")
    assert not answer(held, earlier=1).needs_human
    found = answer(held, earlier=2)
    assert (found.response, found.needs_human, found.severity) == (Response.WAIT, True, Severity.ERROR)


@pytest.mark.parametrize("name", ["ExtensionFailedVssWriterInBadState", "ExtensionFailedTimeoutVMNetworkUnresponsive"])
def test_a_wrong_hour_asks_the_next_plan_for_another_start(name: str) -> None:
    found = answer(failure(name))
    assert (found.response, found.bad_slot, found.retry_at, found.needs_human) == (Response.RESCHEDULE, 44, None, False)
    assert answer(failure(name, **BY_HAND, started_at=at(3.6))).bad_slot == 3
    assert answer(failure(name), earlier=2).needs_human


def test_an_overdue_run_may_still_come_and_then_is_started_by_hand() -> None:
    late = failure("", Kind.OVERDUE)
    found = answer(late, now=at(3))
    assert (found.response, found.look_again_at, found.retry_at) == (Response.WAIT, at(4), None)
    found = answer(late, now=at(4))
    assert (found.response, found.retry_at) == (Response.RETRY, at(4.5))


def test_a_run_that_never_started_is_left_to_the_next_one_and_told() -> None:
    found = answer(failure("", Kind.NEVER_STARTED), now=at(23))
    assert (found.response, found.retry_at, found.needs_human) == (Response.WAIT, None, True)
    assert "its scheduled run of 04 Mar 22:00 UTC is near" in found.reason


def test_a_collision_is_waited_out_and_then_made_up_for() -> None:
    lost = failure("", Kind.COLLIDED, ended_at=at(2.6))
    failed = job(at(-0.1), "Failed", ended_at=at(2.6), errors=PASSING, user_triggered=True)
    assert answer(lost, now=at(3), jobs=(failed,)).response is Response.WAIT
    found = answer(lost, now=at(3.2), jobs=(failed,))
    assert (found.response, found.retry_at) == (Response.RETRY, at(3.2))
    in_vain = job(at(-0.1), "Failed", ended_at=at(2.6), errors=(JobError(0, "ResourceNotFound", ""),))
    assert answer(lost, now=at(3.2), jobs=(in_vain,)).response is Response.IGNORE
    assert answer(failure(started_at=at(3)), now=at(4), jobs=(in_vain,)).response is Response.RETRY
    assert answer(lost, now=at(3), jobs=(job(at(-0.1), "InProgress"),)).response is Response.WAIT


def test_the_backup_that_kept_a_run_from_starting_made_a_point_that_may_do() -> None:
    lost = failure("", Kind.COLLIDED, ended_at=at(0.4))
    by_hand = job(at(-0.1), user_triggered=True)
    found = answer(lost, now=at(3), jobs=(by_hand,))
    assert (found.response, found.retry_at) == (Response.IGNORE, None)
    assert found.reason.endswith("the backup of 03 Mar 21:54 UTC made a point meanwhile")
    held = failure("UserErrorBackupOperationInProgress")
    assert answer(held, now=at(3), jobs=(job(at(-0.1)),)).response is Response.IGNORE
    assert answer(failure(), now=at(3), jobs=(job(at(-0.1)),)).response is Response.RETRY
    tight = intent(tiers=(tier(rpo=timedelta(hours=26)),))
    assert answer(lost, now=at(3), jobs=(by_hand,), intent=tight).response is Response.RETRY
    failed = job(at(-0.1), "Failed", errors=PASSING, user_triggered=True)
    for useless in (failed, job(at(-0.6), user_triggered=True)):
        assert answer(lost, now=at(3), jobs=(useless,)).response is Response.RETRY
    assert answer(lost, now=at(3), jobs=(by_hand,), policy=None).response is Response.WAIT
    assert answer(lost, now=at(3), jobs=(by_hand,), vm=None).response is Response.USER_FIX


def test_a_late_run_that_began_after_all_is_answered_by_what_came_of_it() -> None:
    late = failure("", Kind.OVERDUE)
    found = answer(late, now=at(5), jobs=(job(at(3), "Failed"),))
    assert (found.response, found.reason) == (
        Response.IGNORE,
        "the backup of 04 Mar 01:00 UTC began after all, and has an answer of its own",
    )
    assert answer(late, now=at(3.1), jobs=(job(at(3), "InProgress"),)).response is Response.WAIT
    assert answer(late, now=at(5), jobs=(job(at(3)),)).reason.endswith("has made up for it")


def test_a_gone_vm_is_for_a_person_to_take_out_of_protection() -> None:
    found = answer(failure("", Kind.MISSING_VM), now=at(3), vm=None)
    assert (found.family, found.response, found.needs_human) == (Family.NOT_FOUND, Response.STOP, True)


def test_a_vm_in_no_tier_is_told_of_and_nothing_is_started_for_it() -> None:
    for stranger in (None, vm("app", tier="")):
        found = answer(vm=stranger)
        assert (found.response, found.retry_at, found.needs_human) == (Response.USER_FIX, None, True)
        assert found.reason.endswith("it is in no tier, so nothing is started for it")


def test_points_older_than_the_rpo_are_critical_and_make_waiting_a_matter_for_a_person() -> None:
    old, fresh = ENDED - timedelta(hours=48, minutes=1), ENDED - 48 * HOUR
    held = failure("UserErrorBackupOperationInProgress")
    assert answer(last_point_at=old).severity is Severity.CRITICAL
    assert answer(last_point_at=fresh).severity is Severity.WARNING
    assert answer(held, last_point_at=old).needs_human
    assert not answer(held, last_point_at=fresh).needs_human
    assert answer(failure(kind=Kind.WARNINGS), last_point_at=old).severity is Severity.INFORMATION


def test_what_stands_against_a_start_is_said_and_the_next_run_is_waited_for() -> None:
    found = answer(stopped="paused until tomorrow by Ann: audit")
    assert (found.response, found.retry_at, found.look_again_at) == (Response.WAIT, None, None)
    assert found.reason == "the service failed inside; not started again: paused until tomorrow by Ann: audit"


WORLDS = st.fixed_dictionaries(
    {},
    optional={
        "stopped": st.sampled_from(["", "paused"]),
        "vm": st.sampled_from([None, vm("app"), vm("app", tags={"nightshift-hold": "2026-04-01;Ann;audit"})]),
        "policy": st.sampled_from([None, POLICY, policy("Near", 23 * 60)]),
        "earlier": st.integers(0, 4),
        "last_point_at": st.sampled_from([None, at(-80), at(-20)]),
        "jobs": st.lists(
            st.builds(
                job,
                st.integers(-40, 40).map(lambda half: SLOT + half * 30 * MINUTE),
                st.sampled_from(["Completed", "Failed", "InProgress", "CompletedWithWarnings", "Cancelled"]),
                user_triggered=st.sampled_from([None, True, False]),
                operation=st.sampled_from(["Backup", "Backup", "Restore"]),
            ),
            max_size=5,
        ).map(tuple),
        "intent": st.sampled_from(
            [
                intent(),
                intent(tiers=(tier(retry_outside_window=True),)),
                intent(blackouts=(Blackout(SLOT.date(), SLOT.date(), "freeze"),)),
                intent(limits={"backups_per_vm_day": 1}),
            ]
        ),
    },
)
FAILURES = st.builds(
    failure,
    st.sampled_from([*(code.names[0].replace("*", "Any") for code in TABLE), "", "UserErrorNew"]),
    st.sampled_from(list(Kind)),
    retryable=st.sampled_from([None, True, False]),
    operation=st.sampled_from(["Backup", "Backup", "Backup", "Restore"]),
    user_triggered=st.sampled_from([None, True, False]),
)


@given(FAILURES, st.integers(0, 4), WORLDS, st.integers(0, 60))
def test_a_start_is_rare_and_everything_has_a_reason(one, tried: int, around, half_hours: int) -> None:
    now = ENDED + half_hours * 30 * MINUTE
    found = answer(one, retries(tried), now, **around)
    assert found == answer(one, retries(tried), now, **around)
    assert found.reason
    assert found.runbook.steps
    if found.response in STOPS:
        assert found.retry_at is None
    if found.retry_at is not None:
        assert tried < len(RETRY_AFTER)
        assert one.retryable is not False
        assert one.operation == "Backup"
        assert one.kind is not Kind.WARNINGS
        assert found.retry_at >= now
        assert around.get("stopped", "") == ""
    if found.response in {Response.USER_FIX, Response.STOP}:
        assert found.needs_human
    assert (found.bad_slot is not None) == (found.response is Response.RESCHEDULE)
    assert found.look_again_at is None or (found.response is Response.WAIT and found.look_again_at > now)


def test_every_answer_and_severity_is_reached() -> None:
    names = [code.names[0] for code in TABLE]
    found = [answer(failure(name)) for name in names] + [
        answer(last_point_at=at(-80)),
        answer(failure("", Kind.CANCELLED)),
    ]
    assert {one.response for one in found} == set(Response)
    assert {one.severity for one in found} == set(Severity) - {Severity.VERBOSE}, "that one is the canary's"

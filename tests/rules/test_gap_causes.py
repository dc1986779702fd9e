"""Does each missing point get the cause that it has, told by whatever is known, and no other one?"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import Change, Frequency, JobError
from shared.model.failures import Family, Kind
from shared.model.retention import Cause, Expected, Mark, Terms
from shared.rules.expected_points import expected
from shared.rules.gap_causes import OF_FAMILY, Evidence, Verdict, cause_of, needs_jobs
from shared.rules.held_points import Asked, held
from tests.rules.failures import BEGAN, DAY, HOUR, MINUTE, POLICY, SLOT, at, failure, job
from tests.rules.fleet import policy
from tests.rules.retaining import Stay, day, gap, history_of, keeping, look, made, point, wanted, weekly

FIRST = day(2026, 1, 1, 12)
HISTORY = (Terms(FIRST, POLICY),)
NOW = SLOT + 20 * HOUR
ONE = wanted(SLOT)
SUNDAY = day(2026, 3, 1, 22)
WEEKLY = wanted(SUNDAY, "daily", "weekly")
WHO = "by ann"


def evidence(*stays: Stay, **fields) -> Evidence:
    history = history_of([Stay(FIRST, POLICY), *stays]) if stays else HISTORY
    return Evidence(history=history, **fields)


def said_of(found: Evidence, one: Expected = ONE, now: datetime = NOW) -> tuple[Cause, str]:
    verdict = cause_of(one, found, now)
    return verdict.cause, verdict.said


def of_failure(*failures) -> Cause:
    return said_of(evidence(failures=failures))[0]


def of_jobs(*jobs, **fields) -> Cause:
    return said_of(evidence(jobs=jobs, **fields))[0]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("CloudInternalError", Cause.PLATFORM),
        ("UserErrorBackupOperationInProgress", Cause.COLLISION),
        ("UserErrorGuestAgentStatusUnavailable", Cause.AGENT),
        ("AzureVmOffline", Cause.VM_OFF),
        ("UserErrorRpCollectionLimitReached", Cause.QUOTA),
        ("UserErrorBCMPremiumStorageQuotaError", Cause.QUOTA),
        ("NobodyKnowsThisError", Cause.UNKNOWN),
    ],
)
def test_what_failed_says_why_by_its_error(error, cause) -> None:
    assert of_failure(failure(error)) is cause
    assert of_jobs(job(BEGAN, "Failed", errors=(JobError(0, error, ""),))) is cause


def test_every_family_of_errors_has_a_cause() -> None:
    assert set(OF_FAMILY) == set(Family)


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (Kind.CANCELLED, Cause.CANCELLED),
        (Kind.COLLIDED, Cause.COLLISION),
        (Kind.NEVER_STARTED, Cause.PLATFORM),
        (Kind.MISSING_VM, Cause.VM_GONE),
        (Kind.OVERDUE, Cause.UNKNOWN),
        (Kind.WARNINGS, Cause.UNKNOWN),
    ],
)
def test_what_is_known_of_a_run_says_why(kind, cause) -> None:
    assert of_failure(failure(kind=kind)) is cause


def test_a_failed_job_is_named_and_a_run_without_one_is_not() -> None:
    assert said_of(evidence(failures=[failure("AzureVmOffline")]))[1].endswith("(AzureVmOffline)")
    assert said_of(evidence(failures=[failure(kind=Kind.COLLIDED)]))[1].endswith("because another one was running")


@pytest.mark.parametrize(
    "other",
    [
        failure("AzureVmOffline", started_at=SLOT - DAY, scheduled_for=SLOT - DAY),
        failure("AzureVmOffline", started_at=SLOT + 5 * HOUR, scheduled_for=None),
        failure("AzureVmOffline", operation="Restore"),
        failure("AzureVmOffline", user_triggered=True),
    ],
    ids=["yesterday", "later", "restore", "by hand"],
)
def test_failures_of_other_jobs_say_nothing_of_the_run(other) -> None:
    assert of_failure(other) is Cause.UNKNOWN


def test_the_first_failure_counts_and_what_was_tried_after_it_does_not() -> None:
    again = failure("AzureVmOffline", started_at=BEGAN + HOUR, scheduled_for=None)
    assert of_failure(again, failure("UserErrorGuestAgentStatusUnavailable")) is Cause.AGENT


def test_a_run_that_was_overdue_and_then_lost_was_lost_to_what_held_the_vm() -> None:
    known = [failure(kind=Kind.OVERDUE), failure(kind=Kind.NEVER_STARTED), failure(kind=Kind.COLLIDED)]
    assert of_failure(*known) is Cause.COLLISION


def test_of_an_overdue_run_the_jobs_are_asked_and_believed() -> None:
    overdue = evidence(failures=[failure(kind=Kind.OVERDUE)])
    assert needs_jobs(ONE, overdue, NOW)
    assert "overdue" in said_of(overdue)[1]
    late = job(SLOT + 3 * HOUR, "Failed", errors=(JobError(0, "AzureVmOffline", ""),))
    assert said_of(replace(overdue, jobs=[late]))[0] is Cause.VM_OFF
    assert said_of(replace(overdue, jobs=[]))[0] is Cause.PLATFORM


def test_jobs_are_asked_for_only_where_nothing_else_tells() -> None:
    assert needs_jobs(ONE, evidence(), NOW)
    assert not needs_jobs(ONE, evidence(jobs=()), NOW)
    assert not needs_jobs(ONE, evidence(failures=[failure()]), NOW)
    assert not needs_jobs(ONE, evidence(Stay(SLOT - DAY, None)), NOW)
    assert said_of(evidence()) == (Cause.UNKNOWN, "nothing is known of its run")


@pytest.mark.parametrize("before", [timedelta(minutes=90), timedelta(minutes=1), timedelta(minutes=-80)])
def test_a_backup_by_hand_that_held_the_vm_is_a_collision_with_a_name(before) -> None:
    started = SLOT - before
    hand = job(started, user_triggered=True, ended_at=started + 3 * HOUR)
    asked = [Change("item", "backup", "ann", started - MINUTE)]
    cause, said = said_of(evidence(jobs=[hand], by_hand=asked))
    assert cause is Cause.COLLISION
    assert ", which ann asked for, held the VM" in said
    assert of_jobs(replace(hand, user_triggered=None), by_hand=asked) is Cause.COLLISION
    cause, said = said_of(evidence(jobs=[hand]))
    assert (cause, "asked for" in said) == (Cause.COLLISION, False)


def test_only_what_ran_when_the_run_was_due_was_in_its_way() -> None:
    before = job(SLOT - 2 * HOUR, user_triggered=True)
    after = job(SLOT + 2 * HOUR, user_triggered=True)
    assert of_jobs(before, after) is Cause.PLATFORM
    assert of_jobs(replace(before, ended_at=None, duration=3 * HOUR)) is Cause.COLLISION
    assert of_jobs(job(SLOT - 20 * HOUR, "InProgress")) is Cause.COLLISION
    assert of_jobs(replace(before, operation="Restore", ended_at=SLOT + HOUR)) is Cause.PLATFORM


def test_a_backup_by_hand_beside_the_run_is_not_why_it_failed() -> None:
    hand = job(SLOT - HOUR, user_triggered=True, ended_at=SLOT + MINUTE)
    own = job(SLOT + 20 * MINUTE, "Failed", errors=(JobError(0, "AzureVmOffline", ""),))
    assert of_jobs(hand, own) is Cause.VM_OFF


@pytest.mark.parametrize("status", ["Cancelled", "Canceled"])
def test_a_cancelled_job_was_cancelled(status) -> None:
    assert of_jobs(job(BEGAN, status)) is Cause.CANCELLED


@pytest.mark.parametrize("status", ["Completed", "CompletedWithWarnings"])
def test_a_point_that_is_gone_though_its_job_completed_is_lost_until_more_is_known(status) -> None:
    verdict = cause_of(ONE, evidence(jobs=[job(BEGAN, "Failed"), job(BEGAN + HOUR, status)]), NOW)
    assert (verdict.cause, verdict.sure) == (Cause.LOST, False)


def test_a_backup_that_still_runs_is_no_run_that_did_not_begin() -> None:
    verdict = cause_of(ONE, evidence(jobs=[job(BEGAN, "InProgress")]), NOW)
    assert (verdict.cause, verdict.sure) == (Cause.UNKNOWN, False)
    assert verdict.said.endswith("still runs")


def test_a_run_that_nothing_held_and_that_did_not_begin_is_the_platforms_or_has_no_vm() -> None:
    assert said_of(evidence(jobs=())) == (Cause.PLATFORM, "no job began for its run")
    assert of_jobs(vm_exists=False) is Cause.VM_GONE


def test_in_a_zone_with_clock_changes_the_run_is_found_at_whichever_start_is_real() -> None:
    berlin = policy("Berlin", 23 * 60, time_zone="W. Europe Standard Time")
    history, one = (Terms(FIRST, berlin),), wanted(SLOT - HOUR, by=berlin)
    late = job(SLOT + 3.5 * HOUR, "Failed", errors=(JobError(0, "AzureVmOffline", ""),))
    assert said_of(Evidence(history=history, jobs=[late]), one)[0] is Cause.VM_OFF
    hand = job(SLOT + 1.5 * HOUR, user_triggered=True)
    assert said_of(Evidence(history=history, jobs=[hand]), one)[0] is Cause.COLLISION
    assert said_of(Evidence(history=(), jobs=[late]), one)[0] is Cause.PLATFORM


def test_stopped_protection_is_told_with_who_and_when() -> None:
    cause, said = said_of(evidence(Stay(SLOT - 10 * HOUR, None)))
    assert (cause, said) == (Cause.PROTECTION_STOPPED, "its backups were stopped on 03 Mar 12:00 UTC by ann")
    nameless = evidence(Stay(SLOT - 2 * DAY, None, unseen=True))
    assert said_of(nameless)[1].endswith("by somebody whom the activity log does not name")


def test_a_run_before_the_stop_or_after_the_resumption_has_another_cause() -> None:
    failed = [failure("AzureVmOffline")]
    assert said_of(evidence(Stay(SLOT + 5 * HOUR, None), failures=failed))[0] is Cause.VM_OFF
    resumed = evidence(Stay(SLOT - 2 * DAY, None), Stay(SLOT - DAY, POLICY), failures=failed)
    assert said_of(resumed)[0] is Cause.VM_OFF


def test_a_stop_that_nobody_saw_explains_a_run_unless_its_job_does() -> None:
    stop = Stay(SLOT + 10 * HOUR, None, unseen=True)
    assert needs_jobs(ONE, evidence(stop), NOW)
    assert said_of(evidence(stop))[0] is Cause.PROTECTION_STOPPED
    assert said_of(evidence(stop, jobs=()))[0] is Cause.PROTECTION_STOPPED
    assert said_of(evidence(stop, jobs=[job(BEGAN, "Cancelled")]))[0] is Cause.CANCELLED
    assert said_of(evidence(stop, failures=[failure("AzureVmOffline")]))[0] is Cause.VM_OFF


def test_a_schedule_that_was_taken_away_is_told() -> None:
    rarer = weekly("Rare", 22 * 60)
    cause, said = said_of(evidence(Stay(SLOT - DAY, rarer)))
    assert cause is Cause.SCHEDULE_CHANGED
    assert "by ann: schedule: Daily -> Weekly" in said


def test_a_class_that_a_weaker_policy_lacks_is_told() -> None:
    weaker = keeping(POLICY, "Weaker", weekly=None)
    cause, said = said_of(evidence(Stay(SUNDAY - DAY, weaker)), WEEKLY)
    assert cause is Cause.RETENTION_SHORTENED
    assert "by ann: weekly points: 12 weeks -> none" in said


def test_a_point_that_a_weaker_policy_let_expire_is_told_and_one_that_it_still_keeps_is_not() -> None:
    weaker = keeping(POLICY, "Weaker", daily_days=7)
    shortened = evidence(Stay(SLOT + 2 * DAY, weaker))
    assert said_of(shortened, now=SLOT + 6 * DAY)[0] is Cause.UNKNOWN
    assert said_of(shortened, now=SLOT + 7 * DAY)[0] is Cause.RETENTION_SHORTENED


def test_what_was_shortened_and_put_back_lost_only_what_expired_meanwhile() -> None:
    weaker = keeping(POLICY, "Weaker", daily_days=7)
    mended = evidence(Stay(SLOT + 2 * DAY, weaker), Stay(SLOT + 8 * DAY, POLICY))
    now = SLOT + 20 * DAY
    assert said_of(mended, now=now)[0] is Cause.RETENTION_SHORTENED
    assert said_of(mended, wanted(SLOT + DAY + HOUR), now)[0] is Cause.UNKNOWN


def test_an_approved_loss_is_nobodys_fault() -> None:
    weaker = keeping(POLICY, "Weaker", daily_days=7)
    approved = evidence(Stay(SLOT - DAY, weaker, approved="eve"))
    assert said_of(approved, now=SLOT + 9 * DAY)[0] is Cause.UNKNOWN


def test_under_a_weaker_schedule_that_is_not_known_only_its_classes_tell() -> None:
    hourly = replace(keeping(POLICY, "Hourly", daily_days=7), frequency=Frequency.HOURLY, start=None)
    assert said_of(evidence(Stay(SLOT - DAY, hourly)))[0] is Cause.UNKNOWN


@pytest.mark.parametrize(("hours", "cause"), [(0.5, Cause.SCHEDULE_CHANGED), (3.9, Cause.SCHEDULE_CHANGED)])
def test_a_schedule_that_was_changed_while_the_run_was_due_lost_it(hours, cause) -> None:
    found, said = said_of(evidence(Stay(at(hours), policy("Early", 60))))
    assert (found, "by ann, while the run was due" in said) == (cause, True)


def test_a_change_at_another_time_or_of_retention_only_did_not_lose_the_run() -> None:
    for hours in (-1.1, 4):
        assert said_of(evidence(Stay(at(hours), policy("Early", 60))))[0] is Cause.UNKNOWN
    raised = keeping(POLICY, daily_days=60)
    assert said_of(evidence(Stay(at(1), raised)))[0] is Cause.UNKNOWN


def test_a_run_that_failed_did_so_whatever_was_changed_after_it() -> None:
    assert said_of(evidence(Stay(at(1), policy("Early", 60)), failures=[failure("AzureVmOffline")]))[0] is Cause.VM_OFF


def test_of_several_changes_in_a_night_the_first_one_lost_the_run() -> None:
    """The log tells of two; the look in the afternoon sees what came of them, from the last one on."""
    early = Terms(at(9), policy("Early", 60), "ann", unsure_from=at(1))
    cause, said = said_of(Evidence(history=(*HISTORY, early)))
    assert cause is Cause.SCHEDULE_CHANGED
    assert "on 03 Mar 23:00 UTC" in said


def test_a_change_of_which_nobody_knows_the_hour_does_not_explain_the_run_before() -> None:
    early = Terms(at(25), policy("Early", 60), unsure_from=at(1))
    assert said_of(Evidence(history=(*HISTORY, early)))[0] is Cause.UNKNOWN


def test_an_approved_stop_while_the_run_was_due_is_a_stop() -> None:
    assert said_of(evidence(Stay(at(1), None, approved="eve")))[0] is Cause.PROTECTION_STOPPED


def test_a_cause_that_was_found_stays_and_an_unknown_one_is_looked_for_again() -> None:
    known = gap(SLOT, cause=Cause.AGENT, mark=Mark.MISSING)
    assert cause_of(ONE, evidence(before=[known], jobs=()), NOW) == Verdict(Cause.AGENT, "because")
    for doubtful in (Cause.UNKNOWN, Cause.LOST):
        before = [replace(known, cause=doubtful)]
        assert said_of(evidence(before=before, jobs=()))[0] is Cause.PLATFORM
    other = gap(SLOT - DAY, cause=Cause.AGENT)
    assert said_of(evidence(before=[other]))[0] is Cause.UNKNOWN


SHORTER = keeping(POLICY, "Short", daily_days=10, weekly=None)
LATER = day(2026, 4, 2, 12)


@pytest.mark.parametrize(
    ("stay", "causes"),
    [
        (Stay(day(2026, 3, 20, 12), None), {Cause.PROTECTION_STOPPED}),
        (Stay(day(2026, 3, 20, 12), SHORTER), {Cause.RETENTION_SHORTENED}),
        (Stay(day(2026, 3, 20, 12), replace(SHORTER, start=60)), {Cause.RETENTION_SHORTENED}),
        (Stay(day(2026, 3, 20, 12), weekly("Rare", 60)), {Cause.SCHEDULE_CHANGED, Cause.RETENTION_SHORTENED}),
    ],
    ids=["stopped", "shortened", "shortened and moved", "weekly only"],
)
def test_all_that_a_weakening_cost_is_found_and_has_that_cause(stay, causes) -> None:
    stays = [Stay(FIRST, POLICY), stay]
    found = look(stays, made(stays, LATER), LATER)
    gaps = [one.expected for one in found if one.mark is Mark.MISSING]
    assert len(gaps) >= 10
    assert {said_of(evidence(stay, jobs=()), one, LATER)[0] for one in gaps} == causes
    assert expected(history_of(stays), LATER)


def lives(changes: list[tuple[int, int, str, bool]]) -> list[Stay]:
    """A life in which people change things at any hour, weaken and put back, and nothing ever fails."""
    stays = [Stay(FIRST, POLICY)]
    for hours, start, what, unseen in sorted(changes):
        moment, current = FIRST + hours * HOUR, stays[-1].policy or POLICY
        made_to = {
            "stop": None,
            "shorten": keeping(current, daily_days=9, monthly=None),
            "move": replace(policy(f"At-{start}", start * 30), retention=current.retention),
            "shorten and move": replace(
                keeping(current, f"Short-{start}", daily_days=12, weekly=None), start=start * 30
            ),
            "weekly": weekly("Rare", start * 30),
            "local": replace(policy("Berlin", start * 30, time_zone="W. Europe Standard Time", kept=current.retention)),
            "put back": POLICY,
        }[what]
        if moment > stays[-1].at + DAY:
            stays.append(Stay(moment, made_to, unseen=unseen))
    return stays


WHATS = ["stop", "shorten", "move", "shorten and move", "weekly", "local", "put back"]
PEOPLE = st.lists(
    st.tuples(st.integers(100, 5000), st.integers(0, 47), st.sampled_from(WHATS), st.booleans()), max_size=6
).map(lives)
BY_PEOPLE = {Cause.PROTECTION_STOPPED, Cause.RETENTION_SHORTENED, Cause.SCHEDULE_CHANGED}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(PEOPLE, st.integers(5000, 9000), st.booleans())
def test_where_nothing_failed_only_what_people_changed_made_a_gap(stays, hours, follows) -> None:
    now, history = FIRST + hours * HOUR, history_of(stays)
    found = look(stays, made(stays, now, follows), now)
    gaps = [one.expected for one in found if one.mark is Mark.MISSING]
    for one in gaps:
        cause, said = said_of(Evidence(history=history, jobs=()), one, now)
        assert cause in BY_PEOPLE, (one, said)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(-240, 300), st.integers(0, 119), st.integers(5, 300), st.sampled_from([True, None]))
def test_a_weekly_point_is_missing_only_where_a_backup_by_hand_held_the_vm(sent, late, minutes, triggered) -> None:
    """By hand so many minutes from the run's hour, which would start `late`; who comes second finds the VM held."""
    hand, run, took = SUNDAY + sent * MINUTE, SUNDAY + late * MINUTE, minutes * MINUTE
    lost = hand <= run < hand + took
    refused = not lost and run <= hand < run + took
    asked = [] if refused else [Change("item", "backup", "ann", hand - 10 * timedelta(seconds=1))]
    backups = [] if refused else [job(hand, id="hand", ended_at=hand + took, user_triggered=triggered)]
    backups += [] if lost else [job(run, id="run", ended_at=run + took)]
    there = [point(one.started_at + timedelta(seconds=4)) for one in backups]
    [found] = held([WEEKLY], there, HISTORY, Asked(by_hand=asked))
    assert (found.mark is Mark.MISSING) is lost
    if lost:
        cause, said = said_of(evidence(jobs=backups, by_hand=asked), WEEKLY)
        assert (cause, "which ann asked for" in said) == (Cause.COLLISION, True)

"""Which backups did not come, and who is never accused of it?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.azure import Frequency, HourlySchedule, ProtectionState
from shared.model.failures import Failure, Kind
from shared.rules.overdue import GRACE, JUDGED_EVERY, Watched, judge, judged_next, overdue
from tests.rules.failures import DAY, HOUR, ITEM, MINUTE, POLICY, SLOT, at, job
from tests.rules.fleet import item, policy, vm_id

SINCE = SLOT - 14 * DAY
USUAL = tuple(job(SLOT - number * DAY + 10 * MINUTE) for number in range(1, 14))
"""The runs of the days before."""
LATE = SLOT + GRACE
BERLIN = policy("Berlin", 2 * 60, time_zone="W. Europe Standard Time")
SUNDAYS = policy("Sundays", 22 * 60, frequency=Frequency.WEEKLY, run_days=("Sunday",))
HOURLY = policy("Hourly", None, frequency=Frequency.HOURLY)

OFTEN = policy("Often", 10 * 60, frequency=Frequency.HOURLY, hourly=HourlySchedule(4, 12))
"""At 10:00, 14:00, 18:00 and 22:00: the last run is at SLOT."""
DAYS = tuple(job(SLOT - number * DAY - back * HOUR + 10 * MINUTE) for number in range(1, 6) for back in (0, 4, 8, 12))


def watched(*jobs, **fields) -> Watched:
    """The VM with its usual runs, and these jobs of the night."""
    fields = {"item": ITEM, "policy": POLICY, "jobs": (*USUAL, *jobs), "jobs_since": SINCE} | fields
    return Watched(**fields)


def kind(*jobs, now: datetime = LATE, **fields) -> Kind | None:
    found = judge(watched(*jobs, **fields), now)
    return found.kind if found else None


def test_a_run_is_overdue_once_lateness_listing_and_margin_are_over() -> None:
    assert kind(now=LATE - MINUTE) is None
    found = judge(watched(), LATE)
    assert isinstance(found, Failure)
    assert (found.kind, found.vm_id, found.item_id, found.job_id) == (Kind.OVERDUE, vm_id("app"), ITEM.id, "")
    assert found.started_at == found.scheduled_for == SLOT
    assert found.text == "its run of 03 Mar 22:00 UTC: no job has begun, and the service starts within two hours"


def test_a_run_has_never_started_once_the_next_one_is_near() -> None:
    assert kind(now=SLOT + 22 * HOUR - MINUTE) is Kind.OVERDUE
    assert kind(now=SLOT + 22 * HOUR) is Kind.NEVER_STARTED
    assert kind(now=SLOT + DAY + GRACE - MINUTE) is Kind.NEVER_STARTED
    assert judge(watched(), SLOT + DAY + GRACE).scheduled_for == SLOT + DAY


def test_a_weekly_run_has_never_started_once_its_day_is_over() -> None:
    sunday = SLOT - 2 * DAY
    weekly = {"policy": SUNDAYS, "jobs": (job(sunday - 7 * DAY + HOUR),)}
    assert kind(now=sunday + GRACE, **weekly) is Kind.OVERDUE
    assert kind(now=sunday + 22 * HOUR, **weekly) is Kind.NEVER_STARTED
    assert kind(now=sunday + 6 * DAY, **weekly) is Kind.NEVER_STARTED
    assert kind(now=sunday + 6 * DAY, policy=SUNDAYS, jobs=(job(sunday + HOUR),)) is None


@pytest.mark.parametrize("status", ["Completed", "CompletedWithWarnings", "Failed", "Cancelled", "InProgress"])
def test_a_run_that_came_is_not_overdue_however_it_ended(status: str) -> None:
    assert kind(job(at(1.9), status)) is None
    assert kind(job(at(7), status), now=at(8)) is None


@pytest.mark.parametrize("by_hand", [True, None])
def test_a_backup_that_held_the_item_at_the_start_is_a_collision(by_hand: bool | None) -> None:
    other = job(at(-0.2), user_triggered=by_hand)
    found = judge(watched(other), LATE)
    assert (found.kind, found.scheduled_for, found.ended_at) == (Kind.COLLIDED, SLOT, other.ended_at)
    assert found.text == "its run of 03 Mar 22:00 UTC: the backup of 03 Mar 21:48 UTC held it"
    running = judge(watched(job(at(-30), "InProgress")), LATE)
    assert (running.kind, running.ended_at) == (Kind.COLLIDED, None)
    unclosed = job(at(-0.2), "Failed", ended_at=None, user_triggered=by_hand)
    assert kind(unclosed) is Kind.COLLIDED


def test_a_backup_by_hand_right_after_the_start_may_have_kept_the_run_from_starting() -> None:
    assert kind(job(at(0.5), user_triggered=True)) is Kind.COLLIDED
    assert kind(job(at(0.5))) is None


def test_a_backup_that_was_over_before_the_start_kept_nothing_from_starting() -> None:
    assert kind(job(at(-0.5), user_triggered=True)) is Kind.OVERDUE


def test_a_later_backup_by_hand_makes_up_for_a_missing_run_unless_it_failed() -> None:
    assert kind(job(at(5), user_triggered=True), now=at(6)) is None
    assert kind(job(at(5), "InProgress", user_triggered=True), now=at(6)) is None
    assert kind(job(at(5), "Failed", user_triggered=True), now=at(6)) is Kind.OVERDUE


def test_a_run_without_its_vm_says_so() -> None:
    assert kind(vm_exists=False) is Kind.MISSING_VM
    assert kind(job(at(1), "Failed"), vm_exists=False) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"policy": None},
        {"policy": HOURLY},
        {"item": replace(ITEM, soft_deleted=True)},
        *(
            {"item": replace(ITEM, state=state)}
            for state in (
                ProtectionState.PROTECTION_STOPPED,
                ProtectionState.PROTECTION_PAUSED,
                ProtectionState.BACKUPS_SUSPENDED,
                ProtectionState.INVALID,
            )
        ),
        {"jobs_since": at(1)},
    ],
    ids=str,
)
def test_no_run_is_missed_where_none_is_known_to_be_due(fields) -> None:
    assert kind(**fields) is None
    assert kind(now=at(23), **fields) is None


@pytest.mark.parametrize("operation", ["ConfigureBackup", "Undelete", "DisableBackup"])
def test_runs_from_before_a_vm_was_moved_or_protected_do_not_count(operation: str) -> None:
    for moved in (at(-0.9), at(0.1), at(2)):
        assert kind(job(moved, operation=operation)) is None
        assert kind(changed_at=moved) is None
    assert kind(job(at(-1.1), operation=operation)) is Kind.OVERDUE
    assert kind(changed_at=at(-1.1)) is Kind.OVERDUE
    assert kind(job(at(-1.1), operation=operation), changed_at=at(1)) is None


def test_a_restore_changes_nothing_and_is_no_backup() -> None:
    assert kind(job(at(0.5), operation="Restore"), job(at(0.5), operation="CrossRegionRestore")) is Kind.OVERDUE


def test_a_new_vm_is_expected_from_its_first_run_on() -> None:
    new = {"item": replace(ITEM, state=ProtectionState.IR_PENDING, last_recovery_point_at=None)}
    enabled = job(at(-3), operation="ConfigureBackup")
    assert kind(jobs=(enabled,), now=at(2), **new) is None
    assert kind(jobs=(enabled,), **new) is Kind.OVERDUE
    assert kind(jobs=(enabled, job(at(1), "InProgress")), **new) is None


def test_a_start_that_was_moved_by_hand_is_no_missed_run_unless_the_policy_is_known_to_be_the_same() -> None:
    ran_at_noon = tuple(job(SLOT - number * DAY - 10 * HOUR) for number in range(14))
    assert kind(jobs=ran_at_noon) is None
    assert kind(jobs=ran_at_noon, same_since=SLOT - DAY) is Kind.OVERDUE
    assert kind(jobs=ran_at_noon, same_since=SLOT - DAY + MINUTE) is None
    by_hand = job(at(-10), user_triggered=True)
    assert kind(by_hand) is Kind.OVERDUE
    assert kind(now=SLOT + DAY + GRACE, jobs=ran_at_noon) is Kind.OVERDUE


@pytest.mark.parametrize("month_day", [(3, 28), (3, 29), (3, 30), (10, 24), (10, 25), (10, 26)])
@pytest.mark.parametrize("offset", [1, 2])
def test_around_a_clock_change_neither_of_the_two_possible_starts_is_missed(month_day, offset: int) -> None:
    day = datetime(2026, *month_day, tzinfo=UTC)
    started = day + (2 - offset) * HOUR + 20 * MINUTE
    runs = [job(started - number * DAY) for number in range(10)]
    for minutes in range(0, 24 * 60, 20):
        now = started + minutes * MINUTE
        assert kind(policy=BERLIN, jobs=runs, jobs_since=day - 9 * DAY, now=now) is None
    assert kind(policy=BERLIN, jobs=runs[1:], jobs_since=day - 9 * DAY, now=day + HOUR + GRACE) is Kind.OVERDUE


@given(st.data())
def test_no_vm_that_runs_as_planned_is_ever_overdue(data: st.DataObject) -> None:
    slot = data.draw(st.integers(0, 47))
    one = policy("Any", slot * 30, **data.draw(st.sampled_from([{}, {"time_zone": "W. Europe Standard Time"}])))
    zero = datetime(2026, 3, 20, tzinfo=UTC)
    offset = 1 if one.time_zone != "UTC" else 0
    starts = [zero + number * DAY + slot * 30 * MINUTE - offset * HOUR for number in range(14)]
    late = data.draw(st.lists(st.integers(0, 119), min_size=14, max_size=14))
    runs = [job(start + minutes * MINUTE) for start, minutes in zip(starts, late, strict=True)]
    now = starts[data.draw(st.integers(3, 13))] + data.draw(st.integers(0, 165) | st.integers(0, 1440)) * MINUTE
    seen = tuple(run for run in runs if run.started_at <= now - 15 * MINUTE)
    inside = item("app", one)
    assert overdue([Watched(item=inside, policy=one, jobs=seen, jobs_since=zero)], now) == ()


def test_runs_are_judged_again_when_one_is_overdue_or_given_up_and_once_an_hour_at_least() -> None:
    assert judged_next([POLICY, HOURLY], LATE - 20 * MINUTE) == LATE
    assert judged_next([POLICY], LATE) == LATE + JUDGED_EVERY
    assert judged_next([POLICY], SLOT + 22 * HOUR - MINUTE) == SLOT + 22 * HOUR
    assert judged_next([], LATE) == LATE + JUDGED_EVERY


@given(minutes=st.integers(0, 3 * 1440), start=st.integers(0, 47))
def test_between_two_judgements_no_verdict_on_a_missing_run_changes(minutes: int, start: int) -> None:
    inside = policy("Any", 30 * start)
    now = SLOT + timedelta(minutes=minutes)
    following = judged_next([inside], now)
    told = [
        judge(watched(policy=inside, item=item("app", inside)), moment) for moment in (now, following - MINUTE / 60)
    ]
    assert (told[0] and told[0].id) == (told[1] and told[1].id)


def test_many_items_are_told_of_once_each() -> None:
    found = overdue([watched(), watched(job(at(1))), watched(item=item("web", POLICY))], LATE)
    assert [one.vm_name for one in found] == ["app", "web"]
    assert len({one.id for one in found}) == 2
    assert overdue([watched()], LATE)[0].id == overdue([watched()], LATE + HOUR)[0].id


def often(*jobs, now: datetime = LATE) -> Kind | None:
    return kind(now=now, policy=OFTEN, jobs=(*DAYS, *jobs))


def test_of_an_hourly_day_only_the_end_is_judged_and_only_where_no_reading_of_its_hours_has_a_run() -> None:
    morning = [job(SLOT - back * HOUR + 10 * MINUTE) for back in (8, 12)]
    afternoon, evening = job(SLOT - 4 * HOUR + 10 * MINUTE), job(SLOT + 10 * MINUTE)
    assert often(*morning, afternoon, evening) is None
    assert often(*morning, afternoon) is None
    assert often(*morning, evening) is None
    assert often(*morning) is Kind.OVERDUE
    assert often(afternoon) is None
    assert often(*morning, now=SLOT + 10 * HOUR) is Kind.NEVER_STARTED


def test_a_missed_run_by_day_is_told_by_nobody() -> None:
    for hour in range(-12, 3):
        assert often(job(SLOT - 12 * HOUR + 10 * MINUTE), now=SLOT + hour * HOUR) is None


def test_the_first_run_of_the_next_day_makes_up_for_the_end_of_an_hourly_day() -> None:
    assert often(job(SLOT + 12 * HOUR + 10 * MINUTE), now=SLOT + 14 * HOUR) is None


def test_the_runs_of_an_hourly_day_are_no_other_schedule() -> None:
    """They must not look as if the schedule had been edited."""
    found = judge(watched(policy=OFTEN, jobs=DAYS, same_since=None), LATE)
    assert found is not None
    assert (found.kind, found.scheduled_for) == (Kind.OVERDUE, SLOT - 4 * HOUR)


def test_hourly_policies_are_judged_as_seldom_as_daily_ones() -> None:
    assert judged_next([OFTEN], SLOT - 6 * HOUR) == SLOT - 5 * HOUR
    assert judged_next([OFTEN], LATE - 10 * MINUTE) == LATE

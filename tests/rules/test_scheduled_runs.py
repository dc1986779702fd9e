"""Are a policy's runs found on any day of the year, in any zone?"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.azure import Frequency, HourlySchedule
from shared.rules.scheduled_runs import is_known, last_run, next_run, run_on, runs_around, scheduled_start, vaulted_runs
from tests.rules.failures import BEGAN, DAY, HOUR, MINUTE, POLICY, SLOT
from tests.rules.fleet import policy

BERLIN = policy("Berlin", 2 * 60, time_zone="W. Europe Standard Time")
SUNDAYS = policy("Sundays", 2 * 60, frequency=Frequency.WEEKLY, run_days=("Sunday", "wednesday"))

HOURLY = policy("Hourly", 8 * 60, frequency=Frequency.HOURLY, hourly=HourlySchedule(4, 12))


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_a_daily_policy_in_utc_has_one_start_a_day() -> None:
    run, after = last_run(POLICY, BEGAN), next_run(POLICY, BEGAN)
    assert run is not None
    assert after is not None
    assert (run.starts, after.starts) == ((SLOT,), (SLOT + DAY,))
    assert last_run(POLICY, SLOT) == run
    assert next_run(POLICY, SLOT) == after


def test_a_zone_with_clock_changes_leaves_two_starts_and_a_run_is_behind_once_both_are() -> None:
    run = last_run(BERLIN, utc(3, 4, 1))
    assert run is not None
    assert run.starts == (utc(3, 4, 0), utc(3, 4, 1))
    assert last_run(BERLIN, utc(3, 4, 0, 59)).latest == utc(3, 3, 1)
    assert next_run(BERLIN, utc(3, 4, 0, 30)).earliest == utc(3, 5, 0)


@pytest.mark.parametrize("day", [28, 29, 30])
def test_the_days_around_a_clock_change_have_one_run_each(day: int) -> None:
    assert last_run(BERLIN, utc(3, day, 12)).starts == (utc(3, day, 0), utc(3, day, 1))


def test_a_weekly_policy_runs_on_its_local_days_only() -> None:
    assert last_run(SUNDAYS, utc(3, 6, 12)).starts == (utc(3, 4, 2),)
    assert next_run(SUNDAYS, utc(3, 6, 12)).starts == (utc(3, 8, 2),)
    early = policy("Early", 0, frequency=Frequency.WEEKLY, run_days=("Sunday",), time_zone="Tokyo Standard Time")
    assert last_run(early, utc(3, 6, 12)).starts == (utc(2, 28, 15),)


@pytest.mark.parametrize(
    "unknown",
    [
        policy("Hourly", None, frequency=Frequency.HOURLY),
        policy("Odd", 60, frequency=Frequency.UNKNOWN),
        policy("Nowhere", 60, time_zone="Nowhere Standard Time"),
        policy("Never", 60, frequency=Frequency.WEEKLY),
    ],
    ids=lambda one: one.name,
)
def test_of_an_unknown_schedule_no_run_is_known(unknown) -> None:
    assert runs_around(unknown, SLOT) == ()
    assert (last_run(unknown, SLOT), next_run(unknown, SLOT), scheduled_start(unknown, SLOT)) == (None, None, None)
    assert [run_on(unknown, SLOT.date() + day * DAY) for day in range(7)] == [None] * 7
    assert is_known(unknown) is (unknown.name == "Never")


def test_a_job_up_to_four_hours_late_is_the_run_of_its_start() -> None:
    assert scheduled_start(POLICY, BEGAN) == SLOT
    assert scheduled_start(POLICY, SLOT + 4 * HOUR - MINUTE) == SLOT
    assert scheduled_start(POLICY, SLOT + 4 * HOUR) is None
    assert scheduled_start(POLICY, SLOT - MINUTE) is None
    assert scheduled_start(BERLIN, utc(3, 4, 0, 30)) == utc(3, 4, 0)
    assert scheduled_start(BERLIN, utc(3, 4, 1, 30)) == utc(3, 4, 1)


@given(
    st.sampled_from([POLICY, BERLIN, SUNDAYS, policy("Kiribati", 30, time_zone="Line Islands Standard Time")]),
    st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: datetime(2025, 7, 1, tzinfo=UTC) + minutes * MINUTE),
)
def test_the_last_run_is_behind_the_next_one_ahead_and_none_lies_between(one, instant: datetime) -> None:
    last, following = last_run(one, instant), next_run(one, instant)
    assert last is not None
    assert following is not None
    assert last.latest <= instant < following.earliest
    runs = [run for run in runs_around(one, instant) if last.latest < run.latest and run.earliest < following.earliest]
    assert all(run.earliest <= instant < run.latest for run in runs)
    assert following.earliest - last.latest <= timedelta(days=7, hours=2)


def test_each_local_date_has_its_run() -> None:
    assert run_on(POLICY, SLOT.date()).starts == (SLOT,)
    assert run_on(BERLIN, date(2026, 3, 29)).starts == (utc(3, 29, 0), utc(3, 29, 1))
    assert run_on(BERLIN, date(2028, 2, 29)).earliest == datetime(2028, 2, 29, tzinfo=UTC)
    assert run_on(policy("Late", 22 * 60, time_zone="Central Standard Time"), date(2026, 3, 1)).earliest == utc(3, 2, 3)
    assert run_on(SUNDAYS, date(2026, 3, 4)).starts == (utc(3, 4, 2),)
    assert run_on(SUNDAYS, date(2026, 3, 5)) is None
    assert all(is_known(one) for one in (POLICY, BERLIN, SUNDAYS))


@given(
    st.sampled_from([POLICY, BERLIN, SUNDAYS, policy("Kiribati", 30, time_zone="Line Islands Standard Time")]),
    st.dates(date(2025, 1, 3), date(2029, 12, 28)),
)
def test_the_runs_of_dates_are_the_runs_around_an_instant(one, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    found = [run for ahead in (-1, 0, 1) if (run := run_on(one, day + ahead * DAY))]
    around = runs_around(one, noon)
    assert all(run in around for run in found)
    assert [run for run in around if abs(run.earliest - noon) < timedelta(hours=11)] == [
        run for run in found if abs(run.earliest - noon) < timedelta(hours=11)
    ]


def test_an_hourly_policy_has_all_runs_of_its_hours_and_none_beside_them() -> None:
    runs = [run.starts for run in runs_around(HOURLY, utc(3, 4, 12)) if run.earliest.date() == utc(3, 4, 0).date()]
    assert runs == [(utc(3, 4, hour),) for hour in (8, 12, 16, 20)]
    assert next_run(HOURLY, utc(3, 4, 12)).starts == (utc(3, 4, 16),)
    assert next_run(HOURLY, utc(3, 4, 20)).starts == (utc(3, 5, 8),)
    assert last_run(HOURLY, utc(3, 5, 7)).starts == (utc(3, 4, 20),)
    assert scheduled_start(HOURLY, utc(3, 4, 13, 30)) == utc(3, 4, 12)
    assert scheduled_start(HOURLY, utc(3, 5, 1)) is None


def test_hours_around_the_clock_have_no_run_twice() -> None:
    runs = runs_around(policy("All", 0, frequency=Frequency.HOURLY, hourly=HourlySchedule(4, 24)), utc(3, 4, 12))
    assert len({run.starts for run in runs}) == len(runs) == 30


def test_the_run_that_reaches_the_vault_is_the_last_one_wherever_the_hours_end() -> None:
    assert utc(3, 4, 16) in {run.earliest for run in vaulted_runs(HOURLY, utc(3, 4, 12))}
    assert {run.latest - run.earliest for run in vaulted_runs(HOURLY, utc(3, 4, 12))} == {4 * HOUR}
    certain = policy("Certain", 8 * 60, frequency=Frequency.HOURLY, hourly=HourlySchedule(4, 14))
    assert (utc(3, 4, 20),) in {run.starts for run in vaulted_runs(certain, utc(3, 4, 12))}
    assert vaulted_runs(POLICY, BEGAN) == runs_around(POLICY, BEGAN)
    assert vaulted_runs(policy("Unread", None, frequency=Frequency.HOURLY), BEGAN) == ()


def test_hours_in_a_zone_with_clock_changes_leave_two_starts_for_each_run() -> None:
    berlin = policy(
        "Berlin", 8 * 60, frequency=Frequency.HOURLY, hourly=HourlySchedule(4, 12), time_zone=BERLIN.time_zone
    )
    assert next_run(berlin, utc(3, 4, 12)).starts == (utc(3, 4, 14), utc(3, 4, 15))

"""Does the pretend Azure refuse the policies that Azure refuses, and store the others as Azure does?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from local.world import Refused, documents
from local.world.policies import check, shortened, tidy
from local.world.schedule import read

Change = Callable[[dict[str, Any]], None]


def weekly_schedule(document: dict[str, Any]) -> None:
    document["schedulePolicy"] |= {"scheduleRunFrequency": "Weekly", "scheduleRunDays": ["Sunday"]}
    del document["retentionPolicy"]["dailySchedule"]
    document["instantRpRetentionRangeInDays"] = 5


def two_run_times(document: dict[str, Any]) -> None:
    document["schedulePolicy"]["scheduleRunTimes"] *= 2


def other_retention_time(document: dict[str, Any]) -> None:
    document["retentionPolicy"]["dailySchedule"]["retentionTimes"] = ["2026-03-01T23:00:00Z"]


def other_weekly_day(document: dict[str, Any]) -> None:
    weekly_schedule(document)
    document["retentionPolicy"]["weeklySchedule"]["daysOfTheWeek"] = ["Monday"]


def monthly_by_date_under_a_weekly_schedule(document: dict[str, Any]) -> None:
    weekly_schedule(document)
    document["retentionPolicy"]["monthlySchedule"] |= {
        "retentionScheduleFormatType": "Daily",
        "retentionScheduleDaily": {"daysOfTheMonth": [{"date": 1, "isLast": False}]},
    }


def no_daily_retention(document: dict[str, Any]) -> None:
    del document["retentionPolicy"]["dailySchedule"]


@pytest.mark.parametrize(
    ("start", "change"),
    [
        ("22:15", lambda _: None),
        ("22:30", two_run_times),
        ("22:30", other_retention_time),
        ("22:30", other_weekly_day),
        ("22:30", monthly_by_date_under_a_weekly_schedule),
        ("22:30", no_daily_retention),
        ("22:30", lambda document: document.update(timeZone="Europe/Berlin")),
        ("22:30", lambda document: document.update(instantRpRetentionRangeInDays=6)),
        ("22:30", lambda document: document.update(policyType="V2")),
        ("22:30", lambda document: document.update(backupManagementType="AzureWorkload")),
        ("22:30", lambda document: document.pop("retentionPolicy")),
    ],
)
def test_a_policy_azure_would_not_take_is_refused(start: str, change: Change) -> None:
    document = documents.daily(start, daily=30, weekly=12, monthly=12)
    change(document)
    with pytest.raises(Refused) as refusal:
        check(document)
    assert (refusal.value.status, refusal.value.code) == (400, "BMSUserErrorInvalidPolicyInput")


def test_less_than_seven_daily_points_are_refused() -> None:
    with pytest.raises(Refused, match="daily retention"):
        check(documents.daily("22:30", daily=6))


@pytest.mark.parametrize(
    "document",
    [
        documents.daily("22:30", daily=7),
        documents.daily("00:00", "Pacific Standard Time", instant=5, daily=30, weekly=12, monthly=12, yearly=7),
        documents.enhanced("23:30", instant=30, daily=30),
        documents.hourly("08:00", every=4, hours=12, daily=30),
        documents.hourly("19:30", every=6, hours=24, instant=22, daily=30),
    ],
)
def test_an_ordinary_policy_is_taken(document: dict[str, Any]) -> None:
    check(document)


def test_a_weekly_policy_is_taken_and_runs_on_its_day() -> None:
    document = documents.daily("22:30", daily=30, weekly=12)
    weekly_schedule(document)
    check(document)
    assert read(document).next_run(datetime(2026, 3, 2, tzinfo=UTC)) == datetime(2026, 3, 8, 22, 30, tzinfo=UTC)


def test_wall_clock_times_stand_in_the_policys_zone_without_summer_time() -> None:
    rules = read(documents.daily("23:30", "W. Europe Standard Time", daily=30))
    for month in (1, 7):
        assert rules.next_run(datetime(2026, month, 1, tzinfo=UTC)) == datetime(2026, month, 1, 22, 30, tzinfo=UTC)


def test_a_stored_policy_has_whole_seconds_and_no_type_when_it_is_standard() -> None:
    document = documents.daily("07:00", daily=30) | {"policyType": "V1", "protectedItemsCount": 2}
    document["schedulePolicy"]["scheduleRunTimes"] = ["2024-04-19T07:00:00.000Z"]
    stored = tidy(document)
    assert stored["schedulePolicy"]["scheduleRunTimes"] == ["2024-04-19T07:00:00Z"]
    assert not {"policyType", "protectedItemsCount"} & set(stored)


@pytest.mark.parametrize(
    ("less", "field"),
    [
        (documents.daily("22:30", daily=29, weekly=12, monthly=12, yearly=7), "daily"),
        (documents.daily("22:30", daily=30, weekly=11, monthly=12, yearly=7), "weekly"),
        (documents.daily("22:30", daily=30, weekly=12, yearly=7), "monthly"),
        (documents.daily("22:30", daily=30, weekly=12, monthly=12), "yearly"),
        (documents.daily("22:30", instant=1, daily=30, weekly=12, monthly=12, yearly=7), "instant"),
    ],
)
def test_every_field_that_keeps_less_is_named(less: dict[str, Any], field: str) -> None:
    before = documents.daily("22:30", daily=30, weekly=12, monthly=12, yearly=7)
    assert shortened(read(before), read(less)) == [field]


def test_tags_follow_first_sundays_and_last_days() -> None:
    document = documents.daily("22:30", daily=30, monthly=12, yearly=7)
    document["retentionPolicy"]["monthlySchedule"] |= {
        "retentionScheduleFormatType": "Daily",
        "retentionScheduleDaily": {"daysOfTheMonth": [{"date": 0, "isLast": True}]},
    }
    rules = read(document)
    assert rules.tags(datetime(2026, 2, 28, 22, 30, tzinfo=UTC)) == {"daily", "monthly"}
    assert rules.tags(datetime(2026, 1, 4, 22, 30, tzinfo=UTC)) == {"daily", "yearly"}
    assert rules.tags(datetime(2026, 1, 11, 22, 30, tzinfo=UTC)) == {"daily"}

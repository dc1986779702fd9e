"""Is every retention field of a policy read, and whatever is not understood named?"""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cloud.wire import policy_from
from shared.model.azure import BackupPolicy, Frequency, HourlySchedule, PolicyType, TaggedRetention
from tests.cloud.nouns import VAULT, VAULT_ID

TIMES = ["2018-01-24T10:00:00Z"]


def kept(count: int, unit: str, **format_fields: object) -> dict[str, Any]:
    return {"retentionTimes": TIMES, "retentionDuration": {"count": count, "durationType": unit}, **format_fields}


MONTHLY_BY_WEEK = {
    "retentionScheduleFormatType": "Weekly",
    "retentionScheduleDaily": None,
    "retentionScheduleWeekly": {"daysOfTheWeek": ["Thursday", "Wednesday"], "weeksOfTheMonth": ["Third", "First"]},
}
BY_DATE = {
    "retentionScheduleFormatType": "Daily",
    "retentionScheduleDaily": {
        "daysOfTheMonth": [{"date": 15, "isLast": False}, {"date": 1, "isLast": False}, {"date": 0, "isLast": True}]
    },
}
PROPERTIES: dict[str, Any] = {
    "backupManagementType": "AzureIaasVM",
    "policyType": "V2",
    "timeZone": "Pacific Standard Time",
    "instantRPDetails": {"azureBackupRGNamePrefix": "snap", "azureBackupRGNameSuffix": "end"},
    "instantRpRetentionRangeInDays": 7,
    "schedulePolicy": {
        "schedulePolicyType": "SimpleSchedulePolicyV2",
        "scheduleRunFrequency": "Daily",
        "dailySchedule": {"scheduleRunTimes": TIMES},
    },
    "retentionPolicy": {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": kept(30, "Days"),
        "weeklySchedule": kept(12, "Weeks", daysOfTheWeek=["Saturday", "Sunday"]),
        "monthlySchedule": kept(24, "Months", **MONTHLY_BY_WEEK),
        "yearlySchedule": kept(10, "Years", monthsOfYear=["June", "January"], **BY_DATE),
    },
    "tieringPolicy": {"ArchivedRP": {"tieringMode": "TierAfter", "duration": 3, "durationType": "Months"}},
    "snapshotConsistencyType": "OnlyCrashConsistent",
    "resourceGuardOperationRequests": None,
    "protectedItemsCount": 4,
}


def read(properties: dict[str, Any]) -> BackupPolicy:
    policy = policy_from({"id": f"{VAULT_ID}/backupPolicies/Full", "name": "Full", "properties": properties})
    assert policy is not None
    return policy


def changed(path: str, value: object) -> dict[str, Any]:
    properties = copy.deepcopy(PROPERTIES)
    *folders, name = path.split(".")
    place = properties
    for folder in folders:
        place = place[folder]
    place[name] = value
    return properties


def test_every_field_of_a_full_policy_is_read() -> None:
    policy = read(PROPERTIES)
    assert policy.unread == ()
    assert (policy.id, policy.vault_id) == (f"{VAULT.id}/backuppolicies/full", VAULT.id)
    assert (policy.policy_type, policy.frequency, policy.start) == (PolicyType.ENHANCED, Frequency.DAILY, 600)
    assert policy.time_zone == "Pacific Standard Time"
    assert policy.retention.daily_days == 30
    assert policy.retention.weekly == TaggedRetention(12, "Weeks", ("Sunday", "Saturday"))
    assert policy.retention.monthly == TaggedRetention(
        24, "Months", ("First Wednesday", "First Thursday", "Third Wednesday", "Third Thursday")
    )
    assert policy.retention.yearly == TaggedRetention(
        10,
        "Years",
        ("January Day 1", "January Day 15", "January Day Last", "June Day 1", "June Day 15", "June Day Last"),
    )
    assert policy.archive == ("ArchivedRP: TierAfter 3 Months",)
    assert policy.snapshot_group == ("snap", "end")
    assert (policy.instant_restore_days, policy.snapshot_consistency) == (7, "OnlyCrashConsistent")
    assert policy.protected_items == 4


def test_a_weekly_schedule_of_either_type_is_read_with_its_days() -> None:
    inner = {"scheduleRunTimes": TIMES, "scheduleRunDays": ["Wednesday", "Monday"]}
    standard = {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": "Weekly", **inner}
    enhanced = {**PROPERTIES["schedulePolicy"], "scheduleRunFrequency": "Weekly", "weeklySchedule": inner}
    del enhanced["dailySchedule"]
    for schedule, kind in ((standard, "V1"), (enhanced, "V2")):
        policy = read({**PROPERTIES, "schedulePolicy": {**schedule, "scheduleWeeklyFrequency": 0}, "policyType": kind})
        assert (policy.frequency, policy.start, policy.run_days) == (Frequency.WEEKLY, 600, ("Monday", "Wednesday"))
        assert policy.unread == ()


def test_a_policy_without_a_type_is_what_its_schedule_is() -> None:
    schedule = {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": TIMES,
    }
    assert read({**changed("policyType", None), "schedulePolicy": schedule}).policy_type is PolicyType.STANDARD
    assert read(changed("policyType", None)).policy_type is PolicyType.ENHANCED


def test_a_time_without_its_zone_letter_is_the_same_time() -> None:
    naive = changed("schedulePolicy.dailySchedule.scheduleRunTimes", ["2018-01-24T10:00:00"])
    assert read(naive) == read(PROPERTIES)


def test_no_archiving_said_aloud_is_no_archiving() -> None:
    rule = {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"}
    policy = read(changed("tieringPolicy", {"ArchivedRP": rule}))
    assert (policy.archive, policy.unread) == ((), ())


@pytest.mark.parametrize(
    ("interval", "duration", "named"),
    [
        (4, 12, ""),
        (24, 24, ""),
        (4, 23, ""),
        (5, 10, "interval"),
        (None, 8, "interval"),
        (8, 4, "Duration"),
        (4, 25, "Duration"),
    ],
)
def test_the_runs_of_an_hourly_policy_are_read_where_azure_knows_such(
    interval: int | None, duration: int, named: str
) -> None:
    hours = {"interval": interval, "scheduleWindowStartTime": TIMES[0], "scheduleWindowDuration": duration}
    schedule = {
        "schedulePolicyType": "SimpleSchedulePolicyV2",
        "scheduleRunFrequency": "Hourly",
        "hourlySchedule": hours,
    }
    policy = read(changed("schedulePolicy", schedule))
    assert (policy.frequency, policy.start) == (Frequency.HOURLY, 600)
    assert policy.hourly == (None if named else HourlySchedule(interval or 0, duration))
    assert [field for field in policy.unread if named and named in field] == list(policy.unread)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("smartLanes", True, "smartLanes"),
        ("policyType", "V3", "policyType"),
        ("policyType", "V1", "policyType"),
        ("timeZone", "", "timeZone"),
        ("instantAccessSnapshotEnabled", True, "instantAccessSnapshotEnabled"),
        ("instantRpRetentionRangeInDays", "7", "instantRpRetentionRangeInDays"),
        ("instantRPDetails.lane", 1, "instantRPDetails.lane"),
        ("resourceGuardOperationRequests", ["/guard"], "resourceGuardOperationRequests"),
        ("schedulePolicy.scheduleRunFrequency", "Fortnightly", "schedulePolicy.scheduleRunFrequency"),
        ("schedulePolicy.schedulePolicyType", "LogSchedulePolicy", "schedulePolicy.schedulePolicyType"),
        ("schedulePolicy.scheduleWeeklyFrequency", 2, "schedulePolicy.scheduleWeeklyFrequency"),
        ("schedulePolicy.dailySchedule.jitter", 3, "schedulePolicy.dailySchedule.jitter"),
        ("schedulePolicy.dailySchedule.scheduleRunTimes", TIMES * 2, "schedulePolicy.dailySchedule.scheduleRunTimes"),
        ("retentionPolicy.retentionPolicyType", "SimpleRetentionPolicy", "retentionPolicy.retentionPolicyType"),
        ("retentionPolicy.hourlySchedule", {"count": 1}, "retentionPolicy.hourlySchedule"),
        ("retentionPolicy.dailySchedule.retentionDuration.durationType", "Weeks", "dailySchedule.retentionDuration"),
        ("retentionPolicy.dailySchedule.retentionTimes", ["2018-01-24T11:00:00Z"], "dailySchedule.retentionTimes"),
        ("retentionPolicy.yearlySchedule", "for ever", "retentionPolicy.yearlySchedule"),
        ("retentionPolicy.dailySchedule", [7], "retentionPolicy.dailySchedule"),
        ("tieringPolicy", "cold", "tieringPolicy"),
        ("retentionPolicy.weeklySchedule.daysOfTheWeek", ["Someday"], "weeklySchedule.daysOfTheWeek"),
        ("retentionPolicy.weeklySchedule.retentionDuration.count", 0, "weeklySchedule.retentionDuration"),
        ("retentionPolicy.monthlySchedule.retentionScheduleDaily", {"x": 1}, "monthlySchedule.retentionScheduleDaily"),
        ("retentionPolicy.monthlySchedule.retentionScheduleFormatType", "Lunar", "retentionScheduleFormatType"),
        ("retentionPolicy.yearlySchedule.monthsOfYear", [], "retentionPolicy.yearlySchedule"),
        ("tieringPolicy.ArchivedRP.tieringMode", "", "tieringPolicy.ArchivedRP.tieringMode"),
        ("tieringPolicy.ArchivedRP.lane", 1, "tieringPolicy.ArchivedRP.lane"),
    ],
)
def test_what_is_not_understood_is_named(path: str, value: object, named: str) -> None:
    unread = read(changed(path, value)).unread
    assert any(named in found for found in unread), unread


PATHS = [
    *("", "instantRPDetails", "schedulePolicy", "schedulePolicy.dailySchedule", "retentionPolicy"),
    *("retentionPolicy.dailySchedule", "retentionPolicy.weeklySchedule", "retentionPolicy.yearlySchedule"),
    *("retentionPolicy.dailySchedule.retentionDuration", "tieringPolicy.ArchivedRP"),
    *("retentionPolicy.monthlySchedule.retentionScheduleWeekly",),
    *("retentionPolicy.yearlySchedule.retentionScheduleDaily",),
]


@given(
    folder=st.sampled_from(PATHS),
    name=st.from_regex(r"[a-z]{3,8}New", fullmatch=True),
    value=st.booleans() | st.integers() | st.text(min_size=1) | st.lists(st.integers(), min_size=1),
)
def test_a_field_of_a_later_version_is_named_wherever_it_stands(folder: str, name: str, value: object) -> None:
    path = f"{folder}.{name}" if folder else name
    assert read(changed(path, value)).unread == (path,)

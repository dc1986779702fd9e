"""What do ordinary policies look like on the wire? Builders of policy properties for fleets and tests."""

from typing import Any

_DATE = "2026-03-01T"


def time_of(start: str) -> str:
    """Return the wire time of a start such as "22:30"."""
    return f"{_DATE}{start}:00Z"


def retention(start: str, daily: int = 30, weekly: int = 0, monthly: int = 0, yearly: int = 0) -> dict[str, Any]:
    """Return a retentionPolicy: days, weeks (Sundays), months (first Sunday), years (first Sunday of January)."""
    times = [time_of(start)]
    policy: dict[str, Any] = {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {"retentionTimes": times, "retentionDuration": {"count": daily, "durationType": "Days"}},
    }
    first_sunday = {
        "retentionScheduleFormatType": "Weekly",
        "retentionScheduleWeekly": {"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["First"]},
        "retentionTimes": times,
    }
    if weekly:
        policy["weeklySchedule"] = {
            "daysOfTheWeek": ["Sunday"],
            "retentionTimes": times,
            "retentionDuration": {"count": weekly, "durationType": "Weeks"},
        }
    if monthly:
        duration = {"count": monthly, "durationType": "Months"}
        policy["monthlySchedule"] = {**first_sunday, "retentionDuration": duration}
    if yearly:
        duration = {"count": yearly, "durationType": "Years"}
        policy["yearlySchedule"] = {**first_sunday, "monthsOfYear": ["January"], "retentionDuration": duration}
    return policy


def daily(start: str, zone: str = "UTC", instant: int = 2, **kept: int) -> dict[str, Any]:
    """Return a Standard (V1) daily policy's properties; `kept` as in `retention`."""
    return {
        "backupManagementType": "AzureIaasVM",
        "instantRPDetails": {},
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Daily",
            "scheduleRunTimes": [time_of(start)],
            "scheduleWeeklyFrequency": 0,
        },
        "retentionPolicy": retention(start, **kept),
        "instantRpRetentionRangeInDays": instant,
        "timeZone": zone,
    }


def enhanced(start: str, instant: int = 7, **kept: int) -> dict[str, Any]:
    """Return an Enhanced (V2) daily policy's properties in UTC; `kept` as in `retention`."""
    return {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2",
        "instantRPDetails": {},
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicyV2",
            "scheduleRunFrequency": "Daily",
            "dailySchedule": {"scheduleRunTimes": [time_of(start)]},
        },
        "retentionPolicy": retention(start, **kept),
        "instantRpRetentionRangeInDays": instant,
        "timeZone": "UTC",
    }


def hourly(start: str, every: int = 4, hours: int = 12, instant: int = 7, **kept: int) -> dict[str, Any]:
    """Return an Enhanced (V2) hourly policy's properties: a run each `every` hours for `hours` hours from `start`."""
    policy = enhanced(start, instant, **kept)
    policy["schedulePolicy"] = {
        "schedulePolicyType": "SimpleSchedulePolicyV2",
        "scheduleRunFrequency": "Hourly",
        "hourlySchedule": {
            "interval": every,
            "scheduleWindowStartTime": time_of(start),
            "scheduleWindowDuration": hours,
        },
    }
    return policy


def workload(start: str = "03:00") -> dict[str, Any]:
    """Return the properties of HourlyLogBackup, the SQL policy that every new vault carries beside DefaultPolicy."""
    full = {
        "policyType": "Full",
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Daily",
            "scheduleRunTimes": [time_of(start)],
            "scheduleWeeklyFrequency": 0,
        },
        "retentionPolicy": retention(start),
    }
    log = {
        "policyType": "Log",
        "schedulePolicy": {"schedulePolicyType": "LogSchedulePolicy", "scheduleFrequencyInMins": 60},
        "retentionPolicy": {
            "retentionPolicyType": "SimpleRetentionPolicy",
            "retentionDuration": {"count": 30, "durationType": "Days"},
        },
    }
    return {
        "backupManagementType": "AzureWorkload",
        "workLoadType": "SQLDataBase",
        "settings": {"timeZone": "UTC", "issqlcompression": False, "isCompression": False},
        "subProtectionPolicy": [full, log],
    }

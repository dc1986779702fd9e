"""Would Azure accept this policy? Validation of a policy PUT, and whether one policy keeps less than another."""

import re
from collections.abc import Iterator
from typing import Any

from local.world.schedule import CLASSES, Rules, minute_of, run_days, run_times
from local.world.state import Refused
from local.world.zones import offset_minutes

_MOST = {"daily": 9999, "weekly": 5163, "monthly": 1188, "yearly": 99}
_UNIT = {"daily": "Days", "weekly": "Weeks", "monthly": "Months", "yearly": "Years"}
_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:(00|30):00(\.0+)?(Z|\+00:00)?$")
_SCHEDULE_TYPES = {"V1": "SimpleSchedulePolicy", "V2": "SimpleSchedulePolicyV2"}
_MOST_INSTANT_DAYS = {4: 17, 6: 22}
"""Days of snapshots by the interval of an hourly schedule; all others may have 30 (Enhanced policy documentation)."""
_LAST_WINDOW_START = 19 * 60 + 30
_FREQUENCIES = {"V1": {"Daily", "Weekly"}, "V2": {"Hourly", "Daily", "Weekly"}}


def check(properties: dict[str, Any]) -> None:
    """Raise Refused (400 BMSUserErrorInvalidPolicyInput) for a VM policy that the service would not take.

    The service's own text names no field; ours does, since nothing is won by hiding it.
    """
    try:
        problem = next(_problems(properties), None)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"a required field is absent or of the wrong type ({error!r})"
    if problem:
        raise Refused(
            400,
            "BMSUserErrorInvalidPolicyInput",
            f"Input for create or update policy is not in proper format\r\nPlease check parameters: {problem}",
        )


def shortened(before: Rules, after: Rules) -> list[str]:
    """Return the retention fields that keep less in `after`: class names and "instant"."""
    less = [name for name in CLASSES if after.kept.get(name, 0) < before.kept.get(name, 0)]
    return less + (["instant"] if after.instant_days < before.instant_days else [])


def tidy(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties as the service stores them: whole-second times, no read-only count, recorded defaults."""
    stored: dict[str, Any] = _tidied({k: v for k, v in properties.items() if k != "protectedItemsCount"})
    stored.setdefault("instantRPDetails", {})
    stored.setdefault("timeZone", "UTC")
    stored.setdefault("instantRpRetentionRangeInDays", 7 if stored.get("policyType") == "V2" else 2)
    if stored["schedulePolicy"]["schedulePolicyType"] == "SimpleSchedulePolicy":
        stored["schedulePolicy"].setdefault("scheduleWeeklyFrequency", 0)
    if stored.get("policyType") == "V1":
        del stored["policyType"]
    return stored


def _tidied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tidied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_tidied(inner) for inner in value]
    if isinstance(value, str) and _TIME.match(value):
        return value[:19] + "Z"
    return value


def _problems(properties: dict[str, Any]) -> Iterator[str]:
    if properties.get("backupManagementType") != "AzureIaasVM":
        yield "backupManagementType must be AzureIaasVM"
    kind = properties.get("policyType") or "V1"
    if kind not in _SCHEDULE_TYPES:
        yield "policyType must be V1 or V2"
    if offset_minutes(properties.get("timeZone") or "UTC") is None:
        yield "timeZone is not a known Windows zone"
    schedule = properties["schedulePolicy"]
    if schedule.get("schedulePolicyType") != _SCHEDULE_TYPES[kind]:
        yield f"schedulePolicyType must be {_SCHEDULE_TYPES[kind]}"
    if schedule.get("scheduleRunFrequency") not in _FREQUENCIES[kind]:
        yield "scheduleRunFrequency does not fit the policy type"
    yield from _time_problems(schedule, properties)
    yield from _instant_problems(properties, kind, schedule["scheduleRunFrequency"])
    yield from _retention_problems(properties["retentionPolicy"], schedule)


def _time_problems(schedule: dict[str, Any], properties: dict[str, Any]) -> Iterator[str]:
    times = run_times(schedule)
    if len(times) != 1:
        yield "exactly one run time is needed"
    if not _TIME.match(times[0]):
        yield "run times are at minute 00 or 30"
    if schedule["scheduleRunFrequency"] == "Hourly":
        window = schedule["hourlySchedule"]
        if window["interval"] not in {4, 6, 8, 12, 24} or window["scheduleWindowDuration"] % window["interval"]:
            yield "hourlySchedule needs an interval of 4, 6, 8, 12 or 24 that divides its duration"
        if minute_of(times[0]) > _LAST_WINDOW_START:
            yield "hourlySchedule starts at 19:30 at the latest"
        if (properties.get("instantRpRetentionRangeInDays") or 1) > _MOST_INSTANT_DAYS.get(window["interval"], 30):
            yield "instantRpRetentionRangeInDays is too much for so many snapshots a day"


def _instant_problems(properties: dict[str, Any], kind: str, frequency: str) -> Iterator[str]:
    days = properties.get("instantRpRetentionRangeInDays")
    if days is None:
        return
    if not 1 <= days <= (5 if kind == "V1" else 30):
        yield "instantRpRetentionRangeInDays is 1 to 5 for V1 and 1 to 30 for V2"
    if frequency == "Weekly" and days < 5:
        yield "instantRpRetentionRangeInDays is at least 5 for a weekly schedule"


def _retention_problems(retention: dict[str, Any], schedule: dict[str, Any]) -> Iterator[str]:
    if retention.get("retentionPolicyType") != "LongTermRetentionPolicy":
        yield "retentionPolicyType must be LongTermRetentionPolicy"
    weekly_schedule = schedule["scheduleRunFrequency"] == "Weekly"
    if weekly_schedule == bool(retention.get("dailySchedule")):
        yield "daily retention is required for daily schedules and refused for weekly ones"
    start = minute_of(run_times(schedule)[0])
    for name in CLASSES:
        block = retention.get(f"{name}Schedule")
        if block:
            yield from _block_problems(name, block, start)
    if weekly_schedule:
        yield from _weekly_problems(retention, schedule)


def _block_problems(name: str, block: dict[str, Any], start: int) -> Iterator[str]:
    if [minute_of(time) for time in block.get("retentionTimes") or []] != [start]:
        yield f"{name} retentionTimes must equal the schedule's run time"
    duration = block["retentionDuration"]
    least = 7 if name == "daily" else 1
    if duration["durationType"] != _UNIT[name] or not least <= duration["count"] <= _MOST[name]:
        yield f"{name} retention is {least} to {_MOST[name]} {_UNIT[name]}"
    if name == "weekly" and not block.get("daysOfTheWeek"):
        yield "weekly retention needs daysOfTheWeek"
    if name in {"monthly", "yearly"}:
        form = block.get("retentionScheduleFormatType")
        if form not in {"Daily", "Weekly"} or not block.get(f"retentionSchedule{form}"):
            yield f"{name} retention needs a daily or weekly format"
    if name == "yearly" and not block.get("monthsOfYear"):
        yield "yearly retention needs monthsOfYear"


def _weekly_problems(retention: dict[str, Any], schedule: dict[str, Any]) -> Iterator[str]:
    days = run_days(schedule)
    if not days:
        yield "a weekly schedule needs scheduleRunDays"
    weekly = retention.get("weeklySchedule")
    if not weekly or sorted(weekly["daysOfTheWeek"]) != sorted(days):
        yield "weekly retention must name the schedule's days"
    for name in ("monthly", "yearly"):
        block = retention.get(f"{name}Schedule")
        if block and block.get("retentionScheduleFormatType") != "Weekly":
            yield f"{name} retention of a weekly schedule must use the weekly format"

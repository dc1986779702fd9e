"""When does a policy run, and what is kept how long? A policy's schedule, tagged days and retention in days."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.world.zones import offset_minutes

CLASSES = ("daily", "weekly", "monthly", "yearly")
_UNITS = {"Days": 1, "Weeks": 7, "Months": 30, "Years": 365}
_WEEKS = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the service reads in a policy.

    `starts` are wall-clock minutes after midnight in the policy's zone, which is `offset` minutes east of UTC;
    `weekdays` are the days of a weekly schedule (Monday is 0). `kept` maps a retention class to days, `tagged` to the
    test whether a UTC day carries it.
    """

    policy_type: str
    frequency: str
    starts: tuple[int, ...]
    offset: int
    weekdays: frozenset[int]
    instant_days: int
    kept: dict[str, int]
    tagged: dict[str, Callable[[datetime], bool]]

    def next_run(self, after: datetime) -> datetime:
        """Return the first scheduled instant later than `after`."""
        local_midnight = (after + timedelta(minutes=self.offset)).replace(hour=0, minute=0, second=0, microsecond=0)
        for day in range(-1, 9):
            date = local_midnight + timedelta(days=day)
            if self.weekdays and date.weekday() not in self.weekdays:
                continue
            for minute in self.starts:
                instant = date + timedelta(minutes=minute - self.offset)
                if instant > after:
                    return instant
        raise AssertionError("a validated schedule runs at least once a week")

    def tags(self, slot: datetime) -> frozenset[str]:
        """Return the retention classes of the run scheduled at `slot`, by its UTC day.

        Of an hourly policy's runs only the day's last reaches the vault; the others are snapshots without a class.
        """
        if not self.vaulted(slot):
            return frozenset()
        return frozenset(name for name, carries in self.tagged.items() if carries(slot))

    def vaulted(self, slot: datetime) -> bool:
        """Whether the run scheduled at `slot` is transferred to the vault."""
        if self.frequency != "Hourly":
            return True
        minute = int((slot + timedelta(minutes=self.offset)).hour * 60 + (slot + timedelta(minutes=self.offset)).minute)
        return minute == self.starts[-1] % 1440

    @property
    def schedule(self) -> tuple[object, ...]:
        """When runs are scheduled, as a value to compare."""
        return (self.frequency, self.starts, self.offset, self.weekdays)

    @property
    def period(self) -> timedelta:
        """How far apart a VM's runs may be before a day counts as missed."""
        return timedelta(days=7 if self.frequency == "Weekly" else 1)


def read(properties: dict[str, Any]) -> Rules:
    """Read the validated wire `properties` of a VM policy."""
    schedule = properties["schedulePolicy"]
    retention = properties["retentionPolicy"]
    zone = offset_minutes(properties.get("timeZone") or "UTC")
    assert zone is not None, "validated before"
    tagged: dict[str, Callable[[datetime], bool]] = {}
    kept: dict[str, int] = {}
    for name in CLASSES:
        block = retention.get(f"{name}Schedule")
        if block:
            kept[name] = days_of(block["retentionDuration"])
            tagged[name] = _carries(name, block)
    return Rules(
        policy_type=properties.get("policyType") or "V1",
        frequency=schedule["scheduleRunFrequency"],
        starts=_starts(schedule),
        offset=zone,
        weekdays=frozenset(_weekday(day) for day in run_days(schedule)),
        instant_days=properties.get("instantRpRetentionRangeInDays")
        or (7 if properties.get("policyType") == "V2" else 2),
        kept=kept,
        tagged=tagged,
    )


def minute_of(text: str) -> int:
    """Return the minutes after midnight of a wire time such as 2024-04-19T07:00:00Z; the date is ignored."""
    hour, minute = text.split("T")[1][:5].split(":")
    return int(hour) * 60 + int(minute)


def days_of(duration: dict[str, Any]) -> int:
    """Return a retentionDuration in days; months count 30, years 365."""
    return int(duration["count"]) * _UNITS[duration["durationType"]]


def run_times(schedule: dict[str, Any]) -> list[str]:
    """Return the scheduleRunTimes of either policy type, or an hourly window's start."""
    if schedule["schedulePolicyType"] == "SimpleSchedulePolicy":
        return list(schedule.get("scheduleRunTimes") or [])
    block = schedule.get(f"{schedule['scheduleRunFrequency'].lower()}Schedule") or {}
    if schedule["scheduleRunFrequency"] == "Hourly":
        return [block["scheduleWindowStartTime"]] if "scheduleWindowStartTime" in block else []
    return list(block.get("scheduleRunTimes") or [])


def run_days(schedule: dict[str, Any]) -> list[str]:
    """Return the scheduleRunDays of a weekly schedule of either policy type; empty for others."""
    if schedule["scheduleRunFrequency"] != "Weekly":
        return []
    return list(schedule.get("scheduleRunDays") or (schedule.get("weeklySchedule") or {}).get("scheduleRunDays") or [])


def _starts(schedule: dict[str, Any]) -> tuple[int, ...]:
    first = minute_of(run_times(schedule)[0])
    if schedule["scheduleRunFrequency"] != "Hourly":
        return (first,)
    window = schedule["hourlySchedule"]
    steps = range(0, window["scheduleWindowDuration"] * 60 + 1, window["interval"] * 60)
    return tuple(first + step for step in steps if step < 1440)


def _weekday(name: str) -> int:
    return list(calendar.day_name).index(name)


def _carries(name: str, block: dict[str, Any]) -> Callable[[datetime], bool]:
    if name == "daily":
        return lambda _: True
    if name == "weekly":
        days = frozenset(_weekday(day) for day in block["daysOfTheWeek"])
        return lambda slot: slot.astimezone(UTC).weekday() in days
    month_days = _days_of_month(block)
    if name == "monthly":
        return lambda slot: month_days(slot.astimezone(UTC))
    months = frozenset(list(calendar.month_name).index(month) for month in block["monthsOfYear"])
    return lambda slot: slot.astimezone(UTC).month in months and month_days(slot.astimezone(UTC))


def _days_of_month(block: dict[str, Any]) -> Callable[[datetime], bool]:
    if block["retentionScheduleFormatType"] == "Daily":
        listed = block["retentionScheduleDaily"]["daysOfTheMonth"]
        days = frozenset(day["date"] for day in listed if not day.get("isLast"))
        last = any(day.get("isLast") for day in listed)
        return lambda slot: slot.day in days or (last and (slot + timedelta(days=1)).day == 1)
    weekly = block["retentionScheduleWeekly"]
    weekdays = frozenset(_weekday(day) for day in weekly["daysOfTheWeek"])
    weeks = frozenset(_WEEKS[week] for week in weekly["weeksOfTheMonth"] if week in _WEEKS)
    last_week = "Last" in weekly["weeksOfTheMonth"]

    def carries(slot: datetime) -> bool:
        if slot.weekday() not in weekdays:
            return False
        return (slot.day - 1) // 7 + 1 in weeks or (last_week and (slot + timedelta(days=7)).month != slot.month)

    return carries

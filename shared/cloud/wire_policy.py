"""What does a VM backup policy on the wire say? What is not understood in it is named, never guessed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.cloud.calendar_words import DAYS, chosen, runs_of_month, runs_of_year
from shared.cloud.ids import vault_path
from shared.cloud.wire_values import Wire, entries, instant, mapping, number, text
from shared.errors import Permanent
from shared.model.azure import (
    HOURS_PER_DAY,
    INTERVALS,
    BackupPolicy,
    Frequency,
    HourlySchedule,
    PolicyType,
    Retention,
    TaggedRetention,
)

_FREQUENCIES = {
    frequency.value.lower(): frequency for frequency in (Frequency.HOURLY, Frequency.DAILY, Frequency.WEEKLY)
}
_SCHEDULES = {"simpleschedulepolicy": PolicyType.STANDARD, "simpleschedulepolicyv2": PolicyType.ENHANCED}
_UNITS = ("Days", "Weeks", "Months", "Years")
_INNER_SCHEDULE = {
    Frequency.HOURLY: "hourlySchedule",
    Frequency.DAILY: "dailySchedule",
    Frequency.WEEKLY: "weeklySchedule",
}

_FORMATS = {
    "retentionScheduleWeekly": ("daysOfTheWeek", "weeksOfTheMonth"),
    "retentionScheduleDaily": ("daysOfTheMonth",),
}

NEUTRAL: Mapping[str, tuple[object, ...]] = {
    "resourceGuardOperationRequests": ([],),
    "instantAccessSnapshotEnabled": (False,),
    "instantAccessDurationMinutes": (0,),
    "scheduleWeeklyFrequency": (0,),
    "scheduleRunDays": ([],),
    "scheduleRunTimes": ([],),
}
"""Fields that say nothing where they hold one of these values; null says nothing anywhere."""


@dataclass(slots=True)
class _Reading:
    """One walk over a policy; `unread` collects the wire paths that were not understood."""

    unread: list[str] = field(default_factory=list)

    def note(self, path: str) -> None:
        if path not in self.unread:
            self.unread.append(path)

    def leftovers(self, wire: Wire, at: str, *read: str) -> None:
        """Note every field of `wire` that is neither read nor neutral."""
        for name, value in wire.items():
            if name not in read and value is not None and value not in NEUTRAL.get(name, ()):
                self.note(f"{at}{name}")

    def inside(self, wire: Wire, name: str, at: str) -> Wire:
        """Return the object `name` of `wire`, an empty one where it is absent; note it where it is anything else."""
        value = wire.get(name)
        if value is not None and not isinstance(value, Mapping):
            self.note(f"{at}{name}")
        return mapping(value)

    def minutes(self, value: object, path: str) -> int | None:
        """Return the wall-clock minutes of a list with one run time; its date and its Z say nothing."""
        times = entries(value)
        at = instant(times[0]) if len(times) == 1 else None
        if at is None:
            self.note(path)
            return None
        return at.hour * 60 + at.minute


def policy_from(wire: Wire) -> BackupPolicy | None:
    """Read a VM backup policy; None for a policy of another workload. Permanent where it has no id.

    Whatever else cannot be understood is named in `unread`, so that one odd policy never hides a vault's others.
    """
    policy_id = text(wire.get("id"))
    if not policy_id:
        raise Permanent("backup policy: id is missing; expected an ARM id")
    properties = mapping(wire.get("properties"))
    if text(properties.get("backupManagementType")).lower() != "azureiaasvm":
        return None
    reading = _Reading()
    schedule = reading.inside(properties, "schedulePolicy", "")
    frequency, start, run_days = _schedule(schedule, reading)
    hourly = _hourly(schedule, reading) if frequency is Frequency.HOURLY else None
    retention = _retention(reading.inside(properties, "retentionPolicy", ""), start, reading)
    group = reading.inside(properties, "instantRPDetails", "")
    reading.leftovers(group, "instantRPDetails.", "azureBackupRGNamePrefix", "azureBackupRGNameSuffix")
    reading.leftovers(
        properties,
        "",
        *("backupManagementType", "policyType", "timeZone", "schedulePolicy", "retentionPolicy", "tieringPolicy"),
        *("instantRpRetentionRangeInDays", "instantRPDetails", "snapshotConsistencyType", "protectedItemsCount"),
    )
    return BackupPolicy(
        id=policy_id.lower(),
        name=text(wire.get("name")) or policy_id.rpartition("/")[2],
        vault_id=vault_path(policy_id).id,
        policy_type=_policy_type(properties, schedule, reading),
        frequency=frequency,
        time_zone=_needed(text(properties.get("timeZone")), "timeZone", reading) or "",
        start=start,
        retention=retention,
        instant_restore_days=_needed(
            number(properties.get("instantRpRetentionRangeInDays")), "instantRpRetentionRangeInDays", reading
        )
        or 0,
        run_days=run_days,
        archive=_archive(reading.inside(properties, "tieringPolicy", ""), reading),
        snapshot_consistency=text(properties.get("snapshotConsistencyType")),
        snapshot_group=(text(group.get("azureBackupRGNamePrefix")), text(group.get("azureBackupRGNameSuffix"))),
        protected_items=number(properties.get("protectedItemsCount")) or 0,
        unread=tuple(reading.unread),
        hourly=hourly,
    )


def _needed[T](value: T, path: str, reading: _Reading) -> T:
    if not value:
        reading.note(path)
    return value


def _policy_type(properties: Wire, schedule: Wire, reading: _Reading) -> PolicyType:
    """A policy without `policyType` is what its schedule is: Standard policies are sent without one."""
    by_schedule = _SCHEDULES.get(text(schedule.get("schedulePolicyType")).lower())
    word = text(properties.get("policyType")).upper()
    by_word = PolicyType(word) if word in {"V1", "V2"} else None
    if by_schedule is None:
        reading.note("schedulePolicy.schedulePolicyType")
    if (word and by_word is None) or (by_word and by_schedule and by_word is not by_schedule):
        reading.note("policyType")
    return by_word or by_schedule or PolicyType.STANDARD


def _schedule(schedule: Wire, reading: _Reading) -> tuple[Frequency, int | None, tuple[str, ...]]:
    """Return frequency, start minute (an hourly schedule's: its window's) and the days of a weekly schedule."""
    at = "schedulePolicy."
    frequency = _FREQUENCIES.get(text(schedule.get("scheduleRunFrequency")).lower(), Frequency.UNKNOWN)
    kind = text(schedule.get("schedulePolicyType")).lower()
    common = {"schedulePolicyType", "scheduleRunFrequency"}
    if frequency is Frequency.UNKNOWN:
        reading.note(f"{at}scheduleRunFrequency")
        reading.leftovers(schedule, at, *common)
        return frequency, None, ()
    if frequency is Frequency.HOURLY or kind == "simpleschedulepolicyv2":
        inner = _INNER_SCHEDULE[frequency]
        reading.leftovers(schedule, at, *common, inner)
        schedule, at, common = mapping(schedule.get(inner)), f"{at}{inner}.", set()
    if frequency is Frequency.HOURLY:
        reading.leftovers(schedule, at, "interval", "scheduleWindowStartTime", "scheduleWindowDuration")
        return frequency, reading.minutes([schedule.get("scheduleWindowStartTime")], f"{at}scheduleWindowStartTime"), ()
    days = None
    if frequency is Frequency.WEEKLY:
        common |= {"scheduleRunDays"}
        days = _needed(chosen(schedule.get("scheduleRunDays"), DAYS), f"{at}scheduleRunDays", reading)
    reading.leftovers(schedule, at, *common, "scheduleRunTimes")
    return frequency, reading.minutes(schedule.get("scheduleRunTimes"), f"{at}scheduleRunTimes"), days or ()


def _hourly(schedule: Wire, reading: _Reading) -> HourlySchedule | None:
    """Return the runs of an hourly schedule; None, and noted, where they are none that Azure documents."""
    inner, at = mapping(schedule.get("hourlySchedule")), "schedulePolicy.hourlySchedule."
    every, hours = number(inner.get("interval")), number(inner.get("scheduleWindowDuration"))
    if every not in INTERVALS:
        reading.note(f"{at}interval")
        return None
    if hours is None or not every <= hours <= HOURS_PER_DAY:
        reading.note(f"{at}scheduleWindowDuration")
        return None
    return HourlySchedule(every, hours)


def _retention(retention: Wire, start: int | None, reading: _Reading) -> Retention:
    at = "retentionPolicy."
    if text(retention.get("retentionPolicyType")).lower() != "longtermretentionpolicy":
        reading.note(f"{at}retentionPolicyType")
    classes = ("dailySchedule", "weeklySchedule", "monthlySchedule", "yearlySchedule")
    reading.leftovers(retention, at, "retentionPolicyType", *classes)

    def tagged(name: str, runs: Callable[[Wire], tuple[str, ...] | None], *read: str) -> TaggedRetention | None:
        schedule = reading.inside(retention, name, at)
        if not schedule:
            return None
        when = _needed(runs(schedule), f"{at}{name}.{read[0]}", reading)
        count, unit = _kept(schedule, f"{at}{name}.", start, reading)
        reading.leftovers(schedule, f"{at}{name}.", "retentionTimes", "retentionDuration", *read)
        for form, fields in _FORMATS.items():
            reading.leftovers(mapping(schedule.get(form)), f"{at}{name}.{form}.", *fields)
        return TaggedRetention(count, unit, when or ())

    def by_month(schedule: Wire) -> tuple[str, ...]:
        selected = text(schedule.get("retentionScheduleFormatType")).capitalize()
        return ("retentionScheduleFormatType", f"retentionSchedule{selected}")

    return Retention(
        daily_days=_daily_days(retention, start, reading),
        weekly=tagged("weeklySchedule", lambda wire: chosen(wire.get("daysOfTheWeek"), DAYS), "daysOfTheWeek"),
        monthly=tagged("monthlySchedule", runs_of_month, *by_month(mapping(retention.get("monthlySchedule")))),
        yearly=tagged(
            "yearlySchedule", runs_of_year, *by_month(mapping(retention.get("yearlySchedule"))), "monthsOfYear"
        ),
    )


def _daily_days(retention: Wire, start: int | None, reading: _Reading) -> int | None:
    schedule = reading.inside(retention, "dailySchedule", "retentionPolicy.")
    if not schedule:
        return None
    at = "retentionPolicy.dailySchedule."
    count, unit = _kept(schedule, at, start, reading)
    reading.leftovers(schedule, at, "retentionTimes", "retentionDuration")
    if unit != "Days":
        reading.note(f"{at}retentionDuration")
        return None
    return count


def _kept(schedule: Wire, at: str, start: int | None, reading: _Reading) -> tuple[int, str]:
    """Return how long a class keeps its points. Its times must be the schedule's own start: Azure wants it so."""
    if reading.minutes(schedule.get("retentionTimes"), f"{at}retentionTimes") != start:
        reading.note(f"{at}retentionTimes")
    kept = mapping(schedule.get("retentionDuration"))
    reading.leftovers(kept, f"{at}retentionDuration.", "count", "durationType")
    count, unit = number(kept.get("count")), chosen([kept.get("durationType")], _UNITS)
    if count is None or count < 1 or unit is None:
        reading.note(f"{at}retentionDuration")
    return count or 0, unit[0] if unit else ""


def _archive(tiering: Wire, reading: _Reading) -> tuple[str, ...]:
    """Return the tiering policy as sorted "tier: mode count unit" lines; DoNotTier is the same as no policy."""
    lines = []
    for tier, wire in tiering.items():
        rule = mapping(wire)
        reading.leftovers(rule, f"tieringPolicy.{tier}.", "tieringMode", "duration", "durationType")
        mode, unit = text(rule.get("tieringMode")), text(rule.get("durationType"))
        if not re.fullmatch(r"\w+", mode):
            reading.note(f"tieringPolicy.{tier}.tieringMode")
        elif mode.lower() != "donottier":
            lines.append(f"{tier}: {mode} {number(rule.get('duration')) or 0} {unit}".rstrip())
    return tuple(sorted(lines))

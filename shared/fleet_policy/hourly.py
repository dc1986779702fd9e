"""May a tier run hourly, and when? The section `schedule` of a tier, and whether it fits Azure and the tier."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from shared.fleet_policy.marks import Path
from shared.fleet_policy.patching import SEASONS, read
from shared.fleet_policy.section import Section
from shared.fleet_policy.words import DAY_MINUTES, Hours, hours, minutes_of
from shared.model.azure import HourlySchedule
from shared.model.intent import TierHours

type Found = Iterator[tuple[Path, str]]

INTERVALS = {"4h": 4, "6h": 6, "8h": 8, "12h": 12}
INSTANT_RESTORE_DAYS = {4: 17, 6: 22, 8: 22, 12: 30}
"""Most days of instant restore by interval (Enhanced policy documentation, which says nothing of 8 hours)."""
LONGEST_HOURS = 16
"""Azure takes up to 24; but a VM changes policies between the last run of a day and the first of the next only."""
LATEST_BEGIN = 19 * 60 + 30
"""In minutes after midnight of the policy's zone, which is UTC (policy constants of Azure PowerShell)."""
_AT = ("schedule", "hours")


class ScheduleSection(Section):
    """Several scheduled points a day, of which Azure moves the day's last one to the vault."""

    every: Literal["4h", "6h", "8h", "12h"] = Field(description="Time between two runs.")
    hours: Hours = Field(
        description='Local time of the day\'s first and last run, "08:00-20:00"; the last one lies in the window.'
    )


def tier_hours(section: ScheduleSection) -> TierHours:
    """Return the section as values."""
    begin, end = minutes_of(section.hours)
    return TierHours(begin % DAY_MINUTES, HourlySchedule(INTERVALS[section.every], (end - begin) % DAY_MINUTES // 60))


def hourly_checks(tier: object, window: object) -> Found:
    """Yield the path in the tier and the text of each problem of its schedule; wrong shapes are left to others."""
    schedule = _at(tier, "schedule")
    if not isinstance(schedule, dict):
        return
    if _at(tier, "policy_type") != "enhanced":
        hint = "Azure runs no other policies hourly"
        yield ("schedule",), f"is there without an enhanced policy; expected policy_type: enhanced; {hint}"
    points = _at(tier, "backups_per_day")
    if isinstance(points, int) and points > 1:
        hint = "remove one of the two: the schedule makes the points of a day"
        yield ("schedule",), f"is there beside backups_per_day: {points}; expected only one of them; {hint}"
    every = INTERVALS.get(str(_at(schedule, "every")))
    if every is not None:
        yield from _instant_restore(_at(tier, "instant_restore_days"), every)
    yield from _hours(_at(schedule, "hours"), every, window)


def _instant_restore(days: object, every: int) -> Found:
    most = INSTANT_RESTORE_DAYS[every]
    if isinstance(days, int) and most < days <= 30:
        hint = "Azure keeps no more snapshots of a VM; lower it or run less often"
        yield ("instant_restore_days",), f"is {days}; expected at most {most} with a run every {every} hours; {hint}"


def _hours(span: object, every: int | None, window: object) -> Found:
    local = read(span, "UTC", hours)
    if local is None:
        return
    begin, end = minutes_of(local.text)
    minutes = (end - begin) % DAY_MINUTES or DAY_MINUTES
    if every is not None and (minutes % (every * 60) or minutes > LONGEST_HOURS * 60):
        lengths = " or ".join(str(length) for length in range(every, LONGEST_HOURS + 1, every))
        hint = "the hours are a multiple of the interval, and leave a VM time to change policies"
        yield _AT, f"{span} has {minutes / 60:g} hours; expected {lengths} with a run every {every} hours; {hint}"
    within = read(_at(window, "hours"), "UTC", hours)
    if within is not None and not within.holds(end % DAY_MINUTES):
        hint = "that run moves the data to the vault; change one of the two"
        yield _AT, f"{span} ends outside the tier's window {within.text}; expected the last run inside it; {hint}"
    yield from _begin(span, window)


def _begin(span: object, window: object) -> Found:
    others = _at(window, "zones")
    for zone in (_at(window, "zone"), *(others.values() if isinstance(others, dict) else ())):
        place = read(span, zone, hours)
        late = [begin for season in SEASONS if place and (begin := place.begins(season)) > LATEST_BEGIN]
        if late:
            text = f"{span} in {zone} begins at {late[0] // 60:02d}:{late[0] % 60:02d} UTC"
            hint = (
                "Azure takes no later one, and policies speak UTC here; move the hours, or the tier to another window"
            )
            yield _AT, f"{text}; expected a first run from 00:00 to 19:30 UTC, in winter and in summer; {hint}"
            return


def _at(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None

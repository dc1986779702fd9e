"""Is a tier's hourly schedule taken where Azure takes it, and refused with what to do where not?"""

import pytest

from shared.fleet_policy import parse
from shared.model.azure import HourlySchedule
from shared.model.intent import TierHours
from tests.fleet_policy.test_parse import SMALLEST, reasons

WINDOW = '"20:00-06:00", zone: UTC'
ENHANCED = "policy_type: enhanced"


def text(hours: str = "08:00-20:00", every: str = "4h", more: str = ENHANCED, window: str = WINDOW) -> str:
    schedule = f'    {more}\n    schedule: {{every: {every}, hours: "{hours}"}}\n'
    return SMALLEST.replace(WINDOW, window).replace("days: 7}", "days: 30}") + schedule


@pytest.mark.parametrize(
    ("hours", "every", "start", "runs"),
    [
        ("08:00-20:00", "4h", 480, HourlySchedule(4, 12)),
        ("16:30-04:30", "6h", 990, HourlySchedule(6, 12)),
        ("08:00-24:00", "8h", 480, HourlySchedule(8, 16)),
        ("08:00-20:00", "12h", 480, HourlySchedule(12, 12)),
    ],
)
def test_a_schedule_says_the_first_and_the_last_run_of_a_day(hours, every, start, runs) -> None:
    (tier,) = parse(text(hours, every)).tiers
    assert tier.hourly == TierHours(start, runs)
    assert tier.hourly.last_start == (start + runs.hours * 60) % 1440


def test_without_one_a_tier_runs_once_a_day() -> None:
    assert parse(SMALLEST).tiers[0].hourly is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"more": "policy_type: standard"},
            "schedule: is there without an enhanced policy; expected policy_type: enhanced",
        ),
        ({"more": "redundancy: geo"}, "schedule: is there without an enhanced policy; expected policy_type: enhanced"),
        ({"every": "5h"}, "schedule.every: is '5h'; expected '4h', '6h', '8h' or '12h'"),
        ({"hours": "08:15-20:15"}, "schedule.hours: 08:15-20:15 is not on the half hour"),
        ({"hours": "08:00-21:00"}, "schedule.hours: 08:00-21:00 has 13 hours; expected 4 or 8 or 12 or 16 with a run"),
        ({"hours": "02:00-22:00"}, "schedule.hours: 02:00-22:00 has 20 hours; expected 4 or 8 or 12 or 16 with a run"),
        ({"hours": "02:00-20:00", "every": "6h"}, "has 18 hours; expected 6 or 12 with a run every 6 hours"),
        ({"hours": "12:00-20:00", "every": "12h"}, "has 8 hours; expected 12 with a run every 12 hours"),
        (
            {"hours": "06:00-18:00"},
            "06:00-18:00 ends outside the tier's window 20:00-06:00; expected the last run inside",
        ),
        ({"hours": "18:00-06:00"}, "18:00-06:00 ends outside the tier's window 20:00-06:00"),
        (
            {"hours": "20:00-00:00"},
            "20:00-00:00 in UTC begins at 20:00 UTC; expected a first run from 00:00 to 19:30 UTC",
        ),
        ({"window": '"20:00-06:00", zone: Asia/Tokyo'}, "08:00-20:00 in Asia/Tokyo begins at 23:00 UTC"),
        (
            {"hours": "15:30-23:30", "window": '"20:00-06:00", zone: UTC, zones: {eastus2: America/New_York}'},
            "15:30-23:30 in America/New_York begins at 20:30 UTC",
        ),
        (
            {"more": f"{ENHANCED}\n    instant_restore_days: 18"},
            "instant_restore_days: is 18; expected at most 17 with a run",
        ),
        (
            {"more": f"{ENHANCED}\n    instant_restore_days: 23", "every": "6h"},
            "instant_restore_days: is 23; expected at most 22 with a run every 6 hours",
        ),
    ],
)
def test_what_azure_does_not_take_is_refused(changes, said) -> None:
    (found,) = reasons(text(**changes))
    assert said in found


def test_the_season_in_which_the_first_run_is_latest_counts() -> None:
    (found,) = reasons(text("15:00-23:00", window='"20:00-06:00", zone: America/New_York'))
    assert "begins at 20:00 UTC" in found
    assert parse(text("14:30-22:30", window='"20:00-06:00", zone: America/New_York')).tiers[0].hourly is not None


def test_a_schedule_beside_several_points_a_day_is_refused() -> None:
    found = reasons(text(more=f"{ENHANCED}\n    backups_per_day: 2"))
    assert any("schedule: is there beside backups_per_day: 2; expected only one of them" in one for one in found)


@pytest.mark.parametrize("odd", ["[4h]", "4h", "{every: [1], hours: {}}", "{hours: 12}"])
def test_a_schedule_of_another_shape_is_refused_without_a_crash(odd: str) -> None:
    assert reasons(SMALLEST + f"    {ENHANCED}\n    schedule: {odd}\n")

"""Does every Windows zone id mean the same zone as elsewhere?"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tzlocal.windows_tz import win_tz

from shared.rules.windows_zones import WINDOWS_ZONES


def offsets(zone: ZoneInfo) -> list[timedelta | None]:
    months = [(year, month) for year in (2025, 2026, 2027) for month in range(1, 13)]
    return [datetime(year, month, 1, tzinfo=zone).utcoffset() for year, month in months]


def test_every_windows_zone_is_known():
    assert set(WINDOWS_ZONES) == set(win_tz)


@pytest.mark.parametrize("windows_id", sorted(win_tz))
def test_a_windows_zone_shows_the_same_time_as_the_published_table(windows_id):
    assert offsets(ZoneInfo(WINDOWS_ZONES[windows_id])) == offsets(ZoneInfo(win_tz[windows_id]))


def test_an_iana_name_is_no_windows_zone():
    assert "Europe/Amsterdam" not in WINDOWS_ZONES

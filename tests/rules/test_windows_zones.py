"""Does every Windows zone id mean the same zone as elsewhere?"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from tzlocal.windows_tz import win_tz

from shared.rules.windows_zones import WINDOWS_ZONES

MOMENTS = [datetime(year, month, 1) for year in (2025, 2026, 2027) for month in range(1, 13)]


def test_every_windows_zone_is_known():
    assert set(WINDOWS_ZONES) == set(win_tz)


@pytest.mark.parametrize("windows_id", sorted(win_tz))
def test_a_windows_zone_shows_the_same_time_as_the_published_table(windows_id):
    ours, published = ZoneInfo(WINDOWS_ZONES[windows_id]), ZoneInfo(win_tz[windows_id])
    assert [moment.replace(tzinfo=ours).utcoffset() for moment in MOMENTS] == [
        moment.replace(tzinfo=published).utcoffset() for moment in MOMENTS
    ]


def test_an_iana_name_is_no_windows_zone():
    assert "Europe/Amsterdam" not in WINDOWS_ZONES

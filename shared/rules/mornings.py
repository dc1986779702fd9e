"""When has a night been reported? The hours by which its windows are over, and what may follow them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from shared.model.azure import START_LATENESS
from shared.model.intent import FleetPolicy
from shared.rules.safe_moments import next_full_hour
from shared.rules.slots import window_span

AFTER_REPORT = timedelta(hours=1)
"""A change is a diff in the morning report before it is a write."""


def morning(intent: FleetPolicy, night: date, regions: Iterable[str]) -> datetime:
    """Return the full UTC hour by which every run of the night's windows has started."""
    closings = [
        window_span(window, region, night)[1] for window in intent.windows.values() for region in ("", *sorted(regions))
    ]
    latest = max(closings, default=datetime(night.year, night.month, night.day, tzinfo=UTC))
    return next_full_hour(latest + START_LATENESS)


def report_after(intent: FleetPolicy, instant: datetime, regions: Iterable[str]) -> datetime:
    """Return the first morning strictly after the UTC instant: the first report that can show what was planned then."""
    regions = tuple(regions)
    mornings = (morning(intent, intent.night_of(instant) + timedelta(days=days), regions) for days in range(-2, 3))
    return next(found for found in mornings if found > instant)


def last_finished_night(intent: FleetPolicy, now: datetime, regions: Iterable[str]) -> date:
    """Return the newest fleet day all of whose windows are over."""
    regions, tonight = tuple(regions), intent.night_of(now)
    nights = (tonight - timedelta(days=days) for days in range(4))
    return next(night for night in nights if morning(intent, night, regions) <= now)

"""Do patch windows leave time for backups? Hours of two kinds compared, each on its own zone's clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from shared.fleet_policy.words import DAY_MINUTES, LATENESS_MINUTES, minutes_of
from shared.fleet_policy.words import zone as known_zone
from shared.model.azure import SLOT_MINUTES

RUN_MINUTES = LATENESS_MINUTES + SLOT_MINUTES
"""The shortest time in which a backup that was to start may be under way: late, and then half an hour of work."""
SEASONS = (datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC))
"""A moment of each offset that a zone with clock changes has; which year does not matter."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Valid local hours, "22:00-02:00", in a known IANA zone."""

    text: str
    zone: str

    def overlap(self, other: "Hours") -> bool:
        """Return whether both hold a common minute; hours of different zones are not compared."""
        return self.zone == other.zone and (self._holds(other._begin, 0) or other._holds(self._begin, 0))

    def starts(self, season: datetime) -> frozenset[int]:
        """Return the UTC minutes of the day, on the half hour, that lie inside."""
        return frozenset(
            start for start in range(0, DAY_MINUTES, SLOT_MINUTES) if self._holds(start, self._ahead(season))
        )

    def spared(self, starts: Iterable[int], season: datetime) -> frozenset[int]:
        """Return those of the UTC minutes from which even the shortest backup stays out of these hours."""
        ahead = self._ahead(season)
        begin = self._begin - ahead
        return frozenset(
            start for start in starts if not self._holds(start, ahead) and (begin - start) % DAY_MINUTES >= RUN_MINUTES
        )

    def begins(self, season: datetime) -> int:
        """Return the UTC minute of the day, on the half hour, at or after which they begin."""
        begin = self._begin - self._ahead(season)
        return (begin + -begin % SLOT_MINUTES) % DAY_MINUTES

    def holds(self, minute: int) -> bool:
        """Return whether they hold a local minute of the day."""
        return self._holds(minute, 0)

    @property
    def _begin(self) -> int:
        return minutes_of(self.text)[0]

    def _holds(self, minute: int, ahead: int) -> bool:
        begin, end = minutes_of(self.text)
        return (minute + ahead - begin) % DAY_MINUTES < ((end - begin) % DAY_MINUTES or DAY_MINUTES)

    def _ahead(self, season: datetime) -> int:
        """Return the minutes by which the zone is ahead of UTC."""
        shown = season.astimezone(ZoneInfo(self.zone)).replace(tzinfo=UTC)
        return (shown - season) // timedelta(minutes=1)


def read(text: object, zone: object, check: Callable[[str], str]) -> Hours | None:
    """Return what a document says as hours; None where `check` or the zone is at fault, which others complain of."""
    if not isinstance(text, str) or not isinstance(zone, str):
        return None
    try:
        return Hours(check(text), known_zone(zone))
    except PydanticCustomError:
        return None


@lru_cache(maxsize=256)
def no_start_left(window: tuple[Hours, ...], patching: tuple[Hours, ...]) -> bool:
    """Return whether patching leaves a window no start in any of its zones, be it for one season of the year."""
    return all(any(not _left(hours, patching, season) for season in SEASONS) for hours in window)


def _left(hours: Hours, patching: tuple[Hours, ...], season: datetime) -> frozenset[int]:
    starts = hours.starts(season)
    for each in patching:
        starts = each.spared(starts, season)
    return starts

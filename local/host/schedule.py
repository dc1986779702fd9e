"""When does a timer fire next? NCRONTAB, as the Functions host reads it, always in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from cronsim import CronSim, CronSimError

_UNKNOWN_TO_NCRONTAB = re.compile(r"[LW#?]")
_SUB_MINUTE = timedelta(minutes=1)
_OCCURRENCES_LOOKED_AT = 5


class ScheduleError(ValueError):
    """The text is no NCRONTAB expression."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """An NCRONTAB expression: `{second} {minute} {hour} {day} {month} {day of week}`, the second optional.

    cronsim reads six fields with the second first, like NCRONTAB, and takes a missing second for 0, like the Functions
    host; a star as the second therefore fires every second. Two things differ and are set right here: cron fires on the
    day of the month OR of the week where both are restricted, NCRONTAB only where both match; and L, W, # and Sunday
    as 7 are cron's, not NCRONTAB's.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Return the schedule, or raise ScheduleError."""
        fields = text.split()
        if len(fields) not in (5, 6):
            raise ScheduleError(
                f"'{text}' has {len(fields)} fields; NCRONTAB has six: second minute hour day month weekday"
            )
        numbers = re.sub(r"[A-Z]{3}", "", fields[-1].upper())
        if _UNKNOWN_TO_NCRONTAB.search(fields[-3] + numbers) or "7" in re.split(r"[-,/]", numbers):
            raise ScheduleError(f"'{text}' uses L, W, #, ? or weekday 7, which NCRONTAB does not know")
        try:
            CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise ScheduleError(f"'{text}' is not NCRONTAB: {error}") from error
        return cls(text)

    def next_after(self, instant: datetime) -> datetime:
        """Return the first occurrence later than `instant`."""
        return next(self._occurrences(instant))

    def is_sub_minute(self, now: datetime) -> bool:
        """Say whether occurrences come closer than a minute: such schedules are never monitored."""
        ahead = list(islice(self._occurrences(now), _OCCURRENCES_LOOKED_AT))
        return any(later - earlier < _SUB_MINUTE for earlier, later in pairwise(ahead))

    def _occurrences(self, instant: datetime) -> CronSim:
        occurrences = CronSim(self.text, instant)
        occurrences.day_and = True
        return occurrences

"""Where does an instant lie on a chart? One fleet day from left to right, in SVG user units."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY

HOURS_BETWEEN_TICKS = 3

_TICK = Markup(
    '<path class="grid" d="M{x:g} {top:g}V{bottom:g}"/><text class="tick" x="{x:g}" y="{below:g}">{hour}</text>'
)


@dataclass(frozen=True, slots=True)
class DayAxis:
    """The day from `begins_at` to `ends_at`, drawn between `left` and `right`."""

    begins_at: datetime
    ends_at: datetime
    left: float
    right: float

    def x(self, instant: datetime) -> float:
        """Return the instant's place, clipped to the day."""
        share = (instant - self.begins_at) / (self.ends_at - self.begins_at)
        return round(self.left + (self.right - self.left) * min(1.0, max(0.0, share)), 1)

    def shows(self, since: datetime, until: datetime) -> bool:
        """Return whether any part of [since, until) lies in the day."""
        return since < self.ends_at and until > self.begins_at

    def slot(self, slot: int) -> datetime:
        """Return the instant in this day at which the UTC half-hour `slot` begins."""
        midnight = self.begins_at.replace(hour=0, minute=0, second=0, microsecond=0)
        instant = midnight + slot % SLOTS_PER_DAY * timedelta(minutes=SLOT_MINUTES)
        return instant if instant >= self.begins_at else instant + timedelta(days=1)

    def ticks(self, top: float, bottom: float) -> Markup:
        """Return grid lines from `top` to `bottom` with the hours written below."""
        return Markup("").join(
            _TICK.format(x=self.x(hour), top=top, bottom=bottom, below=bottom + 13, hour=f"{hour:%H:%M}")
            for hour in self._hours()
        )

    def _hours(self) -> Iterator[datetime]:
        hour = self.begins_at
        while hour <= self.ends_at:
            yield hour
            hour += timedelta(hours=HOURS_BETWEEN_TICKS)

"""Where does an instant lie on a chart? The shown hours of one fleet day from left to right, in SVG user units."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from shared.model.night import NightReport
from shared.report.shown_hours import STEP, shown_hours

_TICK = Markup(
    '<path class="grid" d="M{x:g} {top:g}V{bottom:g}"/><text class="tick" x="{x:g}" y="{below:g}">{hour}</text>'
)


@dataclass(frozen=True, slots=True)
class DayAxis:
    """The hours from `since` to `until`, drawn between `left` and `right`; the fleet day began at `begins_at`.

    Grid lines lie `every` so often (None: as the hours' count asks).
    """

    begins_at: datetime
    since: datetime
    until: datetime
    left: float
    right: float
    every: timedelta | None = None

    def x(self, instant: datetime) -> float:
        """Return the instant's place, clipped to the shown hours."""
        share = (instant - self.since) / (self.until - self.since)
        return round(self.left + (self.right - self.left) * min(1.0, max(0.0, share)), 1)

    def shows(self, since: datetime, until: datetime) -> bool:
        """Return whether any part of [since, until) lies in the shown hours."""
        return since < self.until and until > self.since

    def ticks(self, top: float, bottom: float) -> Markup:
        """Return grid lines from `top` to `bottom` with the hours written below."""
        return Markup("").join(
            _TICK.format(x=self.x(hour), top=top, bottom=bottom, below=bottom + 13, hour=f"{hour:%H:%M}")
            for hour in self._hours()
        )

    def _hours(self) -> Iterator[datetime]:
        step = self.every or (STEP if self.until - self.since > 4 * STEP else STEP / 3)
        hour = self.since
        while hour <= self.until:
            yield hour
            hour += step


def day_axis(night: NightReport, begins_at: datetime, left: float, right: float) -> DayAxis:
    """Return the axis of the day that began at `begins_at`: the same hours for both days of a night."""
    first, last = shown_hours(night)
    return DayAxis(begins_at, begins_at + first, begins_at + last, left, right)

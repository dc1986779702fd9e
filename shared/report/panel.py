"""What frames one day's chart? The two sides that are compared, their axes, sizes and outer SVG."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from markupsafe import Markup

from shared.model.night import NightReport, Run
from shared.report.day_axis import DayAxis, day_axis
from shared.report.fleet_rows import Row

WIDTH, LEFT, RIGHT, TOP = 640, 116, 624, 6
HEAD = 24
FOOT = 22
NAME_LENGTH = 17

_CHART = Markup(
    '<svg class="chart gantt" viewBox="0 0 {width} {height:g}" role="img" aria-label="{label}">'
    "<title>{label}</title>{ticks}{rows}</svg>"
)
_HEAD = Markup('<text class="head" x="4" y="{y:g}">{name}<tspan class="where" dx="6">{remark}</tspan></text>')


class Axis(Protocol):
    """What runs from left to right, and draws its own lines."""

    def ticks(self, top: float, bottom: float) -> Markup:
        """Return grid lines from `top` to `bottom` with their words below."""
        ...


class Side(StrEnum):
    """Which of the two days a panel shows."""

    BEFORE = "before"
    AFTER = "after"


def begins_at(night: NightReport, side: Side) -> datetime:
    """Return when the side's fleet day began; without a day before, both sides are the day shown."""
    before = night.before_begins_at
    return before if side is Side.BEFORE and before is not None else night.begins_at


def axis(night: NightReport, side: Side) -> DayAxis:
    """Return the side's hours, drawn beside the names."""
    return day_axis(night, begins_at(night, side), LEFT, RIGHT)


def runs(row: Row, side: Side) -> tuple[Run, ...]:
    """Return the row's backups of the side's day."""
    return row.after if side is Side.AFTER else row.before


def head(y: float, name: str, remark: str) -> Markup:
    """Return the heading of a group of rows whose top is at `y`."""
    return _HEAD.format(y=y + 17, name=name, remark=remark)


def frame(across: Axis, drawn: Iterable[Markup], bottom: float, label: str) -> Markup:
    """Return the whole SVG: grid first, rows over it, `bottom` being the last row's lower edge."""
    return _CHART.format(
        width=WIDTH,
        height=bottom + FOOT,
        label=label,
        ticks=across.ticks(TOP, bottom + 2),
        rows=Markup("").join(drawn),
    )


def clipped(name: str) -> str:
    """Return the name, shortened to what fits beside the chart."""
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1] + "\N{HORIZONTAL ELLIPSIS}"

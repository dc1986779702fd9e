"""How busy was each vault? An SVG panel of one day for big fleets: a strip of half-hours per vault or region."""

from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from shared.model.night import NightReport
from shared.report.concurrency import busiest_by_slot
from shared.report.day_axis import DayAxis
from shared.report.fleet_rows import Group, groups
from shared.report.panel import HEAD, LEFT, TOP, Side, axis, begins_at, clipped, frame, head, runs
from shared.report.shown_hours import SLOT

MOST_STRIPS = 80
"""Above this many vaults a strip shows a region: 80 strips of two days weigh about 300 kB at most."""
STRIP, GAP, SHADES = 14, 2, 6

_CELL = Markup('<path class="q{shade}" d="M{x:.1f} {y:g}h{width:.1f}v{height}h-{width:.1f}z"/>')
_STRIP = Markup('<g>{cells}<title>{title}</title></g><text class="name" x="{x}" y="{y:g}">{name}</text>')


@dataclass(frozen=True, slots=True)
class _Strip:
    """The most backups at once in each half-hour of a vault's two days."""

    group: Group
    busiest: dict[Side, list[int]]


def vault_strips(night: NightReport, side: Side) -> Markup:
    """Return the side's panel. Both sides share one scale of shades, so that panels compare."""
    day = axis(night, side)
    strips = [_strip(night, group) for group in _few(groups(night))]
    darkest = max((max(counts) for strip in strips for counts in strip.busiest.values()), default=0)
    y, drawn = float(TOP), []
    for region, in_region in groupby(strips, key=lambda strip: strip.group.region):
        drawn.append(head(y, region, ""))
        y += HEAD
        for strip in in_region:
            drawn.append(_drawn(strip, side, day, y, darkest))
            y += STRIP + GAP
    return frame(day, drawn, y, f"Backups at once in each half-hour {side.value} the moves, one row per vault.")


def _few(vaults: tuple[Group, ...]) -> tuple[Group, ...]:
    if len(vaults) <= MOST_STRIPS:
        return vaults
    by_region = groupby(vaults, key=lambda group: group.region)
    return tuple(
        Group(region, region, tuple(row for group in here for row in group.rows)) for region, here in by_region
    )


def _strip(night: NightReport, group: Group) -> _Strip:
    busiest = {
        side: busiest_by_slot((run for row in group.rows for run in runs(row, side)), begins_at(night, side))
        for side in Side
    }
    return _Strip(group, busiest)


def _drawn(strip: _Strip, side: Side, day: DayAxis, y: float, darkest: int) -> Markup:
    counts = strip.busiest[side]
    shades = [-(-SHADES * count // darkest) if count else 0 for count in counts]
    cells = Markup("").join(_cell(index, shade, day, y) for index, shade in enumerate(shades) if shade)
    name = strip.group.vault
    title = f"{name}: {len(strip.group.rows):,} VMs, at most {max(counts):,} at once"
    return _STRIP.format(cells=cells, title=title, x=LEFT - 8, y=y + 10.5, name=clipped(name))


def _cell(index: int, shade: int, day: DayAxis, y: float) -> Markup:
    starts = day.begins_at + index * SLOT
    x = day.x(starts)
    return _CELL.format(shade=shade, x=x, y=y, width=day.x(starts + SLOT) - x, height=STRIP)

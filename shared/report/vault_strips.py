"""How busy was each vault? An SVG panel of one day for big fleets: a strip of half-hours per vault or region."""

from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from shared.model.azure import SLOTS_PER_DAY
from shared.model.night import NightReport
from shared.report.concurrency import busiest_by_slot
from shared.report.fleet_rows import Group, groups
from shared.report.panel import HEAD, LEFT, RIGHT, TOP, Side, axis, clipped, frame, head, runs

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
            drawn.append(_drawn(strip, side, y, darkest))
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
        side: busiest_by_slot((run for row in group.rows for run in runs(row, side)), axis(night, side).begins_at)
        for side in Side
    }
    return _Strip(group, busiest)


def _drawn(strip: _Strip, side: Side, y: float, darkest: int) -> Markup:
    width = (RIGHT - LEFT) / SLOTS_PER_DAY
    counts = strip.busiest[side]
    cells = Markup("").join(
        _CELL.format(
            shade=-(-SHADES * count // darkest),
            x=LEFT + index * width,
            y=y,
            width=width,
            height=STRIP,
        )
        for index, count in enumerate(counts)
        if count
    )
    name = strip.group.vault
    title = f"{name}: {len(strip.group.rows):,} VMs, at most {max(counts):,} at once"
    return _STRIP.format(cells=cells, title=title, x=LEFT - 8, y=y + 10.5, name=clipped(name))

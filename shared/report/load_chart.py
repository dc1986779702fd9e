"""How did the load change? One SVG per region: concurrent backups before and after, planned peak and bound."""

from collections.abc import Iterable
from datetime import datetime

from markupsafe import Markup

from shared.model.night import NightReport, Run
from shared.report.concurrency import curve
from shared.report.day_axis import DayAxis, day_axis
from shared.report.figures import RegionFigures
from shared.report.wording import number

WIDTH, HEIGHT = 640, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 552, 22, 222

_CHART = Markup(
    '<svg class="chart load" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
    "<title>{label}</title>{ticks}{levels}{curves}{marks}</svg>"
)
_LEVEL = Markup(
    '<path class="grid" d="M{left} {y:g}H{right}"/><text class="level" x="{x}" y="{text_y:g}">{count:,}</text>'
)
_AREA = Markup('<path class="area {kind}" d="{path}"/>')
_LINE = Markup('<path class="line {kind}" d="M{left} {y:g}H{right}"/>')
_PEAK = Markup('<text class="peak {kind}" x="{x:g}" y="{y:g}">{count:,}</text>')
_LABEL = Markup('<text class="label {kind}" x="{x}" y="{y:g}">{text}</text>')


def load_chart(night: NightReport, region: RegionFigures) -> Markup:
    """Return the region's chart; both days share one axis, so their curves lie over each other."""
    top = max(1, region.observed_before or 0, region.observed_after, region.planned or 0)
    curves, peaks = [], []
    for kind, begins_at, runs in _days(night):
        axis, here = _axis(night, begins_at), [run for run in runs if run.region == region.region]
        curves.append(_AREA.format(kind=kind, path=_path(here, axis, top)))
        peaks.append(_peak(kind, here, axis, top))
    return _CHART.format(
        width=WIDTH,
        height=HEIGHT,
        label=_label(region),
        ticks=_axis(night, night.begins_at).ticks(TOP, BOTTOM),
        levels=_levels(top),
        curves=Markup("").join(curves),
        marks=_marks(region, top) + Markup("").join(peaks),
    )


def _days(night: NightReport) -> Iterable[tuple[str, datetime, tuple[Run, ...]]]:
    if night.before_begins_at is not None:
        yield "before", night.before_begins_at, night.runs_before
    yield "after", night.begins_at, night.runs_after


def _axis(night: NightReport, begins_at: datetime) -> DayAxis:
    return day_axis(night, begins_at, LEFT, RIGHT)


def _y(count: float, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * count / top, 1)


def _path(runs: list[Run], axis: DayAxis, top: int) -> str:
    steps = (f"H{axis.x(instant):g}V{_y(count, top):g}" for instant, count in curve(runs))
    return f"M{LEFT} {BOTTOM}{''.join(steps)}H{RIGHT}V{BOTTOM}"


def _peak(kind: str, runs: list[Run], axis: DayAxis, top: int) -> Markup:
    """Return the peak's count, written over the middle of the first stretch that reaches it."""
    steps = curve(runs)
    if not steps:
        return Markup("")
    height = max(count for _, count in steps)
    first = next(index for index, (_, count) in enumerate(steps) if count == height)
    ends_at = steps[first + 1][0] if first + 1 < len(steps) else axis.until
    middle = (axis.x(steps[first][0]) + axis.x(ends_at)) / 2
    return _PEAK.format(kind=kind, x=middle, y=_y(height, top) - 6, count=height)


def _levels(top: int) -> Markup:
    return Markup("").join(
        _LEVEL.format(left=LEFT, right=RIGHT, x=LEFT - 8, y=_y(count, top), text_y=_y(count, top) + 4, count=count)
        for count in _round_counts(top)
    )


def _round_counts(top: int) -> Iterable[int]:
    """Return at most five even steps of 1, 2 or 5 times a power of ten, from zero up."""
    step = next(s for power in range(12) for s in (10**power, 2 * 10**power, 5 * 10**power) if top / s <= 4)
    return range(0, top + 1, step)


def _marks(region: RegionFigures, top: int) -> Markup:
    if region.planned is None or region.bound is None:
        return Markup("")
    planned, bound = _y(region.planned, top), _y(region.bound, top)
    bound_text = min(max(bound, planned) + 12, BOTTOM)
    planned_text = min(planned - 3, bound_text - 13)
    lines = (
        _LINE.format(kind="bound", left=LEFT, right=RIGHT, y=bound),
        _LINE.format(kind="planned", left=LEFT, right=RIGHT, y=planned),
        _LABEL.format(kind="planned", x=RIGHT + 6, y=planned_text, text=f"planned {number(region.planned)}"),
        _LABEL.format(kind="bound", x=RIGHT + 6, y=bound_text, text=f"bound {number(region.bound)}"),
    )
    return Markup("").join(lines)


def _label(region: RegionFigures) -> str:
    before = "" if region.observed_before is None else f"before at most {region.observed_before:,}, "
    plan = (
        ""
        if region.planned is None
        else f"; planned peak {number(region.planned)}, proved bound {number(region.bound)}"
    )
    return f"Concurrent backups in {region.region}: {before}after at most {region.observed_after:,}{plan}."

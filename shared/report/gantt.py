"""When did each VM start and end? An SVG panel of one day: planned windows as bands, backups as bars, a row per VM."""

from datetime import datetime, timedelta

from markupsafe import Markup

from shared.model.night import NightReport, Run
from shared.model.plan import VmPlan
from shared.report.day_axis import DayAxis
from shared.report.figures import BROKEN, RUNNING
from shared.report.fleet_rows import Row, groups
from shared.report.panel import HEAD, LEFT, TOP, Side, axis, clipped, frame, head, runs
from shared.report.shown_hours import slot_ends, slot_starts
from shared.report.wording import number

ROW, BAR = 12, 7

_NAME = Markup('<text class="name" x="{x}" y="{y:g}">{text}<title>{name}</title></text>')
_SPAN = Markup(
    '<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height}"><title>{title}</title></rect>'
)
_CROSS = Markup('<path class="cross" d="M{x:g} {y:g}l6 6m0 -6l-6 6"/>')


def gantt(night: NightReport, side: Side) -> Markup:
    """Return the side's panel. Rows and their order are those of both days, so that panels compare."""
    day, vaults = axis(night, side), groups(night)
    y, drawn = float(TOP), []
    for group in vaults:
        drawn.append(head(y, group.vault, group.region))
        y += HEAD
        for row in group.rows:
            drawn += [_name(row, y), _band(row, side, day, y)]
            drawn += [_bar(run, night.made_at, day, y) for run in runs(row, side)]
            y += ROW
    count = sum(len(group.rows) for group in vaults)
    return frame(day, drawn, y, f"Planned windows and backups of {count:,} VMs {side.value} the moves, one row each.")


def _name(row: Row, y: float) -> Markup:
    return _NAME.format(x=LEFT - 8, y=y + 9.5, text=clipped(row.name), name=row.name)


def _band(row: Row, side: Side, day: DayAxis, y: float) -> Markup:
    """Return the hours in which the VM's backup is planned to lie."""
    plan = row.plan
    slot = None if plan is None else plan.slot if side is Side.AFTER else row.slot_before
    if plan is None or slot is None:
        return Markup("")
    starts = slot_starts(day.begins_at, slot)
    ends = slot_ends(starts, plan)
    x, width = _extent(day, starts, ends)
    title = f"{row.name}: planned at {starts:%H:%M}, about {plan.minutes:.0f} min, done by {ends:%H:%M}"
    title += _load_then(plan) if side is Side.AFTER else ""
    return _SPAN.format(kind="band", x=x, y=y + 1, width=width, height=ROW - 2, title=title)


def _load_then(plan: VmPlan) -> str:
    if not plan.load_class or plan.expected_load is None:
        return f"; load {plan.load_class}" if plan.load_class else ""
    return f"; load {plan.load_class}, {number(plan.expected_load)} expected, regret {number(plan.regret)}"


def _bar(run: Run, made_at: datetime, day: DayAxis, y: float) -> Markup:
    until = run.ended_at or max(made_at, run.started_at)
    if not day.shows(run.started_at, until):
        return Markup("")
    x, width = _extent(day, run.started_at, until)
    kind = _kind(run.status)
    title = _told(run, until)
    bar = _SPAN.format(kind=f"bar {kind}", x=x, y=y + (ROW - BAR) / 2, width=width, height=BAR, title=title)
    return bar + _CROSS.format(x=x + width + 2, y=y + 3) if kind == "bad" else bar


def _kind(status: str) -> str:
    if status == "Completed":
        return "ok"
    return "bad" if status in BROKEN else "running" if status in RUNNING else "warn"


def _told(run: Run, until: datetime) -> str:
    minutes = (until - run.started_at) // timedelta(minutes=1)
    end = "and still running" if run.ended_at is None else f"to {run.ended_at:%H:%M}"
    return f"{run.name}: {run.started_at:%H:%M} {end}, {minutes:,} min, {run.status}"


def _extent(day: DayAxis, since: datetime, until: datetime) -> tuple[float, float]:
    """Return x and width, at least wide enough to be seen."""
    x = day.x(since)
    return x, max(1.5, round(day.x(until) - x, 1))

"""When did each restore wait, and where did it run? A time line as SVG: a bar for each VM, one axis for all."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from shared.model.restore_history import RestoreHistory, Stretch
from shared.model.restore_tasks import Step
from shared.report.day_axis import DayAxis
from shared.report.panel import LEFT, RIGHT, TOP, WIDTH, clipped, frame
from shared.report.wording import instant

MOST_BARS = 60
"""More would make the page too heavy; the JSON report holds all."""
LONGEST = timedelta(days=2)
"""How far the axis reaches back and ahead of when the report is made."""
ROW, BAR = 27, 9
MOST_LETTERS = 70
"""Of the accounts' names below a bar."""
TICKS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720))
MOST_TICKS = 10
_KINDS = {Step.WAITING: "wait", Step.CHECKING: "check"}

_NAME = Markup('<text class="name" x="{x}" y="{y:g}">{text}<title>{name}</title></text>')
_SPAN = Markup(
    '<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height}"><title>{title}</title></rect>'
)
_ACCOUNT = Markup('<text class="account{end}" x="{x:g}" y="{y:g}">{text}</text>')
_CROSS = Markup('<path class="cross" d="M{x:g} {y:g}l6 6m0 -6l-6 6"/>')
_NOW = Markup('<path class="now" d="M{x:g} {top:g}V{bottom:g}"/>')


def restore_chart(restores: Sequence[RestoreHistory], now: datetime) -> Markup:
    """Return the time line of the first `MOST_BARS` of the restores as they stand at `now`; there is at least one."""
    drawn = restores[:MOST_BARS]
    axis, y, rows = _axis(drawn, now), float(TOP), []
    for one in drawn:
        rows += [_NAME.format(x=LEFT - 8, y=y + BAR + 0.5, text=clipped(one.vm), name=one.vm)]
        rows += [_bar(one, stretch, axis, y, now) for stretch in one.stretches]
        rows += [_expected(one, axis, y, now), _end(one, axis, y), _accounts(one, axis, y)]
        y += ROW
    if any(one.ended_at is None for one in drawn):
        rows.append(_NOW.format(x=axis.x(now), top=TOP, bottom=y))
    label = (
        f"Restores of {len(drawn):,} VMs from {instant(axis.since)} to {instant(axis.until)}: "
        "when each waited, and on which account it ran, one row each."
    )
    return frame(axis, rows, y, label)


def _axis(restores: Sequence[RestoreHistory], now: datetime) -> DayAxis:
    """Return the axis from the first restore's beginning to the last one's end, in whole steps of its grid."""
    since = max(min(_begins(one) for one in restores), now - LONGEST)
    until = max(min(one.ended_at or max(one.ends_at or now, now), now + LONGEST) for one in restores)
    until = max(until, since + TICKS[0])
    step = next((step for step in TICKS if (until - since) / step <= MOST_TICKS - 2), TICKS[-1])
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    begins = midnight + (since - midnight) // step * step
    ends = midnight + -(-(until - midnight) // step) * step
    return DayAxis(begins, begins, ends, LEFT, RIGHT, step)


def _begins(one: RestoreHistory) -> datetime:
    return one.stretches[0].since if one.stretches else one.ended_at or one.accepted_at


def _bar(one: RestoreHistory, stretch: Stretch, axis: DayAxis, y: float, now: datetime) -> Markup:
    until = stretch.until or now
    kind = _KINDS.get(stretch.step) or ("moved" if stretch.account in one.accounts[1:] else "ran")
    minutes = (until - stretch.since) // timedelta(minutes=1)
    on = f" on {stretch.account}" if stretch.account else ""
    still = f"to {until:%H:%M}" if stretch.until else "until now"
    title = f"{one.vm}: {stretch.step}{on}, {stretch.since:%H:%M} {still}, {minutes:,} min"
    return _span(axis, (stretch.since, until), y, f"course {kind}", title)


def _expected(one: RestoreHistory, axis: DayAxis, y: float, now: datetime) -> Markup:
    if one.ended_at is not None or one.ends_at is None or one.ends_at <= now:
        return Markup("")
    return _span(axis, (now, one.ends_at), y, "course expected", f"{one.vm}: expected to end at {instant(one.ends_at)}")


def _span(axis: DayAxis, span: tuple[datetime, datetime], y: float, kind: str, title: str) -> Markup:
    if not axis.shows(*span):
        return Markup("")
    x = axis.x(span[0])
    width = max(1.0, round(axis.x(span[1]) - x, 1))
    return _SPAN.format(kind=kind, x=x, y=y + 1, width=width, height=BAR, title=title)


def _end(one: RestoreHistory, axis: DayAxis, y: float) -> Markup:
    """Mark what failed with a cross; the form says it where colours do not."""
    if one.step is not Step.FAILED or one.ended_at is None:
        return Markup("")
    return _CROSS.format(x=axis.x(one.ended_at) + 2, y=y + 2.5)


def _accounts(one: RestoreHistory, axis: DayAxis, y: float) -> Markup:
    """Write the accounts below the bar, from where the first was taken; from the right where there is no room."""
    first = next((stretch for stretch in one.stretches if stretch.account), None)
    if first is None:
        return Markup("")
    text = ", then ".join(one.accounts) or first.account
    text = text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"
    x = axis.x(first.since)
    right = x > (LEFT + WIDTH) / 2
    return _ACCOUNT.format(end=" end" if right else "", x=RIGHT if right else x, y=y + BAR + 10, text=text)

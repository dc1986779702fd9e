"""On which days are recovery points missing? A calendar as SVG: a row a VM, a column a day, a form for each outcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from shared.model.retention import CLASSES, Mark, VmRetention
from shared.report.panel import LEFT, RIGHT, TOP, clipped, frame
from shared.report.retention_figures import by_day
from shared.report.wording import day

MOST_CALENDARS = 50
"""More would make the page too heavy; the JSON report holds all."""
DAYS = 35
ROW, FORM = 22, 9
KEY = 11
"""Width and height of a form in the legend."""
_FORMS = {
    Mark.PRESENT: "h9v9h-9z",
    Mark.MISSING: "l9 9m0 -9l-9 9",
    Mark.ASKED: "m0 4.5a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    Mark.FILLED: "m4.5 -1l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
}
"""Each mark's path from its upper left corner: square, cross, ring and diamond are told apart without colours."""
_WORDS = {
    Mark.PRESENT: "there",
    Mark.MISSING: "missing",
    Mark.ASKED: "missing, a backup was asked for",
    Mark.FILLED: "missing, filled later",
}
_LETTERS = {name: name[0].upper() for name in CLASSES[1:]}

_NAME = Markup('<text class="name" x="{x}" y="{y:g}">{text}<title>{name}</title></text>')
_POINTS = Markup('<g class="point {mark}"><path d="{form}"/><title>{title}</title></g>')
_LETTER = Markup('<text class="letter" x="{x:g}" y="{y:g}">{letter}</text>')
_MONDAY = Markup(
    '<path class="grid" d="M{x:g} {top:g}V{bottom:g}"/><text class="tick" x="{x:g}" y="{below:g}">{text}</text>'
)
_KEY = Markup(
    '<svg class="key" viewBox="0 0 {size} {size}" aria-hidden="true"><path class="point {mark}" d="M1 1{form}"/></svg>'
)


@dataclass(frozen=True, slots=True)
class DateAxis:
    """The `DAYS` days up to `last`, a column each."""

    last: date

    @property
    def first(self) -> date:
        """The first day shown."""
        return self.last - timedelta(days=DAYS - 1)

    def x(self, shown: date) -> float:
        """Return where the day's column begins."""
        return round(LEFT + (RIGHT - LEFT) * (shown - self.first).days / DAYS, 1)

    def ticks(self, top: float, bottom: float) -> Markup:
        """Return a line where each Monday begins, with its date below."""
        days = [self.first + timedelta(days=offset) for offset in range(DAYS)]
        return Markup("").join(
            _MONDAY.format(x=self.x(one), top=top, bottom=bottom, below=bottom + 13, text=f"{one.day} {one:%b}")
            for one in days
            if one.weekday() == 0
        )


def retention_calendar(vms: Sequence[VmRetention], today: date) -> Markup:
    """Return the calendar of the first `MOST_CALENDARS` VMs, those with gaps first, "" where there is none."""
    drawn = sorted((vm for vm in vms if vm.calendar), key=_order)[:MOST_CALENDARS]
    if not drawn:
        return Markup("")
    axis, y, rows = DateAxis(today), float(TOP), []
    for vm in drawn:
        rows += [_NAME.format(x=LEFT - 8, y=y + FORM, text=clipped(vm.name), name=vm.name), *_row(vm, axis, y)]
        y += ROW
    label = (
        f"Recovery points of {len(drawn):,} VMs from {day(axis.first)} to {day(today)}: "
        "which are there, missing, asked for or filled, one row each."
    )
    return frame(axis, rows, y, label)


def keys() -> tuple[tuple[Markup, str], ...]:
    """Return the legend: each mark's form with what it means."""
    return tuple((_KEY.format(size=KEY, mark=mark, form=form), _WORDS[mark]) for mark, form in _FORMS.items())


def _order(vm: VmRetention) -> tuple[int, int, str, str]:
    marks = [mark for mark, _ in by_day(vm).values()]
    return -marks.count(Mark.MISSING), -len(vm.gaps), vm.name, vm.vm_id


def _row(vm: VmRetention, axis: DateAxis, y: float) -> Iterable[Markup]:
    shown = {one: found for one, found in by_day(vm).items() if axis.first <= one <= axis.last}
    there = [one for one, (mark, _) in shown.items() if mark is Mark.PRESENT]
    if there:
        forms = "".join(_form(Mark.PRESENT, axis, one, y) for one in there)
        yield _POINTS.format(mark=Mark.PRESENT, form=forms, title=f"{vm.name}: {len(there)} of {len(shown)} there")
    for one, (mark, classes) in shown.items():
        if mark is not Mark.PRESENT:
            title = f"{vm.name}, {day(one)}: {_WORDS[mark]} ({', '.join(classes)})"
            yield _POINTS.format(mark=mark, form=_form(mark, axis, one, y), title=title)
        if letter := _LETTERS.get(classes[-1] if classes else ""):
            yield _LETTER.format(x=axis.x(one) + 2 + FORM / 2, y=y + FORM + 9, letter=letter)


def _form(mark: Mark, axis: DateAxis, shown: date, y: float) -> str:
    return f"M{axis.x(shown) + 2:g} {y + 1:g}{_FORMS[mark]}"

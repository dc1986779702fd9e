"""What does the operator read in the morning? The report as one HTML page that needs nothing from outside."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.model.night import POLICY_STEP, NightReport
from shared.model.plan import Finding, Step
from shared.report.figures import Figures, RegionFigures, figures, findings, standing, vault_names, written
from shared.report.fleet_rows import groups, short
from shared.report.gantt import gantt
from shared.report.load_chart import load_chart
from shared.report.panel import Side
from shared.report.vault_strips import vault_strips
from shared.report.verdict import tone, verdict

MOST_VM_ROWS = 200
"""Above this many VMs the night is drawn by vault: a row each would make the page too heavy to mail or open."""
MOST_LINES = 150
"""A table's longest length; the JSON report always holds every line."""
MOST_CHARTS = 8
"""Regions with a load chart of their own, the busiest first; the plan's table holds all."""
MOST_NAMES = 8
"""Names written out where many share one reason."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What several subjects have in common: what became of them, and why."""

    outcome: str
    text: str
    count: int
    names: str


def html(night: NightReport) -> str:
    """Return the page. Equal nights give equal text, and everything from outside is escaped."""
    numbers = figures(night)
    done = written(night)
    return (
        _environment()
        .get_template("page.html")
        .render(
            night=night,
            numbers=numbers,
            tone=tone(night),
            verdict=verdict(night),
            loads=[(region, load_chart(night, region)) for region in _busiest(numbers)],
            panels=_panels(night),
            by_vault=_is_big(night),
            policies=[step for step in done if step.kind == POLICY_STEP],
            moves=[step for step in done if step.kind != POLICY_STEP],
            standing=_reasons(standing(night), night),
            findings=_ordered(findings(night)),
            names={vm.id: vm.name for vm in night.vms} | vault_names(night.vaults),
            most=MOST_LINES,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "clock": _clock, "instant": _instant, "number": _number, "short": short}
    return environment


def _is_big(night: NightReport) -> bool:
    return sum(len(group.rows) for group in groups(night)) > MOST_VM_ROWS


def _panels(night: NightReport) -> list[tuple[Side, datetime, Markup]]:
    """Return (side, beginning of its day, chart) of the days that there are, the earlier first."""
    draw = vault_strips if _is_big(night) else gantt
    days = [(Side.AFTER, night.begins_at)]
    if night.before_begins_at is not None:
        days.insert(0, (Side.BEFORE, night.before_begins_at))
    return [(side, begins_at, draw(night, side)) for side, begins_at in days]


def _busiest(numbers: Figures) -> Sequence[RegionFigures]:
    def load(region: RegionFigures) -> int:
        return max(region.observed_before or 0, region.observed_after, region.planned or 0)

    return sorted(numbers.regions, key=lambda region: (-load(region), region.region))[:MOST_CHARTS]


def _reasons(steps: Iterable[Step], night: NightReport) -> list[Reason]:
    """Return the steps by outcome and reason, the most frequent first."""
    names = {vm.id: vm.name for vm in night.vms}
    subjects: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        name = names.get(step.subject.lower(), short(step.subject))
        subjects.setdefault((step.outcome.value, step.reason), []).append(name)
    rows = [Reason(outcome, text, len(who), _listed(sorted(who))) for (outcome, text), who in subjects.items()]
    return sorted(rows, key=lambda row: (row.outcome, -row.count, row.text))


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMES
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:MOST_NAMES])} and {rest:,} more"


def _ordered(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings with the rarest code first: a single oddity is not buried under a common one."""
    often = Counter(finding.code for finding in found)
    return sorted(found, key=lambda finding: (often[finding.code], finding.code))


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def _clock(value: datetime) -> str:
    return f"{value:%H:%M}"


def _instant(value: datetime) -> str:
    return f"{value.day} {value:%b %H:%M}"


def _number(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:,}"

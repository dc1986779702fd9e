"""What does the operator read in the morning? The report as one HTML page that needs nothing from outside."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.model.aftermath import Ending
from shared.model.load import ACCEPTABLE_ABOVE
from shared.model.night import ENROLMENT_STEP, POLICY_STEP, NightReport
from shared.model.plan import Finding, Plan, Step, VmPlan
from shared.report.failure_figures import set_aside_figures
from shared.report.failure_rows import failure_rows
from shared.report.figures import Figures, RegionFigures, figures, findings, standing, written
from shared.report.fleet_rows import groups
from shared.report.gantt import gantt
from shared.report.load_chart import load_chart
from shared.report.names import called, known_names, vault_names
from shared.report.on_demand_rows import on_demand_rows
from shared.report.panel import Side
from shared.report.posture_rows import posture_table
from shared.report.restore_chart import MOST_BARS, restore_chart
from shared.report.restore_rows import restore_rows
from shared.report.retention_calendar import MOST_CALENDARS, keys, retention_calendar
from shared.report.retention_rows import CAUSES, CHIPS, gap_groups, points_of_vms
from shared.report.retention_tasks import tasks
from shared.report.vault_strips import vault_strips
from shared.report.verdict import tone, verdict
from shared.report.wording import clock, day, instant, late_basis, number, share, spaced

MOST_VM_ROWS = 200
"""Above this many VMs the night is drawn by vault: a row each would make the page too heavy to mail or open."""
MOST_LINES = 150
"""A table's longest length; the JSON report always holds every line."""
MOST_CARDS = 12
"""Findings shown as cards or unfolded; the others fold away."""
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
    numbers, names, done = figures(night), known_names(night), written(night)
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
            load_rows=_load_rows(night.plan),
            quiet=ACCEPTABLE_ABOVE,
            policies=[step for step in done if step.kind == POLICY_STEP],
            enrolments=[step for step in done if step.kind == ENROLMENT_STEP],
            moves=[step for step in done if step.kind not in {POLICY_STEP, ENROLMENT_STEP}],
            failures=failure_rows(night.aftermath.matters, vault_names(night.vaults), night.made_at),
            set_aside=set_aside_figures(night.aftermath.set_aside),
            endings=Ending,
            restores=restore_rows(night.restores, night.made_at),
            restore_line=restore_chart(night.restores, night.made_at) if night.restores else "",
            most_bars=MOST_BARS,
            **_retention(night),
            on_demand=on_demand_rows(night.on_demand),
            standing=_reasons(standing(night), names),
            findings=_by_code(findings(night)),
            called=partial(called, names=names),
            most=MOST_LINES,
            most_cards=MOST_CARDS,
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
    written_as = (clock, day, instant, late_basis, number, share, spaced)
    environment.filters |= {way.__name__: way for way in written_as} | {"listed": _listed}
    return environment


def _retention(night: NightReport) -> dict[str, object]:
    """Return what the section of retention shows, by the names that its template has for it."""
    retention = night.retention
    return {
        "tasks": tasks(retention),
        "gap_groups": gap_groups(retention),
        "causes": CAUSES,
        "chips": CHIPS,
        "points_of_vms": points_of_vms,
        "calendar": retention_calendar(retention.vms, night.made_at.date()),
        "calendar_keys": keys(),
        "most_calendars": MOST_CALENDARS,
        "postures": posture_table(retention.postures),
    }


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


def _load_rows(plan: Plan | None) -> list[VmPlan]:
    """Return the VMs whose load was asked for, the highest regret first: what could start at a better hour leads."""
    asked = [vm for vm in (plan.vms if plan else ()) if vm.load_class]
    return sorted(asked, key=lambda vm: (-(vm.regret or 0.0), -(vm.expected_load or 0.0), vm.name, vm.vm_id))


def _reasons(steps: Iterable[Step], names: Mapping[str, str]) -> list[Reason]:
    """Return the steps by outcome and reason, the most frequent first."""
    subjects: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for step in steps:
        subjects[step.outcome.value, step.reason].append(called(step.subject, names))
    rows = [Reason(outcome, text, len(who), _listed(sorted(who))) for (outcome, text), who in subjects.items()]
    return sorted(rows, key=lambda row: (row.outcome, -row.count, row.text))


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMES
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:MOST_NAMES])} and {rest:,} more"


def _by_code(found: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return the findings by code, the rarest first: a single oddity is not buried under a common one."""
    codes: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        codes[finding.code].append(finding)
    return sorted(codes.items(), key=lambda entry: (len(entry[1]), entry[0]))

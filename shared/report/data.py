"""What does a program read of a night? The report as JSON text, with every number that the page shows."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from shared.model.night import NightReport
from shared.model.plan import Plan
from shared.report.failure_data import failure_data
from shared.report.figures import Figures, figures, findings, standing, written
from shared.report.restore_data import restore_data
from shared.report.retention_data import retention_data
from shared.report.verdict import tone, verdict

LAYOUT = 1
"""Version of the layout; it rises when a key changes its meaning."""


def data(night: NightReport) -> str:
    """Return the report as indented JSON text; equal nights give equal text. Instants are ISO 8601 in UTC."""
    numbers = figures(night)
    document = {
        "layout": LAYOUT,
        "night": night.night,
        "made_at": night.made_at,
        "begins_at": night.begins_at,
        "ends_at": night.ends_at,
        "before_begins_at": night.before_begins_at,
        "policy_version": night.policy_version,
        "switches": sorted(night.switches),
        "verdict": verdict(night),
        "tone": tone(night).value,
        "breaker": night.breaker,
        "fleet": {"vms": numbers.vms, "protected": numbers.protected, "vaults": numbers.vaults},
        "plan": _plan(night.plan, numbers),
        "observed": {"peak_before": numbers.observed_before, "peak_after": numbers.observed_after},
        "regions": _rows(numbers.regions),
        "load": asdict(numbers.load) if numbers.load else None,
        "applications": asdict(numbers.applications) if numbers.applications else None,
        "jobs": asdict(numbers.jobs),
        "failures": failure_data(night.aftermath),
        "restores": restore_data(night.restores),
        "retention": retention_data(night.retention, night.made_at),
        "on_demand": {"figures": asdict(numbers.on_demand), "backups": _rows(night.on_demand)},
        "enforce": _enforce(night, numbers),
        "needs_human": _rows(night.needs_human),
        "findings": _rows(findings(night)),
        "calls": dict(night.calls),
        "checks": _rows(night.judge),
        "vaults": [{"id": vault.id, "name": vault.name, "region": vault.region} for vault in night.vaults],
        "vms": _rows(night.plan.vms if night.plan else ()),
        "enrolments": _rows(night.plan.enrolments if night.plan else ()),
        "runs_before": _rows(night.runs_before),
        "runs_after": _rows(night.runs_after),
    }
    return json.dumps(document, indent=1, default=_plain) + "\n"


def _plan(plan: Plan | None, numbers: Figures) -> dict[str, Any] | None:
    if plan is None or numbers.plan is None:
        return None
    made = {"night": plan.night, "made_at": plan.made_at, "policy_version": plan.policy_version}
    return made | asdict(numbers.plan)


def _enforce(night: NightReport, numbers: Figures) -> dict[str, Any]:
    writes = numbers.writes
    return {
        "writes": writes.moves + writes.policies + writes.enrolments,
        **asdict(writes),
        "written": _rows(written(night)),
        "standing": _rows(standing(night)),
    }


def _rows(values: Iterable[Any]) -> list[dict[str, Any]]:
    return [asdict(value) for value in values]


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in the report; expected text, a number, a date or an instant")

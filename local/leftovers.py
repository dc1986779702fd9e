"""What is left of a night? The report as files, and what was expected as a table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from shared.model.night import Check, NightReport
from shared.report import data, page


def write(folder: Path, report: NightReport, found: Mapping[str, Any]) -> None:
    """Write `report.html`, and `report.json` with the figures, what was expected of them, and the app's own report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text(page.html(report), "utf-8")
    document = {
        **found,
        "expectations": [_as_json(check) for check in report.judge],
        "report": json.loads(data.data(report)),
    }
    (folder / "report.json").write_text(json.dumps(document, indent=1), "utf-8")


def table(checks: Sequence[Check], title: str) -> Table:
    """Return what was expected and measured, a row each."""
    rows = Table("what", "expected", "measured", "", title=title, title_justify="left")
    for check in checks:
        rows.add_row(check.name, check.expected, check.measured, "[green]ok[/]" if check.ok else "[red]NOT OK[/]")
    return rows


def _as_json(check: Check) -> dict[str, Any]:
    return {"name": check.name, "expected": check.expected, "measured": check.measured, "ok": check.ok}

"""Does the JSON hold everything, in words that programs can rely on?"""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from shared.model.night import NightReport
from shared.model.retention import RetentionNight
from shared.report.data import data
from shared.report.digest import WIDTH, digest
from shared.report.page import html
from tests.report.sample_aftermath import STEADY
from tests.report.sample_night import NIGHT as DATE
from tests.report.sample_night import sample_night

NIGHT = sample_night()
EMPTY = replace(
    NIGHT, vms=(), vaults=(), protected=0, plan=None, before_begins_at=None, runs_before=(), runs_after=(), steps=(),
    protection=(), needs_human=(), switches=(), calls=(), judge=(), aftermath=STEADY, retention=RetentionNight(),
    on_demand=(),
)  # fmt: skip


def _numbers(value: Any) -> set[float]:
    if isinstance(value, dict):
        return {number for inner in value.values() for number in _numbers(inner)}
    if isinstance(value, list):
        return {number for inner in value for number in _numbers(inner)}
    return {float(value)} if isinstance(value, int | float) and not isinstance(value, bool) else set()


def _shown(markup: str) -> set[float]:
    text = re.sub(r"<thead>.*?</thead>|<[^>]*>", " ", markup, flags=re.DOTALL)
    return {float(token.replace(",", "")) for token in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}


def _figures_of(page: str) -> dict[str, str]:
    parts = {
        "four numbers": r'<dl class="numbers">.*?</dl>',
        "peaks": r'<figcaption>.*?</figcaption>(?=\s*<div class="scroll" role="region" aria-label="Load)',
        "plan": r'<section aria-labelledby="plan">.*?</tfoot>',
        "load": r'<section aria-labelledby="vm-load">.*?<details>',
        "writes": r"<summary>.*?</summary>",
        "failures": r'<ul class="classes" aria-label="Failures.*?</ul>',
        "retention": r"<dt>(?:VMs looked|Points|Gaps|Reads).*?</div>",
        "gaps": r'<p class="about">[\d,]+ points? of [\d,]+ VMs?|<span class="chip \w+">\d.*?</span>',
        "backups": r"<dt>Backups</dt>.*?</div>",
        "wrote": r"<dt>Writes</dt>.*?</div>",
        "calls": r"<dt>Calls to Azure</dt>.*?</div>",
    }
    return {name: " ".join(re.findall(pattern, page, re.DOTALL)) for name, pattern in parts.items()}


@pytest.mark.parametrize("night", [NIGHT, sample_night(2000, 7, 11)], ids=["60 VMs", "2,000 VMs"])
def test_every_figure_on_the_page_is_a_number_in_the_json(night: NightReport) -> None:
    document = json.loads(data(night))
    known = _numbers(document) | {float(len(document[name])) for name in ("findings", "needs_human")}
    by_code = [entry["code"] for entry in document["findings"]]
    known |= {float(by_code.count(code)) for code in by_code}
    for place, markup in _figures_of(html(night)).items():
        assert _shown(markup), place
        assert _shown(markup) <= known, place


def test_the_sections_that_others_rely_on_are_there() -> None:
    document = json.loads(data(NIGHT))
    assert set(document["fleet"]) >= {"vms", "vaults"}
    assert set(document["plan"]) >= {
        "peak", "bound", "ratio", "peak_before", "policies", "moves", "held", "outside_window",
    }  # fmt: skip
    assert set(document["plan"]) >= {"peak_p99"}
    assert set(document["regions"][0]) >= {"region", "planned", "bound", "peak_p99", "delays_measured"}
    assert set(document["load"]) >= {
        *("predictable", "flat", "unpredictable", "saturated", "unknown", "not_asked"),
        *("quiet", "tier_window", "regret", "regret_before", "regret_vms"),
    }
    assert set(document["applications"]) == {"kept_apart", "spaced"}
    assert set(document["applications"]["spaced"][0]) == {
        *("application", "region", "vms", "vm_ids", "gap_minutes", "overlap_probability"),
    }
    assert set(document["vms"][0]) >= {"load_class", "expected_load", "regret", "regret_before"}
    assert set(document["observed"]) == {"peak_before", "peak_after"}
    assert set(document["jobs"]) >= {"completed", "failed", "made_up"}
    assert set(document["failures"]) == {
        "since",
        "figures",
        "matters",
        "tampered",
        "set_aside",
        "watching",
        "alert_path",
    }
    assert set(document["failures"]["figures"]) >= {
        *("incidents", "needs_human", "open", "repaired", "resolved", "told", "without_job", "storms"),
        *("tampered", "set_aside", "missed_looks", "longest_gap_minutes"),
    }
    assert set(document["failures"]["matters"][0]) == {
        *("vault_id", "family", "code", "says", "ending", "storm", "to_do", "incidents"),
    }
    assert set(document["failures"]["matters"][0]["incidents"][0]) >= {
        *("vm_id", "vm", "state", "ending", "severity", "opened_at", "resolved_at", "failures", "attempts", "told"),
    }
    assert document["enforce"]["writes"] == document["enforce"]["moves"] + document["enforce"]["policies"]


def test_every_vm_run_step_and_finding_is_in_the_json() -> None:
    document = json.loads(data(NIGHT))
    assert NIGHT.plan is not None
    assert [row["vm_id"] for row in document["vms"]] == [vm.vm_id for vm in NIGHT.plan.vms]
    assert [row["started_at"] for row in document["runs_after"]] == [r.started_at.isoformat() for r in NIGHT.runs_after]
    assert len(document["runs_before"]) == len(NIGHT.runs_before)
    assert len(document["enforce"]["written"]) + 1 == len(NIGHT.steps)
    assert [row["text"] for row in document["needs_human"]] == [finding.text for finding in NIGHT.needs_human]
    assert [row["text"] for row in document["findings"]] == [finding.text for finding in NIGHT.protection]
    assert document["calls"] == dict(NIGHT.calls)
    assert [row["ok"] for row in document["checks"]] == [True, True, True]


def test_dates_are_iso_and_instants_carry_their_zone() -> None:
    document = json.loads(data(NIGHT))
    assert document["night"] == DATE.isoformat() == "2026-11-21"
    assert document["begins_at"] == "2026-11-21T12:00:00+00:00"


def test_equal_nights_give_equal_text() -> None:
    assert data(sample_night()) == data(sample_night())
    assert digest(sample_night()) == digest(sample_night())


def test_an_empty_night_has_all_sections() -> None:
    full, empty = json.loads(data(NIGHT)), json.loads(data(EMPTY))
    assert list(empty) == list(full)
    assert empty["plan"] is None
    assert empty["observed"] == {"peak_before": None, "peak_after": 0}
    assert empty["before_begins_at"] is None


def test_the_digest_fits_a_terminal_and_lists_what_needs_a_human() -> None:
    text = digest(NIGHT)
    assert all(len(line) <= WIDTH for line in text.splitlines()[3:])
    assert [finding.code for finding in NIGHT.needs_human if f"  {finding.code}: " in text] == [
        finding.code for finding in NIGHT.needs_human
    ]
    assert "57 of 60 VMs in 3 vaults" in text


def test_the_digest_of_an_empty_night_claims_nothing() -> None:
    assert digest(EMPTY).splitlines()[1] == "No plan was made; no backup ran; nothing needs a human."
    assert "Needs a human:" not in digest(EMPTY)


def test_stopped_moves_are_told_to_programs_and_terminals() -> None:
    stopped = replace(NIGHT, breaker="all moves are stopped since noon: " + "4 of 10 VMs failed, " * 9)
    assert json.loads(data(stopped))["breaker"] == stopped.breaker
    assert json.loads(data(NIGHT))["breaker"] == ""
    assert "\nall moves are stopped since noon: " in digest(stopped)
    assert max(map(len, digest(stopped).splitlines()[2:])) <= WIDTH

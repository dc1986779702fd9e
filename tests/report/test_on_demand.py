"""Does the report list backups on demand: what for, who asked, why, where they stand, and how long they are kept?"""

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from shared.model.night import NightReport
from shared.model.on_demand import Purpose, Stage
from shared.report.data import data
from shared.report.digest import digest
from shared.report.figures import figures
from shared.report.on_demand_rows import on_demand_rows
from shared.report.page import MOST_CARDS, MOST_LINES, html
from tests.report.sample_retention import on_demand, sample_on_demand
from tests.report.test_figures import CALM

NOW = CALM.made_at
SAMPLE = sample_on_demand(CALM.vms, NOW)
NIGHT = replace(CALM, on_demand=SAMPLE)


def said(night: NightReport) -> str:
    found = re.search(r'<section aria-labelledby="on-demand">.*?</section>', html(night), re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", found[0])))


def test_without_a_backup_on_demand_there_is_no_section() -> None:
    assert "Backups on demand" not in html(CALM)
    assert "on demand" not in digest(CALM)
    assert json.loads(data(CALM))["on_demand"]["backups"] == []


def test_each_backup_is_a_row_and_what_came_to_nothing_leads() -> None:
    stages = [row.stage for row in on_demand_rows(SAMPLE)]
    assert stages == ["failed", "not started in time", "refused", "waits", "sent", "runs", "completed"]
    text = said(NIGHT)
    assert (
        "failed vm-queue-04 asked for by a person The reason for operator "
        "asked for by dana@example.com at 22 Nov 00:30 "
        "Its job failed: the agent does not answer sent at 22 Nov 02:30, last seen at 22 Nov 05:30 "
        "Was to be kept until 14 February 2027"
    ) in text
    assert "Its scheduled backup still runs; to be started between 22 Nov 01:30 and 22 Nov 09:30" in text
    assert "The reason for gap asked for at 22 Nov 00:30" in text
    assert "Its point is there sent at 22 Nov 02:30, last seen at 22 Nov 05:30 Kept until 14 February 2027" in text


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("stage", Stage)
def test_every_purpose_and_stage_has_words(purpose: Purpose, stage: Stage) -> None:
    (row,) = on_demand_rows([on_demand(CALM.vms[0], NOW, purpose, stage)])
    assert row.stage
    assert row.purpose
    assert row.kept.startswith("kept" if stage is Stage.COMPLETED else "was to" if stage.over else "to be")


def test_numbers_are_those_of_the_stages() -> None:
    found = figures(NIGHT).on_demand
    assert (found.backups, found.waiting, found.under_way, found.completed) == (7, 1, 2, 1)
    assert (found.failed, found.refused, found.expired) == (1, 1, 1)
    assert (
        "  on demand    1 completed, 1 failed, 2 under way, 1 waiting, 1 refused,\n               1 too late\n"
        in digest(NIGHT)
    )


def test_the_json_holds_every_field() -> None:
    found = json.loads(data(NIGHT))["on_demand"]
    assert found["figures"]["under_way"] == 2
    assert found["backups"][0]["wanted"]["purpose"] == "operator"
    assert found["backups"][0]["stage"] == "completed"
    assert found["backups"][0]["wanted"]["keep_until"] == "2027-02-14T06:30:00+00:00"
    assert [one["sent_at"] is None for one in found["backups"]] == [False, False, False, True, True, True, False]


def test_many_fold_away_are_cut_and_counted() -> None:
    page = html(replace(CALM, on_demand=SAMPLE[:1] * (MOST_LINES + MOST_CARDS + 7)))
    assert f"<summary>{MOST_LINES + 7} more</summary>" in page
    assert "7 more lines are in the JSON report." in page


def test_text_of_strangers_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    one = replace(SAMPLE[0], vm=evil, said=evil, wanted=replace(SAMPLE[0].wanted, reason=evil, requester=evil))
    page = html(replace(CALM, on_demand=(one,)))
    assert "<script" not in page.lower()
    assert page.count("&lt;script&gt;") == 4

"""Is each night reviewed once, after its windows, beside the day before the first plan?"""

import json
from datetime import UTC, datetime, timedelta

from shared.flows import review
from shared.model.plan import Outcome
from tests.flows.stage import AFTERNOON, Stage, stage

MORNING = datetime(2026, 3, 3, 8, tzinfo=UTC)
"""The night's window ends at 06:00, and the last run starts within two hours."""


def reviewed() -> Stage:
    """Return a fleet whose first night was reviewed and whose moves are done."""
    night = stage()
    night.plan()
    night.world.advance_to(MORNING)
    assert review.review_tonight(night.ports, night.intent, MORNING) is not None
    night.next_hour()
    assert night.enforce().count(Outcome.WRITTEN) == 6
    return night


def test_before_the_windows_are_over_there_is_nothing_to_review() -> None:
    night = stage()
    night.plan()
    assert review.review_tonight(night.ports, night.intent, MORNING - timedelta(minutes=1)) is None
    assert (night.calls, night.ports.reports.latest("json")) == ([], None)


def test_without_a_plan_there_is_nothing_to_review() -> None:
    night = stage()
    night.world.advance_to(MORNING)
    assert review.review_tonight(night.ports, night.intent, MORNING) is None


def test_a_night_whose_windows_close_after_the_next_day_began_is_reviewed_then() -> None:
    night = stage()
    night.plan()
    late = MORNING + timedelta(hours=10)
    night.world.advance_to(late)
    assert night.intent.night_of(late) > AFTERNOON.date()
    report = review.review_tonight(night.ports, night.intent, late)
    assert report is not None
    assert (report.night, len(report.runs_after)) == (AFTERNOON.date(), 3)


def test_a_night_is_reviewed_once() -> None:
    night = stage()
    night.plan()
    night.world.advance_to(MORNING)
    report = review.review_tonight(night.ports, night.intent, MORNING)
    assert report is not None
    assert (report.night, len(report.runs_after), report.protected) == (AFTERNOON.date(), 3, 3)
    night.calls.clear()
    assert review.review_tonight(night.ports, night.intent, MORNING + timedelta(hours=1)) is None
    assert night.calls == []


def test_both_forms_of_the_report_are_stored() -> None:
    night = stage()
    night.world.advance_to(MORNING)
    review.review(night.ports, night.intent, MORNING)
    html, data = night.ports.reports.latest("html"), night.ports.reports.latest("json")
    assert html is not None
    assert data is not None
    assert html.startswith("<!doctype html>") or "<html" in html
    assert json.loads(data)["night"] == "2026-03-02"


def test_the_first_day_has_nothing_to_compare_with_and_the_next_has_the_first() -> None:
    night = stage()
    night.plan()
    night.world.advance_to(MORNING)
    first = review.review(night.ports, night.intent, MORNING)
    assert (first.before_begins_at, first.runs_before) == (None, ())
    night.world.advance_to(MORNING + timedelta(days=1))
    second = review.review(night.ports, night.intent, night.world.now)
    assert second.before_begins_at == first.begins_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert [run.started_at for run in second.runs_before] == [run.started_at for run in first.runs_after]


def test_the_report_shows_plan_steps_and_where_moved_vms_started_before() -> None:
    night = reviewed()
    night.world.advance_to(MORNING + timedelta(days=1))
    report = review.review(night.ports, night.intent, night.world.now)
    assert report.plan is not None
    assert len(report.steps) == 6
    assert dict(report.slots_before) == {vm_id.lower(): 45 for vm_id in night.world.vms}
    assert report.switches == ("plan",)


def test_what_needs_a_human_is_named_from_protection_and_plan() -> None:
    night = stage()
    night.human("stop", vm=night.vm().id)
    night.world.advance_to(MORNING)
    report = review.review(night.ports, night.intent, MORNING)
    assert [finding.code for finding in report.needs_human] == ["protection-stopped"]
    assert report.protected == 2


def test_a_run_of_a_vm_whose_item_is_gone_is_shown_under_its_own_name() -> None:
    night = stage()
    night.world.advance_to(MORNING)
    item = night.item()
    del night.world.items[item.id.lower()]
    report = review.review(night.ports, night.intent, MORNING)
    assert (item.container, "vm-0") in {(run.vm_id, run.name) for run in report.runs_after}


def test_configure_jobs_are_not_runs() -> None:
    night = reviewed()
    night.world.advance_to(datetime(2026, 3, 3, 11, 59, tzinfo=UTC))
    report = review.review(night.ports, night.intent, night.world.now)
    assert len(report.runs_after) == 3
    assert sum(job.operation == "ConfigureBackup" for job in night.world.jobs.values()) == 3

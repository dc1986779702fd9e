"""Does the demo hold what it promises? The real app on the whole local Azure, judged by the local Azure's own truth."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local import two_hosts
from local.clock import iso
from local.scenarios.intent import document
from local.setup_node import NodeMissingError, require_azurite
from local.stack import ROOT, Stack, Wanted, running_stack
from shared import wiring
from shared.cloud.ledger import SPENT

pytestmark = pytest.mark.stack

TWO_HOSTS = Wanted(
    fleet="generated:8,1,1",
    faults="calm",
    containers=("nightshift",),
    tables=("nightshift",),
    queues=("check-requests",),
    settings={"NIGHTSHIFT_SWITCHES": "plan", "AzureWebJobs.watch_restores.Disabled": "true"},
    hosts=2,
)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The demo, at work in a process of its own while this one waits for a lease to run out."""
    try:
        require_azurite()
    except NodeMissingError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("night")
    command = [sys.executable, "-m", "local", "night", "--json", "--folder", str(folder)]
    with (
        (folder / "stderr").open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        yield process, folder
        process.terminate()


@pytest.fixture(scope="module")
def night(begun: tuple[subprocess.Popen[str], Path]) -> tuple[dict[str, Any], Path]:
    process, folder = begun
    told, _ = process.communicate()
    assert process.returncode == 0, told + (folder / "stderr").read_text()
    return json.loads(told), folder


@pytest.fixture
def two(begun: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Two hosts of the app on one storage, this process with the app's own ports."""
    with running_stack(TWO_HOSTS, tmp_path) as stack:
        for name, value in stack.environment.items():
            monkeypatch.setenv(name, value)
        wiring.set_source(None)
        yield stack
        wiring.set_source(None)


def test_a_host_that_stood_still_while_another_took_over_writes_nothing_once_it_wakes(two: Stack) -> None:
    ports, began = wiring.ports(), datetime.fromisoformat(two.arm.get("/_local/clock")["now"])
    ports.policies.publish(document())
    two.run(iso(began + timedelta(hours=1)))
    made = ports.plans.latest()
    assert made is not None
    tick = min(move.due for move in made.moves if move.due)
    two.run(iso(tick - timedelta(minutes=1)))
    stall = two_hosts.stand_still(two, tick)
    two.run(iso(tick + timedelta(hours=6)))
    found = two_hosts.figures(stall, two.arm.get("/_local/log"), ports.ledger.rows(SPENT))
    counters = two.arm.get("/_local/truth")["counters"]
    assert found["writes_before_it_stood_still"] > 0 < found["writes_by_the_other"]
    assert found["writes_after_it_woke"] == found["vms_written_twice"] == found["policies_written_twice"] == 0
    assert [counts["sent"] for counts in found["quotas"].values()] == [
        counts["spent"] for counts in found["quotas"].values()
    ]
    assert (counters["points_pruned"], counters["runs_skipped"], counters["refused"]) == (0, 0, 0)
    written = len(two.arm.get("/_local/log"))
    two.run(iso(tick + timedelta(hours=12)))
    assert not any(entry["effect"] for entry in two.arm.get("/_local/log")[written:])


def test_the_figures_have_every_key_that_readers_rely_on(night: tuple[dict[str, Any], Path]) -> None:
    figures = json.loads((night[1] / "report.json").read_text("utf-8"))
    assert {"vms", "vaults"} <= figures["fleet"].keys()
    assert {
        "peak", "bound", "ratio", "peak_before", "policies", "moves", "held", "outside_window",
    } <= figures["plan"].keys()  # fmt: skip
    assert {"peak_before", "peak_after"} <= figures["observed"].keys()
    assert {"writes", "calls", "calls_floor", "second_run_writes"} <= figures["enforce"].keys()
    assert {"completed", "failed"} <= figures["jobs"].keys()
    assert {
        "application", "vms", "overlaps_before", "overlaps_after", "impossible",
    } <= figures["separation"].keys()  # fmt: skip
    assert {"tripped", "alerts", "moves_after"} <= figures["breaker"].keys()
    assert {"points_pruned", "invocations"} <= figures.keys()


def test_sixty_vms_in_three_vaults_are_planned_moved_and_left_alone(night: tuple[dict[str, Any], Path]) -> None:
    figures = night[0]
    assert figures["fleet"] == {"vms": 60, "vaults": 3}
    assert figures["plan"]["peak_before"] >= 3 * figures["plan"]["peak"]
    assert figures["observed"]["peak_before"] >= 2 * figures["observed"]["peak_after"]
    assert figures["plan"]["moves"] > 40
    assert figures["plan"]["outside_window"] == 0
    assert figures["enforce"]["second_run_writes"] == 0
    assert figures["points_pruned"] == 0


def test_enforcement_calls_hardly_more_than_it_must(night: tuple[dict[str, Any], Path]) -> None:
    enforce = night[0]["enforce"]
    assert enforce["writes"] < enforce["calls"] <= 1.1 * enforce["calls_floor"]
    assert enforce["refused_or_broken"] >= 2


def test_every_timer_ran_as_often_as_its_schedule_says(night: tuple[dict[str, Any], Path]) -> None:
    invocations = night[0]["invocations"]
    assert invocations.keys() == {
        "plan_backup_windows", "enforce_backup_windows", "check_protection", "check_one", "review_night", "watch_jobs",
        "on_backup_job_event", "on_resource_event", "alerts", "respond_to_job", "run_backup", "sweep",
        "run_extra_backups", "check_retention",
    }  # fmt: skip
    assert invocations["plan_backup_windows"] == 51
    assert invocations["watch_jobs"] > 51 * 11
    assert invocations["enforce_backup_windows"] in {51, 52}


def test_vms_with_one_vault_are_enrolled_under_the_limit_and_a_request_is_answered_within_minutes(
    night: tuple[dict[str, Any], Path],
) -> None:
    figures = night[0]
    assert figures["enrolment"]["protected"] == 3
    assert figures["enrolment"]["most_in_a_night"] == figures["enrolment"]["limit"] == 2
    assert figures["enrolment"]["minutes_after_the_request"] <= 5
    page = (night[1] / "report.html").read_text("utf-8")
    assert "newly protected" in page
    assert "(rsv-weu-01, rsv-weu-02): choose one" in page


def test_the_report_tells_what_was_written_what_is_held_and_what_was_counted(
    night: tuple[dict[str, Any], Path],
) -> None:
    page = (night[1] / "report.html").read_text("utf-8")
    assert "moved by hand from ns-" in page
    assert "on hold until 2026-12-31 by ops: month-end" in page
    assert "yearly points: 7 years" in page
    assert "Measured from outside" in page
    assert page.count("<svg") >= 4


def test_whoever_must_know_of_a_failed_backup_is_told_once_and_nobody_else_though_events_get_lost(
    night: tuple[dict[str, Any], Path],
) -> None:
    failures, events = night[0]["failures"], night[0]["events"]
    assert failures["errors"] >= 12
    assert failures["told_once"] == failures["for_a_person"] > 10
    assert failures["told_in_vain"] == []
    assert failures["repaired_by_retry"]
    assert failures["storm"] == {"vms": 20, "lines": 1, "members": [20]}
    assert events["lost"] > 0 < events["duplicated"]
    page = (night[1] / "report.html").read_text("utf-8")
    for words in ("its agent is too old", "20 VMs", "What was tried", "a human was told", "repaired by a retry"):
        assert words in page


def test_eleven_vms_come_back_each_by_an_account_of_its_own_and_one_goes_on_where_its_account_failed(
    night: tuple[dict[str, Any], Path],
) -> None:
    back = night[0]["restores"]
    assert (back["asked"], back["done"], back["at_once"], back["accounts_at_once"]) == (11, 11, 10, 10)
    assert (back["shared"], back["on_the_loaded_one"], back["most_jobs_of_a_vm"]) == (0, 0, 2)
    assert len(back["waited"]) == len(back["moved"]) == 1
    page = (night[1] / "report.html").read_text("utf-8")
    assert back["moved"][0] in page
    assert back["jammed"] in page


def test_an_application_of_three_vms_is_kept_apart_where_it_overlapped_before(
    night: tuple[dict[str, Any], Path],
) -> None:
    separation = night[0]["separation"]
    assert separation["application"] == "shop"
    assert separation["vms"] == ["app-weu-31", "db-weu-22", "web-weu-33"]
    assert separation["overlaps_before"] > 0
    assert separation["overlaps_after"] == 0


def test_an_application_that_cannot_be_kept_apart_is_reported_with_its_probability(
    night: tuple[dict[str, Any], Path],
) -> None:
    [billing] = night[0]["separation"]["impossible"]
    assert (billing["application"], len(billing["vms"])) == ("billing", 4)
    assert 0 < billing["overlap_probability"] < 1
    page = (night[1] / "report.html").read_text("utf-8")
    assert "1 application is kept apart" in page
    assert f"expected to run at once in {billing['overlap_probability']:.0%} of nights" in page


def test_the_breaker_stops_all_moves_with_one_alert_and_the_report_says_why_and_how_they_go_on(
    night: tuple[dict[str, Any], Path],
) -> None:
    breaker = night[0]["breaker"]
    assert breaker["tripped"] is True
    assert breaker["alerts"] == 1
    assert breaker["withheld"] > 0
    assert breaker["moves_after"] == 0
    assert breaker["moves_resumed"] > 0
    page = (night[1] / "report.html").read_text("utf-8")
    assert "All moves are stopped" in page
    assert "VMs moved lately in westeurope failed or missed their last run" in page
    assert "nightshift resume --moves" in page

"""Does each trigger stamp the time, call its one flow, and answer what it promised?"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import azure.functions as func
import pytest

import function_app
from local.memory.queues import MemoryQueues
from shared import clock, wiring
from shared.errors import Permanent
from tests.flows.stage import AFTERNOON, POLICY, Stage, stage

FUNCTIONS = {found.get_function_name(): found.get_user_function() for found in function_app.app.get_functions()}
TIMERS = ("plan_backup_windows", "enforce_backup_windows", "check_protection", "review_night")


class Tick(func.TimerRequest):
    """A timer's request, as the host makes it."""

    @property
    def past_due(self) -> bool:
        return False


@pytest.fixture
def night() -> Iterator[Stage]:
    found = stage()
    found.ports.policies.publish(POLICY)
    wiring.set_source(lambda: found.ports)
    clock.set_source(lambda: found.world.now)
    yield found
    wiring.set_source(None)
    clock.set_source(None)


def tick(name: str) -> object:
    """Call the function that the host would call."""
    return FUNCTIONS[name](Tick())


def ask(name: str, accept: str = "") -> func.HttpResponse:
    request = func.HttpRequest("GET", f"/api/{name}", headers={"Accept": accept} if accept else {}, body=b"")
    answer = FUNCTIONS[name](request)
    assert isinstance(answer, func.HttpResponse)
    return answer


def test_the_app_has_exactly_its_functions() -> None:
    failures = [
        "watch_jobs",
        "on_backup_job_event",
        "on_resource_event",
        "alerts",
        "respond_to_job",
        "run_backup",
        "run_extra_backups",
        "check_retention",
        "sweep",
    ]
    restores = ["fan_out_restores", "fan_out_production_restores", "advance_restore", "watch_restores"]
    assert sorted(FUNCTIONS) == sorted([*TIMERS, *failures, *restores, "check_one", "report", "health"])


def test_a_plan_is_made_for_the_instant_of_the_clock(night: Stage) -> None:
    assert tick("plan_backup_windows") is None
    made = night.ports.plans.latest()
    assert made is not None
    assert made.made_at == AFTERNOON


def test_the_hourly_ticks_carry_a_fleet_through_its_night(night: Stage) -> None:
    ended = AFTERNOON + timedelta(days=2)
    while night.world.now < ended:
        assert [tick(name) for name in TIMERS] == [None] * 4
        night.next_hour()
    assert all("/ns-standard-" in item.policy_id for item in night.world.items.values())
    assert night.ports.reports.latest("json") is not None
    assert night.world.skipped_runs() == 0


@pytest.mark.parametrize("name", TIMERS)
def test_without_a_policy_a_timer_fails_with_the_command_to_run(name: str) -> None:
    empty = stage()
    wiring.set_source(lambda: empty.ports)
    try:
        with pytest.raises(Permanent, match="nightshift policy publish"):
            tick(name)
    finally:
        wiring.set_source(None)


def test_before_the_first_report_there_is_none_to_read(night: Stage) -> None:
    answer = ask("report")
    assert answer.status_code == 404
    assert b"no report yet" in answer.get_body()


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("", "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
    ],
)
def test_the_report_comes_as_html_or_as_json(night: Stage, accept: str, mimetype: str) -> None:
    tick("plan_backup_windows")
    night.world.advance_to(datetime.fromisoformat("2026-03-03T08:00:00Z"))
    tick("review_night")
    answer = ask("report", accept)
    assert (answer.status_code, answer.mimetype, answer.charset) == (200, mimetype, "utf-8")
    kind = "json" if mimetype.endswith("json") else "html"
    assert answer.get_body().decode() == night.ports.reports.latest(kind)


def test_a_message_has_its_vm_checked_and_a_bad_one_is_set_aside(night: Stage) -> None:
    vm = night.vm()
    for body in (json.dumps({"version": 1, "vm_id": vm.id}), "\udcff".encode(errors="surrogateescape")):
        assert FUNCTIONS["check_one"](func.QueueMessage(body=body)) is None
    assert isinstance(night.ports.queues, MemoryQueues)
    assert len(night.ports.queues.waiting("check-rejected")) == 1
    assert night.count("vaults.items") == 1


def test_health_names_every_missing_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    uris = ("NIGHTSHIFT_BLOB_URI", "NIGHTSHIFT_TABLE_URI", "NIGHTSHIFT_QUEUE_URI")
    for name in uris:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NIGHTSHIFT_SWITCHES", "plan, fly")
    answer = ask("health")
    said = json.loads(answer.get_body())
    assert (answer.status_code, said["ok"], len(said["problems"])) == (503, False, 4)
    assert all(any(name in problem for problem in said["problems"]) for name in (*uris, "NIGHTSHIFT_SWITCHES"))


def test_health_is_well_when_everything_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTSHIFT_BLOB_URI", "https://account.blob.core.windows.net")
    monkeypatch.setenv("NIGHTSHIFT_TABLE_URI", "https://account.table.core.windows.net")
    monkeypatch.setenv("NIGHTSHIFT_QUEUE_URI", "https://account.queue.core.windows.net")
    monkeypatch.setenv("NIGHTSHIFT_SWITCHES", "")
    answer = ask("health")
    assert (answer.status_code, json.loads(answer.get_body())) == (200, {"ok": True})

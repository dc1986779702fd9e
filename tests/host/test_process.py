import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from local.certificates import write_certificates
from local.child import ChildError
from local.control import ControlError
from tests.host.hosting import Place, RunningHost, running, start
from tests.host.stand_in import ClockWorld, clock_server

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> ClockWorld:
    return ClockWorld(MIDNIGHT)


@pytest.fixture(scope="module")
def place(world: ClockWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("host")
    certificates = write_certificates(folder)
    with clock_server(world, certificates) as arm:
        yield Place(arm, certificates, folder)


@pytest.fixture(scope="module")
def web(place: Place) -> Iterator[RunningHost]:
    with running("web", place, {}) as host:
        yield host


def ask(host: RunningHost, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Any:
    shown = {"x-functions-key": host.keys["functions"], **(headers or {})}
    request = urllib.request.Request(host.control.url + path, body or None, shown, method=method)
    try:
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
    except urllib.error.HTTPError as refusal:
        return refusal


def test_the_ready_line_names_the_functions_in_the_order_of_the_app(web: RunningHost) -> None:
    assert web.functions == ["echo", "broken"]


def test_a_route_brings_method_parameters_headers_and_body_and_takes_the_answer_back(web: RunningHost) -> None:
    with ask(web, "POST", "/api/echo/night?lamp=on", "zürich".encode(), {"X-Colour": "blue"}) as answer:
        assert (answer.status, answer.headers["x-answer"], answer.headers["content-type"]) == (
            201,
            "yes",
            "application/json",
        )
        seen = json.load(answer)
    assert seen == {"word": "night", "query": {"lamp": "on"}, "header": "blue", "body": "zürich"}


def test_a_method_that_the_route_does_not_name_is_not_found(web: RunningHost) -> None:
    with ask(web, "GET", "/api/echo/night") as answer:
        assert answer.status == 404


def test_an_exception_in_a_route_is_a_500_and_its_trace_a_line_of_the_log(web: RunningHost) -> None:
    with ask(web, "GET", "/api/broken") as answer:
        assert (answer.status, answer.read()) == (500, b"")
    [line] = [line for line in web.log() if "RuntimeError: no luck" in line["message"]]
    assert line["level"] == "ERROR"
    assert 'raise RuntimeError("no luck")' in line["trace"]


def test_the_world_hears_who_calls_before_each_invocation_and_that_nobody_does_after_it(
    web: RunningHost, world: ClockWorld
) -> None:
    world.callers.clear()
    already = web.control.get("/_local/status")["invocations"].get("echo", 0)
    for _ in range(2):
        ask(web, "POST", "/api/echo/night").close()
    assert world.callers == [f"echo#{already + 1}", "", f"echo#{already + 2}", ""]


def test_a_run_without_timers_only_moves_the_clock(web: RunningHost, world: ClockWorld) -> None:
    answer = web.control.post("/_local/run", {"until": "2026-01-01T06:00:00+00:00"})
    assert answer == {"leads": True, "invocations": []}
    assert world.now() == datetime(2026, 1, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("body", [{}, {"until": "tomorrow"}, {"until": "2026-01-01T06:00:00"}])
def test_a_run_until_no_instant_is_refused(web: RunningHost, body: dict[str, str]) -> None:
    with pytest.raises(ControlError, match=r"400.*UTC offset"):
        web.control.post("/_local/run", body)


def test_only_timers_are_run_by_the_admin_address(web: RunningHost) -> None:
    with pytest.raises(ControlError, match=r"404.*no timer function is named echo"):
        web.control.post("/admin/functions/echo", {})


def last_words(app: str, place: Place, settings: Mapping[str, str]) -> str:
    process = start(app, place, settings)
    with pytest.raises(ChildError, match="exit code 1") as failure:
        process.line()
    process.stop()
    return str(failure.value)


def test_triggers_that_are_not_hosted_yet_are_each_named_and_nothing_starts(place: Place) -> None:
    words = last_words("unhosted", place, {})
    assert "the 'take_blob' function is in error: the local host does not host triggers of kind blobTrigger" in words
    assert (
        "the 'take_order' function is in error: the local host does not host triggers of kind serviceBusTrigger"
        in words
    )


def test_every_setting_that_a_schedule_misses_is_named_and_nothing_starts(place: Place) -> None:
    words = last_words("unset", place, {})
    assert "the setting NIGHTLY is not set" in words
    assert "the setting HOURLY is not set" in words


def test_timers_without_storage_are_refused(place: Place) -> None:
    assert "AzureWebJobsStorage__blobServiceUri is not set" in last_words("timers", place, {"HOURLY": "0 0 * * * *"})


def test_a_folder_without_an_app_is_refused(place: Place) -> None:
    assert "has no function_app.py" in last_words(".", place, {})


def test_the_host_ends_on_sigterm_with_exit_code_zero(place: Place) -> None:
    with running("web", place, {}) as host:
        assert host.process.stop() == 0


def test_the_host_ends_when_its_parent_closes_stdin(place: Place) -> None:
    with running("web", place, {}) as host:
        assert host.process.abandon() == 0

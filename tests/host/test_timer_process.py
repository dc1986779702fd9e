import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from local.control import ControlError
from tests.host.azurite_fixture import Storage, azurite
from tests.host.hosting import Place, RunningHost, running
from tests.host.stand_in import ClockWorld, clock_server

__all__ = ["azurite"]

pytestmark = pytest.mark.stack


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-{text}:00+00:00")


@pytest.fixture
def world() -> ClockWorld:
    return ClockWorld(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def place(world: ClockWorld, azurite: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with clock_server(world, azurite.certificates) as arm:
        yield Place(arm, azurite.certificates, tmp_path_factory.mktemp("host"))


@pytest.fixture
def settings(azurite: Storage) -> dict[str, str]:
    """The app's settings, with a host id of the test's own."""
    return azurite.environment | {
        "AzureWebJobsStorage__blobServiceUri": azurite.blob_uri,
        "AzureFunctionsWebHost__hostid": uuid4().hex,
        "HOURLY": "0 0 * * * *",
    }


def run(host: RunningHost, until: datetime) -> list[tuple[str, str, bool, bool, float]]:
    answer = host.control.post("/_local/run", {"until": until.isoformat()})
    return [
        (record["function"], record["at"][8:16], record["past_due"], record["ok"], record["seconds"])
        for record in answer["invocations"]
    ]


def seen_by_the_app(host: RunningHost) -> list[dict[str, Any]]:
    return [json.loads(line["message"]) for line in host.log() if line["logger"] == "app"]


def test_timers_run_in_order_on_the_worlds_clock_and_failures_do_not_stop_them(
    world: ClockWorld, place: Place, settings: dict[str, str]
) -> None:
    with running("timers", place, settings) as host:
        ran = run(host, at("01T02:00"))
    assert ran == [
        ("take_long", "01T00:30", False, True, 5400.0),
        ("fail", "01T02:00", False, False, 0.0),
        ("tell_time", "01T02:00", False, True, 0.0),
        ("take_long", "01T02:00", False, True, 5400.0),
    ]
    assert world.callers == ["take_long#1", "", "fail#1", "", "tell_time#1", "", "take_long#2", ""]


def test_a_function_sees_the_worlds_time_and_its_schedule_status(place: Place, settings: dict[str, str]) -> None:
    with running("timers", place, settings) as host:
        host.control.post("/admin/functions/tell_time", {})
        run(host, at("01T00:10"))
    [seen] = seen_by_the_app(host)
    assert seen == {"now": "2026-01-01 00:00:00+00:00", "past_due": False, "status": {}}


def test_what_the_app_logs_is_stamped_with_its_invocation(place: Place, settings: dict[str, str]) -> None:
    with running("timers", place, settings) as host:
        host.control.post("/admin/functions/tell_time", {})
    [line] = [line for line in host.log() if line["logger"] == "app"]
    assert (line["level"], line["invocation"], line["at"]) == ("INFO", "tell_time#1", "2026-01-01T00:00:00+00:00")


def test_an_unknown_function_cannot_be_run_by_hand(place: Place, settings: dict[str, str]) -> None:
    with running("timers", place, settings) as host, pytest.raises(ControlError, match="404"):
        host.control.post("/admin/functions/nothing", {})


def test_after_ten_nights_away_each_timer_is_made_up_once(
    world: ClockWorld, place: Place, settings: dict[str, str]
) -> None:
    with running("timers", place, settings) as host:
        run(host, at("01T00:10"))
    world.advance(at("11T00:10"))
    with running("timers", place, settings) as host:
        ran = run(host, at("11T00:10"))
    assert [(function, past_due) for function, _, past_due, _, _ in ran] == [
        ("take_long", True),
        ("fail", True),
        ("tell_time", True),
    ]
    [seen] = seen_by_the_app(host)
    assert seen["past_due"] is True
    assert seen["status"]["Next"] == "2026-01-01T01:00:00+00:00"


def test_nothing_is_made_up_where_the_schedule_itself_changed(
    world: ClockWorld, place: Place, settings: dict[str, str]
) -> None:
    with running("timers", place, settings) as host:
        run(host, at("01T00:10"))
    world.advance(at("11T00:10"))
    with running("timers", place, settings | {"HOURLY": "0 5 * * * *"}) as host:
        ran = run(host, at("11T00:10"))
    assert "tell_time" not in [function for function, *_ in ran]


def test_of_two_hosts_on_one_storage_only_one_runs_timers_until_it_ends(
    world: ClockWorld, place: Place, settings: dict[str, str]
) -> None:
    with running("timers", place, settings) as second_to_start:
        assert second_to_start.control.get("/_local/status")["leads"]
        with running("timers", place, settings) as other:
            assert other.control.post("/_local/run", {"until": at("01T00:30").isoformat()}) == {
                "leads": False,
                "invocations": [],
            }
            assert world.now() == at("01T00:00")
            second_to_start.process.stop()
            assert [function for function, *_ in run(other, at("01T00:30"))] == ["take_long"]


def test_the_host_shows_what_is_due_next_and_what_ran(place: Place, settings: dict[str, str]) -> None:
    with running("timers", place, settings) as host:
        host.control.post("/admin/functions/tell_time", {})
        status = host.control.get("/_local/status")
    assert status["next"] == {
        "tell_time": "2026-01-01T01:00:00+00:00",
        "take_long": "2026-01-01T00:30:00+00:00",
        "fail": "2026-01-01T00:45:00+00:00",
    }
    assert status["invocations"] == {"tell_time": 1}

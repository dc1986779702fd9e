"""Does the webhook take events as the Event Grid extension does, and do keys open what they open in Azure?"""

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.certificates import write_certificates
from tests.host.hosting import Place, RunningHost, running
from tests.host.stand_in import ClockWorld, clock_server

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
HOOK = "/runtime/webhooks/eventgrid?functionName=on_event"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    folder = tmp_path_factory.mktemp("host")
    certificates = write_certificates(folder)
    with (
        clock_server(ClockWorld(MIDNIGHT), certificates) as arm,
        running("events", Place(arm, certificates, folder), {}) as found,
    ):
        yield found


def ask(
    host: RunningHost, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body; the names of `headers` are written with underscores."""
    connection = http.client.HTTPConnection(urlsplit(host.control.url).netloc, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    text = (
        body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode() if body is not None else None
    )
    connection.request(method, path, text, named)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def notify(host: RunningHost, body: object, path: str = HOOK, **headers: str) -> int:
    """Send a notification with the right key and return the status."""
    known = {"aeg_event_type": "Notification", "x_functions_key": host.keys["eventgrid_extension"], **headers}
    return ask(host, "POST", path, body, **known)[0]


def seen(host: RunningHost, before: int = 0) -> list[dict[str, Any]]:
    """Return what the app logged, after its first `before` lines."""
    return [json.loads(line["message"]) for line in host.log() if line["logger"] == "app"][before:]


def test_a_function_gets_the_json_text_of_one_event(host: RunningHost) -> None:
    before, event = len(seen(host)), {"id": "1", "specversion": "1.0", "time": "2026-01-01T09:00:00+10:00", "é": [1]}
    assert notify(host, event) == 202
    [told] = seen(host, before)
    assert json.loads(told["event"]) == event
    assert "+10:00" in told["event"]


def test_each_event_of_an_array_is_an_invocation_of_its_own(host: RunningHost) -> None:
    before, ran = len(seen(host)), host.control.get("/_local/status")["invocations"].get("on_event", 0)
    assert notify(host, [{"id": str(number)} for number in range(3)]) == 202
    assert [json.loads(told["event"])["id"] for told in seen(host, before)] == ["0", "1", "2"]
    assert host.control.get("/_local/status")["invocations"]["on_event"] == ran + 3


def test_one_failure_fails_the_array_after_all_of_it_ran(host: RunningHost) -> None:
    before = len(seen(host))
    headers = {"aeg_event_type": "Notification", "x_functions_key": host.keys["eventgrid_extension"]}
    status, _, body = ask(host, "POST", HOOK, [{"id": "1", "subject": "fail"}, {"id": "2"}], **headers)
    assert status == 500
    assert b"no luck" in body
    assert [json.loads(told["event"])["id"] for told in seen(host, before)] == ["1", "2"]


def test_a_typed_function_gets_what_the_library_reads(host: RunningHost) -> None:
    before = len(seen(host))
    event = {"id": "1", "topic": "t", "subject": "s", "eventType": "made", "eventTime": "2026-01-01T00:00:00Z"}
    path = HOOK.replace("on_event", "on_typed_event")
    assert notify(host, [{**event, "data": {"a": 1}, "dataVersion": "2"}], path) == 202
    assert seen(host, before) == [{"type": "made", "data": {"a": 1}}]


def test_the_validation_code_of_event_grids_own_handshake_comes_back(host: RunningHost) -> None:
    event = [{"id": "1", "eventType": "x", "data": {"validationCode": "a-code"}}]
    status, _, body = ask(
        host, "POST", f"{HOOK}&code={host.keys['eventgrid_extension']}", event, aeg_event_type="SubscriptionValidation"
    )
    assert (status, json.loads(body)) == (200, {"validationResponse": "a-code"})


def test_the_handshake_of_cloudevents_allows_whoever_asks(host: RunningHost) -> None:
    key = {"x_functions_key": host.keys["eventgrid_extension"]}
    status, headers, _ = ask(host, "OPTIONS", HOOK, None, webhook_request_origin="eventgrid.azure.net", **key)
    assert (status, headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")
    assert ask(host, "OPTIONS", HOOK, None, **key)[0] == 400


def test_a_goodbye_is_accepted_without_running_anything(host: RunningHost) -> None:
    before = len(seen(host))
    assert notify(host, [{"id": "1"}], aeg_event_type="Unsubscribe") == 202
    assert seen(host, before) == []


@pytest.mark.parametrize("kind", ["", "Celebration"])
def test_a_request_that_is_no_notification_is_a_400(host: RunningHost, kind: str) -> None:
    assert notify(host, [{"id": "1"}], aeg_event_type=kind) == 400


def test_what_cannot_be_read_is_a_500_since_there_is_no_other_refusal(host: RunningHost) -> None:
    assert notify(host, b"{") == 500


@pytest.mark.parametrize("path", [HOOK.replace("on_event", "nobody"), HOOK.split("?")[0], HOOK.replace("grid", "rail")])
def test_an_unknown_function_or_extension_is_not_found(host: RunningHost, path: str) -> None:
    assert notify(host, [{"id": "1"}], path) == 404


def test_only_the_system_key_and_the_master_key_open_the_webhook(host: RunningHost) -> None:
    opened = {name: notify(host, [{"id": "1"}], x_functions_key=key) for name, key in host.keys.items()}
    assert opened == {"master": 202, "functions": 401, "eventgrid_extension": 202}
    assert notify(host, [{"id": "1"}], x_functions_key="guess") == 401


def test_each_level_is_opened_by_its_key_and_by_the_master_key(host: RunningHost) -> None:
    def opened(method: str, path: str) -> set[str]:
        tried = {name: ask(host, method, f"{path}?code={key}", {}) for name, key in host.keys.items()}
        return {name for name, (status, _, _) in tried.items() if status < 300}

    assert opened("POST", "/api/alerts") == {"functions", "master"}
    assert opened("GET", "/api/vault") == {"master"}
    assert ask(host, "GET", "/api/open")[0] == 200
    assert ask(host, "GET", "/api/vault")[0] == ask(host, "POST", "/api/alerts", {})[0] == 401
    assert ask(host, "POST", "/api/alerts", {}, x_functions_key=host.keys["functions"])[0] == 202

"""Can the real publisher publish, is what Azure refuses refused, and do changes of resources become events?"""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridPublisherClient

from local import fleets, identity, openid, outward
from local.arm.app import Dropped, application
from local.certificates import Certificates, write_certificates
from local.clock import Running
from local.eventgrid.service import AUDIENCE
from local.faults import plan
from local.world.cloud import Cloud
from local.world.vault_settings import set_soft_delete
from local.world.world import EPOCH
from tests.host.serving import served

JSON = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}
EVENT = {"id": "1", "source": "/vault", "type": "failed", "specversion": "1.0"}


@dataclass(frozen=True)
class Credential:
    """A credential that takes its tokens from the local identity."""

    audience: str = AUDIENCE

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == (f"{AUDIENCE}/.default",)
        return AccessToken(*identity.token(self.audience))


@dataclass
class Azure:
    """A pretend Azure that is served in this process, with one subscriber of each topic."""

    port: int
    cloud: Cloud
    certificates: Certificates | None = None
    taken: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: bytes | object = b"", headers: dict[str, str] | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, text, headers or {})
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, json.loads(said) if said else None

    def publish(self, body: object, audience: str = AUDIENCE, **headers: str) -> Any:
        token = {"Authorization": f"Bearer {identity.token(audience)[0]}"}
        return self.ask("POST", "/topics/nightshift/api/events?api-version=2018-01-01", body, JSON | token | headers)

    def deliveries(self, minutes: int = 10) -> list[dict[str, Any]]:
        """Let time pass, take everything that is due, and return the requests."""
        found = []
        until = self.cloud.now().timestamp() + 60 * minutes
        while self.cloud.now().timestamp() < until:
            to = datetime.fromtimestamp(until, self.cloud.now().tzinfo).isoformat()
            self.ask("POST", "/_local/deliveries/approach", {"to": to})
            while taken := self.ask("POST", "/_local/deliveries/take")[1]:
                self.ask("POST", "/_local/deliveries/answer", {"number": taken["number"], "status": 202})
                found.append(taken)
        return found

    def events(self, minutes: int = 10) -> list[dict[str, Any]]:
        """Let time pass and return the events that are delivered."""
        return [json.loads(taken["text"]) for taken in self.deliveries(minutes)]


def subscribed(azure: Azure) -> Azure:
    for topic in ("nightshift", "subscription"):
        document = {"name": topic, "topic": topic, "function": f"on_{topic}"}
        assert azure.ask("POST", "/_local/events/subscriptions", document)[0] == 200
    return azure


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(fleets.demo())


@pytest.fixture
def azure(cloud: Cloud) -> Iterator[Azure]:
    with served(application(cloud, outward.routes(cloud, Dropped))) as port:
        yield subscribed(Azure(port, cloud))


def test_the_real_publisher_reaches_the_topic_with_a_token_for_event_grid(
    cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    certificates = write_certificates(tmp_path_factory.mktemp("trust"))
    app = application(cloud, outward.routes(cloud, Dropped))
    with served(app, certificates) as secure, served(app) as plain:
        azure = subscribed(Azure(plain, cloud))
        endpoint, trust = (
            f"https://localhost:{secure}/topics/nightshift/api/events",
            {"connection_verify": str(certificates.ca)},
        )
        with EventGridPublisherClient(endpoint, Credential()) as client:
            made = [CloudEvent("/vault", "failed", id=f"job-{number}", data={"n": number}) for number in range(3)]
            client.send(made, **trust)
            with pytest.raises(HttpResponseError, match="must be a text and not empty"):
                client.send([CloudEvent("/vault", "", id="x")], **trust)
        with (
            EventGridPublisherClient(endpoint, Credential("https://storage.azure.com")) as stranger,
            pytest.raises(ClientAuthenticationError, match="it was made for"),
        ):
            stranger.send(made, **trust)
        assert sorted(event["id"] for event in azure.events()) == ["job-0", "job-1", "job-2"]
        assert azure.ask("GET", "/_local/events/figures")[1]["total"]["delivered"] == 3


def test_a_token_for_somebody_else_or_none_is_refused_in_event_grids_words(azure: Azure) -> None:
    status, body = azure.publish([EVENT], audience="https://management.azure.com")
    assert (status, body["error"]["code"]) == (401, "Unauthorized")
    assert set(body["error"]) == {"code", "message", "details"}
    assert azure.publish([EVENT], Authorization="")[0] == 401


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (EVENT, 400, "expects an array"),
        (b"[{", 400, "no JSON"),
        ([1], 400, "expects an array"),
        ([EVENT, EVENT | {"source": ""}], 400, "Event 1 is no CloudEvent: 'source'"),
        ([EVENT | {"specversion": "0.3"}], 400, "specversion"),
        ([EVENT | {"Correlation-Id": "1"}], 400, "'Correlation-Id' is no name"),
        ([EVENT | {"time": "yesterday"}], 400, "RFC 3339"),
        ([EVENT | {"data": 1, "data_base64": "MQ=="}], 400, "exclude each other"),
        ([EVENT] * 5_001, 413, "5001 events"),
        ([EVENT | {"data": "x" * 1_048_576}], 413, "the most is 1048576"),
    ],
)
def test_what_is_no_event_or_too_large_is_refused_as_a_whole(
    azure: Azure, body: object, status: int, said: str
) -> None:
    answer = azure.publish(body)
    assert answer[0] == status
    assert said in answer[1]["error"]["message"]
    assert azure.ask("GET", "/_local/events/figures")[1]["published"] == {}


def test_single_events_have_a_content_type_of_their_own_and_others_are_refused(azure: Azure) -> None:
    assert azure.publish(EVENT, **{"Content-Type": "application/cloudevents+json"})[0] == 200
    assert azure.publish([EVENT], **{"Content-Type": "application/json"})[0] == 400
    status, _ = azure.ask("POST", "/topics/weather/api/events", [EVENT], {"Authorization": ""})
    assert status == 401


def test_publishing_costs_time_is_logged_and_struck_by_the_fault_plan(azure: Azure) -> None:
    rules = [{"kind": kind, "match": {"path": "/topics/"}, "nth": [nth], "when": when} for kind, nth, when in (
        ("503", 1, "before"), ("504", 2, "after"), ("429", 3, "before"))]  # fmt: skip
    azure.cloud.faults = plan({"rules": rules})
    assert [azure.publish([EVENT | {"id": str(number)}])[0] for number in range(4)] == [503, 504, 429, 200]
    assert [event["id"] for event in azure.events()] == ["1", "3"]
    log = [entry for entry in azure.cloud.log if "/topics/" in entry["path"]]
    assert [(entry["status"], entry["effect"]) for entry in log] == [
        (503, False),
        (504, True),
        (429, False),
        (200, True),
    ]


def test_what_is_done_to_resources_becomes_events_by_whomever(azure: Azure) -> None:
    world = azure.cloud.world
    vm = next(vm for vm in world.vms.values() if vm.name == "web-weu-01")
    vault = next(iter(world.vaults.values()))
    azure.cloud.human("create", like=vm.id, name="web-new")
    azure.cloud.human("delete", vm=vm.id)
    set_soft_delete(world, vault, {"softDeleteFeatureState": "Disabled"}, identity.PRINCIPAL)
    made, deleted, changed = azure.events()
    assert [event["type"] for event in (made, deleted, changed)] == [
        "Microsoft.Resources.ResourceWriteSuccess",
        "Microsoft.Resources.ResourceDeleteSuccess",
        "Microsoft.Resources.ResourceWriteSuccess",
    ]
    assert made["subject"].lower().endswith("/virtualmachines/web-new")
    assert made["source"] == f"/subscriptions/{vm.subscription}"
    assert datetime.fromisoformat(made["time"]) >= EPOCH
    assert {"authorization", "claims", "correlationId", "operationName", "resourceUri", "status", "tenantId"} <= made[
        "data"
    ].keys()
    assert changed["data"]["operationName"] == "Microsoft.RecoveryServices/vaults/backupconfig/write"
    assert any("upn" in name for name in deleted["data"]["claims"])
    assert deleted["data"]["authorization"]["evidence"]["principalType"] == "User"
    assert changed["data"]["claims"]["appid"] == identity.CLIENT
    assert changed["data"]["authorization"]["evidence"]["principalType"] == "ServicePrincipal"


def test_each_change_is_one_event_and_its_words_for_groups_vary_in_case(azure: Azure) -> None:
    vm = next(iter(azure.cloud.world.vms.values()))
    for number in range(20):
        azure.cloud.human("tag", vm=vm.id, tags={"n": str(number)})
    found = azure.events()
    assert len({event["id"] for event in found}) == 20
    assert {"/resourceGroups/" in event["subject"] for event in found} == {True, False}
    assert {"httpRequest" in event["data"] for event in found} == {True, False}


def test_dead_letters_are_listed_five_minutes_after_the_last_attempt(azure: Azure) -> None:
    azure.publish([EVENT])
    azure.ask("POST", "/_local/deliveries/approach", {"to": "2026-03-03T00:00:00Z"})
    [number] = [azure.ask("POST", "/_local/deliveries/take")[1]["number"]]
    azure.ask("POST", "/_local/deliveries/answer", {"number": number, "status": 400})
    assert azure.ask("GET", "/_local/events/dead-letters")[1] == []
    azure.cloud.wait(300)
    [letter] = azure.ask("GET", "/_local/events/dead-letters")[1]
    assert letter["subscription"] == "nightshift"
    assert letter["event"]["lastdeliveryoutcome"] == "BadRequest"


def test_mishaps_are_set_by_a_control_route(azure: Azure) -> None:
    assert azure.ask("POST", "/_local/events/mishaps", {"lost": 1})[0] == 200
    azure.publish([EVENT])
    assert azure.events() == []
    assert azure.ask("GET", "/_local/events/figures")[1]["total"]["lost"] == 1
    assert azure.ask("POST", "/_local/events/mishaps", {"lost": 3})[0] == 400


def test_with_a_clock_that_runs_by_itself_events_fall_due_as_it_runs_and_answers_take_real_time() -> None:
    class Wall:
        at = datetime(2030, 1, 1, tzinfo=EPOCH.tzinfo)

        def __call__(self) -> datetime:
            return self.at

    wall = Wall()
    cloud = Cloud(fleets.demo(), clock=Running(EPOCH, 60, wall))
    with served(application(cloud, outward.routes(cloud, Dropped))) as port:
        azure = subscribed(Azure(port, cloud))
        azure.publish([EVENT])
        assert azure.ask("POST", "/_local/deliveries/take")[1] == {}
        wall.at = wall.at.replace(second=1)
        taken = azure.ask("POST", "/_local/deliveries/take")[1]
        assert json.loads(taken["text"]) == EVENT
        wall.at = wall.at.replace(second=20)
        azure.ask("POST", "/_local/deliveries/answer", {"number": taken["number"], "status": 202})
        assert azure.ask("GET", "/_local/events/figures")[1]["total"]["delivered"] == 1


def test_an_operator_is_a_program_too(azure: Azure) -> None:
    world = azure.cloud.world
    set_soft_delete(world, next(iter(world.vaults.values())), {}, openid.OPERATOR.object)
    [event] = azure.events()
    assert event["data"]["claims"]["appid"] == openid.OPERATOR.client

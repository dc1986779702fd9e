import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from local.control import ControlError
from local.host.bindings import Queue
from local.host.storage_queues import poison_queue_of
from tests.host.azurite_fixture import Storage, azurite
from tests.host.hosting import Place, RunningHost, running
from tests.host.queue_fixture import Post, bodies, post_office, taken
from tests.host.stand_in import clock_server

__all__ = ["azurite"]

pytestmark = pytest.mark.stack

QUEUES = ("work", "relay", "relayed", "burst", "slow", "meddle", "lost-poison", "deadly", "soon", "plain", "echoed")


@dataclass(frozen=True)
class House:
    """A running host of a sample app, with its queues."""

    office: Post
    host: RunningHost

    def queue(self, name: str) -> QueueClient:
        return self.office.queue(name)

    def run(self, **time: float) -> list[tuple[str, str, bool]]:
        """Run for so long and return function, minute and success of each invocation."""
        until = self.office.world.now() + timedelta(**time)
        answer = self.host.control.post("/_local/run", {"until": until.isoformat()})
        return [
            (record["function"], datetime.fromisoformat(record["at"]).strftime("%H:%M"), record["ok"])
            for record in answer["invocations"]
        ]

    def ran(self, function: str, **time: float) -> list[bool]:
        """Run for so long and return the success of each invocation of this function."""
        return [ok for name, _, ok in self.run(**time) if name == function]

    def seen(self, body: str) -> list[dict[str, Any]]:
        """Return what the app saw of the message with this body, at every delivery."""
        told = [json.loads(line["message"]) for line in self.host.log() if line["logger"] == "app"]
        return [line for line in told if line.get("body") == body]

    def told(self) -> list[dict[str, Any]]:
        """Return all that the app logged."""
        return [json.loads(line["message"]) for line in self.host.log() if line["logger"] == "app"]

    def warnings(self) -> list[str]:
        return [line["message"] for line in self.host.log() if line["level"] == "WARNING"]


@pytest.fixture(scope="module")
def office(azurite: Storage) -> Iterator[Post]:
    with post_office(azurite) as post:
        for name in QUEUES:
            post.made(name)
        yield post


@pytest.fixture(scope="module")
def place(office: Post, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    certificates = office.storage.certificates
    with clock_server(office.world, certificates) as arm:
        yield Place(arm, certificates, tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="module")
def settings(office: Post) -> dict[str, str]:
    return office.storage.environment | {
        "AzureWebJobsStorage__blobServiceUri": office.storage.blob_uri,
        "AzureFunctionsWebHost__hostid": uuid4().hex,
        "FleetStorage__queueServiceUri": office.endpoint,
        "NIGHTSHIFT_QUEUE_URI": office.endpoint,
        "WORK_QUEUE": "work",
    }


@contextmanager
def living(app: str, office: Post, place: Place, settings: Mapping[str, str]) -> Iterator[House]:
    with running(app, place, settings) as host:
        yield House(office, host)


@pytest.fixture(scope="module")
def house(office: Post, place: Place, settings: dict[str, str]) -> Iterator[House]:
    with living("queues", office, place, settings) as found:
        yield found


def poison(house: House, queue: str) -> list[str]:
    """Return the texts in the poison queue as they are stored, and take them out."""
    found = house.office.queue(f"{queue}-poison", plain=True)
    texts = bodies(found)
    found.clear_messages()
    return texts


def test_a_message_arrives_decoded_with_its_trigger_metadata(house: House) -> None:
    now = house.office.world.now()
    sent = house.queue("work").send_message("zürich")
    assert house.ran("work") == [True]
    assert house.seen("zürich") == [
        {
            "body": "zürich",
            "id": sent.id,
            "dequeue_count": 1,
            "inserted": str(now),
            "expires": str(now + timedelta(days=7)),
            "next_visible": str(now + timedelta(minutes=10)),
            "has_receipt": True,
        }
    ]


def test_a_message_is_deleted_when_its_function_succeeds(house: House) -> None:
    house.queue("work").send_message("once")
    house.run()
    assert house.queue("work").get_queue_properties().approximate_message_count == 0


def test_a_message_whose_function_failed_comes_back_after_the_visibility_timeout(house: House) -> None:
    house.queue("work").send_message("fail late")
    assert house.ran("work") == [False]
    assert house.ran("work", minutes=4, seconds=59) == []
    assert house.ran("work", seconds=1) == [False]
    assert [seen["dequeue_count"] for seen in house.seen("fail late")] == [1, 2]
    house.queue("work").clear_messages()


def test_a_message_that_failed_three_times_is_copied_to_a_poison_queue_made_on_demand(house: House) -> None:
    with pytest.raises(ResourceNotFoundError):
        house.queue("work-poison").get_queue_properties()
    sent = house.queue("work").send_message("fail always")
    assert house.ran("work", minutes=10) == [False] * 3
    assert [seen["dequeue_count"] for seen in house.seen("fail always")] == [1, 2, 3]
    [message] = taken(house.queue("work-poison"))
    assert (message.content, message.dequeue_count) == ("fail always", 1)
    assert message.id != sent.id
    assert house.queue("work").get_queue_properties().approximate_message_count == 0
    assert any("moves to queue 'work-poison'" in warning for warning in house.warnings())
    poison(house, "work")


def test_poison_is_gone_after_seven_days(house: House) -> None:
    house.office.queue("work", plain=True).send_message("!")
    house.run()
    assert len(house.office.queue("work-poison", plain=True).peek_messages()) == 1
    house.office.pass_by(days=7)
    house.run()
    assert poison(house, "work") == []


def test_a_text_that_is_not_base64_ends_in_poison_as_it_is_and_no_function_runs(house: House) -> None:
    house.office.queue("work", plain=True).send_message("not encoded!")
    assert house.run() == []
    assert poison(house, "work") == ["not encoded!"]
    assert house.queue("work").get_queue_properties().approximate_message_count == 0


def test_bytes_that_are_no_text_arrive_as_bytes(house: House) -> None:
    house.office.queue("relay", plain=True).send_message(base64.b64encode(b"\xff\xfe").decode())
    assert house.ran("relay") == [True]
    house.queue("relayed").clear_messages()


def test_a_message_delivered_too_often_goes_to_poison_without_another_run(house: House) -> None:
    house.queue("work").send_message("unlucky")
    for _ in range(3):
        assert len(taken(house.queue("work"))) == 1
        house.office.pass_by(seconds=30)
    assert house.run() == []
    assert bodies(house.queue("work-poison")) == ["unlucky"]
    poison(house, "work")


def test_what_fails_in_a_poison_queue_stays_hidden_for_ten_minutes_and_has_no_poison_of_its_own(house: House) -> None:
    house.queue("lost-poison").send_message("hopeless")
    assert house.ran("last_resort", minutes=9, seconds=59) == [False]
    assert house.ran("last_resort", seconds=1) == [False]
    with pytest.raises(ResourceNotFoundError):
        house.queue("lost-poison-poison").get_queue_properties()
    house.queue("lost-poison").clear_messages()


def test_a_poison_queue_needs_a_name_that_storage_takes() -> None:
    assert poison_queue_of(Queue("https://q", "a" * 56)) == Queue("https://q", "a" * 56 + "-poison")
    assert poison_queue_of(Queue("https://q", "a" * 57)) is None


def test_the_trigger_does_not_make_its_queue_and_finds_it_when_somebody_did(
    office: Post, place: Place, settings: dict[str, str]
) -> None:
    own = {"WORK_QUEUE": "made-late", "AzureFunctionsWebHost__hostid": uuid4().hex}
    with living("queues", office, place, settings | own) as house:
        house.run(minutes=5)
        with pytest.raises(ResourceNotFoundError):
            house.queue("made-late").get_queue_properties()
        office.made("made-late").send_message("at last")
        assert house.ran("work") == [True]


def test_the_host_backs_off_for_a_polling_interval_where_a_queue_is_gone(house: House) -> None:
    house.queue("soon").send_message("lost")
    straight = replace(house.office, endpoint=house.office.storage.queue_uri).queue("soon")
    straight.delete_queue()
    assert house.ran("put_off", seconds=30) == []
    with pytest.raises(ResourceNotFoundError):
        straight.get_queue_properties()
    straight.create_queue()
    house.queue("soon").send_message("found")
    assert house.ran("put_off", seconds=29) == []
    assert house.ran("put_off", seconds=1) == [True]
    house.queue("soon").clear_messages()


def test_a_stale_receipt_is_harmless(house: House) -> None:
    house.queue("meddle").send_message("mine")
    assert house.ran("meddle", minutes=19, seconds=59) == [True]
    assert house.ran("meddle", seconds=1) == [True]
    assert house.queue("meddle").get_queue_properties().approximate_message_count == 0


def test_outputs_are_written_in_base64_when_the_function_succeeded(house: House) -> None:
    house.queue("relay").send_message("go")
    house.run()
    texts = bodies(house.office.queue("relayed", plain=True))
    assert sorted(base64.b64decode(text).decode() for text in texts) == ["one", "two", "zürich"]
    house.queue("relayed").clear_messages()


def test_outputs_of_a_function_that_failed_are_not_written(house: House) -> None:
    house.queue("relay").send_message("fail")
    assert house.ran("relay") == [False]
    assert bodies(house.queue("relayed")) == []
    house.queue("relay").clear_messages()


def test_an_output_that_storage_refuses_fails_the_invocation(house: House) -> None:
    house.queue("relay").send_message("huge")
    assert house.ran("relay") == [False]
    assert any("output one to queue relayed: " in line["message"] for line in house.host.log())
    house.queue("relay").clear_messages()
    house.queue("relayed").clear_messages()


def test_an_output_makes_its_queue_where_it_is_missing(house: House) -> None:
    house.queue("relayed").delete_queue()
    house.queue("relay").send_message("go")
    house.run()
    assert sorted(bodies(house.queue("relayed"))) == ["one", "two", "zürich"]
    house.queue("relayed").clear_messages()


def test_the_next_batch_is_fetched_when_no_more_than_the_threshold_are_in_hand(house: House) -> None:
    for number in range(5):
        house.queue("burst").send_message(str(number))
    assert house.ran("burst") == [True] * 5
    visible = [line["visible"] for line in house.told() if "visible" in line]
    assert visible == [3, 1, 1, 0, 0]


def test_a_message_in_hand_is_hidden_anew_while_others_take_long(house: House) -> None:
    for number in range(3):
        house.queue("slow").send_message(str(number))
    assert house.ran("slow") == [True] * 3
    assert house.queue("slow").get_queue_properties().approximate_message_count == 0


def test_a_host_that_is_lost_leaves_its_message_to_the_next_after_ten_minutes(
    office: Post, place: Place, settings: dict[str, str]
) -> None:
    other = settings | {"AzureFunctionsWebHost__hostid": uuid4().hex}
    office.queue("deadly").send_message("x")
    with living("queues", office, place, other) as house, pytest.raises((ControlError, OSError)):
        house.run()
    with living("queues", office, place, other | {"AzureFunctionsWebHost__hostid": uuid4().hex}) as house:
        assert house.ran("deadly", minutes=9, seconds=59) == []
        assert house.ran("deadly", seconds=1) == [True]


def to_the_hour(house: House) -> None:
    now = house.office.world.now()
    house.run(seconds=(timedelta(hours=1) - (now - now.replace(minute=0, second=0, microsecond=0))).total_seconds())


def test_a_message_that_the_sdk_delayed_runs_when_it_is_due_in_simulated_time(house: House) -> None:
    to_the_hour(house)
    house.queue("soon").send_message("in a while")
    ran = house.run(minutes=45)
    assert [(function, minute[3:]) for function, minute, _ in ran] == [("put_off", "00"), ("work", "30")]


def test_timers_and_messages_run_in_the_order_of_simulated_time_and_what_is_due_runs_before_time_moves_on(
    house: House,
) -> None:
    to_the_hour(house)
    house.queue("work").send_message("second", visibility_timeout=5400)
    house.queue("work").send_message("first", visibility_timeout=1800)
    house.queue("work").send_message("on the hour", visibility_timeout=3600)
    ran = house.run(hours=2)
    assert [(function, minute[3:]) for function, minute, _ in ran] == [
        ("work", "30"),
        ("work", "00"),
        ("tick", "00"),
        ("work", "00"),
        ("work", "30"),
        ("tick", "00"),
        ("work", "00"),
    ]


def test_messages_that_are_not_encoded_pass_as_they_are_where_the_app_says_so(
    office: Post, place: Place, settings: dict[str, str]
) -> None:
    with living("plain_queues", office, place, settings) as house:
        office.queue("plain", plain=True).send_message("zürich & <co>")
        assert house.ran("echo") == [True]
        assert bodies(office.queue("echoed", plain=True)) == ["zürich & <co>"]

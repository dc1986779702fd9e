"""Do messages come due the same, in memory and over the real SDK and Azurite in simulated time?"""

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from azure.core.credentials import AccessToken
from azure.storage.queue import QueueClient, TextBase64DecodePolicy

from local import queue_pass
from local.memory.queues import MemoryQueues
from local.scenarios.wire import Token
from shared.cloud.queues import StorageQueues
from shared.errors import Permanent, Transient
from tests.contract.conftest import Stack
from tests.host.serving import served


class Queues(Protocol):
    def send(self, queue: str, body: str, delay_seconds: float = 0.0) -> None: ...


@dataclass
class Clock:
    instant: datetime = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant


@dataclass(frozen=True)
class Post:
    """Queues on a clock; `arrive` takes all messages of one queue that are due and returns their bodies."""

    queues: Queues
    clock: Clock
    arrive: Callable[[str], list[str]]
    name: str

    def pass_by(self, **time: float) -> None:
        self.clock.instant += timedelta(**time)


@pytest.fixture(scope="module")
def office(stack: Stack) -> Iterator[tuple[str, Clock]]:
    clock = Clock()
    passing = queue_pass.application(stack.azurite.queue_uri, stack.certificates.ca, clock.now)
    with served(passing, stack.certificates) as port:
        yield f"https://127.0.0.1:{port}{urlsplit(stack.azurite.queue_uri).path}", clock


@pytest.fixture
def endpoint(office: tuple[str, Clock], stack: Stack, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stack.certificates.ca))
    for proxied in set(os.environ) & {"CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"}:
        monkeypatch.delenv(proxied)
    return office[0]


def in_memory(name: str) -> Post:
    clock = Clock()
    queues = MemoryQueues(clock.now)

    def arrive(queue: str) -> list[str]:
        found = []
        while (message := queues.take()) is not None:
            if message.queue == queue:
                found.append(message.body)
        return found

    return Post(queues, clock, arrive, name)


def over_azurite(endpoint: str, clock: Clock, name: str) -> Post:
    def arrive(queue: str) -> list[str]:
        client = QueueClient(endpoint, queue, credential=Token(), message_decode_policy=TextBase64DecodePolicy())
        found = []
        for message in client.receive_messages():
            client.delete_message(message)
            found.append(message.content)
        return found

    return Post(StorageQueues(Token(), endpoint), clock, arrive, name)


@pytest.fixture(params=["memory", pytest.param("azure", marks=pytest.mark.stack)])
def post(request: pytest.FixtureRequest) -> Post:
    name = f"q{uuid.uuid4().hex}"
    if request.param == "memory":
        return in_memory(name)
    endpoint: str = request.getfixturevalue("endpoint")
    clock: Clock = request.getfixturevalue("office")[1]
    return over_azurite(endpoint, clock, name)


def test_a_message_arrives_with_its_body_in_a_queue_that_nobody_made(post: Post) -> None:
    post.queues.send(post.name, '{"vm": "zürich & <co>"}')
    assert post.arrive(post.name) == ['{"vm": "zürich & <co>"}']
    assert post.arrive(post.name) == []


def test_a_delayed_message_arrives_when_its_delay_is_over_and_never_before(post: Post) -> None:
    post.queues.send(post.name, "later", 899.5)
    post.queues.send(post.name, "now")
    assert post.arrive(post.name) == ["now"]
    post.pass_by(seconds=899)
    assert post.arrive(post.name) == []
    post.pass_by(seconds=1)
    assert post.arrive(post.name) == ["later"]


def test_a_message_waits_for_longer_than_a_week(post: Post) -> None:
    post.queues.send(post.name, "patient")
    post.pass_by(days=30)
    assert post.arrive(post.name) == ["patient"]


def test_messages_of_different_queues_do_not_meet(post: Post) -> None:
    post.queues.send(post.name, "mine")
    post.queues.send(f"{post.name}-other", "theirs")
    assert post.arrive(post.name) == ["mine"]


def test_the_largest_body_fits_and_one_byte_more_is_refused_with_what_to_do(post: Post) -> None:
    post.queues.send(post.name, "x" * 49_152)
    with pytest.raises(Permanent, match=r"65540 bytes in base64, storage takes 65536; send ids") as refusal:
        post.queues.send(post.name, "x" * 49_153)
    assert refusal.value.code == "RequestBodyTooLarge"
    assert [len(body) for body in post.arrive(post.name)] == [49_152]


@pytest.mark.parametrize("delay", [-1, 7 * 86_400 + 1])
def test_a_delay_that_storage_does_not_know_is_refused(post: Post, delay: float) -> None:
    with pytest.raises(Permanent, match="expected 0 to 604800") as refusal:
        post.queues.send(post.name, "x", delay)
    assert refusal.value.code == "OutOfRangeQueryParameterValue"


@pytest.mark.parametrize("name", ["ab", "Work", "a--b", "a_b", "-ab"])
def test_a_name_that_storage_does_not_know_is_refused(post: Post, name: str) -> None:
    with pytest.raises(Permanent, match=f"queue name '{name}'"):
        post.queues.send(name, "x")


class Stranger:
    """A caller with a token for something else."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return Token().get_token("https://management.azure.com/.default")


@pytest.mark.stack
def test_a_caller_without_rights_is_refused_for_good(endpoint: str) -> None:
    with pytest.raises(Permanent, match="message for queue work") as refusal:
        StorageQueues(Stranger(), endpoint).send("work", "x")
    assert refusal.value.code


def test_the_next_due_message_is_known_and_a_failed_one_is_given_back_with_its_count() -> None:
    post = in_memory("work")
    queues = MemoryQueues(post.clock.now)
    assert (queues.due(), queues.take()) == (None, None)
    began = post.clock.instant
    queues.send("work", "late", 60)
    queues.send("work", "early", 30)
    assert (queues.due(), queues.take()) == (began + timedelta(seconds=30), None)
    assert queues.waiting("work") == ["early", "late"]
    post.pass_by(seconds=30)
    early = queues.take()
    assert early is not None
    assert (early.body, early.dequeue_count) == ("early", 1)
    queues.give_back(early, 300)
    assert queues.waiting("work") == ["late", "early"]
    post.pass_by(seconds=300)
    assert [(message.body, message.dequeue_count) for message in (queues.take(), queues.take()) if message] == [
        ("late", 1),
        ("early", 2),
    ]


def test_a_copy_goes_its_own_way() -> None:
    clock, other_clock = Clock(), Clock()
    queues = MemoryQueues(clock.now)
    queues.send("work", "x", 60)
    other = queues.copy(other_clock.now)
    other_clock.instant += timedelta(minutes=1)
    assert other.take() is not None
    assert (queues.take(), queues.waiting("work"), other.waiting("work")) == (None, ["x"], [])


@pytest.mark.parametrize(("when", "arrived"), [("queues.send", []), ("queues.send.sent", ["x"])])
def test_a_send_can_fail_before_and_after_its_effect(when: str, arrived: list[str]) -> None:
    faults: Mapping[str, Transient] = {when: Transient("lost")}

    def fault(call: str) -> None:
        if call in faults:
            raise faults[call]

    queues = MemoryQueues(Clock().now, fault)
    with pytest.raises(Transient):
        queues.send("work", "x")
    assert queues.waiting("work") == arrived

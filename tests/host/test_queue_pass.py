import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from local.control import Control
from local.queue_pass import DUE_PATH, HELD_SECONDS, QueuePass
from local.upstream import Request, Response, Upstream
from tests.host.azurite_fixture import Storage, azurite
from tests.host.queue_fixture import Post, bodies, post_office, taken

__all__ = ["azurite"]

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def office(azurite: Storage) -> Iterator[Post]:
    with post_office(azurite) as post:
        yield post


@pytest.fixture
def queue(office: Post) -> QueueClient:
    return office.made(f"q{uuid4().hex}")


def due(office: Post, queue: QueueClient) -> str | None:
    door = Control(office.endpoint.removesuffix("/devstoreaccount1"), office.storage.ca)
    found: dict[str, str] = door.get(DUE_PATH)
    return found.get(str(queue.queue_name))


def put(office: Post, queue: QueueClient, query: dict[str, str]) -> Request:
    token = office.storage.identity.get_token("https://storage.azure.com/.default").token
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2021-06-08"}
    path = f"{urlsplit(office.endpoint).path}/{queue.queue_name}/messages"
    return Request("POST", path, query, headers, b"<QueueMessage><MessageText>x</MessageText></QueueMessage>")


def test_a_delayed_message_is_seen_when_it_is_due_in_simulated_time(office: Post, queue: QueueClient) -> None:
    queue.send_message("later", visibility_timeout=3600)
    queue.send_message("now")
    [message] = taken(queue)
    assert message.content == "now"
    queue.delete_message(message)
    office.pass_by(seconds=3599)
    assert queue.peek_messages() == []
    office.pass_by(seconds=1)
    assert bodies(queue) == ["later"]


def test_what_is_hidden_in_simulated_time_is_hidden_in_azurite_for_days_of_real_time(
    office: Post, queue: QueueClient
) -> None:
    upstream, told = Upstream(office.storage.queue_uri, office.storage.ca), list[Response]()

    def send(request: Request) -> Response:
        told.append(upstream.send(request))
        return told[-1]

    QueuePass(send, office.world.now).handle(put(office, queue, {"visibilitytimeout": "1"}))
    entry = ET.fromstring(told[-1].body).find("QueueMessage")
    assert entry is not None
    inserted, visible = (
        parsedate_to_datetime(entry.findtext(name, "")) for name in ("InsertionTime", "TimeNextVisible")
    )
    assert visible - inserted == timedelta(seconds=HELD_SECONDS)


def test_a_taken_message_comes_back_after_its_simulated_timeout_with_a_higher_count(
    office: Post, queue: QueueClient
) -> None:
    queue.send_message("work")
    [first] = list(queue.receive_messages(visibility_timeout=600))
    office.pass_by(minutes=9)
    assert taken(queue) == []
    office.pass_by(minutes=1)
    [second] = taken(queue)
    assert (first.dequeue_count, second.dequeue_count) == (1, 2)
    assert first.id == second.id


def test_the_times_of_a_message_are_simulated(office: Post, queue: QueueClient) -> None:
    now = office.world.now().replace(microsecond=0)
    sent = queue.send_message("work", visibility_timeout=60, time_to_live=3600)
    assert (sent.inserted_on, sent.expires_on, sent.next_visible_on) == (
        now,
        now + timedelta(hours=1),
        now + timedelta(minutes=1),
    )
    office.pass_by(minutes=1)
    [peeked] = queue.peek_messages()
    assert (peeked.inserted_on, peeked.expires_on) == (now, now + timedelta(hours=1))
    [message] = list(queue.receive_messages(visibility_timeout=30))
    assert (message.inserted_on, message.next_visible_on) == (now, now + timedelta(seconds=90))
    updated = queue.update_message(message, visibility_timeout=120)
    assert updated.next_visible_on == now + timedelta(minutes=3)


def test_a_message_that_never_expires_says_so(queue: QueueClient) -> None:
    assert queue.send_message("work", time_to_live=-1).expires_on == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_message_expires_after_seven_simulated_days_unless_told(office: Post, queue: QueueClient) -> None:
    queue.send_message("short")
    queue.send_message("for ever", time_to_live=-1)
    office.pass_by(days=7)
    assert bodies(queue) == ["for ever"]
    assert queue.get_queue_properties().approximate_message_count == 1


def test_an_updated_message_keeps_its_text_or_gets_a_new_one(office: Post, queue: QueueClient) -> None:
    queue.send_message("first")
    [message] = taken(queue)
    message = queue.update_message(message, visibility_timeout=0)
    [message] = taken(queue)
    assert message.content == "first"
    queue.update_message(message, content="second", visibility_timeout=300)
    assert taken(queue) == []
    office.pass_by(minutes=5)
    assert bodies(queue) == ["second"]


def test_a_receipt_stays_good_until_somebody_else_takes_the_message(office: Post, queue: QueueClient) -> None:
    queue.send_message("work")
    [message] = list(queue.receive_messages(visibility_timeout=60))
    office.pass_by(minutes=2)
    assert len(queue.peek_messages()) == 1
    message = queue.update_message(message, visibility_timeout=60)
    office.pass_by(minutes=2)
    assert len(queue.peek_messages()) == 1
    queue.delete_message(message)
    assert queue.peek_messages() == []


def test_a_receipt_is_stale_once_somebody_else_took_the_message(office: Post, queue: QueueClient) -> None:
    queue.send_message("work")
    [message] = list(queue.receive_messages(visibility_timeout=60))
    office.pass_by(minutes=2)
    assert len(taken(queue)) == 1
    with pytest.raises(HttpResponseError) as refusal:
        queue.delete_message(message)
    assert refusal.value.error_code == "PopReceiptMismatch"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("delay", "life", "code"),
    [
        (8 * 86400, None, "OutOfRangeQueryParameterValue"),
        (60, 60, "InvalidQueryParameterValue"),
    ],
)
def test_times_that_storage_refuses_are_refused_by_azurite_itself(
    office: Post, queue: QueueClient, delay: int, life: int | None, code: str
) -> None:
    query = {"visibilitytimeout": str(delay)} | ({"messagettl": str(life)} if life else {})
    upstream = Upstream(office.endpoint, office.storage.ca)
    refusal = upstream.send(put(office, queue, query))
    assert (refusal.status, refusal.headers["x-ms-error-code"]) == (400, code)
    assert queue.get_queue_properties().approximate_message_count == 0
    assert due(office, queue) is None


def test_the_host_learns_when_the_first_message_of_a_queue_may_be_seen(office: Post, queue: QueueClient) -> None:
    now = office.world.now()
    assert due(office, queue) is None
    queue.send_message("late", visibility_timeout=7200)
    queue.send_message("early", visibility_timeout=3600)
    first = due(office, queue)
    assert first is not None
    assert datetime.fromisoformat(first) == now + timedelta(hours=1)


@pytest.mark.parametrize("ending", ["clear_messages", "delete_queue"])
def test_nothing_is_due_in_a_queue_that_was_emptied_or_deleted(office: Post, queue: QueueClient, ending: str) -> None:
    queue.send_message("late", visibility_timeout=7200)
    getattr(queue, ending)()
    assert due(office, queue) is None


def test_a_missing_queue_is_reported_as_azurite_does(office: Post) -> None:
    with pytest.raises(ResourceNotFoundError):
        office.queue("nobody-made-it").send_message("x")

"""How does a test send and read queue messages in simulated time? Through the pass-through, with the real SDK."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from azure.storage.queue import QueueClient, QueueMessage, TextBase64DecodePolicy, TextBase64EncodePolicy

from local import queue_pass
from tests.host.azurite_fixture import Storage
from tests.host.serving import served
from tests.host.stand_in import ClockWorld

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Post:
    """The queues of one storage account on a clock of the test's own."""

    storage: Storage
    endpoint: str
    world: ClockWorld = field(default_factory=lambda: ClockWorld(MIDNIGHT))

    def pass_by(self, **time: float) -> None:
        self.world.advance(self.world.now() + timedelta(**time))

    def queue(self, name: str, *, plain: bool = False) -> QueueClient:
        """Return a client of the queue; it encodes in base64, unless plain."""
        policies = (
            {}
            if plain
            else {"message_encode_policy": TextBase64EncodePolicy(), "message_decode_policy": TextBase64DecodePolicy()}
        )
        trust = {"connection_verify": str(self.storage.ca)}
        return QueueClient(self.endpoint, name, credential=self.storage.identity, retry_total=0, **policies, **trust)

    def made(self, name: str) -> QueueClient:
        """Make the queue and return its client."""
        queue = self.queue(name)
        queue.create_queue()
        return queue


@contextmanager
def post_office(storage: Storage) -> Iterator[Post]:
    """Serve a pass-through in front of the storage's queues."""
    world = ClockWorld(MIDNIGHT)
    passing = queue_pass.application(storage.queue_uri, storage.ca, world.now)
    with served(passing, storage.certificates) as port:
        yield Post(storage, f"https://127.0.0.1:{port}{urlsplit(storage.queue_uri).path}", world)


def bodies(queue: QueueClient) -> list[str]:
    """Take all messages of the queue that can be seen now, and return their bodies."""
    return [message.content for message in taken(queue)]


def taken(queue: QueueClient) -> list[QueueMessage]:
    """Take all messages of the queue that can be seen now."""
    return list(queue.receive_messages(messages_per_page=32))

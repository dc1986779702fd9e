"""How does the host reach the app's queues? By identity, texts as they are; what others took is no error."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError

from local.host.bindings import Queue, QueueOutput
from local.host.queue_settings import Encoding
from local.host.worker import Outcome
from local.message_times import NEVER

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

LONGEST_NAME = 63
_POISON = "-poison"
_GONE = {"MessageNotFound", "PopReceiptMismatch", "QueueNotFound", "QueueBeingDeleted", "QueueDisabled"}
"""Somebody else has the message or the queue by now: there is nothing left to do."""


@dataclass(slots=True)
class Message:
    """A taken message with its undecoded text; `receipt` is good until somebody else takes or changes it."""

    id: str
    receipt: str
    text: str
    dequeue_count: int
    inserted: datetime
    expires: datetime
    next_visible: datetime


class StorageQueue:
    """One queue. Texts are taken and put undecoded: some cannot be decoded."""

    def __init__(self, place: Queue) -> None:
        self.place = place

    def take(self, most: int, hidden_seconds: int) -> list[Message]:
        """Take up to `most` messages and hide them from others; raise ResourceNotFoundError where there is no queue."""
        pages = self._client.receive_messages(messages_per_page=most, visibility_timeout=hidden_seconds).by_page()
        return [
            Message(
                id=found.id,
                receipt=str(found.pop_receipt),
                text=found.content,
                dequeue_count=found.dequeue_count or 0,
                inserted=found.inserted_on or NEVER,
                expires=found.expires_on or NEVER,
                next_visible=found.next_visible_on or NEVER,
            )
            for found in next(pages, ())
        ]

    def hide(self, message: Message, seconds: int) -> bool:
        """Hide a taken message for so long from now on, 0: show it at once. False where it is no longer ours."""
        with _unless_gone():
            changed = self._client.update_message(message.id, message.receipt, visibility_timeout=seconds)
            message.receipt = str(changed.pop_receipt)
            return True
        return False

    def delete(self, message: Message) -> bool:
        """Delete a taken message. False where it is no longer ours."""
        with _unless_gone():
            self._client.delete_message(message.id, message.receipt)
            return True
        return False

    def put(self, text: str) -> None:
        """Add a message, and the queue where it is missing."""
        try:
            self._client.send_message(text)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                self._client.create_queue()
            self._client.send_message(text)

    @cached_property
    def _client(self) -> "QueueClient":
        # Imported here: it takes half a second, and an app without queues never needs it.
        from azure.identity import DefaultAzureCredential
        from azure.storage.queue import QueueClient

        # This storage is on the same machine: it answers at once or not at all, so nothing is gained by trying again.
        return QueueClient(self.place.endpoint, self.place.name, credential=DefaultAzureCredential(), retry_total=0)


def poison_queue_of(place: Queue) -> Queue | None:
    """Return where poison goes; None for a poison queue itself, and for a name that would become too long."""
    name = place.name + _POISON
    return None if place.name.endswith(_POISON) or len(name) > LONGEST_NAME else Queue(place.endpoint, name)


class QueueOutputs:
    """Writes what functions gave to their queue outputs."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._queues: dict[Queue, StorageQueue] = {}

    def write(self, outputs: tuple[QueueOutput, ...], outcome: Outcome) -> Outcome:
        """Write the bodies of a successful invocation; where that fails the invocation has failed, as in Azure."""
        if outcome.error is not None:
            return outcome
        for output in outputs:
            queue = self._queues.setdefault(output.queue, StorageQueue(output.queue))
            try:
                for body in outcome.outputs.get(output.argument, ()):
                    queue.put(self._encoding.text(body))
            except (AzureError, UnicodeDecodeError) as failure:
                return Outcome(f"output {output.argument} to queue {output.queue.name}: {failure}", "")
        return outcome


@contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except HttpResponseError as refusal:
        if getattr(refusal, "error_code", None) not in _GONE:
            raise

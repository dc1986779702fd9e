"""What is to be done later, and by whom? The Queues port as messages in storage queues.

Data actions:
- Microsoft.Storage/storageAccounts/queueServices/queues/write
- Microsoft.Storage/storageAccounts/queueServices/queues/messages/add/action
- Microsoft.Storage/storageAccounts/queueServices/queues/messages/process/action
"""

import base64
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient, TextBase64EncodePolicy

from shared.cloud.failures import translated
from shared.cloud.message_limits import delay_of

_PAGE = 32
"""Messages that storage hands out at once."""
_NEVER_EXPIRES = -1
"""Storage would drop a message after seven days, and a restore may wait for longer."""


class StorageQueues:
    """Messages in base64, as the Functions host expects them. A queue is made on the first send that misses it."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        self._service = QueueServiceClient(endpoint, credential=credential)
        self._queue = cache(self._client)

    def send(self, queue: str, body: str, delay_seconds: float = 0.0) -> None:
        """Add a message that is seen after the delay, at the earliest. Raises Transient or Permanent.

        A send whose answer was lost may have been taken: whoever receives must bear a second copy.
        """
        delay, client = delay_of(queue, body, delay_seconds), self._queue(queue)
        with translated(f"message for queue {queue}"):
            try:
                _send(client, body, delay)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    client.create_queue()
                _send(client, body, delay)

    def empty(self, queue: str, keep: Callable[[str], None], most: int) -> int:
        """Hand up to `most` messages to `keep`, and remove each once it is kept; 0 where there is no such queue.

        Texts that are not base64 are handed on as they are: they are why a message is set aside. Raises Transient or
        Permanent, and what `keep` raises.
        """
        client, count = self._service.get_queue_client(queue), 0
        while count < most:
            with translated(f"messages of queue {queue}"):
                try:
                    found = list(client.receive_messages(max_messages=min(_PAGE, most - count), visibility_timeout=60))
                except ResourceNotFoundError:
                    return count
            for message in found:
                keep(_text(str(message.content)))
                with translated(f"removal from queue {queue}"), suppress(ResourceNotFoundError):
                    client.delete_message(message)
                count += 1
            if not found:
                break
        return count

    def _client(self, queue: str) -> QueueClient:
        return self._service.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())


def _text(content: str) -> str:
    try:
        return base64.b64decode(content, validate=True).decode()
    except ValueError:
        return content


def _send(client: QueueClient, body: str, delay: int) -> None:
    client.send_message(body, visibility_timeout=delay, time_to_live=_NEVER_EXPIRES)

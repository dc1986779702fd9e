"""What is to be done later, and by whom? The Queues port as messages in storage queues.

Data actions:
- Microsoft.Storage/storageAccounts/queueServices/queues/write
- Microsoft.Storage/storageAccounts/queueServices/queues/messages/add/action
"""

from contextlib import suppress
from functools import cache

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient, TextBase64EncodePolicy

from shared.cloud.failures import translated
from shared.cloud.message_limits import delay_of

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

    def _client(self, queue: str) -> QueueClient:
        return self._service.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())


def _send(client: QueueClient, body: str, delay: int) -> None:
    client.send_message(body, visibility_timeout=delay, time_to_live=_NEVER_EXPIRES)

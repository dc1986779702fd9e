"""Who hears of job outcomes? The Events port as CloudEvents on a custom Event Grid topic.

Data actions:
- Microsoft.EventGrid/topics/events/send/action
"""

from collections.abc import Sequence

from azure.core.credentials import TokenCredential
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridPublisherClient

from shared.cloud.failures import translated
from shared.model.events import Envelope

MOST = 500
"""Events in one request; the topic takes 5,000, and 1 MB."""


class TopicEvents:
    """Without a topic nothing is announced: the watcher then finds that nobody answered, and asks for triage itself."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        self._client = EventGridPublisherClient(endpoint, credential) if endpoint else None

    def publish(self, events: Sequence[Envelope]) -> None:
        """Announce the events, in requests of at most 500. Raises Transient or Permanent."""
        if self._client is None:
            return
        for first in range(0, len(events), MOST):
            with translated("announcement of job outcomes"):
                self._client.send([_cloud_event(event) for event in events[first : first + MOST]])


def _cloud_event(event: Envelope) -> CloudEvent[dict[str, object]]:
    return CloudEvent(
        id=event.id, source=event.source, type=event.type, subject=event.subject, time=event.at, data=dict(event.data)
    )

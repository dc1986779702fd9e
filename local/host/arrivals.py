"""When does a message come to be seen? The pass-through in front of the queues knows, in simulated time."""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from local.control import Control
from local.host.bindings import Queue
from local.queue_pass import DUE_PATH


class Arrivals:
    """The pass-throughs at the endpoints of the app's queues."""

    def __init__(self, endpoints: Iterable[str]) -> None:
        ca = os.environ.get("SSL_CERT_FILE")
        trusted = Path(ca) if ca else None
        self._doors = {endpoint: Control(_origin(endpoint), trusted) for endpoint in sorted(endpoints)}

    def first(self) -> dict[Queue, datetime]:
        """Return for each queue that holds messages when the first of them may be seen."""
        return {
            Queue(endpoint, name): datetime.fromisoformat(instant)
            for endpoint, door in self._doors.items()
            for name, instant in door.get(DUE_PATH).items()
        }


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"

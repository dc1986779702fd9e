"""What was set aside, and shall it be tried again? An operator decides; the same checks are made as the first time."""

from collections.abc import Callable
from datetime import datetime

from shared.flows.job_failures import events
from shared.flows.sweep import QUEUES
from shared.model.events import SetAside
from shared.ports import Ports

_RECEIVERS: dict[str, Callable[[Ports, str, datetime], bool]] = {
    events.JOB_EVENTS: events.receive_job_event,
    events.RESOURCE_EVENTS: events.receive_resource_event,
    events.ALERTS: events.receive_alert,
}


def replay(ports: Ports, wanted: str, now: datetime) -> dict[str, SetAside]:
    """Send the entries again whose key or source is `wanted` ("" for all); return them by key.

    An entry is removed once it was handed on; one that still cannot be followed stays. A crash between the two doubles
    it, and receivers bear copies.
    """
    found = chosen(ports, wanted)
    for key, entry in found.items():
        if entry.source in QUEUES:
            ports.queues.send(entry.source, entry.text)
            ports.quarantine.drop(key)
        elif _RECEIVERS[entry.source](ports, entry.text, now):
            ports.quarantine.drop(key)
    return found


def chosen(ports: Ports, wanted: str) -> dict[str, SetAside]:
    """Return the entries whose key or source is `wanted`, oldest first; all of them for ""."""
    entries = ports.quarantine.entries()
    return {key: entry for key, entry in entries.items() if wanted in {"", key, entry.source}}

"""Which occurrence of a timer did the app last see? A status per timer, kept where the Functions host keeps it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from local.host.schedule import Schedule

_NEVER = "0001-01-01T00:00:00"
"""How .NET writes an instant that was never set."""


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """The last invocation's start (None: it never ran), the occurrence expected next, and when that was computed."""

    last: datetime | None
    next: datetime
    last_updated: datetime

    def body(self) -> dict[str, str]:
        """Return the status as the host stores it and hands it to the function."""
        return {
            "Last": self.last.isoformat() if self.last else _NEVER,
            "Next": self.next.isoformat(),
            "LastUpdated": self.last_updated.isoformat(),
        }


class Monitor(Protocol):
    """Where statuses are kept."""

    def read(self, function: str) -> ScheduleStatus | None:
        """Return the stored status, or None."""

    def write(self, function: str, status: ScheduleStatus) -> None:
        """Store the status."""


class BlobMonitor:
    """Statuses as blobs `timers/{host id}/Host.Functions.{function}/status` in `azure-webjobs-hosts`."""

    def __init__(self, container: ContainerClient, host_id: str) -> None:
        self._container = container
        self._host_id = host_id

    def read(self, function: str) -> ScheduleStatus | None:
        """Return the stored status, or None."""
        try:
            body = json.loads(self._container.download_blob(self._name(function)).readall())
        except ResourceNotFoundError:
            return None
        last = None if body["Last"] == _NEVER else datetime.fromisoformat(body["Last"])
        return ScheduleStatus(last, datetime.fromisoformat(body["Next"]), datetime.fromisoformat(body["LastUpdated"]))

    def write(self, function: str, status: ScheduleStatus) -> None:
        """Store the status."""
        self._container.upload_blob(self._name(function), json.dumps(status.body()).encode(), overwrite=True)

    def _name(self, function: str) -> str:
        return f"timers/{self._host_id}/Host.Functions.{function}/status"


class MemoryMonitor:
    """Statuses that end with the process."""

    def __init__(self) -> None:
        self._stored: dict[str, ScheduleStatus] = {}

    def read(self, function: str) -> ScheduleStatus | None:
        """Return the stored status, or None."""
        return self._stored.get(function)

    def write(self, function: str, status: ScheduleStatus) -> None:
        """Store the status."""
        self._stored[function] = status


def first_status(schedule: Schedule, now: datetime) -> ScheduleStatus:
    """Return the status of a timer that was never seen before."""
    return ScheduleStatus(None, schedule.next_after(now), now)


def status_after(schedule: Schedule, started: datetime) -> ScheduleStatus:
    """Return the status after an invocation: the next occurrence counts from its start, however long it took."""
    return ScheduleStatus(started, schedule.next_after(started), started)


def status_on_start(stored: ScheduleStatus, schedule: Schedule, now: datetime) -> ScheduleStatus:
    """Return the stored status, or a corrected one where it was computed by another schedule.

    A changed schedule whose occurrence has passed starts afresh from `now`, so that it does not look past due.
    """
    computed_at = stored.last or stored.last_updated
    expected = schedule.next_after(computed_at)
    if stored.next == expected:
        return stored
    if now > expected:
        return first_status(schedule, now)
    return ScheduleStatus(None, expected, computed_at)

"""Which of several hosts runs the timers? The one that holds a real blob lease, as in Azure."""

import contextlib
import logging
import threading
from typing import Protocol

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError
from azure.storage.blob import BlobLeaseClient, ContainerClient

LEASE_SECONDS = 15
"""The shortest that storage allows, in real time; Azure's timers take 60. A killed host blocks its heir so long."""
RENEW_SECONDS = 5.0

_log = logging.getLogger("nightshift.local.host")


class Lease(Protocol):
    """The right to run the timers."""

    @property
    def held(self) -> bool:
        """Say whether this host has the right now."""

    def take(self) -> bool:
        """Try once to get it, and say whether this host has it."""

    def release(self) -> None:
        """Give it back, if it is held."""


class BlobLease:
    """A lease on the blob `locks/{host id}/timers` in `azure-webjobs-hosts`, renewed by a thread of its own.

    Azure leases one blob per timer; here one lease stands for all timers of the app.
    """

    def __init__(self, container: ContainerClient, host_id: str) -> None:
        self._blob = container.get_blob_client(f"locks/{host_id}/timers")
        self._lease: BlobLeaseClient | None = None
        self._released = threading.Event()

    @property
    def held(self) -> bool:
        """Say whether this host has the right now."""
        return self._lease is not None

    def take(self) -> bool:
        """Try once to get it, and say whether this host has it."""
        if self._lease is None:
            self._lease = self._acquire()
            if self._lease is not None:
                self._released.clear()
                threading.Thread(target=self._keep, name="timer lease", daemon=True).start()
        return self.held

    def release(self) -> None:
        """Give it back, if it is held; where storage is gone, it runs out by itself."""
        self._released.set()
        lease, self._lease = self._lease, None
        if lease is not None:
            with contextlib.suppress(AzureError):
                lease.release()

    def renew(self) -> None:
        """Prolong the lease; where somebody else has it by now, this host no longer leads."""
        lease = self._lease
        if lease is None:
            return
        try:
            lease.renew()
        except HttpResponseError as refusal:
            _log.warning("the timer lease is lost: %s", refusal.message)
            self._lease = None
        except AzureError as error:
            _log.warning("the timer lease could not be renewed, trying again: %s", error.message)

    def _acquire(self) -> BlobLeaseClient | None:
        with contextlib.suppress(ResourceExistsError):
            self._blob.upload_blob(b"", overwrite=False)
        try:
            return self._blob.acquire_lease(LEASE_SECONDS)
        except ResourceExistsError:
            return None

    def _keep(self) -> None:
        while self.held and not self._released.wait(RENEW_SECONDS):
            self.renew()


class NoLease:
    """The right of an app without timers: there is nothing to share."""

    held = True

    def take(self) -> bool:
        """Say that this host has the right."""
        return True

    def release(self) -> None:
        """Do nothing."""

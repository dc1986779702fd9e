"""Where does the host keep its own state? In the container that `AzureWebJobsStorage` leads to, by identity."""

import contextlib
from collections.abc import Mapping, Sequence

from azure.core.exceptions import ResourceExistsError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient, ContainerClient

from local.host.bindings import Hosted, TimerFunction
from local.host.errors import HostError
from local.host.lease import BlobLease, Lease, NoLease
from local.host.monitor import BlobMonitor, MemoryMonitor, Monitor

SETTING = "AzureWebJobsStorage__blobServiceUri"
HOST_ID_SETTING = "AzureFunctionsWebHost__hostid"
CONTAINER = "azure-webjobs-hosts"


def host_state(functions: Sequence[Hosted], settings: Mapping[str, str]) -> tuple[Lease, Monitor]:
    """Return the lease and the timer statuses; an app without timers needs neither, nor any storage.

    Raise HostError where there are timers and no storage.
    """
    if not any(isinstance(function, TimerFunction) for function in functions):
        return NoLease(), MemoryMonitor()
    if not settings.get(SETTING):
        raise HostError([f"{SETTING} is not set; timers need the blob endpoint of the host's storage account"])
    container = _container(settings[SETTING])
    host_id = settings.get(HOST_ID_SETTING, "local")
    return BlobLease(container, host_id), BlobMonitor(container, host_id)


def _container(blob_uri: str) -> ContainerClient:
    # This storage is on the same machine: it answers at once or not at all, so nothing is gained by trying again.
    service = BlobServiceClient(blob_uri, DefaultAzureCredential(), retry_total=0)
    container = service.get_container_client(CONTAINER)
    with contextlib.suppress(ResourceExistsError):
        container.create_container()
    return container

"""What must be there in storage before the app runs? Containers, tables and queues, which infra makes in Azure."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from azure.core.credentials import AccessToken
from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from local.azurite import Azurite
from local.control import Control


@dataclass(frozen=True, slots=True)
class Identity:
    """The local token endpoint, and a credential for this process: it leaves the environment alone.

    `header` is the secret that the App Service protocol expects of every caller.
    """

    endpoint: str
    header: str

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Return a token for the first scope."""
        resource = quote(scopes[0].removesuffix("/.default"), safe="")
        path = f"?api-version=2019-08-01&resource={resource}"
        answer = Control(self.endpoint).get(path, {"X-IDENTITY-HEADER": self.header})
        return AccessToken(answer["access_token"], int(answer["expires_on"]))


def prepare_storage(
    azurite: Azurite, identity: Identity, ca: Path, *, containers: Sequence[str], tables: Sequence[str]
) -> None:
    """Create the containers and tables that are not there yet; `prepare_queues` does the same for queues."""
    with BlobServiceClient(azurite.blob_uri, identity, connection_verify=str(ca)) as blobs:
        for name in containers:
            with contextlib.suppress(ResourceExistsError):
                blobs.create_container(name)
    with TableServiceClient(azurite.table_uri, credential=identity, connection_verify=str(ca)) as rows:
        for name in tables:
            rows.create_table_if_not_exists(name)


def prepare_queues(queue_uri: str, identity: Identity, ca: Path, queues: Sequence[str]) -> None:
    """Create the queues that are not there yet."""
    if not queues:
        return
    # Imported here: it takes half a second, and not every app has queues.
    from azure.storage.queue import QueueServiceClient

    with QueueServiceClient(queue_uri, identity, connection_verify=str(ca)) as service:
        for name in queues:
            with contextlib.suppress(ResourceExistsError):
                service.create_queue(name)

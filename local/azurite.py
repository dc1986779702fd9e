"""Where do blobs, queues and tables live? In the real Azurite: in memory, over TLS, with OAuth."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.certificates import Certificates
from local.child import Child
from local.setup_node import NODE_FOLDER, require_azurite

ACCOUNT = "devstoreaccount1"
SERVICES = frozenset({"Blob", "Queue", "Table"})
_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at (https://127\.0\.0\.1:\d+)$")


@dataclass(frozen=True, slots=True)
class Azurite:
    """The addresses of a running Azurite, without a trailing slash, and its process.

    They name 127.0.0.1, not localhost: azure-data-tables takes localhost for Cosmos.
    """

    blob_uri: str
    queue_uri: str
    table_uri: str
    process: Child


@contextmanager
def running_azurite(certificates: Certificates, folder: Path) -> Iterator[Azurite]:
    """Run Azurite on free ports until the block ends; its log goes to `folder`."""
    process = Child("Azurite", _command(certificates), folder / "azurite.log")
    try:
        uris = _addresses(process)
        yield Azurite(uris["Blob"], uris["Queue"], uris["Table"], process)
    finally:
        process.stop()


def _command(certificates: Certificates) -> list[str]:
    node, script = require_azurite()
    return [
        str(node), "--require", str(NODE_FOLDER / "end_with_parent.cjs"), str(script),
        "--silent", "--inMemoryPersistence", "--disableTelemetry",
        # The SDKs speak a newer version of the protocol than this Azurite knows.
        "--skipApiVersionCheck",
        "--oauth", "basic", "--cert", str(certificates.cert), "--key", str(certificates.key),
        # Azurite binds port 0 itself and says what it got, so no other program can take the port in between.
        "--blobPort", "0", "--queuePort", "0", "--tablePort", "0",
    ]  # fmt: skip


def _addresses(process: Child) -> dict[str, str]:
    uris: dict[str, str] = {}
    while uris.keys() != SERVICES:
        if found := _LISTENING.match(process.line()):
            uris[found.group(1)] = f"{found.group(2)}/{ACCOUNT}"
    return uris

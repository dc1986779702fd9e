"""How does a contract test reach real storage? One Azurite per test process, behind TLS and identity."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.azurite import Azurite
from local.azurite import running_azurite as running_azurite_process
from local.certificates import Certificates, write_certificates
from local.environment import trusting_environment
from local.identity import application as identity_endpoint
from local.setup_node import NodeMissingError, require_azurite
from local.storage import Identity
from tests.host.serving import served

HEADER = "told-to-nobody-else"


@dataclass(frozen=True)
class Storage:
    """A running Azurite with its token endpoint; `environment` makes any SDK trust and use it."""

    azurite: Azurite
    certificates: Certificates
    identity: Identity

    @property
    def blob_uri(self) -> str:
        return self.azurite.blob_uri

    @property
    def queue_uri(self) -> str:
        return self.azurite.queue_uri

    @property
    def table_uri(self) -> str:
        return self.azurite.table_uri

    @property
    def ca(self) -> Path:
        return self.certificates.ca

    @property
    def environment(self) -> dict[str, str]:
        return trusting_environment(self.ca, self.identity)


@contextmanager
def running_azurite(folder: Path) -> Iterator[Storage]:
    """Run Azurite and a token endpoint; skip the test, visibly, where Node or Azurite is not installed."""
    try:
        require_azurite()
    except NodeMissingError as missing:
        pytest.skip(str(missing))
    certificates = write_certificates(folder)
    with running_azurite_process(certificates, folder) as azurite, served(identity_endpoint(HEADER)) as port:
        yield Storage(azurite, certificates, Identity(f"http://127.0.0.1:{port}/msi/token", HEADER))


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Storage for the whole test process. Import this fixture by name, and use fresh containers and tables."""
    with running_azurite(tmp_path_factory.mktemp("azurite")) as storage:
        yield storage


@pytest.fixture
def as_local_app(azurite: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Let DefaultAzureCredential and the SDKs of this process use the local Azure while one test runs."""
    environment = azurite.environment
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return azurite

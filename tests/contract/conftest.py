import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.azurite import Azurite, running_azurite
from local.certificates import Certificates, write_certificates
from local.setup_node import NodeMissingError, require_azurite
from tests.contract.stages import Stage, in_local_azure, in_memory


@dataclass(frozen=True)
class Storage:
    azurite: Azurite
    certificates: Certificates


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    try:
        require_azurite()
    except NodeMissingError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("azurite")
    certificates = write_certificates(folder)
    with running_azurite(certificates, folder) as azurite:
        yield Storage(azurite, certificates)


@pytest.fixture(params=["memory", pytest.param("azure", marks=pytest.mark.stack)])
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    if request.param == "memory":
        with in_memory() as found:
            yield found
        return
    storage: Storage = request.getfixturevalue("storage")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(storage.certificates.ca))
    for proxied in set(os.environ) & {"CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"}:
        monkeypatch.delenv(proxied)
    with in_local_azure(storage.certificates, storage.azurite.blob_uri, storage.azurite.table_uri) as found:
        yield found

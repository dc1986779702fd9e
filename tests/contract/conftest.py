import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.azurite import Azurite, running_azurite
from local.certificates import Certificates, write_certificates
from local.scenarios.wire import Front
from local.setup_node import NodeMissingError, require_azurite
from tests.contract.stages import Stage, in_local_azure, in_memory
from tests.host.serving import served


@dataclass(frozen=True)
class Stack:
    azurite: Azurite
    certificates: Certificates
    front: Front
    endpoint: str


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    try:
        require_azurite()
    except NodeMissingError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("azurite")
    certificates = write_certificates(folder)
    front = Front()
    with running_azurite(certificates, folder) as azurite, served(front, certificates) as port:
        yield Stack(azurite, certificates, front, f"https://127.0.0.1:{port}")


@pytest.fixture(params=["memory", pytest.param("azure", marks=pytest.mark.stack)])
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    if request.param == "memory":
        with in_memory() as found:
            yield found
        return
    stack: Stack = request.getfixturevalue("stack")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stack.certificates.ca))
    for proxied in set(os.environ) & {"CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"}:
        monkeypatch.delenv(proxied)
    with in_local_azure(stack.front, stack.endpoint, stack.azurite) as found:
        yield found

from collections.abc import Iterator

import pytest

from local.certificates import write_certificates
from tests.cloud.replay import Service, replaying


@pytest.fixture(scope="session")
def _running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    certificates = write_certificates(tmp_path_factory.mktemp("certificates"))
    with replaying(certificates) as service:
        yield service, str(certificates.ca)


@pytest.fixture
def service(_running_service: tuple[Service, str], monkeypatch: pytest.MonkeyPatch) -> Service:
    running, authority = _running_service
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority)
    return running

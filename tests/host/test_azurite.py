from pathlib import Path

import pytest

from local.azurite import running_azurite
from local.certificates import write_certificates
from local.setup_node import AZURITE, NodeMissingError, find_node, require_azurite


@pytest.mark.stack
@pytest.mark.skipif(not AZURITE.exists(), reason="Azurite is not installed: run `make setup-demo`")
def test_azurite_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    with running_azurite(write_certificates(tmp_path), tmp_path) as azurite:
        assert azurite.process.running
        assert azurite.process.abandon() == 0


def test_a_missing_node_is_reported_with_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if find_node() is not None:
        pytest.skip("Node's wheel is in the virtual environment, so it is not missing without PATH")
    with pytest.raises(NodeMissingError, match=r"no Node 20 or newer.*make setup-demo"):
        require_azurite()

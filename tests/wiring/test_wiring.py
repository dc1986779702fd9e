"""Do ports meet implementations in one place, late, and replaceably?"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields

import pytest

from local import memory
from local.world import World
from shared import wiring
from shared.errors import MissingSettings
from shared.ports import Ports

HEAVY = ("azure", "pydantic", "yaml", "jinja2")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    wiring.set_source(None)
    wiring.set_wait(None)


def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTSHIFT_BLOB_URI", "https://account.blob.core.windows.net/")
    monkeypatch.setenv("NIGHTSHIFT_TABLE_URI", "https://account.table.core.windows.net/")
    monkeypatch.setenv("NIGHTSHIFT_QUEUE_URI", "https://account.queue.core.windows.net/")
    monkeypatch.setenv("NIGHTSHIFT_SWITCHES", "plan")


def test_nothing_heavy_is_loaded_before_the_first_use() -> None:
    code = f"import sys, shared.wiring; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_every_port_is_there_and_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(monkeypatch)
    ports = wiring.ports()
    assert ports is wiring.ports()
    assert all(getattr(ports, field.name) is not None for field in fields(Ports))
    assert ports.switches == {"plan"}


def test_missing_settings_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NIGHTSHIFT_BLOB_URI", "NIGHTSHIFT_TABLE_URI", "NIGHTSHIFT_QUEUE_URI"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MissingSettings) as missing:
        wiring.ports()
    assert len(missing.value.problems) == 3


def test_the_source_and_the_wait_can_be_replaced_and_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = memory.ports(World())
    wiring.set_source(lambda: stand_in)
    assert wiring.ports() is stand_in
    wiring.set_source(None)
    deployed(monkeypatch)
    waited: list[float] = []
    wiring.set_wait(waited.append)
    wiring.ports().wait(3)
    assert waited == [3]
    wiring.set_wait(None)
    wiring.ports().wait(0)
    assert waited == [3]

"""How does a test run a host? As its own process, since the worker library keeps one app per process."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.certificates import Certificates
from local.child import Child
from local.control import Control

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).with_name("apps")


@dataclass(frozen=True)
class RunningHost:
    """A ready host: its control addresses, its process and the functions that it named."""

    control: Control
    process: Child
    functions: list[str]
    keys: dict[str, str]

    def log(self) -> list[dict[str, str]]:
        """Return what the host and its app logged so far."""
        return [json.loads(line) for line in self.process.log.read_text().splitlines()]


@dataclass(frozen=True)
class Place:
    """Where a host runs: the clock's address, whom it trusts, and where its log goes."""

    arm: str
    certificates: Certificates
    folder: Path


def start(app: str, place: Place, settings: Mapping[str, str]) -> Child:
    """Start a host of the sample app and do not wait for it."""
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    environment |= {"SSL_CERT_FILE": str(place.certificates.ca), **settings}
    command = [sys.executable, "-m", "local.host", "--app", str(APPS / app), "--arm", place.arm, "--port", "0"]
    log = place.folder / f"host-{len(list(place.folder.glob('host-*')))}.log"
    return Child(f"host of {app}", command, log, environment, ROOT)


@contextmanager
def running(app: str, place: Place, settings: Mapping[str, str]) -> Iterator[RunningHost]:
    """Run a host of the sample app until the block ends."""
    process = start(app, place, settings)
    try:
        ready = json.loads(process.line())
        yield RunningHost(Control(ready["host"]), process, ready["functions"], ready["keys"])
    finally:
        process.stop()

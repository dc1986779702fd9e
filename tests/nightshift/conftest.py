"""What does every command test stand on? A small fleet, a still clock, and a way to run a command."""

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from nightshift.__main__ import app
from shared import clock, wiring
from tests.nightshift.small_fleet import NOW, Small

type Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    def command(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return command


@pytest.fixture
def small() -> Iterator[Small]:
    world = Small()
    clock.set_source(lambda: NOW)
    wiring.set_source(world.ports)
    yield world
    wiring.set_source(None)
    clock.set_source(None)

"""How do many runs of tests share one import of all that is not ours? They are forks of a process that has it."""

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Never

import pytest

FOREIGN = (
    "azure.core.exceptions",
    "azure.data.tables",
    "azure.identity",
    "azure.mgmt.monitor",
    "azure.mgmt.recoveryservicesbackup",
    "azure.storage.blob",
    "azure.storage.queue",
    "hypothesis",
    "jinja2",
    "pydantic",
    "starlette.applications",
    "trustme",
    "uvicorn",
    "yaml",
)
"""What the code and its tests import besides themselves. One that is missing here costs time, and nothing else."""
LONGEST_RUN = 120
"""Seconds after which a run is ended, as one of a bug that loops for ever must be."""
BRIEFLY = ("-p", "no:cacheprovider", "-q", "-x", "--tb=short", "--show-capture=no")
"""To the first failure: one is enough to see a bug."""


@dataclass(frozen=True, slots=True)
class Done:
    """What pytest returned (a negative number is the signal that ended it), and what it said."""

    code: int
    said: str


class Forks:
    """A process that forks for each run of tests."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Speak with `process`, one line of JSON each way for a run."""
        self._process = process

    def run(self, *tests: str, keep_bytecode: bool = False) -> Done:
        """Run the tests of these names; bytecode that is kept makes later runs faster, and must be of sound code."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        print(json.dumps({"tests": tests, "keep_bytecode": keep_bytecode}), file=asked, flush=True)
        return Done(**json.loads(answers.readline()))


@contextmanager
def forks(folder: Path) -> Iterator[Forks]:
    """Start the process that forks, for the tests in `folder`, without the plug-ins that they do not need."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
    command = [sys.executable, "-P", __file__]
    pipe = subprocess.PIPE
    environment = ours | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        yield Forks(process)


def serve() -> None:
    """Import what is not ours, then fork for each line on stdin until it ends."""
    for name in FOREIGN:
        importlib.import_module(name)
    # What is never collected is never touched either: forks go on sharing it.
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(asdict(_forked(**json.loads(line)))), flush=True)


def _forked(tests: list[str], keep_bytecode: bool) -> Done:
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            _run(tests, keep_bytecode, said.fileno())
        _, status = os.waitpid(child, 0)
        said.seek(0)
        return Done(os.waitstatus_to_exitcode(status), said.read().decode())


def _run(tests: list[str], keep_bytecode: bool, said: int) -> Never:
    """Be the fork: run the tests and end, whatever happens."""
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        signal.alarm(LONGEST_RUN)
        sys.dont_write_bytecode = not keep_bytecode
        code = pytest.main([*tests, *BRIEFLY])
        sys.stdout.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()

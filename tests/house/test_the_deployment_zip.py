"""Does the package run? The unpacked zip is indexed by Azure's own runtime with nothing else on the path."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.source import DEPLOYED, files, text
from tools.package import FILES, FOLDERS, build, contents

FUNCTIONS = {
    "plan_backup_windows",
    "enforce_backup_windows",
    "check_one",
    "check_protection",
    "watch_jobs",
    "on_backup_job_event",
    "on_resource_event",
    "alerts",
    "respond_to_job",
    "run_backup",
    "run_extra_backups",
    "sweep",
    "check_retention",
    "fan_out_restores",
    "fan_out_production_restores",
    "advance_restore",
    "watch_restores",
    "review_night",
    "report",
    "health",
}
HEAVY = ("azure.mgmt", "azure.identity", "azure.storage", "azure.data", "pydantic", "yaml")
"""Packages that load on first use only: the app has 30 seconds to start, on a fraction of a core."""

INDEX = """
import asyncio, json, os, sys
from types import SimpleNamespace

folder = sys.argv[1]
sys.path.insert(0, folder)
reads = set()
look_up = type(os.environ).__getitem__
def recorded(self, name):
    reads.add(name)
    return look_up(self, name)
type(os.environ).__getitem__ = recorded

import azure_functions_runtime as runtime

class Message:
    def __init__(self, **fields):
        self.__dict__.update(fields)
    def WhichOneof(self, _):
        return next(iter(self.__dict__), None)

class Status(Message):
    Failure, Success, Cancelled = 0, 1, 2

class Binding(Message):
    out, inout, undefined = 1, 2, 0

class Protos:
    StatusResult, BindingInfo = Status, Binding
    def __getattr__(self, _):
        return Message

def wrap(**request):
    return SimpleNamespace(request=SimpleNamespace(**request), properties={"host": "127.0.0.1", "protos": Protos()})

async def index():
    runtime.start_threadpool_executor()
    await runtime.worker_init_request(wrap(worker_init_request=SimpleNamespace(
        host_version="4.0.0", capabilities={}, function_app_directory=folder)))
    return await runtime.functions_metadata_request(wrap(functions_metadata_request=SimpleNamespace(
        function_app_directory=folder)))

answer = asyncio.run(index())
failure = getattr(answer.result, "exception", None)
print(json.dumps({
    "failure": getattr(failure, "message", None),
    "functions": [one.name for one in getattr(answer, "function_metadata_results", None) or []],
    "reads": sorted(reads),
    "modules": sorted(sys.modules),
    "origins": sorted({one.__file__ for name, one in list(sys.modules.items())
                       if name.partition(".")[0] in {"function_app", "functions", "shared"} and one.__file__}),
}), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("package") / "nightshift.zip")


@pytest.fixture(scope="module")
def indexed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(package).extractall(folder)
    bare = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "SYSTEMROOT"}}
    child = subprocess.run(
        [sys.executable, "-I", "-c", INDEX, str(folder)],
        cwd=folder,
        env=bare,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(child.stdout.splitlines()[-1])
    return {**found, "folder": [str(folder.resolve())]}


def test_the_zip_holds_only_what_deploys(package: Path) -> None:
    names = zipfile.ZipFile(package).namelist()
    assert {name.partition("/")[0] for name in names} == {*FILES, *FOLDERS}
    assert set(names) <= set(files())


def test_the_zip_holds_every_file_of_the_app(package: Path) -> None:
    expected = {path for path in files() if path.startswith(tuple(f"{folder}/" for folder in FOLDERS))}
    assert expected <= set(zipfile.ZipFile(package).namelist())


def test_equal_trees_give_equal_bytes(package: Path, tmp_path: Path) -> None:
    assert build(tmp_path / "again.zip").read_bytes() == package.read_bytes()


def test_deploying_by_hand_sends_the_same_files() -> None:
    """`func` and `azd` read .funcignore: what it lets through at the top is what the zip holds."""
    ignored = [line for line in text(".funcignore").splitlines() if line and not line.startswith("#")]
    tops = {path.partition("/")[0] for path in files()}
    sent = {top for top in tops if not any(Path(top).match(pattern) for pattern in ignored)}
    assert sent == {path.parts[0] for path in contents()}
    assert {*FOLDERS, "function_app.py"} == set(DEPLOYED)


def test_the_runtime_finds_every_function(indexed: dict[str, list[str]]) -> None:
    assert indexed["failure"] is None
    assert set(indexed["functions"]) == FUNCTIONS


def test_indexing_loads_the_zip_and_nothing_else_of_ours(indexed: dict[str, list[str]]) -> None:
    (folder,) = indexed["folder"]
    assert indexed["origins"]
    assert [origin for origin in indexed["origins"] if not origin.startswith(folder)] == []


def test_indexing_reads_no_setting(indexed: dict[str, list[str]]) -> None:
    assert [name for name in indexed["reads"] if name.startswith("NIGHTSHIFT")] == []


def test_indexing_loads_nothing_heavy(indexed: dict[str, list[str]]) -> None:
    assert [name for name in indexed["modules"] if name.startswith(HEAVY)] == []

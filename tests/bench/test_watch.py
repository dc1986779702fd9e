"""Does the bench count what the pretend ARM was asked, and say so where an hour of watching takes too much?"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from bench import watch
from bench.__main__ import main
from bench.watch import BOUND, Layout, Reads, count
from local.scenarios.wire import on_the_wire

pytestmark = pytest.mark.no_cover

VAULT = "/subscriptions/{}/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v"
GOOD = Reads(provider=BOUND, most_of_one=144, graph=20, refused=0, floor_vaults=144)


def call(path: str, method: str = "GET", status: int = 200) -> dict[str, Any]:
    return {"method": method, "path": path, "action": path.rpartition("/")[2] + "/read", "status": status}


def test_reads_of_vaults_are_counted_and_writes_and_others_reads_are_not() -> None:
    jobs, policies = VAULT.format(1) + "/backupJobs", VAULT.format(2) + "/backupPolicies"
    log = [call(jobs), call(jobs.upper()), call(jobs, status=429), call(policies), call(policies, "PUT")]
    log += [call("/providers/Microsoft.ResourceGraph/resources", "POST"), call("/subscriptions/1/providers/x")]
    found = count(log, vaults=3)
    assert (found.provider, found.most_of_one, found.graph, found.refused) == (4, 2, 1, 1)
    assert (found.floor_vaults, found.floor_graph) == (36, 12)
    assert not found.within


def test_few_vaults_are_asked_themselves_over_the_wire_and_the_hour_is_counted() -> None:
    with on_the_wire() as wire:
        found = watch.measure(Layout(2, 1, subscriptions=2), wire)
    assert 0 < found.most_of_one < found.provider < watch.TICKS <= found.graph
    assert (found.floor_vaults, found.floor_graph) == (24, 12)
    assert found.within


@pytest.mark.parametrize(
    ("found", "code"), [(GOOD, 0), (replace(GOOD, provider=BOUND + 1), 1), (replace(GOOD, refused=1), 1)]
)
def test_too_many_reads_or_a_refused_one_are_not_good(found: Reads, code: int, monkeypatch, capsys) -> None:
    @contextmanager
    def nowhere() -> Iterator[None]:
        yield

    monkeypatch.setattr(watch, "on_the_wire", nowhere)
    monkeypatch.setattr(watch, "measure", lambda *_: found)
    assert main(["watch"]) == code
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["vaults"], line["ok"]) for line in lines] == [(one.vaults, not code) for one in watch.LAYOUTS]
    assert watch.smoke() == code
    assert f"takes {found.provider} reads of them and 20 of Resource Graph" in capsys.readouterr().out

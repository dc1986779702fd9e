"""Is the pretend ARM measured over the real wire, and held against its bounds?"""

import json

import pytest

from bench import arm
from bench.__main__ import main

pytestmark = pytest.mark.no_cover

LISTS = {"vaults", "items", "policies", "jobs", "points", "machines", "graph"}


def test_a_fleets_lists_are_read_page_by_page_from_a_process_of_its_own(capsys):
    code = main(["arm", "--vms", "12", "--vaults", "2"])
    found = json.loads(capsys.readouterr().out)
    assert (found["vms"], found["vaults"], found["bound_ms"], found["bound_mb"]) == (12, 2, 50, 1024)
    assert set(found["lists"]) == LISTS
    assert all(0 < one["page_ms_median"] <= one["page_ms_p95"] for one in found["lists"].values())
    rows = {name: one["rows"] / arm.PAGES for name, one in found["lists"].items()}
    assert (rows["vaults"], rows["items"], rows["policies"], rows["machines"], rows["graph"]) == (2, 6, 50, 12, 12)
    assert rows["jobs"] == 6 * 14
    assert found["start_seconds"] > 0
    assert 10 < found["rss_mb"] < 1024
    assert code == (0 if found["ok"] else 1)


@pytest.mark.parametrize(("p95", "megabytes", "ok"), [(49.9, 1023, True), (50.0, 1023, False), (1.0, 1024, False)])
def test_one_slow_list_or_too_much_memory_is_not_good(p95, megabytes, ok, monkeypatch, capsys):
    lists = {"items": {"rows": 1, "page_ms_median": 1.0, "page_ms_p95": p95}}
    found = arm.verdict(20_000, 25, 31.4159, megabytes, {"jobs": lists["items"] | {"page_ms_p95": 2.0}, **lists})
    assert (found["ok"], found["start_seconds"]) == (ok, 31.4)
    monkeypatch.setattr(arm, "measure", lambda *_: found)
    assert main(["arm"]) == (0 if ok else 1)
    capsys.readouterr()
    assert arm.smoke() == (0 if megabytes < 1024 else 1)
    assert f"95 of 100 pages of {'jobs' if p95 < 2 else 'items'} within" in capsys.readouterr().out

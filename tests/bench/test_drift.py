"""Is drift measured with the app's own settings, told in a line each, and held against its bounds?"""

import re

import pytest

from bench import drift
from bench.__main__ import main
from bench.problems import Shape

pytestmark = pytest.mark.no_cover


def test_a_short_drift_is_confirmed_and_moves_no_more_vms_than_change(capsys):
    assert main(["drift", "--vms", "90", "--days", "2", "--moves", "30"]) == 0
    fleet, *small, habit, first = capsys.readouterr().out.splitlines()[:6]
    moves, changes = map(int, re.match(r"90 VMs, 2 days: (\d+) moves for (\d+) changes", fleet).groups())
    assert moves <= changes == 8
    assert fleet.endswith("2 of 2 confirmed")
    assert [line.split(",")[0] for line in small] == ["20 VMs", "40 VMs", "60 VMs"]
    assert all("10 of 10 confirmed" in line for line in small)
    assert habit.startswith("90 VMs at the usual times: peak ")
    assert re.match(r"night 1: \d+ moves, peak \d+, at least [\d.]+ with so many: ratio 1\.\d+", first)


def test_the_smoke_run_lets_a_fleet_change(capsys):
    assert drift.smoke() == 0
    assert re.search(
        r"240 VMs: \d+ moves for 30 changes, peak at most [01] above a fresh plan's", capsys.readouterr().out
    )


def test_one_vm_a_day_changes_where_that_is_asked():
    days = list(drift.live_through(Shape(30), seed=2, days=4, changes=1))
    assert [day.changes for day in days] == [1] * 4
    assert sum(day.placed for day in days) <= 4
    assert all(day.wrong == [] for day in days)

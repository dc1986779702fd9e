"""Do moves stop within a fleet day when moved VMs fail, with one alert, until an operator lets them go on?"""

import json
from dataclasses import replace

import pytest

from local.world.state import Item
from shared.flows import backup_windows, breaker, review
from shared.flows.breaker import BREAKER, RESUMED, STOPPED
from shared.flows.look import PLACEMENTS
from tests.flows.stage import Stage, stage

CANARY = ("version: 1", "version: 1\nrollout: {first: 4, share: 25%}")


def rolled_out(failing: int = 4) -> Stage:
    """The canary of 4 of 16 VMs was moved, and so many of them failed in the night after; nobody has looked yet."""
    night = stage(16)
    night.with_text(CANARY)
    night.planned()
    night.enforce()
    moved = sorted(night.ports.ledger.rows(PLACEMENTS))
    assert len(moved) == 4
    let_fail(night, frozenset(moved[:failing]))
    night.tomorrow()
    night.plan()
    night.tomorrow()
    return night


def let_fail(night: Stage, vm_ids: frozenset[str]) -> None:
    night.world.pace = replace(night.world.pace, failing=vm_ids)


def hours(night: Stage, count: int) -> None:
    for _ in range(count):
        night.next_hour()
        night.enforce()


def alerts(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    lines = [record.getMessage() for record in caplog.records]
    told = [json.loads(line.partition(" ")[2]) for line in lines if line.startswith("nightshift.alert")]
    return [alert for alert in told if alert["code"] == "moves-stopped"]


def test_moves_stop_with_one_alert_that_says_why(caplog: pytest.LogCaptureFixture) -> None:
    night = rolled_out()
    night.plan()
    hours(night, 20)
    night.tomorrow()
    night.plan()
    hours(night, 20)
    assert night.writes == 0
    (alert,) = alerts(caplog)
    assert "4 of 4 VMs moved lately in westeurope failed or missed their last run" in alert["text"]
    assert "against 0 of 12 unmoved VMs" in alert["text"]
    assert night.world.counters.points_pruned == 0


def test_while_moves_are_stopped_a_tick_asks_azure_nothing() -> None:
    night = rolled_out()
    night.plan()
    night.calls.clear()
    night.next_hour()
    assert night.enforce().idle.startswith("all moves are stopped since 2026-03-04 16:00 UTC: 4 of 4 VMs moved lately")
    assert night.calls == []


@pytest.mark.parametrize("failing", [0, 2])
def test_moves_go_on_after_an_ordinary_night(failing: int, caplog: pytest.LogCaptureFixture) -> None:
    night = rolled_out(failing)
    night.plan()
    hours(night, 20)
    assert night.count("vaults.assign_policy") == 4
    assert breaker.stopped(night.ports) == ""
    assert alerts(caplog) == []


def test_runs_that_never_began_stop_moves_too() -> None:
    night = stage(16)
    night.with_text(CANARY)
    night.planned()
    night.enforce()
    for item in moved_items(night):
        item.generation += 1
    night.tomorrow()
    night.tomorrow()
    night.plan()
    assert "vm-" in breaker.stopped(night.ports)
    assert " missed" in breaker.stopped(night.ports)


def moved_items(night: Stage) -> list[Item]:
    moved = night.ports.ledger.rows(PLACEMENTS)
    return [item for item in night.world.items.values() if item.vm_id.lower() in moved]


def test_a_plan_that_is_only_looked_at_stops_nothing() -> None:
    night = rolled_out()
    backup_windows.plan(night.ports, night.intent, night.world.now, store=False)
    assert breaker.stopped(night.ports) == ""


def test_an_operator_lets_moves_go_on_and_the_same_runs_do_not_stop_them_again() -> None:
    night = rolled_out()
    night.plan()
    assert breaker.resume(night.ports, "ann", night.world.now)
    row = night.ports.ledger.read(BREAKER, RESUMED)
    assert row is not None
    assert (row["who"], night.ports.ledger.read(BREAKER, STOPPED)) == ("ann", None)
    let_fail(night, frozenset())
    night.plan()
    hours(night, 20)
    assert night.count("vaults.assign_policy") == 4


def test_new_bad_runs_stop_moves_again(caplog: pytest.LogCaptureFixture) -> None:
    night = rolled_out()
    night.plan()
    breaker.resume(night.ports, "ann", night.world.now)
    night.tomorrow()
    night.plan()
    assert breaker.stopped(night.ports)
    assert len(alerts(caplog)) == 2


def test_resuming_what_goes_on_says_so() -> None:
    night = stage()
    assert not breaker.resume(night.ports, "ann", night.world.now)
    assert night.ports.ledger.rows(BREAKER) == {}


def test_the_report_says_that_moves_are_stopped() -> None:
    night = rolled_out()
    night.plan()
    assert review.review(night.ports, night.intent, night.world.now).breaker == breaker.stopped(night.ports) != ""

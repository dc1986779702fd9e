"""Does load behave the same, in memory and over the real SDK?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from local.fleets import SUBSCRIPTION
from shared import fleet_policy
from shared.flows import backup_windows
from shared.model.azure import Vm
from shared.model.plan import Outcome
from tests.contract.conftest import Stack
from tests.contract.stages import Stage, in_local_azure

POLICY = f"""\
version: 1
scope: {{subscriptions: ["{SUBSCRIPTION}"]}}
windows: {{night: {{hours: "20:00-06:00", zone: UTC}}}}
tiers:
  gold:
    match: {{tag: tier, values: [gold]}}
    window: night
    retention: {{daily: {{days: 30}}}}
    rpo: 48h
"""


def vms_of(stage: Stage) -> list[Vm]:
    return stage.ports.fleet.vms([SUBSCRIPTION])


def test_each_vm_has_a_series_of_whole_hours_inside_the_span(stage: Stage) -> None:
    now, vms = stage.world.now.replace(minute=0, second=0, microsecond=0), vms_of(stage)
    found = stage.ports.load.series(vms, now - timedelta(days=28, minutes=20), now)
    assert sorted(found) == sorted(vm.id for vm in vms)
    assert {series.vm_id for series in found.values()} == set(found)
    assert {(one.begins_at, one.ends_at, one.step_minutes) for one in found.values()} == {
        (now - timedelta(days=28), now, 60)
    }
    measured = [value for series in found.values() for value in series.values if value is not None]
    assert len(measured) == len(vms) * 28 * 24
    assert all(0 < value <= 100 for value in measured)


def test_only_the_vms_that_were_asked_for_are_told(stage: Stage) -> None:
    now, (first, *_) = stage.world.now, vms_of(stage)
    assert list(stage.ports.load.series([first], now - timedelta(days=1), now)) == [first.id]
    assert stage.ports.load.series([], now - timedelta(days=1), now) == {}


def test_what_nobody_measured_is_none(stage: Stage) -> None:
    now, vms = stage.world.now, vms_of(stage)
    stage.world.vms[vms[0].id].load = "off"
    stranger = replace(vms[0], id=f"{vms[0].id}-stranger", name="stranger")
    found = stage.ports.load.series([*vms, stranger], now - timedelta(hours=6), now + timedelta(hours=6))
    assert set(found[stranger.id].values) == {None}
    assert set(found[vms[0].id].values) == {None}
    assert found[vms[1].id].values[0] is not None
    assert found[vms[1].id].values[-5:] == (None,) * 5, "nobody knows the future"


def test_a_span_without_a_whole_hour_is_empty(stage: Stage) -> None:
    now, (first, *_) = stage.world.now, vms_of(stage)
    assert stage.ports.load.series([first], now, now)[first.id].values == ()


def test_two_calls_are_enough_for_all_vms_of_a_region(stage: Stage) -> None:
    now, vms = stage.world.now, vms_of(stage)
    before = len(stage.log)
    stage.ports.load.series(vms, now - timedelta(days=28), now)
    assert len(stage.log) - before <= 2


@pytest.mark.stack
def test_azure_sees_two_reads_of_metrics_a_plan_and_none_while_nothing_is_planned(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stack.certificates.ca))
    intent = fleet_policy.parse(POLICY)
    with in_local_azure(stack.front, stack.endpoint, stack.azurite) as stage:
        made = backup_windows.plan_tonight(stage.ports, intent, stage.world.now)
        assert made is not None
        assert metrics_read(stage) == 2
        stage.world.advance_to(min(move.due for move in made.moves if move.due))
        assert backup_windows.enforce(stage.ports, intent, stage.world.now).count(Outcome.WRITTEN) > 0
        assert backup_windows.plan_tonight(stage.ports, intent, stage.world.now) is None
        assert metrics_read(stage) == 2


def metrics_read(stage: Stage) -> int:
    return [str(entry["action"]).lower() for entry in stage.log].count("microsoft.insights/metrics/read")

"""Does load behave the same, in memory and over the real SDK?"""

from dataclasses import replace
from datetime import timedelta

from local.fleets import SUBSCRIPTION
from shared.model.azure import Vm
from tests.contract.stages import Stage


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


def test_one_call_is_enough_for_all_vms_of_a_region(stage: Stage) -> None:
    now, vms = stage.world.now, vms_of(stage)
    before = len(stage.log)
    stage.ports.load.series(vms, now - timedelta(days=28), now)
    assert len(stage.log) - before <= 1

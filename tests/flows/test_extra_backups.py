"""Are points beside the schedule asked for in time, by few calls, and by none where nobody wants them?"""

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import Transient
from shared.flows import pauses
from shared.flows.on_demand import asking
from shared.flows.on_demand.extra import Asked, ask_for_due
from shared.model.on_demand import Purpose, Stage
from shared.rules.cadence import TICK
from tests.flows.asking import DAY, HOUR, messages
from tests.flows.failing import failing, work
from tests.flows.stage import LOST
from tests.flows.stage import Stage as Night

SEVERAL = ("window: night\n", "window: night\n    retry_outside_window: true\n    backups_per_day: 4\n")
HOURS = 'hours: "12:00-13:00", zone: UTC, fresh_point: 6h'
PATCHED = ("tiers:", f"patch_windows: [{{match: {{tag: tier, values: [standard]}}, {HOURS}}}]\ntiers:")
BY_DAY = ("window: night\n", "window: night\n    retry_outside_window: true\n")


def look(night: Night) -> Asked:
    return ask_for_due(night.ports, night.intent, night.world.now)


def days(night: Night, count: int) -> None:
    """Let the timer tick for so many days, and messages be followed."""
    for _ in range(count * 48):
        look(night)
        work(night, TICK)


def test_where_nobody_wants_such_points_nothing_is_asked() -> None:
    night = failing()
    night.calls.clear()
    assert look(night) == Asked()
    assert night.calls == []


def test_a_look_takes_four_questions_to_resource_graph_and_none_to_a_vault() -> None:
    night = failing(vms=6, vaults=3)
    night.with_text(SEVERAL)
    night.calls.clear()
    look(night)
    azure = [call for call in night.calls if call.startswith(("vaults.", "fleet."))]
    assert sorted(azure) == ["fleet.items", "fleet.jobs", "fleet.policies", "fleet.vms"]


def test_a_tier_that_wants_four_points_a_day_gets_them_and_no_run_is_lost() -> None:
    night = failing(vms=2)
    night.with_text(SEVERAL)
    night.limited(backups_per_vm_day=5)
    days(night, 1)
    begins = night.world.now
    days(night, 3)
    for name in ("vm-0", "vm-1"):
        taken = [point.at for point in night.item(name).points if begins <= point.at < begins + 3 * DAY]
        assert len(taken) == 12
    found = asking.standing(night.ports.ledger).values()
    assert {one.wanted.purpose for one in found} == {Purpose.CADENCE}
    assert [one for one in found if one.stage.over and one.stage is not Stage.COMPLETED] == []
    assert night.world.skipped_runs() == 0


def test_there_is_a_fresh_point_whenever_patching_begins() -> None:
    night = failing(vms=1)
    night.with_text(PATCHED, BY_DAY)
    days(night, 3)
    for day in (3, 4, 5):
        begins = datetime(2026, 3, day, 12, tzinfo=UTC)
        assert any(timedelta(0) < begins - point.at <= 6 * HOUR for point in night.item().points), begins
    assert {one.wanted.purpose for one in asking.standing(night.ports.ledger).values()} == {Purpose.PATCHING}


def test_without_the_switch_it_is_told_what_would_be_started(caplog: pytest.LogCaptureFixture) -> None:
    night = failing(switches=())
    night.with_text(SEVERAL)
    night.world.advance(TICK)
    caplog.set_level("INFO")
    found = look(night)
    assert len(found.kept_back) == 3
    assert "vm-0: point of 02 Mar 16:30 UTC, one of 4 a day" in caplog.text
    assert (asking.standing(night.ports.ledger), messages(night)) == ({}, [])


def test_a_vm_on_hold_and_a_stopped_one_are_left_out() -> None:
    night = failing()
    night.with_text(SEVERAL)
    night.vm("vm-0").tags["nightshift-hold"] = "2026-03-09;ann;audit"
    night.human("stop", item=night.item("vm-1").id)
    found = look(night)
    assert [one.name for one in found.asked] == ["vm-2"]
    assert [(one.name, "by ann: audit" in one.skipped) for one in found.skipped] == [("vm-0", True)]


def test_what_was_written_down_and_not_sent_is_sent_by_a_later_tick() -> None:
    night = failing(vms=1)
    night.with_text(SEVERAL)
    night.will("queues.send", LOST)
    with pytest.raises(Transient):
        look(night)
    assert look(night).asked == ()
    night.world.advance(3 * TICK)
    assert len(look(night).asked) == 1
    work(night)
    assert night.count("vaults.back_up") == 1


def test_what_waits_is_not_asked_for_again() -> None:
    night = failing(vms=1)
    night.with_text(SEVERAL)
    pauses.pause(night.ports, "*", night.world.now + 9 * HOUR, "ann", "audit")
    look(night)
    work(night, 2 * TICK)
    assert look(night).asked == ()
    assert len(messages(night)) == 1
    work(night, 4 * HOUR)
    (one,) = asking.standing(night.ports.ledger).values()
    assert (one.stage, "by ann: audit" in one.said) == (Stage.EXPIRED, True)

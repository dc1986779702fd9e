"""Do VMs get back to where they were, under the rules of any move, and stay there until they are released?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import Permanent
from shared.flows import pauses
from shared.flows.look import ORIGINS, PLACEMENTS, ROLLED_BACK
from shared.flows.record import steps_of
from shared.flows.rollback import Selection, rollback
from shared.model.plan import Action, Outcome, Step
from tests.flows.stage import LOST, Stage, stage

EVERYTHING = Selection(everything=True)
MOVE = "vaults.assign_policy"


def moved(vms: int = 1, vaults: int = 1) -> Stage:
    """Return a fleet in its slot policies, the next afternoon, when moving back loses no run."""
    night = stage(vms=vms, vaults=vaults)
    night.settled()
    night.world.advance_to(datetime(2026, 3, 4, 12, tzinfo=UTC))
    return night


def back(night: Stage, selection: Selection = EVERYTHING, dry_run: bool = False) -> tuple[Step, ...]:
    return rollback(night.ports, night.intent, night.world.now, selection, dry_run=dry_run)


def homes(night: Stage) -> list[str]:
    """Return the names of the policies that the VMs are in."""
    return [item.policy_id.rsplit("/", 1)[-1] for item in night.world.items.values()]


def test_a_dry_run_says_what_would_happen_and_writes_nothing() -> None:
    night = moved(vms=2)
    steps = back(night, dry_run=True)
    assert {(step.kind, step.outcome, step.after) for step in steps} == {("rollback", Outcome.WAITING, "DefaultPolicy")}
    assert night.writes == 0
    assert night.ports.ledger.rows(ROLLED_BACK) == {}


def test_every_vm_goes_back_to_where_it_came_from_and_no_run_is_lost() -> None:
    night = moved(vms=3)
    assert {step.outcome for step in back(night)} == {Outcome.WRITTEN}
    assert homes(night) == ["DefaultPolicy"] * 3
    night.world.advance(timedelta(days=3))
    assert night.world.skipped_runs() == 0
    assert night.world.counters.points_pruned == 0


def test_only_the_selected_vm_or_vault_goes_back() -> None:
    night = moved(vms=4, vaults=2)
    assert len(back(night, Selection(vm="VM-1"))) == 1
    assert homes(night).count("DefaultPolicy") == 1
    assert len(back(night, Selection(vault="RSV-0"))) == 2
    assert homes(night).count("DefaultPolicy") == 3


def test_a_vm_that_was_never_moved_or_is_back_already_has_no_step() -> None:
    night = moved()
    night.ports.ledger.drop(ORIGINS, night.vm().id.lower())
    assert back(night) == ()
    night = moved()
    back(night)
    assert back(night) == ()


def test_without_the_switch_nothing_goes_back() -> None:
    night = moved()
    night.ports = replace(night.ports, switches=frozenset())
    with pytest.raises(Permanent, match="switch `plan` is off"):
        back(night)
    assert night.writes == 0


def test_a_vm_on_hold_stays() -> None:
    night = moved()
    night.human("tag", vm=night.vm().id, tags={"nightshift-hold": "2026-04-01;ann;release"})
    (step,) = back(night)
    assert (step.outcome, step.reason) == (Outcome.HELD, "on hold until 2026-04-01 by ann: release")


def test_a_vm_whose_old_policy_keeps_less_now_stays() -> None:
    night = moved()
    properties = dict(night.policy("DefaultPolicy").properties)
    properties["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 7
    night.human("edit", policy_id=night.policy("DefaultPolicy").id, properties=properties)
    (step,) = back(night)
    assert step.outcome is Outcome.HELD
    assert "would keep less: daily points: 30 days -> 7 days" in step.reason
    assert night.writes == 0


def test_a_vm_whose_old_policy_is_gone_stays() -> None:
    night = moved()
    del night.world.policies[night.policy("DefaultPolicy").id.lower()]
    (step,) = back(night)
    assert (step.outcome, step.reason) == (Outcome.HELD, "its current or its original policy is gone")
    assert step.after == "defaultpolicy"


def test_a_running_job_lets_the_vm_wait() -> None:
    night = moved()
    night.world.start_backup(night.item(), None)
    night.world.advance(timedelta(minutes=6))
    (step,) = back(night)
    assert (step.outcome, step.reason) == (Outcome.WAITING, "a job is running for it")


def test_near_a_start_the_vm_waits() -> None:
    night = moved()
    night.world.advance_to(night.world.now.replace(hour=22, minute=15))
    (step,) = back(night)
    assert step.outcome is Outcome.WAITING
    assert "its new start at 22:30 UTC" in step.reason or "its current start" in step.reason
    assert night.writes == 0


def test_in_a_blackout_the_vm_waits() -> None:
    night = moved()
    night.with_text(("version: 1", "version: 1\nblackout: [{from: 2026-03-04, to: 2026-03-04, reason: freeze}]"))
    (step,) = back(night)
    assert (step.outcome, step.reason) == (Outcome.WAITING, "blackout until 2026-03-04: freeze")
    assert night.writes == 0


def test_a_pause_holds_a_rollback_too() -> None:
    night = moved()
    pauses.pause(night.ports, "*", night.world.now + timedelta(hours=1), "ann", "audit")
    (step,) = back(night)
    assert "by ann: audit" in step.reason
    assert night.writes == 0
    assert night.ports.ledger.rows(ROLLED_BACK) == {}


def test_a_vm_without_a_tier_or_a_machine_goes_back_too() -> None:
    night = moved(vms=2)
    night.vm("vm-0").tags.clear()
    del night.world.vms[night.vm("vm-1").id.lower()]
    assert {step.outcome for step in back(night)} == {Outcome.WRITTEN}


def test_a_vm_that_was_put_back_is_held_until_it_is_released() -> None:
    night = moved()
    back(night)
    night.tomorrow()
    (line,) = night.plan().vms
    assert line.action is Action.HOLD
    assert "rolled back: put back on 2026-03-04 12:00 UTC" in line.reason
    assert pauses.release(night.ports, "VM-0") == night.vm().id.lower()
    (line,) = night.plan().vms
    assert line.action is Action.MOVE


def test_a_rollback_whose_answer_is_lost_is_not_sent_twice() -> None:
    night = moved()
    night.calls.clear()
    night.will(f"{MOVE}.sent", LOST)
    (step,) = back(night)
    assert (step.outcome, night.count(MOVE)) == (Outcome.WRITTEN, 1)


def test_a_rollback_that_is_not_visible_yet_is_not_planned_away_again() -> None:
    night = moved()
    night.will(MOVE, LOST, LOST)
    (step,) = back(night)
    assert step.outcome is Outcome.UNVERIFIED
    assert night.ports.ledger.rows(PLACEMENTS) == {}
    night.tomorrow()
    (line,) = night.plan().vms
    assert (line.action, "rolled back" in line.reason) == (Action.HOLD, True)


def test_a_rollback_is_on_the_record() -> None:
    night = moved()
    (planned,) = homes(night)
    back(night)
    (step,) = [step for step in steps_of(night.ports, night.intent, night.world.now) if step.kind == "rollback"]
    assert (step.outcome, step.before, step.after) == (Outcome.WRITTEN, planned, "DefaultPolicy")

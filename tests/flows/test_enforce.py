"""Does a tick write what is due, and only that, in the right order and once?"""

from datetime import timedelta

import pytest

from local.world.history import put
from shared.flows import backup_windows
from shared.flows.backup_windows import PROGRESS
from shared.flows.look import ORIGINS, PLACEMENTS, VERIFIED
from shared.model.plan import Outcome
from tests.flows.stage import AFTERNOON, Stage, outcomes, stage


def test_without_a_plan_azure_is_not_called() -> None:
    night = stage()
    assert night.enforce().idle == "there is no plan yet"
    assert night.calls == []


def test_before_anything_is_due_azure_is_not_called() -> None:
    night = stage()
    night.plan()
    assert night.enforce().idle == "nothing is due"
    assert night.calls == []


def test_with_the_switch_off_azure_is_not_called() -> None:
    night = stage(switches=())
    night.planned()
    assert "switch `plan` is off" in night.enforce().idle
    assert night.calls == []


def test_in_a_blackout_azure_is_not_called() -> None:
    night = stage()
    night.with_text(("version: 1", "version: 1\nblackout: [{from: 2026-03-03, to: 2026-03-03, reason: freeze}]"))
    night.planned()
    assert night.enforce().idle == "blackout until 2026-03-03: freeze"
    assert night.calls == []


def test_a_plan_of_two_nights_ago_is_not_carried_out() -> None:
    night = stage()
    night.plan()
    night.world.advance_to(AFTERNOON + timedelta(days=2))
    assert "2 nights old" in night.enforce().idle
    assert night.calls == []


def test_a_plan_of_last_night_is_carried_out() -> None:
    night = stage()
    night.plan()
    night.world.advance_to(AFTERNOON + timedelta(days=1))
    assert night.enforce().count(Outcome.WRITTEN) == 6


def test_policies_are_written_and_re_read_before_the_moves_into_them() -> None:
    night = stage()
    night.planned()
    steps = night.enforce().steps
    assert outcomes(steps, "policy") == outcomes(steps, "membership") == [Outcome.WRITTEN] * 3
    assert [call for call in night.calls if call.startswith("vaults.") and not call.endswith(".sent")] == [
        *("vaults.vaults", "vaults.items", "vaults.policies", "vaults.jobs"),
        *["vaults.write_policy"] * 3,
        "vaults.policies",
        *["vaults.assign_policy"] * 3,
        "vaults.items",
    ]


def test_each_vm_is_where_it_was_planned_and_no_run_or_point_is_lost() -> None:
    night = stage()
    made = night.settled()
    assert {line.vm_id: line.policy for line in made.vms} == {
        item.vm_id.lower(): item.policy_id.rsplit("/", 1)[-1] for item in night.world.items.values()
    }
    night.world.advance(timedelta(days=3))
    assert night.world.skipped_runs() == 0
    assert night.world.counters.points_pruned == 0


def test_a_second_tick_writes_and_asks_nothing() -> None:
    night = stage()
    night.settled()
    night.next_hour()
    assert night.enforce().idle == "nothing is due"
    assert night.calls == []


def test_the_night_after_nothing_is_due() -> None:
    night = stage()
    night.settled()
    night.tomorrow()
    night.plan()
    night.world.advance(timedelta(hours=20))
    assert night.enforce().idle == "nothing is due"
    assert night.calls == []


def test_a_tick_moves_at_most_its_share_and_the_rest_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_windows, "MOVES_PER_TICK", 2)
    night = stage()
    night.planned()
    assert outcomes(night.enforce().steps, "membership") == [Outcome.WRITTEN] * 2
    night.next_hour()
    assert outcomes(night.enforce().steps, "membership") == [Outcome.WRITTEN]
    assert night.count("vaults.assign_policy") == 3


def test_where_a_vm_came_from_is_remembered_before_its_first_move() -> None:
    night, known = stage(vms=1), []
    night.planned()
    vm_id, origin = night.vm().id.lower(), night.policy("DefaultPolicy").id.lower()
    night.will("vaults.assign_policy", lambda: known.append(night.ports.ledger.read(ORIGINS, vm_id)))
    night.enforce()
    assert [row and row["policy"] for row in known] == [origin]


def test_later_moves_do_not_forget_where_a_vm_first_came_from() -> None:
    night = stage(vms=1)
    night.settled()
    night.tomorrow()
    night.with_text(("20:00-06:00", "06:30-10:00"))
    night.planned()
    assert night.enforce().count(Outcome.WRITTEN) == 2
    row = night.ports.ledger.read(ORIGINS, night.vm().id.lower())
    assert row is not None
    assert row["policy"] == night.policy("DefaultPolicy").id.lower()


def test_a_running_job_lets_its_vm_wait() -> None:
    night = stage()
    night.planned()
    night.world.start_backup(night.item(), None)
    night.world.advance(timedelta(minutes=6))
    steps = {step.subject: step for step in night.enforce().steps}
    waiting = steps[night.vm().id.lower()]
    assert (waiting.outcome, waiting.reason) == (Outcome.WAITING, "a job is running for it")
    assert night.count("vaults.assign_policy") == 2
    night.world.advance_to(night.world.now + timedelta(hours=6))
    assert outcomes(night.enforce().steps, "membership") == [Outcome.WRITTEN]


def test_a_first_backup_that_runs_for_two_days_is_still_seen_running() -> None:
    night = stage(vms=1)
    night.planned()
    night.world.start_backup(night.item(), None)
    (job,) = [job for job in night.world.jobs.values() if job.status == "InProgress"]
    job.started_at -= timedelta(hours=50)
    night.world.advance(timedelta(minutes=6))
    (step,) = night.enforce().steps
    assert (step.outcome, step.reason) == (Outcome.WAITING, "a job is running for it")


def test_a_hold_tag_set_after_planning_holds() -> None:
    night = stage(vms=1)
    night.planned()
    night.human("tag", vm=night.vm().id, tags={"nightshift-hold": "2026-04-01;ann;release"})
    (step,) = night.enforce().steps
    assert (step.outcome, step.reason) == (Outcome.HELD, "on hold until 2026-04-01 by ann: release")
    assert night.writes == 0


def test_a_vm_moved_by_hand_after_planning_stays_there() -> None:
    night = stage(vms=1)
    other = dict(night.policy("DefaultPolicy").properties)
    put(night.world, next(iter(night.world.vaults.values())), "Mine", other)
    night.planned()
    night.human("assign", vm=night.vm().id, policy_id=night.policy("Mine").id)
    (step,) = night.enforce().steps
    assert (step.outcome, step.reason) == (Outcome.HELD, "somebody moved it to Mine since it was planned")
    assert night.writes == 0


def test_a_vm_that_lost_its_protection_after_planning_is_left_alone() -> None:
    night = stage()
    night.planned()
    night.human("stop", vm=night.vm().id)
    steps = {step.subject: step for step in night.enforce().steps}
    assert steps[night.vm().id.lower()].outcome is Outcome.HELD
    assert night.world.counters.protection_stopped == 1
    assert night.item().state == "ProtectionStopped"


def test_a_vm_that_is_there_already_needs_no_write() -> None:
    night = stage(vms=1)
    night.planned()
    night.enforce()
    night.calls.clear()
    for key in list(night.ports.ledger.rows(PROGRESS)):
        night.ports.ledger.drop(PROGRESS, key)
    (step,) = night.enforce().steps
    assert (step.outcome, step.reason) == (Outcome.WRITTEN, "is in its planned policy")
    assert night.writes == 0


def test_disk_exclusions_are_sent_back_as_they_were() -> None:
    night = stage(vms=1)
    exclusions = {"diskExclusionProperties": {"diskLunList": [2, 3], "isInclusionList": False}}
    night.item().extended = exclusions
    night.settled()
    assert night.item().extended == exclusions
    assert night.world.counters.exclusions_lost == 0


def test_disk_exclusions_that_changed_on_the_way_are_reported_as_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    night = stage(vms=1)
    night.item().extended = {"diskExclusionProperties": {"diskLunList": [2, 3], "isInclusionList": False}}
    night.planned()
    night.after_waiting(lambda: setattr(night.item(), "extended", None))
    (_, step) = night.enforce().steps
    assert (step.outcome, step.reason) == (Outcome.FAILED, "moved, but its disk exclusions changed on the way")
    assert "write-failed" in caplog.text


def test_a_verified_move_is_a_placement() -> None:
    night = stage(vms=1)
    made = night.settled()
    row = night.ports.ledger.read(PLACEMENTS, night.vm().id.lower())
    assert row is not None
    assert (row["state"], row["policy"].rsplit("/", 1)[-1]) == (VERIFIED, made.vms[0].policy)


def test_two_vaults_are_brought_to_their_plans_in_one_tick() -> None:
    night: Stage = stage(vms=4, vaults=2)
    night.settled()
    assert {item.vault_id.rsplit("/", 1)[-1] for item in night.world.items.values()} == {"rsv-0", "rsv-1"}
    assert all("/backupPolicies/ns-standard-" in item.policy_id for item in night.world.items.values())


def test_a_vault_where_nothing_is_due_is_not_looked_at() -> None:
    night = stage(vms=2, vaults=2)
    night.vm("vm-1").tags["nightshift-hold"] = "2026-04-01;ann;release"
    night.planned()
    assert night.enforce().count(Outcome.WRITTEN) == 2
    assert (night.count("vaults.vaults"), night.count("vaults.jobs")) == (1, 1)


def test_migrations_to_enhanced_have_a_quota_of_their_own() -> None:
    night = stage()
    night.with_text(
        ("    window: night", "    window: night\n    policy_type: enhanced"),
        ("version: 1", "version: 1\nmigrate_to_enhanced: [vm-0, vm-1]"),
    )
    night.limited(migrations_per_vault_day=1)
    night.planned()
    steps = [step for step in night.enforce().steps if step.kind == "membership"]
    assert [step.outcome for step in steps] == [Outcome.WRITTEN, Outcome.WAITING, Outcome.WRITTEN]
    assert steps[1].reason == "the day's 1 migrations of rsv-0 are spent"


def test_a_slot_policy_that_was_deleted_after_planning_is_made_again() -> None:
    night = stage(vms=1)
    made = night.settled()
    night.tomorrow()
    night.with_text(("days: 30", "days: 45"))
    (raised,) = night.plan().edits
    del night.world.policies[night.policy(made.vms[0].policy).id.lower()]
    night.world.advance_to(raised.due)
    (step,) = night.enforce().steps
    assert (step.kind, step.outcome) == ("policy", Outcome.WRITTEN)

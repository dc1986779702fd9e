"""Is an unprotected VM protected once, under its limits, resumably, and only with the switch?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from local import fleets
from local.world.writes import protect
from shared.errors import Permanent
from shared.flows import backup_windows, pauses, protection
from shared.flows.look import PLACEMENTS, VERIFIED
from shared.model.plan import Outcome, Plan
from tests.flows.stage import LOST, THROTTLED, Stage, outcomes, stage

PROTECT = "vaults.protect"
BOTH = ("plan", "enrol")


def with_newcomers(count: int = 2, switches: tuple[str, ...] = BOTH) -> Stage:
    """A settled vault, and VMs beside it that nobody protects."""
    night = stage(vms=2, switches=switches)
    night.settled()
    for number in range(count):
        fleets.add_vm(night.world, f"new-{number}", "rg-vms", "westeurope", {"tier": "standard"})
    return night


def planned(night: Stage) -> Plan:
    """Plan the next afternoon, and let time pass until the first enrolment is due."""
    night.tomorrow()
    made = night.plan()
    night.world.advance_to(min(one.due for one in made.enrolments))
    return made


def protected(night: Stage) -> set[str]:
    return {item.container.rpartition(";")[2] for item in night.world.items.values()}


def test_with_the_switch_the_vm_is_protected_under_its_planned_policy_and_the_next_run_does_nothing() -> None:
    night = with_newcomers()
    made = planned(night)
    done = night.enforce()
    assert outcomes(done.steps, "enrolment") == [Outcome.WRITTEN] * 2
    assert {"new-0", "new-1"} <= protected(night)
    for one in made.enrolments:
        assert night.item(one.name).policy_id.endswith(f"/{one.policy}")
        row = night.ports.ledger.read(PLACEMENTS, one.vm_id)
        assert row is not None
        assert row["state"] == VERIFIED
    night.next_hour()
    assert night.enforce().idle
    assert night.count(PROTECT) == 2


def test_nothing_is_protected_before_a_report_has_shown_it() -> None:
    night = with_newcomers(1)
    night.tomorrow()
    (one,) = night.plan().enrolments
    night.next_hour()
    assert night.enforce().idle
    assert one.due - night.world.now > timedelta(hours=10)


def test_the_next_plan_holds_the_vm_as_any_other() -> None:
    night = with_newcomers(1)
    planned(night)
    night.enforce()
    night.tomorrow()
    made = night.plan()
    assert made.enrolments == ()
    assert "new-0" in {line.name for line in made.vms}
    assert not made.moves


def test_a_night_takes_no_more_first_backups_than_its_limit_and_the_rest_follow() -> None:
    night = with_newcomers(3)
    night.limited(initial_backups_per_night=2)
    planned(night)
    first = night.enforce()
    assert sorted(outcomes(first.steps, "enrolment")) == [Outcome.WAITING, *[Outcome.WRITTEN] * 2]
    (waits,) = [step for step in first.steps if step.outcome is Outcome.WAITING]
    assert waits.reason == "the night's 2 initial backups of rsv-0 are spent"
    night.next_hour()
    assert outcomes(night.enforce().steps, "enrolment") == [Outcome.WAITING]
    night.tomorrow()
    night.plan()
    night.next_hour()
    assert outcomes(night.enforce().steps, "enrolment") == [Outcome.WRITTEN]
    assert night.count(PROTECT) == 1
    assert {"new-0", "new-1", "new-2"} <= protected(night)


def test_without_the_switch_nothing_is_looked_at_for_it_and_the_exact_command_is_told() -> None:
    night = with_newcomers(1, switches=("plan",))
    (one,) = planned(night).enrolments
    night.calls.clear()
    assert night.enforce().idle == "nothing is due"
    assert night.calls == []
    findings = protection.check(night.ports, night.intent, night.world.now)
    (unprotected,) = [finding for finding in findings if finding.code == "unprotected"]
    assert f"--vm {one.vm_id} --policy-name" in unprotected.text


def test_a_pause_is_read_before_every_protection() -> None:
    night = with_newcomers(2)
    planned(night)
    until = night.world.now + timedelta(hours=8)
    night.will(PROTECT, lambda: pauses.pause(night.ports, "*", until, "ops", "incident"))
    done = night.enforce()
    assert sorted(outcomes(done.steps, "enrolment")) == [Outcome.WAITING, Outcome.WRITTEN]
    assert night.count(PROTECT) == 1


@pytest.mark.parametrize("when", [PROTECT, f"{PROTECT}.sent"], ids=["on the way", "on the way back"])
def test_a_lost_answer_leaves_the_vm_protected_once(when: str) -> None:
    night = with_newcomers(1)
    planned(night)
    night.will(when, LOST)
    assert outcomes(night.enforce().steps, "enrolment") == [Outcome.WRITTEN]
    assert night.count(PROTECT) == (2 if when == PROTECT else 1)


def test_what_is_refused_at_the_door_is_sent_again_after_its_wait() -> None:
    night = with_newcomers(1)
    planned(night)
    night.will(PROTECT, THROTTLED)
    assert outcomes(night.enforce().steps, "enrolment") == [Outcome.WRITTEN]


def test_what_azure_refuses_for_good_is_told_and_left_until_it_is_planned_anew() -> None:
    night = with_newcomers(1)
    planned(night)
    night.will(PROTECT, Permanent("UserErrorVMAlreadyProtected", "UserErrorVMAlreadyProtected"))
    (step,) = [step for step in night.enforce().steps if step.kind == "enrolment"]
    assert (step.outcome, "UserErrorVMAlreadyProtected" in step.reason) == (Outcome.FAILED, True)
    night.next_hour()
    assert night.enforce().idle


def test_a_run_that_dies_after_sending_is_taken_up_by_the_next() -> None:
    night = with_newcomers(1)
    planned(night)
    night.will(f"{PROTECT}.sent", RuntimeError("the host died"))
    with pytest.raises(RuntimeError):
        night.enforce()
    night.next_hour()
    (step,) = [step for step in night.enforce().steps if step.kind == "enrolment"]
    assert (step.outcome, step.reason) == (Outcome.WRITTEN, "is protected by its planned policy")
    assert night.count(PROTECT) == 1


def test_a_vm_that_somebody_protected_meanwhile_is_left_alone() -> None:
    night = with_newcomers(1)
    planned(night)
    (vault,) = night.world.vaults.values()
    protect(night.world, vault, night.vm("new-0"), night.policy("DefaultPolicy"))
    (step,) = [step for step in night.enforce().steps if step.kind == "enrolment"]
    assert (step.outcome, "DefaultPolicy" in step.reason) == (Outcome.HELD, True)
    assert night.count(PROTECT) == 0


def test_a_later_move_by_hand_is_seen() -> None:
    night = with_newcomers(1)
    planned(night)
    night.enforce()
    night.human("assign", vm=night.vm("new-0").id, policy_id=night.policy("DefaultPolicy").id)
    night.tomorrow()
    (line,) = [line for line in night.plan().held if line.name == "new-0"]
    assert "moved by hand" in line.reason


def test_a_protection_that_was_removed_by_hand_is_not_put_back() -> None:
    night = with_newcomers(1)
    (one,) = planned(night).enrolments
    night.enforce()
    del night.world.items[night.item("new-0").id.lower()]
    night.tomorrow()
    assert night.plan().enrolments == ()
    pauses.release(night.ports, "new-0")
    assert [again.vm_id for again in night.plan().enrolments] == [one.vm_id]


def test_diff_shows_what_would_be_enrolled_and_when() -> None:
    night = with_newcomers(1)
    night.tomorrow()
    (step,) = [s for s in backup_windows.preview(night.ports, night.intent, night.world.now) if s.kind == "enrolment"]
    assert (step.outcome, step.subject) == (Outcome.WAITING, night.vm("new-0").id.lower())
    assert "due 2026-" in step.reason


def test_the_morning_report_asks_nobody_for_what_is_about_to_be_enrolled() -> None:
    from shared.flows import review

    for switches, asked in ((BOTH, []), (("plan",), ["unprotected"])):
        night = with_newcomers(1, switches)
        night.tomorrow()
        night.plan()
        report = review.review(replace(night.ports), night.intent, night.world.now)
        assert [found.code for found in report.needs_human] == asked

"""Does the world know which points are not there, and why? Each way of losing one, done to a single VM."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.world import Refused, documents, lost_points
from local.world.cloud import Cloud
from local.world.failures import FAILURES
from local.world.lost_points import Loss
from tests.local.worlds import Small, small

LONG_TERM = documents.daily("22:30", daily=30, weekly=12, monthly=12, yearly=7)
AGENT = "UserErrorGuestAgentStatusUnavailable"
BEFORE = timedelta(minutes=4)


def losses(made: Small) -> list[Loss]:
    return lost_points.losses(made.world, datetime.min.replace(tzinfo=made.world.now.tzinfo), made.world.now)


def what(made: Small) -> list[tuple[str, str]]:
    return [(f"{loss.slot:%d}", loss.why) for loss in losses(made)]


def human(made: Small, kind: str, **more: Any) -> None:
    Cloud(made.world).human(kind, **more)
    made.world.advance(timedelta(minutes=1))


def edited(properties: dict[str, Any], days: int) -> dict[str, Any]:
    kept = {**properties["retentionPolicy"]}
    kept["dailySchedule"] = {**kept["dailySchedule"], "retentionDuration": {"count": days, "durationType": "Days"}}
    return {"retentionPolicy": kept}


def weekly(start: str = "22:30") -> dict[str, Any]:
    time = documents.time_of(start)
    return {
        "instantRpRetentionRangeInDays": 5,
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Weekly",
            "scheduleRunDays": ["Sunday"],
            "scheduleRunTimes": [time],
            "scheduleWeeklyFrequency": 0,
        },
        "retentionPolicy": {
            "retentionPolicyType": "LongTermRetentionPolicy",
            "weeklySchedule": {
                "daysOfTheWeek": ["Sunday"],
                "retentionTimes": [time],
                "retentionDuration": {"count": 12, "durationType": "Weeks"},
            },
        },
    }


def before_the_run(made: Small, minutes: float = 4) -> None:
    """Let time pass until shortly before the next run begins."""
    rules = made.world.rules_of(made.item)
    assert rules is not None
    made.world.advance_to(rules.next_run(made.world.now) - timedelta(minutes=minutes))


def test_a_year_without_trouble_loses_nothing() -> None:
    made = small(LONG_TERM, history=3)
    made.days(400)
    assert losses(made) == []
    dropped = [one for gone in made.world.memory.gone.values() for one in gone]
    assert dropped
    assert not any(one.early for one in dropped)


def test_a_run_that_another_backup_keeps_from_starting_is_a_collision_with_all_that_it_would_have_carried() -> None:
    made = small(LONG_TERM)
    made.days(6)
    before_the_run(made)
    human(made, "back up", vm=made.vm.id)
    made.days(2)
    (loss,) = losses(made)
    assert (loss.why, loss.tags, loss.long_term) == (lost_points.COLLISION, frozenset({"daily", "weekly"}), True)
    assert loss.slot.strftime("%A") == "Sunday"
    assert loss.keep_until == loss.slot + timedelta(weeks=12)
    assert made.world.counters.collisions == 1


def test_a_failed_run_is_lost_for_its_error_and_one_with_a_warning_is_not_lost() -> None:
    made = small()
    human(made, "afflict", vm=made.vm.id, code=AGENT)
    made.days(1)
    human(made, "mend", vm=made.vm.id)
    made.days(2)
    assert what(made) == [("02", AGENT)]
    assert AGENT in FAILURES


def test_a_run_that_somebody_cancels_is_lost() -> None:
    made = small()
    before_the_run(made, 0)
    while made.item.id.lower() not in made.world.running:
        made.world.advance(timedelta(minutes=1))
    human(made, "cancel", vm=made.vm.id)
    made.days(0.5)
    assert what(made) == [("02", lost_points.CANCELLED)]
    with pytest.raises(ValueError, match="no backup"):
        human(made, "cancel", vm=made.vm.id)


def test_stopped_protection_ends_no_promise_and_taking_it_up_again_ends_the_losses() -> None:
    made = small()
    human(made, "stop", vm=made.vm.id)
    made.days(2)
    human(made, "assign", vm=made.vm.id, policy_id=f"{made.vault.id}/backupPolicies/home")
    made.days(2)
    assert what(made) == [("02", lost_points.STOPPED), ("03", lost_points.STOPPED)]


def test_a_deleted_vm_has_no_more_points_and_its_runs_are_lost_for_that() -> None:
    made = small()
    made.world.pace = replace(made.world.pace, all_failures=True)
    made.days(1)
    human(made, "delete", vm=made.vm.id)
    made.days(2)
    human(made, "stop", vm=made.vm.id)
    made.days(2)
    assert what(made) == [("03", lost_points.VM_GONE), ("04", lost_points.VM_GONE)]


def test_a_daily_schedule_made_weekly_loses_the_days_between() -> None:
    made = small(LONG_TERM)
    home = f"{made.vault.id}/backupPolicies/home"
    before = made.world.policies[home.lower()].properties
    human(made, "edit", policy_id=home, properties=weekly())
    made.days(7)
    assert {why for _, why in what(made)} == {lost_points.SCHEDULE_CHANGED}
    assert len(what(made)) == 6
    human(made, "edit", policy_id=home, properties=before)
    made.days(4)
    assert len(what(made)) == 6


def test_points_that_a_shortened_policy_drops_are_lost_although_their_runs_were_good() -> None:
    made = small(history=0)
    made.days(12)
    home = made.world.policies[f"{made.vault.id}/backupPolicies/home".lower()]
    human(made, "edit", policy_id=home.id, properties=edited(home.properties, 7))
    made.days(2)
    lost = losses(made)
    assert {loss.why for loss in lost} == {lost_points.SHORTENED}
    assert made.world.counters.points_pruned >= len(lost) >= 5
    assert all(loss.known_at > loss.slot + timedelta(days=7) for loss in lost)


def test_what_was_given_up_by_name_is_promised_no_more() -> None:
    made = small(history=0)
    made.days(12)
    home = made.world.policies[f"{made.vault.id}/backupPolicies/home".lower()]
    human(made, "edit", policy_id=home.id, properties=edited(home.properties, 7))
    made.world.memory.give_up(made.item, made.world.now)
    made.days(30)
    assert losses(made) == []
    assert made.world.counters.points_pruned == 0


def test_an_earlier_promise_holds_until_terms_give_as_much_again() -> None:
    made = small(history=0)
    home = made.world.policies[f"{made.vault.id}/backupPolicies/home".lower()]
    for days in (10, 40):
        human(made, "edit", policy_id=home.id, properties=edited(home.properties, days))
        made.days(1)
    promised = lost_points.promises(made.world.memory.terms[made.item.id.lower()])
    assert [one.rules.kept["daily"] for one in promised if one.rules] == [30, 40]


def test_a_machine_that_is_off_leaves_points_that_nothing_in_it_made_consistent() -> None:
    made = small(history=3)
    human(made, "turn", vm=made.vm.id, action="deallocate")
    made.days(1)
    assert made.item.points[-1].consistency == "CrashConsistent"
    assert made.item.points[-1].slot is not None


def test_somebody_switches_soft_delete_off() -> None:
    made = small(history=3)
    human(made, "settings", vault=made.vault.id, soft_delete="Disabled")
    assert made.vault.soft_delete == "Disabled"
    made.vault.soft_delete = "AlwaysON"
    with pytest.raises(Refused):
        human(made, "settings", vault=made.vault.id, soft_delete="Disabled")

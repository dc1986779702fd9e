"""Is somebody else's change reported with its author, given a full day, and never undone to keep less?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.world import documents
from local.world.history import put
from shared.flows import backup_windows, pauses
from shared.flows.look import DRIFT, PLACEMENTS
from shared.model.plan import Action, Outcome, Plan
from shared.rules.drift import TAMPERED
from tests.flows.stage import LOST, Stage, stage


def settled() -> tuple[Stage, str]:
    """Return a fleet of one VM where it was planned, the next afternoon, and the name of its slot policy."""
    night = stage(vms=1)
    made = night.settled()
    night.tomorrow()
    return night, made.vms[0].policy


def edit(night: Stage, name: str, **properties: Any) -> None:
    """Let somebody overwrite a slot policy by hand."""
    night.human("edit", policy_id=night.policy(name).id, properties=properties)


def codes(made: Plan) -> list[str]:
    return [finding.code for finding in made.findings]


def moved_in_time(night: Stage, name: str) -> str:
    """Let somebody move the slot policy's start to 12:30 UTC, and return the start that it had."""
    start = name.rsplit("-", 1)[-1]
    edit(night, name, **documents.daily("12:30", daily=30))
    return f"{start[:2]}:{start[2:]}"


def test_a_changed_schedule_is_reported_with_actor_and_date_and_not_put_back_at_once() -> None:
    night, name = settled()
    start = moved_in_time(night, name)
    changed_at = night.world.now
    made = night.plan()
    (finding,) = made.findings
    assert finding.code == "policy-drift"
    assert f"{name} was changed by human@example.com on {changed_at:%Y-%m-%d} 16:00 UTC" in finding.text
    assert "12:30 UTC" in finding.text
    assert start in finding.text
    assert made.edits == ()


def test_a_drift_is_alerted_once(caplog: pytest.LogCaptureFixture) -> None:
    night, name = settled()
    moved_in_time(night, name)
    night.plan()
    night.plan()
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    assert len(night.ports.ledger.rows(DRIFT)) == 1


def test_a_changed_schedule_is_put_back_one_full_day_after_its_report_and_not_before() -> None:
    night, name = settled()
    start = moved_in_time(night, name)
    reported = night.world.now
    night.plan()
    night.world.advance(timedelta(hours=1))
    made = night.plan()
    (put_back,) = made.edits
    assert put_back.due >= reported + timedelta(days=1)
    night.world.advance_to(put_back.due - timedelta(minutes=1))
    assert night.enforce().idle == "nothing is due"
    night.tomorrow()
    night.plan()
    night.world.advance(timedelta(hours=18))
    night.enforce()
    assert night.policy(name).properties["schedulePolicy"]["scheduleRunTimes"][0].endswith(f"T{start}:00Z")
    assert night.world.counters.policies_shortened == 0


def test_a_drift_that_is_over_is_forgotten() -> None:
    night, name = settled()
    before = dict(night.policy(name).properties)
    moved_in_time(night, name)
    night.plan()
    edit(night, name, **before)
    made = night.plan()
    assert (made.findings, made.edits, night.ports.ledger.rows(DRIFT)) == ((), (), {})


def test_longer_retention_is_adopted_with_its_author_and_never_lowered() -> None:
    night, name = settled()
    start = name.rsplit("-", 1)[-1]
    edit(night, name, **documents.daily(f"{start[:2]}:{start[2:]}", daily=60))
    for _ in range(3):
        made = night.plan()
        (finding,) = made.findings
        assert finding.code == "policy-drift"
        assert "by human@example.com on 2026-03-03" in finding.text or "somebody unknown" in finding.text
        assert "daily points: 30 days -> 60 days" in finding.text
        assert (made.edits, [line.action for line in made.vms]) == ((), [Action.HOLD])
        night.world.advance(timedelta(hours=20))
        night.enforce()
        night.tomorrow()
    assert night.writes == 0
    assert night.policy(name).rules.kept["daily"] == 60


def test_nobody_is_planned_into_a_policy_that_keeps_longer_now() -> None:
    night = stage(vms=2)
    night.with_text(("20:00-06:00", "21:00-21:30"))
    night.settled()
    night.human("assign", vm=night.vm().id, policy_id=night.policy("DefaultPolicy").id)
    night.ports.ledger.drop(PLACEMENTS, night.vm().id.lower())
    edit(night, "ns-standard-2100", **documents.daily("21:00", daily=60))
    night.tomorrow()
    made = night.plan()
    assert (made.moves, made.edits) == ((), ())
    assert "would be shortened in place: daily points: 60 days -> 30 days" in made.vms[0].reason


def test_shortened_retention_is_told_as_tampering_and_put_back() -> None:
    night, name = settled()
    start = name.rsplit("-", 1)[-1]
    edit(night, name, **documents.daily(f"{start[:2]}:{start[2:]}", daily=7))
    assert codes(night.plan()) == [TAMPERED]
    night.tomorrow()
    night.plan()
    night.world.advance(timedelta(hours=18))
    night.enforce()
    assert night.policy(name).rules.kept["daily"] == 30


def test_a_vm_that_somebody_moved_is_held_with_actor_and_date_and_stays() -> None:
    night, name = settled()
    night.human("assign", vm=night.vm().id, policy_id=night.policy("DefaultPolicy").id)
    moved_at = night.world.now - timedelta(minutes=1)
    for _ in range(3):
        (line,) = night.plan().vms
        assert line.action is Action.HOLD
        assert f"moved by hand from {name} to DefaultPolicy by human@example.com on {moved_at:%Y-%m-%d}" in line.reason
        night.world.advance(timedelta(hours=18))
        night.enforce()
        night.tomorrow()
        if night.world.now - moved_at > timedelta(days=1):
            break
    assert night.writes == 0


def by_hand(night: Stage) -> str:
    """Add a policy that keeps as much, and return its id."""
    vault = next(iter(night.world.vaults.values()))
    return put(night.world, vault, "ByHand", documents.daily("22:30", daily=30)).id


def stays_by_hand(night: Stage, name: str) -> None:
    """The VM is held where a person took it, and nothing is written any more."""
    written = night.writes
    night.tomorrow()
    (line,) = night.plan().vms
    assert line.action is Action.HOLD
    assert f"moved by hand from {name} to ByHand by human@example.com" in line.reason
    night.world.advance(timedelta(hours=18))
    night.enforce()
    assert night.item().policy_id.endswith("/ByHand")
    assert night.writes <= written


def test_a_vm_that_somebody_moves_before_our_own_move_was_read_back_stays_where_it_was_put() -> None:
    night = stage(vms=1)
    made = night.planned()
    target = by_hand(night)
    night.will("vaults.items", None, lambda: night.human("assign", vm=night.vm().id, policy_id=target))
    _, move = night.enforce().steps
    assert (move.outcome, "not visible yet" in move.reason) == (Outcome.UNVERIFIED, True)
    stays_by_hand(night, made.vms[0].policy)


def test_a_vm_that_somebody_moves_before_a_slow_move_was_seen_stays_where_it_was_put() -> None:
    night = stage(vms=1)
    made = night.planned()
    wait, night.ports = night.ports.wait, replace(night.ports, wait=lambda _: None)
    night.enforce()
    night.ports = replace(night.ports, wait=wait)
    night.world.advance(timedelta(minutes=1))
    night.human("assign", vm=night.vm().id, policy_id=by_hand(night))
    stays_by_hand(night, made.vms[0].policy)


def test_a_lost_move_is_not_sent_again_over_what_somebody_did_meanwhile() -> None:
    night = stage(vms=1)
    night.planned()
    target = by_hand(night)
    night.will("vaults.assign_policy", LOST)
    night.will("vaults.items", None, lambda: night.human("assign", vm=night.vm().id, policy_id=target))
    night.enforce()
    assert night.count("vaults.assign_policy") == 1
    assert night.item().policy_id == target


def test_a_lost_edit_is_not_sent_again_over_what_somebody_did_meanwhile() -> None:
    night, name = settled()
    night.with_text(("days: 30", "days: 45"))
    (raised,) = night.plan().edits
    night.world.advance_to(raised.due)
    night.will("vaults.write_policy", LOST)
    night.will("vaults.policies", None, lambda: moved_in_time(night, name))
    night.enforce()
    assert night.count("vaults.write_policy") == 1
    assert night.policy(name).rules.starts == (12 * 60 + 30,)


def test_retention_that_somebody_raised_after_planning_is_not_lowered_by_the_planned_edit() -> None:
    night, name = settled()
    moved_in_time(night, name)
    night.plan()
    night.tomorrow()
    (put_back,) = night.plan().edits
    edit(night, name, **documents.daily("12:30", daily=60))
    night.world.advance_to(put_back.due)
    night.enforce()
    assert night.policy(name).rules.kept["daily"] == 60
    assert night.world.counters.policies_shortened == 0


def test_what_somebody_changes_once_more_gets_a_report_and_a_full_day_of_its_own() -> None:
    night, name = settled()
    moved_in_time(night, name)
    night.plan()
    night.tomorrow()
    edit(night, name, **documents.daily("13:30", daily=30))
    reported = night.world.now
    made = night.plan()
    assert (made.edits, codes(made)) == ((), ["policy-drift"])
    night.world.advance(timedelta(hours=1))
    (put_back,) = night.plan().edits
    assert put_back.due >= reported + timedelta(days=1)


def test_what_somebody_changes_after_planning_is_not_overwritten_before_it_is_reported() -> None:
    night, name = settled()
    moved_in_time(night, name)
    night.plan()
    night.tomorrow()
    (put_back,) = night.plan().edits
    edit(night, name, **documents.daily("13:30", daily=30))
    night.world.advance_to(put_back.due)
    (step,) = night.enforce().steps
    assert (step.kind, step.outcome) == ("policy", Outcome.WAITING)
    assert "reported tonight" in step.reason
    assert "13:30" in str(night.policy(name).properties["schedulePolicy"])


def test_a_schedule_is_put_back_only_when_no_vm_of_the_policy_could_lose_a_run() -> None:
    night, name = settled()
    moved_in_time(night, name)
    night.plan()
    night.tomorrow()
    (put_back,) = night.plan().edits
    night.world.advance_to(put_back.due)
    night.world.start_backup(night.item(), None)
    night.world.advance(timedelta(minutes=6))
    (step,) = night.enforce().steps
    assert (step.kind, step.outcome, step.reason) == ("policy", Outcome.WAITING, "vm-0: a job is running")
    skipped = night.world.skipped_runs()
    while night.enforce().count(Outcome.WRITTEN) == 0:
        night.next_hour()
        assert night.world.now < put_back.due + timedelta(days=1)
    night.world.advance(timedelta(days=2))
    assert night.world.skipped_runs() == skipped


def test_a_paused_edit_is_on_the_record() -> None:
    night, name = settled()
    night.with_text(("days: 30", "days: 45"))
    (raised,) = night.plan().edits
    night.world.advance_to(raised.due)
    pauses.pause(night.ports, "*", night.world.now + timedelta(hours=1), "ann", "audit")
    (step,) = night.enforce().steps
    assert (step.kind, step.outcome) == ("policy", Outcome.WAITING)
    assert "by ann: audit" in step.reason
    assert night.policy(name).rules.kept["daily"] == 30


def test_an_edit_of_a_tier_reaches_its_policies_the_morning_after() -> None:
    night, name = settled()
    night.with_text(("days: 30", "days: 45"))
    made = night.plan()
    (raised,) = made.edits
    assert "the tier changed: daily points: 30 days -> 45 days" in raised.reason
    night.world.advance_to(raised.due)
    (step,) = night.enforce().steps
    assert step.outcome is Outcome.WRITTEN
    assert night.policy(name).rules.kept["daily"] == 45
    night.next_hour()
    assert night.enforce().idle == "nothing is due"


def test_a_shorter_tier_is_not_written_over_its_policies() -> None:
    night, name = settled()
    night.with_text(("days: 30", "days: 14"))
    made = backup_windows.plan(night.ports, night.intent, night.world.now)
    assert made.edits == ()
    assert [line.action for line in made.vms] == [Action.HOLD]
    night.world.advance(timedelta(hours=20))
    night.enforce()
    assert night.policy(name).rules.kept["daily"] == 30

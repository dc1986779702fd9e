"""Is each write sent once, within its quota, unless paused, and believed only when re-read?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import Permanent, Transient
from shared.flows import pauses
from shared.flows.look import ACCEPTED, PLACEMENTS, POLICIES, SENT, VERIFIED, vaults_in_scope
from shared.flows.writes import Writer, write_policy
from shared.model.plan import Outcome, Step
from tests.flows.stage import LOST, THROTTLED, Stage, outcomes, stage

POLICY_WRITE = "vaults.write_policy"
MOVE = "vaults.assign_policy"
REFUSED = Permanent("400 CloudDosAbsoluteLimitReached: blocked", "CloudDosAbsoluteLimitReached")


def one_due() -> Stage:
    night = stage(vms=1)
    night.planned()
    return night


def steps_of(night: Stage) -> tuple[Step, Step]:
    """Enforce, and return what became of the one policy and of the one move."""
    policy, move = night.enforce().steps
    assert (policy.kind, move.kind) == ("policy", "membership")
    return policy, move


def test_a_policy_write_whose_answer_was_lost_after_its_effect_is_not_sent_again() -> None:
    night = one_due()
    night.will(f"{POLICY_WRITE}.sent", LOST)
    policy, move = steps_of(night)
    assert (policy.outcome, move.outcome) == (Outcome.WRITTEN, Outcome.WRITTEN)
    assert night.count(POLICY_WRITE) == 1


def test_a_policy_write_that_was_lost_before_its_effect_is_sent_again_after_a_re_read() -> None:
    night = one_due()
    night.will(POLICY_WRITE, LOST)
    policy, move = steps_of(night)
    assert (policy.outcome, move.outcome) == (Outcome.WRITTEN, Outcome.WRITTEN)
    assert night.count(POLICY_WRITE) == 2
    first = night.calls.index(POLICY_WRITE)
    assert "vaults.policies" in night.calls[first : night.calls.index(POLICY_WRITE, first + 1)]


def test_a_move_whose_answer_was_lost_after_its_effect_is_not_sent_again() -> None:
    night = one_due()
    night.will(f"{MOVE}.sent", LOST)
    _, move = steps_of(night)
    assert move.outcome is Outcome.WRITTEN
    assert night.count(MOVE) == 1


def test_a_move_that_was_lost_before_its_effect_is_sent_again_after_a_re_read() -> None:
    night = one_due()
    night.will(MOVE, LOST)
    _, move = steps_of(night)
    assert move.outcome is Outcome.WRITTEN
    assert night.count(MOVE) == 2
    first = night.calls.index(MOVE)
    assert "vaults.items" in night.calls[first : night.calls.index(MOVE, first + 1)]


@pytest.mark.parametrize("write", [POLICY_WRITE, MOVE])
def test_a_write_that_is_lost_twice_is_left_to_the_next_tick(write: str) -> None:
    night = one_due()
    night.will(write, LOST, LOST)
    night.enforce()
    assert night.count(write) == 2
    night.next_hour()
    assert {step.outcome for step in night.enforce().steps} == {Outcome.WRITTEN}
    assert night.count(write) == 3


@pytest.mark.parametrize("write", [POLICY_WRITE, MOVE])
def test_a_throttled_write_waits_as_long_as_it_was_asked_and_is_sent_once_more(write: str) -> None:
    night, waited = one_due(), list[float]()
    wait = night.ports.wait
    night.ports = replace(night.ports, wait=lambda seconds: (waited.append(seconds), wait(seconds))[1])
    night.will(write, THROTTLED)
    assert {step.outcome for step in night.enforce().steps} == {Outcome.WRITTEN}
    assert night.count(write) == 2
    assert waited[0] == 17.0


@pytest.mark.parametrize("write", [POLICY_WRITE, MOVE])
def test_a_write_that_is_throttled_twice_waits_for_the_next_tick(write: str) -> None:
    night = one_due()
    night.will(write, THROTTLED, THROTTLED)
    move = night.enforce().steps[-1]
    assert move.outcome is Outcome.WAITING
    assert night.count(write) == 2
    night.next_hour()
    assert {step.outcome for step in night.enforce().steps} == {Outcome.WRITTEN}


def test_a_throttle_that_asks_for_too_long_a_wait_is_left_to_the_next_tick() -> None:
    night = one_due()
    night.will(MOVE, Transient("429: come back in an hour", 3600.0, refused=True))
    _, move = steps_of(night)
    assert (move.outcome, night.count(MOVE)) == (Outcome.WAITING, 1)
    assert "come back in an hour" in move.reason


def test_a_rejected_move_is_recorded_with_azures_code_and_not_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    night = one_due()
    night.will(MOVE, REFUSED)
    _, move = steps_of(night)
    assert (move.outcome, night.count(MOVE)) == (Outcome.FAILED, 1)
    assert "CloudDosAbsoluteLimitReached" in move.reason
    assert "write-failed" in caplog.text
    night.next_hour()
    assert night.enforce().idle == "nothing is due"


def test_nothing_moves_into_a_policy_that_could_not_be_written() -> None:
    night = one_due()
    night.will(POLICY_WRITE, REFUSED)
    policy, move = steps_of(night)
    assert (policy.outcome, move.outcome) == (Outcome.FAILED, Outcome.WAITING)
    assert night.count(MOVE) == 0


def test_nothing_moves_into_a_policy_that_was_not_re_read_as_planned() -> None:
    night = one_due()

    def shortened() -> None:
        (policy,) = [policy for policy in night.world.policies.values() if policy.name.startswith("ns-")]
        policy.properties["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 7

    night.will(f"{POLICY_WRITE}.sent", shortened)
    policy, move = steps_of(night)
    assert (policy.outcome, move.outcome) == (Outcome.UNVERIFIED, Outcome.WAITING)
    assert "is not as written" in policy.reason
    assert night.count(MOVE) == 0


def test_nothing_moves_into_a_policy_of_our_name_that_we_did_not_write() -> None:
    night = one_due()
    made = night.ports.plans.latest()
    assert made is not None
    vault = night.ports.vaults.vaults(night.vm().subscription)[0]
    night.ports.vaults.write_policy(vault, made.policies[0])
    night.calls.clear()
    (move,) = night.enforce().steps
    assert move.outcome is Outcome.WAITING
    assert "Nightshift did not write it" in move.reason
    assert night.writes == 0


def test_nothing_moves_into_a_policy_that_differs_without_a_planned_edit() -> None:
    night = stage()
    night.settled()
    night.human("assign", vm=night.vm().id, policy_id=night.policy("DefaultPolicy").id)
    night.ports.ledger.drop(PLACEMENTS, night.vm().id.lower())
    night.tomorrow()
    made = night.planned()
    (line,) = made.moves
    policy = night.policy(line.policy)
    policy.properties["instantRpRetentionRangeInDays"] = 5
    (move,) = night.enforce().steps
    assert move.outcome is Outcome.WAITING
    assert "is not as planned; it is judged again tonight" in move.reason
    assert night.writes == 0


def test_a_move_that_is_not_visible_yet_is_verified_later() -> None:
    night = one_due()
    wait, night.ports = night.ports.wait, replace(night.ports, wait=lambda _: None)
    _, move = steps_of(night)
    assert (move.outcome, "not visible yet" in move.reason) == (Outcome.UNVERIFIED, True)
    vm_id = night.vm().id.lower()
    assert night.ports.ledger.rows(PLACEMENTS)[vm_id]["state"] == ACCEPTED
    night.ports = replace(night.ports, wait=wait)
    night.next_hour()
    (step,) = night.enforce().steps
    assert (step.outcome, step.reason) == (Outcome.WRITTEN, "is in its planned policy")
    assert night.ports.ledger.rows(PLACEMENTS)[vm_id]["state"] == VERIFIED
    assert night.count(MOVE) == 1


def test_the_days_policy_writes_are_spent_before_the_call_and_never_exceeded() -> None:
    night, taken = stage(), list[bool]()
    vault = night.ports.vaults.vaults(night.vm().subscription)[0].id

    def spent() -> None:
        now = night.world.now.date()
        taken.append(not night.ports.ledger.spend("policy-writes", vault, now, night.count(POLICY_WRITE)))

    night.planned()
    night.limited(policy_writes_per_vault_day=2)
    night.will(POLICY_WRITE, spent, spent)
    steps = night.enforce().steps
    assert taken == [True, True]
    assert night.count(POLICY_WRITE) == 2
    assert outcomes(steps, "policy").count(Outcome.WAITING) == 1
    assert any("the day's 2 policy writes of rsv-0 are spent" in step.reason for step in steps)
    assert outcomes(steps, "membership").count(Outcome.WRITTEN) == 2


def test_the_days_moves_are_never_exceeded_and_the_rest_follows_the_next_day() -> None:
    night = stage()
    night.limited(moves_per_vault_day=2)
    night.planned()
    assert sorted(outcomes(night.enforce().steps, "membership")) == [
        Outcome.WAITING,
        Outcome.WRITTEN,
        Outcome.WRITTEN,
    ]
    for _ in range(3):
        night.next_hour()
        night.enforce()
    assert night.count(MOVE) == 2
    night.tomorrow()
    night.plan()
    night.world.advance(timedelta(hours=17))
    assert outcomes(night.enforce().steps, "membership") == [Outcome.WRITTEN]


def test_a_quota_is_not_given_back_when_the_write_fails() -> None:
    night = stage(vms=2)
    night.limited(moves_per_vault_day=1)
    night.planned()
    night.will(MOVE, REFUSED)
    steps = night.enforce().steps
    assert sorted(outcomes(steps, "membership")) == [Outcome.FAILED, Outcome.WAITING]
    assert night.count(MOVE) == 1


def test_a_second_send_is_counted_too() -> None:
    night = one_due()
    night.limited(moves_per_vault_day=1)
    night.will(MOVE, LOST)
    _, move = steps_of(night)
    assert move.outcome is Outcome.WAITING
    assert night.count(MOVE) == 1


def test_the_quotas_of_two_vaults_are_apart() -> None:
    night = stage(vms=2, vaults=2)
    night.limited(moves_per_vault_day=1, policy_writes_per_vault_day=1)
    night.planned()
    assert outcomes(night.enforce().steps, "membership") == [Outcome.WRITTEN] * 2


@pytest.mark.parametrize("scope", ["*", "RSV-0"])
def test_a_paused_vault_is_not_even_looked_at(scope: str) -> None:
    night = one_due()
    pauses.pause(night.ports, scope, night.world.now + timedelta(hours=1), "ann", "audit")
    (step,) = night.enforce().steps
    assert (step.outcome, step.reason) == (
        Outcome.WAITING,
        "paused until 2026-03-03T10:00:00+00:00 by ann: audit",
    )
    assert night.calls == ["vaults.vaults"]


def test_a_pause_of_one_vault_leaves_the_other() -> None:
    night = stage(vms=2, vaults=2)
    night.planned()
    pauses.pause(night.ports, "rsv-1", night.world.now + timedelta(hours=1), "ann", "audit")
    steps = night.enforce().steps
    assert sorted(outcomes(steps, "membership")) == [Outcome.WAITING, Outcome.WRITTEN]
    assert (night.count("vaults.items"), night.count(MOVE)) == (2, 1)


@pytest.mark.parametrize("write", [POLICY_WRITE, MOVE])
def test_a_pause_set_between_two_writes_stops_the_second(write: str) -> None:
    night = stage()
    night.planned()
    until = night.world.now + timedelta(hours=1)
    night.will(f"{write}.sent", lambda: pauses.pause(night.ports, "*", until, "ann", "stop"))
    steps = night.enforce().steps
    assert night.count(write) == 1
    assert sum("by ann: stop" in step.reason for step in steps) >= 2


def test_after_a_pause_the_fleet_goes_on() -> None:
    night = one_due()
    pauses.pause(night.ports, "*", night.world.now + timedelta(minutes=30), "ann", "audit")
    night.enforce()
    night.next_hour()
    assert {step.outcome for step in night.enforce().steps} == {Outcome.WRITTEN}


def test_what_we_wrote_is_known_only_after_it_was_re_read() -> None:
    night = one_due()
    night.will(POLICY_WRITE, LOST, LOST)
    night.enforce()
    (row,) = night.ports.ledger.rows(POLICIES).values()
    assert (row["state"], row["previous"]) == (SENT, "")
    night.next_hour()
    night.enforce()
    (row,) = night.ports.ledger.rows(POLICIES).values()
    assert row["state"] == VERIFIED


def test_no_policy_is_written_over_one_that_keeps_longer_whoever_asks() -> None:
    night = one_due()
    vault = vaults_in_scope(night.ports, night.intent)[0]
    made = night.ports.plans.latest()
    assert made is not None
    (target,) = made.policies
    longer = replace(target, retention=replace(target.retention, daily_days=60))
    sent = write_policy(Writer(night.ports, night.intent, night.world.now), vault, target, longer, "the tier changed")
    assert (sent.step.outcome, sent.lost) == (Outcome.HELD, False)
    assert sent.step.reason == "would be shortened in place: daily points: 60 days -> 30 days"
    assert night.writes == 0

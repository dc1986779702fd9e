"""What does a tick leave alone: a twin's writes, a vault that asks for time, what was refused, what cannot be read?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import BadMessage, Permanent, Transient
from shared.flows import backup_windows, pauses
from shared.model.plan import Outcome, Plan
from tests.flows.stage import THROTTLED, outcomes, stage

POLICY_WRITE = "vaults.write_policy"
MOVE = "vaults.assign_policy"


class Unreadable:
    """A store whose newest plan was written by a version that nobody here understands."""

    def __init__(self) -> None:
        self.saved: list[Plan] = []

    def save(self, plan: Plan) -> None:
        self.saved.append(plan)

    def latest(self) -> Plan | None:
        raise BadMessage(["plan.version: found 9; expected 1"])


@pytest.mark.parametrize("write", [POLICY_WRITE, MOVE])
def test_a_twin_that_runs_at_the_same_time_sends_nothing_twice(write: str) -> None:
    night = stage()
    night.planned()
    night.will(write, lambda: night.enforce())
    night.enforce()
    assert (night.count(POLICY_WRITE), night.count(MOVE)) == (3, 3)
    assert all("/ns-standard-" in item.policy_id for item in night.world.items.values())


def test_a_vault_that_asks_for_more_time_than_a_tick_has_takes_no_more_writes_in_it() -> None:
    night = stage(vms=4, vaults=2)
    night.planned()
    night.will(MOVE, Transient("429: come back in an hour", 3600.0, refused=True))
    steps = night.enforce().steps
    assert sorted(outcomes(steps, "membership")) == [Outcome.WAITING] * 2 + [Outcome.WRITTEN] * 2
    assert sum("takes no more writes in this tick" in step.reason for step in steps) == 1
    assert night.count(MOVE) == 3


def test_a_pause_set_while_a_throttled_write_waits_stops_it() -> None:
    night = stage(vms=1)
    night.planned()
    until = night.world.now + timedelta(hours=1)
    night.after_waiting(lambda: pauses.pause(night.ports, "*", until, "ann", "stop"))
    night.will(POLICY_WRITE, THROTTLED)
    policy, move = night.enforce().steps
    assert (policy.outcome, move.outcome) == (Outcome.WAITING, Outcome.WAITING)
    assert "by ann: stop" in policy.reason
    assert night.writes == 1


def test_a_policy_that_azure_refused_is_not_sent_again_under_this_plan() -> None:
    night = stage(vms=1)
    night.planned()
    night.will(POLICY_WRITE, Permanent("400: no", "BMSUserErrorInvalidPolicyInput"))
    night.enforce()
    night.next_hour()
    (move,) = night.enforce().steps
    assert (move.outcome, "Azure refused policy" in move.reason) == (Outcome.WAITING, True)
    assert night.writes == 1


def test_a_vault_that_was_sealed_after_planning_keeps_its_policies() -> None:
    night = stage(vms=1)
    made = night.settled()
    night.tomorrow()
    night.with_text(("days: 30", "days: 45"))
    (raised,) = night.plan().edits
    next(iter(night.world.vaults.values())).guarded = True
    night.world.advance_to(raised.due)
    (step,) = night.enforce().steps
    assert (step.kind, step.outcome) == ("policy", Outcome.HELD)
    assert "approve_retention_increase" in step.reason
    assert night.policy(made.vms[0].policy).rules.kept["daily"] == 30


def test_a_plan_that_cannot_be_read_is_as_good_as_none_and_an_alert(caplog: pytest.LogCaptureFixture) -> None:
    night, store = stage(), Unreadable()
    night.ports = replace(night.ports, plans=store)
    assert night.enforce().idle == "there is no plan yet"
    assert "plan-unreadable" in caplog.text
    assert backup_windows.plan_tonight(night.ports, night.intent, night.world.now) in store.saved

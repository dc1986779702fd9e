"""Is a VM ever planned or moved to where it would keep less, or what a sealed vault could not take back?"""

from typing import Any

import pytest

from local.world import documents
from local.world.history import put
from shared.model.plan import Action, Outcome
from tests.flows.stage import Stage, stage

APPROVED = "version: 1\napprove_retention_loss: [{vm: vm-0, from: Long, to: ns-standard, approver: ann, expires: %s}]"
RAISED = "version: 1\napprove_retention_increase: [{vault: rsv-0, tier: standard, approver: ann, expires: 2026-12-31}]"
SEALS = [{"guarded": True}, {"immutability": "Locked"}, {"immutability": "Unlocked"}]


def keeping(daily: int, **seal: Any) -> Stage:
    """Return a fleet of one VM whose policy Long keeps `daily` days, in a vault with this seal."""
    night = stage(vms=1)
    (vault,) = night.world.vaults.values()
    put(night.world, vault, "Long", documents.daily("22:30", daily=daily))
    night.human("assign", vm=night.vm().id, policy_id=night.policy("Long").id)
    for name, value in seal.items():
        setattr(vault, name, value)
    return night


def test_a_vm_that_would_keep_less_is_held_with_the_reason() -> None:
    (line,) = keeping(60).plan().vms
    assert (line.action, line.reason) == (Action.HOLD, "would keep less: daily points: 60 days -> 30 days")


def test_an_approved_loss_is_planned_until_its_approval_expires() -> None:
    night = keeping(60)
    night.with_text(("version: 1", APPROVED % "2026-12-31"))
    assert [line.action for line in night.plan().vms] == [Action.MOVE]
    night.with_text(("version: 1", APPROVED % "2026-03-01"))
    assert [line.action for line in night.plan().vms] == [Action.HOLD]


@pytest.mark.parametrize("seal", SEALS)
def test_in_a_sealed_vault_no_approval_helps_against_a_loss(seal: dict[str, Any]) -> None:
    night = keeping(60, **seal)
    night.with_text(("version: 1", APPROVED % "2026-12-31"))
    (line,) = night.plan().vms
    assert (line.action, "so no approval helps" in line.reason) == (Action.HOLD, True)


@pytest.mark.parametrize("seal", SEALS)
def test_in_a_sealed_vault_a_rise_needs_a_name(seal: dict[str, Any]) -> None:
    night = keeping(7, **seal)
    (line,) = night.plan().vms
    assert (line.action, "needs approve_retention_increase" in line.reason) == (Action.HOLD, True)
    night.with_text(("version: 1", RAISED))
    assert [line.action for line in night.plan().vms] == [Action.MOVE]


def test_a_vault_that_was_sealed_after_planning_holds_a_rise() -> None:
    night = keeping(7)
    night.planned()
    next(iter(night.world.vaults.values())).guarded = True
    (step,) = night.enforce().steps
    assert (step.outcome, "needs approve_retention_increase" in step.reason) == (Outcome.HELD, True)
    assert night.writes == 0


def test_a_policy_that_keeps_longer_since_planning_is_not_left() -> None:
    night = keeping(30)
    night.planned()
    night.human("edit", policy_id=night.policy("Long").id, properties=documents.daily("22:30", daily=60))
    (step,) = night.enforce().steps
    assert (step.outcome, step.reason) == (Outcome.HELD, "would keep less: daily points: 60 days -> 30 days")
    assert night.writes == 0

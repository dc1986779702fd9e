"""Does a vault begin with its canary, say what waits, and go on only when the canary's runs were seen?"""

from collections import Counter
from datetime import timedelta

from shared.flows import backup_windows
from shared.flows.look import PLACEMENTS
from shared.flows.record import steps_of
from shared.model.plan import Outcome
from tests.flows.stage import Stage, outcomes, stage

CANARY = ("version: 1", "version: 1\nrollout: {first: 2, share: 50%}")


def careful(vms: int = 6, vaults: int = 1) -> Stage:
    night = stage(vms, vaults)
    night.with_text(CANARY)
    return night


def test_the_canary_is_moved_and_the_rest_waits_with_the_reason() -> None:
    night = careful()
    made = night.planned()
    steps = [step for step in night.enforce().steps if step.kind == "membership"]
    assert Counter(step.outcome for step in steps) == {Outcome.WRITTEN: 2, Outcome.WAITING: 4}
    assert {step.reason for step in steps if step.outcome is Outcome.WAITING} == {"canary: first 2 of rsv-0 tonight"}
    minutes = {line.vm_id: line.minutes for line in made.vms}
    moved = [minutes[step.subject] for step in steps if step.outcome is Outcome.WRITTEN]
    assert sorted(moved) == sorted(minutes.values())[:2]


def test_each_vault_has_a_canary_of_its_own() -> None:
    night = careful(vms=8, vaults=2)
    night.planned()
    assert Counter(outcomes(night.enforce().steps, "membership")) == {Outcome.WRITTEN: 4, Outcome.WAITING: 4}


def test_what_waits_is_said_once_a_plan_and_then_azure_is_left_alone() -> None:
    night = careful()
    night.planned()
    night.enforce()
    night.calls.clear()
    for _ in range(5):
        night.next_hour()
        idle = night.enforce()
        assert (idle.steps, idle.idle) == ((), "what is due waits for its share of the roll-out")
    assert night.calls == []
    told = [step for step in steps_of(night.ports, night.intent, night.world.now) if "canary" in step.reason]
    assert len(told) == 4


def test_the_next_plan_before_the_canarys_runs_moves_nobody() -> None:
    night = careful()
    night.planned()
    night.enforce()
    night.tomorrow()
    night.plan()
    for _ in range(16):
        night.next_hour()
        night.enforce()
    assert night.count("vaults.assign_policy") == 0


def test_every_vm_is_moved_night_by_night_and_no_run_is_lost() -> None:
    night = careful(vms=10)
    moves_of_day: list[int] = []
    for _ in range(6):
        before = len(night.ports.ledger.rows(PLACEMENTS))
        night.plan()
        for _ in range(23):
            night.next_hour()
            night.enforce()
        moves_of_day.append(len(night.ports.ledger.rows(PLACEMENTS)) - before)
        night.tomorrow()
    assert moves_of_day[0] == 2
    assert max(moves_of_day) <= 5
    assert sum(moves_of_day) == 10
    assert night.world.skipped_runs() == 0
    assert night.world.counters.points_pruned == 0


def test_a_vm_that_cannot_be_moved_does_not_keep_the_others_waiting() -> None:
    night = careful()
    made = night.planned()
    quickest = min(made.moves, key=lambda line: line.minutes)
    item = next(item for item in night.world.items.values() if item.vm_id.lower() == quickest.vm_id)
    night.world.start_backup(item, None)
    night.world.advance(timedelta(minutes=6))
    assert outcomes(night.enforce().steps, "membership").count(Outcome.WRITTEN) == 1
    night.next_hour()
    night.enforce()
    moved = night.ports.ledger.rows(PLACEMENTS)
    assert len(moved) == 2
    assert quickest.vm_id not in moved


def test_a_move_whose_answer_was_lost_counts() -> None:
    night = careful()
    night.planned()
    night.will("vaults.assign_policy.sent", ConnectionError("the process died"))
    try:
        night.enforce()
    except ConnectionError:
        night.next_hour()
    night.enforce()
    assert len(night.ports.ledger.rows(PLACEMENTS)) == 2


def test_the_preview_says_what_would_wait() -> None:
    night = careful()
    steps = backup_windows.preview(night.ports, night.intent, night.world.now)
    waiting = [step for step in steps if step.reason.endswith("canary: first 2 of rsv-0 tonight")]
    assert len(waiting) == 4
    assert night.ports.ledger.rows("waits") == {}

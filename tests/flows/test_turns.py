"""What does a run do that stood still, and wakes up when others have gone on? It writes nothing more."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.flows import backup_windows, rollback
from shared.flows.look import ROLLED_BACK
from shared.flows.rollback import Selection
from shared.flows.turns import LONGEST, TURNS, take
from shared.model.plan import Outcome
from tests.flows.stage import THROTTLED, Stage, outcomes, stage

HOUR = timedelta(hours=1)
POLICY_WRITE, MOVE = "vaults.write_policy", "vaults.assign_policy"


class Interrupted:
    """A ledger at whose next write of one kind something happens, before that write takes effect."""

    def __init__(self, inner: Any, kind: str, happens: Callable[[], object]) -> None:
        self.inner = inner
        self._kind = kind
        self._happens: list[Callable[[], object]] = [happens]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, kind: str, key: str, values: Mapping[str, str]) -> None:
        if kind == self._kind and self._happens:
            self._happens.pop()()
        self.inner.write(kind, key, values)


def other_host_goes_on(night: Stage) -> Callable[[], None]:
    """Another host runs the next tick to its end, while this one stands still."""
    ports = night.ports

    def goes_on() -> None:
        night.next_hour()
        replace(night, ports=ports).enforce()

    return goes_on


def spent(night: Stage, quota: str) -> int:
    """What the ledger counts for the vault on this day."""
    vault_id, day = next(iter(night.world.vaults)), night.world.now.date()
    return next(taken for taken in range(99) if night.ports.ledger.spend(quota, vault_id, day, taken + 1))


def written(night: Stage) -> dict[str, int]:
    """How often each item and policy was written, as the activity log has it."""
    found: dict[str, int] = {}
    for entry in night.world.activity:
        name = entry.resource_id.rsplit("/", 1)[-1]
        found[name] = found.get(name, 0) + 1
    return found


@pytest.mark.parametrize("moment", [f"{POLICY_WRITE}.sent", f"{MOVE}.sent", "vaults.items", "vaults.jobs"])
def test_a_run_that_stood_still_while_another_went_on_writes_nothing_twice_and_spends_nothing(moment: str) -> None:
    night = stage(vms=4)
    night.planned()
    night.will(moment, other_host_goes_on(night))
    night.enforce()
    assert all("/ns-standard-" in item.policy_id for item in night.world.items.values())
    assert set(written(night).values()) == {1}
    assert (spent(night, "moves"), spent(night, "policy-writes")) == (4, 4)


def test_a_run_that_lost_its_turn_leaves_what_the_other_remembers() -> None:
    night = stage(vms=4)
    night.planned()
    night.will(f"{MOVE}.sent", other_host_goes_on(night))
    stood_still = night.enforce()
    assert outcomes(stood_still.steps, "membership") == [Outcome.WRITTEN]
    night.next_hour()
    assert night.enforce().idle == "nothing is due"


def test_a_run_that_stood_still_between_its_quota_and_its_write_does_not_send_it() -> None:
    night = stage(vms=2)
    night.planned()
    night.ports = replace(night.ports, ledger=Interrupted(night.ports.ledger, "placements", other_host_goes_on(night)))
    night.enforce()
    assert set(written(night).values()) == {1}
    assert all("/ns-standard-" in item.policy_id for item in night.world.items.values())


def test_a_run_that_stood_still_alone_leaves_the_rest_to_the_next(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "nightshift")
    night = stage(vms=4)
    night.planned()
    night.will(f"{MOVE}.sent", lambda: night.world.advance(LONGEST + timedelta(minutes=1)))
    steps = night.enforce().steps
    assert outcomes(steps, "membership") == [Outcome.WRITTEN]
    assert night.count(MOVE) == 1
    assert "has taken too long; what it saw is judged anew" in caplog.text
    night.next_hour()
    assert outcomes(night.enforce().steps, "membership") == [Outcome.WRITTEN] * 3
    assert night.count(MOVE) == 4


def test_a_run_that_takes_its_time_within_half_an_hour_goes_on() -> None:
    night = stage(vms=4)
    night.planned()
    night.will(f"{MOVE}.sent", lambda: night.world.advance(LONGEST - timedelta(minutes=5)))
    night.enforce()
    assert night.count(MOVE) == 4


def test_a_throttled_write_is_not_sent_again_once_another_run_has_begun() -> None:
    night = stage(vms=1)
    night.planned()
    night.will(POLICY_WRITE, THROTTLED)
    ports, later = night.ports, night.world.now + timedelta(minutes=1)
    night.after_waiting(lambda: take(ports, "enforcement", later))
    night.enforce()
    assert night.writes == 1


def test_a_rollback_that_stood_still_does_not_forget_what_the_next_one_did() -> None:
    night = stage(vms=3)
    night.settled()
    night.world.advance_to(night.world.now.replace(hour=13))
    ports, everything = night.ports, Selection(everything=True)

    def again() -> None:
        night.world.advance(timedelta(minutes=5))
        rollback.rollback(ports, night.intent, night.world.now, everything, dry_run=False)

    night.will(f"{MOVE}.sent", again)
    rollback.rollback(ports, night.intent, night.world.now, everything, dry_run=False)
    assert night.count(MOVE) == 3
    assert {item.policy_id.rsplit("/", 1)[-1] for item in night.world.items.values()} == {"DefaultPolicy"}
    assert len(ports.ledger.rows(ROLLED_BACK)) == 3


def test_checks_of_different_vms_do_not_take_each_others_turn() -> None:
    night = stage()
    first = take(night.ports, "check /vm/a", night.world.now)
    take(night.ports, "check /vm/b", night.world.now + HOUR)
    assert first.over() == ""
    take(night.ports, "check /vm/a", night.world.now + HOUR)
    assert "a later run has taken over" in first.over()


def test_a_preview_takes_no_turn() -> None:
    night = stage()
    backup_windows.preview(night.ports, night.intent, night.world.now)
    rollback.rollback(night.ports, night.intent, night.world.now, Selection(everything=True))
    assert night.ports.ledger.rows(TURNS) == {}


def test_a_clock_that_was_ahead_does_not_keep_the_next_runs_from_writing() -> None:
    night = stage(vms=1)
    night.planned()
    take(night.ports, "enforcement", night.world.now + timedelta(days=30))
    night.enforce()
    assert night.count(MOVE) == 1

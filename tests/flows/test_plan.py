"""Is each night planned once, checked before it is stored, and shown before it is written?"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.errors import Permanent
from shared.flows import backup_windows
from shared.flows.look import DRIFT
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Action, Outcome, Plan
from shared.rules import backup_windows as rules
from tests.flows.stage import AFTERNOON, outcomes, stage


def test_a_plan_is_stored_with_its_proof_and_nothing_is_written_to_azure() -> None:
    night = stage()
    made = backup_windows.plan(night.ports, night.intent, AFTERNOON)
    assert night.ports.plans.latest() == made
    assert {line.action for line in made.vms} == {Action.MOVE}
    assert (sum(proof.peak_before for proof in made.proofs), made.peak) == (3, 1)
    assert night.writes == 0


def test_a_plan_that_its_checker_does_not_confirm_is_not_stored(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    honest = rules.plan

    def boasting(observed: Observed, intent: FleetPolicy, now: datetime) -> Plan:
        made = honest(observed, intent, now)
        return replace(made, proofs=tuple(replace(proof, peak=0) for proof in made.proofs))

    night = stage()
    monkeypatch.setattr(rules, "plan", boasting)
    with pytest.raises(Permanent, match="not confirmed by its checker: westeurope: the peak is 1, not 0"):
        night.plan()
    assert night.ports.plans.latest() is None
    assert "plan-not-confirmed" in caplog.text


def test_a_plan_that_is_only_shown_is_not_stored() -> None:
    night = stage()
    made = backup_windows.plan(night.ports, night.intent, AFTERNOON, store=False)
    assert made.moves
    assert night.ports.plans.latest() is None


def test_a_night_is_planned_once() -> None:
    night = stage()
    first = backup_windows.plan_tonight(night.ports, night.intent, AFTERNOON)
    night.calls.clear()
    assert backup_windows.plan_tonight(night.ports, night.intent, AFTERNOON + timedelta(hours=19)) is None
    assert night.calls == []
    assert night.ports.plans.latest() == first


def test_the_next_fleet_day_is_planned_again() -> None:
    night = stage()
    backup_windows.plan_tonight(night.ports, night.intent, AFTERNOON)
    night.tomorrow()
    second = backup_windows.plan_tonight(night.ports, night.intent, night.world.now)
    assert second is not None
    assert second.night == AFTERNOON.date() + timedelta(days=1)


def test_a_new_version_of_the_policy_is_planned_the_same_night() -> None:
    night = stage()
    first = backup_windows.plan_tonight(night.ports, night.intent, AFTERNOON)
    night.with_text(("days: 30", "days: 35"))
    second = backup_windows.plan_tonight(night.ports, night.intent, AFTERNOON + timedelta(hours=1))
    assert first is not None
    assert second is not None
    assert (second.night, second.policy_version) == (first.night, night.intent.version)


def test_a_plan_is_told_in_one_line_of_figures(caplog: pytest.LogCaptureFixture) -> None:
    night = stage()
    with caplog.at_level(logging.INFO, "nightshift"):
        night.plan()
    (told,) = [record.getMessage() for record in caplog.records if "nightshift.planned" in record.getMessage()]
    assert '"moves": 3' in told
    assert '"peak": 1' in told


def test_a_preview_shows_every_write_with_its_hour_and_writes_nothing() -> None:
    night = stage()
    night.vm("vm-2").tags["nightshift-hold"] = "2026-04-01;ann;release"
    steps = backup_windows.preview(night.ports, night.intent, AFTERNOON)
    assert outcomes(steps, "policy") == [Outcome.WAITING] * 2
    assert sorted(outcomes(steps, "membership")) == [Outcome.HELD, Outcome.WAITING, Outcome.WAITING]
    moves = [step for step in steps if step.kind == "membership" and step.outcome is Outcome.WAITING]
    assert all("due 2026-03-03 09:00 UTC" in step.reason and step.before == "DefaultPolicy" for step in moves)
    assert (night.writes, night.ports.plans.latest()) == (0, None)


def test_a_preview_of_a_settled_fleet_is_empty() -> None:
    night = stage()
    night.settled()
    night.tomorrow()
    assert backup_windows.preview(night.ports, night.intent, night.world.now) == ()


def test_a_settled_fleet_is_planned_to_stay() -> None:
    night = stage()
    first = night.settled()
    night.tomorrow()
    second = night.plan()
    assert {line.action for line in second.vms} == {Action.KEEP}
    assert [line.policy for line in second.vms] == [line.policy for line in first.vms]
    assert (second.edits, second.findings, night.ports.ledger.rows(DRIFT)) == ((), (), {})

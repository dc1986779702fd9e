"""Is every step kept for the morning, told in one line, and alerted where it failed?"""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.flows.record import record, steps_of
from shared.model.plan import Outcome, Step
from tests.flows.stage import AFTERNOON, stage

STEP = Step(AFTERNOON, "membership", "/vm", Outcome.WRITTEN, "least loaded", "DefaultPolicy", "ns-standard-2100")


def test_steps_come_back_as_they_were_kept_oldest_first() -> None:
    night = stage()
    later = replace(STEP, at=AFTERNOON + timedelta(hours=1), outcome=Outcome.WAITING)
    record(night.ports, night.intent, [later], later.at)
    record(night.ports, night.intent, [STEP, replace(STEP, kind="policy")], STEP.at)
    assert steps_of(night.ports, night.intent, later.at) == (STEP, replace(STEP, kind="policy"), later)


def test_only_the_last_day_is_reported_across_the_change_of_the_fleet_day() -> None:
    night = stage()
    noon = AFTERNOON.replace(hour=12)
    for hours in (-25, -24, -23, 0, 1):
        at = noon + timedelta(hours=hours)
        record(night.ports, night.intent, [replace(STEP, at=at)], at)
    found = [step.at for step in steps_of(night.ports, night.intent, noon)]
    assert found == [noon - timedelta(hours=23), noon]


def test_a_tick_is_told_in_one_line_and_a_failure_is_an_alert(caplog: pytest.LogCaptureFixture) -> None:
    night = stage()
    with caplog.at_level(logging.INFO, "nightshift"):
        record(night.ports, night.intent, [STEP, replace(STEP, subject="/other", outcome=Outcome.FAILED)], AFTERNOON)
    told, alert = (entry for entry in caplog.records)
    assert '"failed": 1, "night": "2026-03-02", "written": 1' in told.getMessage()
    assert alert.levelname == "ERROR"
    assert '"code": "write-failed", "subject": "/other"' in alert.getMessage()

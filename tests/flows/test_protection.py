"""Is what is not protected as intended found and told, without a write?"""

import logging

import pytest

from shared.flows import protection
from tests.flows.stage import AFTERNOON, stage


def test_a_vm_without_protection_is_found_and_told(caplog: pytest.LogCaptureFixture) -> None:
    night = stage()
    item = night.item()
    del night.world.items[item.id.lower()]
    with caplog.at_level(logging.INFO, "nightshift"):
        findings = protection.check(night.ports, night.intent, AFTERNOON)
    assert [(finding.code, finding.subject) for finding in findings if finding.code == "unprotected"] == [
        ("unprotected", night.vm().id.lower())
    ]
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("nightshift.protection.checked")
    assert '"protected": 2' in told
    assert "vm-0 (standard) is not protected" in told
    assert night.writes == 0


def test_a_fleet_on_its_default_schedule_needs_no_human(caplog: pytest.LogCaptureFixture) -> None:
    night = stage()
    with caplog.at_level(logging.INFO, "nightshift"):
        findings = protection.check(night.ports, night.intent, AFTERNOON)
    assert {finding.code for finding in findings} == {"default-schedule"}
    assert '"findings": []' in caplog.text

"""Is the published policy in force, the last good one where it is unreadable, and nothing else ever?"""

import pytest

from shared.errors import BadMessage, Permanent
from shared.flows import fleet_policy
from tests.flows.stage import AFTERNOON, POLICY, stage

LONGER = POLICY.replace("days: 30", "days: 60")
INVALID = POLICY.replace("tiers:", "tears:")


def test_the_published_document_is_in_force_and_remembered_as_good() -> None:
    ports = stage().ports
    ports.policies.publish(POLICY)
    assert fleet_policy.read(ports, AFTERNOON).tiers[0].retention.daily_days == 30
    assert ports.policies.last_good() == POLICY
    ports.policies.publish(LONGER)
    assert fleet_policy.read(ports, AFTERNOON).tiers[0].retention.daily_days == 60
    assert ports.policies.last_good() == LONGER


def test_an_invalid_document_is_passed_over_for_the_last_good_one_with_an_alert(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ports = stage().ports
    ports.policies.publish(POLICY)
    good = fleet_policy.read(ports, AFTERNOON)
    ports.policies.publish(INVALID)
    assert fleet_policy.read(ports, AFTERNOON) == good
    assert "fleet-policy-invalid" in caplog.text
    assert "tears" in caplog.text
    assert ports.policies.last_good() == POLICY


def test_an_invalid_first_document_is_refused_with_its_reasons() -> None:
    ports = stage().ports
    ports.policies.publish(INVALID)
    with pytest.raises(Permanent, match=r"none was good before: .*tears"):
        fleet_policy.read(ports, AFTERNOON)


def test_without_a_document_the_command_to_run_is_named() -> None:
    with pytest.raises(Permanent, match="nightshift policy publish") as missing:
        fleet_policy.read(stage().ports, AFTERNOON)
    assert missing.value.code == "NoFleetPolicy"


def test_a_document_that_keeps_less_than_the_one_in_force_is_not_published() -> None:
    ports = stage().ports
    fleet_policy.publish(ports, LONGER)
    fleet_policy.read(ports, AFTERNOON)
    with pytest.raises(BadMessage, match="60 days -> 30 days"):
        fleet_policy.publish(ports, POLICY)
    assert ports.policies.current() == LONGER


def test_an_unreadable_document_in_force_does_not_keep_a_good_one_out() -> None:
    ports = stage().ports
    ports.policies.publish(INVALID)
    fleet_policy.publish(ports, POLICY)
    assert ports.policies.current() == POLICY

"""Is a way that leads to nobody found, and a failure that only Azure knows, and nothing that is well?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.model.failures import Kind, Severity
from shared.model.monitoring import AlertPart, HealthEvents
from shared.rules.alert_path import (
    EDGE,
    broken_alert,
    canary,
    group_finding,
    known_in,
    missed,
    rule_finding,
    span,
    unreadable,
)
from tests.cloud.nouns import VAULT
from tests.rules.failures import BEGAN, ENDED, failure, late
from tests.rules.fleet import VAULT_ID, vault

RULE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/scheduledQueryRules/Pages"
GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/actionGroups/On-Call"
AT = datetime(2026, 3, 3, 22, tzinfo=UTC)


def events(health: str, count: int = 1, workload: str = "Microsoft.Compute/virtualMachines", vm: str = "app"):
    return HealthEvents(AT, health, workload, f"/virtualmachines/{vm}" if vm else "", count)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (None, "is not there"),
        (AlertPart(RULE, False, (GROUP,)), "is not enabled"),
        (AlertPart(RULE, True, ()), "calls no action group"),
    ],
)
def test_a_rule_that_rings_nobody_is_found(part: AlertPart | None, said: str) -> None:
    found = rule_finding(RULE, part)
    assert found is not None
    assert (found.code, found.subject, found.text) == ("alert-path-broken", RULE, f"alert rule Pages {said}")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (None, "is not there"),
        (AlertPart(GROUP, False, ("ann",)), "is not enabled"),
        (AlertPart(GROUP, True, ()), "has no receiver, and reaches nobody"),
    ],
)
def test_an_action_group_that_reaches_nobody_is_found(part: AlertPart | None, said: str) -> None:
    found = group_finding(GROUP, part)
    assert found is not None
    assert found.text == f"action group On-Call {said}"


def test_a_way_that_is_open_is_no_finding() -> None:
    assert rule_finding(RULE, AlertPart(RULE, True, (GROUP,))) is None
    assert group_finding(GROUP, AlertPart(GROUP, True, ("ann",))) is None


def test_what_could_not_be_checked_is_not_taken_for_well() -> None:
    found = unreadable("the alert rule", RULE, ValueError("no right"))
    assert (found.code, found.text) == ("monitoring-unreadable", "the alert rule could not be checked: no right")


def test_more_unhealthy_backups_than_failures_are_a_finding_with_their_vms() -> None:
    seen = [events("Transient Unhealthy"), events("Persistent Degraded", 2, vm="db"), events("Healthy", 50, vm="web")]
    assert missed(VAULT, seen, 3) is None
    found = missed(VAULT, seen, 2)
    assert found is not None
    assert (found.code, found.subject) == ("watcher-missed", VAULT.id)
    assert found.text == "in Weu1 Azure counted 3 unhealthy backups of app, db in a day, and the watcher knows 2"


def test_workloads_that_are_no_vms_are_not_the_watchers() -> None:
    others = [
        events("Transient Degraded", workload=one) for one in ("SQLDataBase", "SAPHanaDatabase", "AzureFileShare")
    ]
    assert missed(VAULT, others, 0) is None


@pytest.mark.parametrize("workload", ["", "VM", "AzureIaasVM", "Microsoft.Compute/virtualMachines"])
def test_a_workload_of_another_spelling_is_taken_for_a_vm(workload: str) -> None:
    assert missed(VAULT, [events("Transient Degraded", workload=workload, vm="")], 0) is not None


def test_many_vms_are_not_all_named() -> None:
    found = missed(VAULT, [events("Transient Degraded", vm=f"vm-{number}") for number in range(9)], 0)
    assert found is not None
    assert "of vm-0, vm-1, vm-2, vm-3, vm-4, ... in a day" in found.text


def test_the_day_that_is_compared_is_of_whole_hours_and_settled() -> None:
    since, until = span(AT + timedelta(minutes=40))
    assert (since, until) == (AT - timedelta(hours=25), AT - timedelta(hours=1))


def test_what_the_watcher_knows_is_counted_a_little_wider_and_of_backups_of_the_vault_only() -> None:
    here = vault()
    assert here.id == VAULT_ID
    one, since = failure(), BEGAN - timedelta(hours=6)
    assert known_in([one], here, since, ENDED) == {one.id}, "it ended just outside"
    assert known_in([one], here, ENDED + EDGE, ENDED + timedelta(days=1)) == {one.id}
    assert known_in([one], here, ENDED + 2 * EDGE, ENDED + timedelta(days=1)) == frozenset()
    other = failure(vault_id="/other")
    not_begun, restore = (
        failure("", Kind.OVERDUE),
        failure(operation="Restore", started_at=BEGAN + timedelta(minutes=1)),
    )
    assert known_in([other, not_begun, restore], here, since, ENDED) == frozenset()
    assert len(known_in([one, late(one, 2), one], here, since, ENDED + timedelta(hours=3))) == 2


def test_a_broken_part_is_told_under_one_key_a_night_with_what_to_do() -> None:
    found = rule_finding(RULE, None)
    assert found is not None
    alert, again = (broken_alert(found, date(2026, 3, day)) for day in (3, 4))
    assert alert.key != again.key
    assert broken_alert(found, date(2026, 3, 3)) == alert
    assert (alert.severity, alert.code, alert.title) == (
        Severity.ERROR,
        "alert-path-broken",
        "alert rule Pages is not there",
    )
    assert any("fire-drill" in step for step in alert.what_to_do)


def test_a_canary_is_the_mildest_alert_and_has_one_key_a_day() -> None:
    alert = canary(AT.date(), AT)
    assert (alert.severity, alert.code, alert.key) == (max(Severity), "canary", "canary|2026-03-03")
    assert f"Sev{alert.severity}" == "Sev4"

"""Does Azure Monitor behave the same, in memory and over the real SDK?"""

from collections import Counter
from datetime import timedelta

import pytest

from local.world.monitor import TAKES, ActionGroup, AlertRule
from shared.errors import Permanent
from tests.contract.stages import Stage

HOUR = timedelta(hours=1)
PLACE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-Alerts/providers/Microsoft.Insights"
RULE, GROUP = f"{PLACE}/scheduledQueryRules/nightshift-alerts", f"{PLACE}/actionGroups/on-call"


def test_each_ended_backup_is_counted_once_in_its_hour_with_its_health_and_vm(stage: Stage) -> None:
    vault = stage.ports.vaults.vaults("00000000-0000-0000-0000-000000000001")[0]
    until = stage.world.now.replace(minute=0, second=0, microsecond=0)
    since = until - timedelta(days=4)
    jobs = [job for job in stage.world.jobs_in(vault.id) if job.ended_at and since <= job.ended_at < until]
    backups = [job for job in jobs if job.operation == "Backup"]
    assert len(backups) > 12, "more than the ten series that Azure shows by itself would count"
    backups[3].error, backups[3].status = "CloudInternalError", "Failed"
    backups[5].error, backups[5].status = "AzureVmOffline", "Failed"
    found = stage.ports.monitoring.health(vault, since, until)
    assert sum(event.count for event in found) == len(backups)
    assert all(event.at.minute == 0 and since <= event.at < until for event in found)
    assert Counter(event.health for event in found if event.health != "Healthy") == {
        "Transient Unhealthy": 1,
        "Transient Degraded": 1,
    }
    (service,) = [event for event in found if event.health == "Transient Unhealthy"]
    ended_at = backups[3].ended_at
    assert ended_at is not None
    assert (service.source, service.at) == (backups[3].vm_id, ended_at.replace(minute=0, second=0, microsecond=0))


def test_a_vault_without_backups_has_no_events(stage: Stage) -> None:
    vault = stage.ports.vaults.vaults("00000000-0000-0000-0000-000000000001")[1]
    until = stage.world.now.replace(minute=0, second=0, microsecond=0)
    assert stage.ports.monitoring.health(vault, until - timedelta(days=1), until) == []


def test_a_rule_is_read_with_the_action_groups_that_it_calls(stage: Stage) -> None:
    assert stage.ports.monitoring.rule(RULE) is None
    rule = stage.world.monitor.add_rule(AlertRule(RULE, [GROUP]))
    found = stage.ports.monitoring.rule(RULE)
    assert found is not None
    assert (found.id, found.enabled, found.leads_to) == (RULE, True, (GROUP,))
    rule.enabled = False
    found = stage.ports.monitoring.rule(RULE.upper())
    assert found is not None
    assert not found.enabled


def test_an_action_group_is_read_without_those_who_have_unsubscribed(stage: Stage) -> None:
    assert stage.ports.monitoring.action_group(GROUP) is None
    people = {"ann": "ann@example.com", "bob": "bob@example.com"}
    group = stage.world.monitor.add_group(ActionGroup(GROUP, people, {"bob"}))
    found = stage.ports.monitoring.action_group(GROUP)
    assert found is not None
    assert (found.enabled, found.leads_to) == (True, ("ann",))
    group.enabled = False
    found = stage.ports.monitoring.action_group(GROUP)
    assert found is not None
    assert not found.enabled


def test_a_drill_is_sent_once_and_can_be_followed_to_its_end(stage: Stage) -> None:
    stage.world.monitor.add_group(ActionGroup(GROUP, {"ann": "ann@example.com", "bob": "b@example.com"}, {"bob"}))
    begun = stage.ports.monitoring.drill(GROUP)
    assert begun.id
    assert [one.receivers for one in stage.world.monitor.notifications.values()] == [[("ann", "Email")]]
    seen = stage.ports.monitoring.drilled(GROUP, begun.id)
    assert seen.state == "InProgress"
    stage.world.advance(TAKES)
    seen = stage.ports.monitoring.drilled(GROUP, begun.id)
    assert (seen.state, [(one.receiver, one.way, one.status) for one in seen.receipts]) == (
        "Complete",
        [("ann", "Email", "Completed")],
    )


def test_a_drill_of_nothing_or_of_nobody_is_refused(stage: Stage) -> None:
    with pytest.raises(Permanent, match="is not there"):
        stage.ports.monitoring.drill(GROUP)
    stage.world.monitor.add_group(ActionGroup(GROUP, {"ann": "ann@example.com"}, {"ann"}))
    with pytest.raises(Permanent, match="no receiver that reaches people"):
        stage.ports.monitoring.drill(GROUP)

"""Is the way to people checked once a day, told where it is broken, and does a canary go the way of every alert?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from local.world.monitor import ActionGroup, AlertRule
from shared.errors import Permanent, Transient
from shared.flows import alert_path, review
from shared.flows.job_failures import facts
from shared.model.failures import History, Severity
from tests.flows.failing import ALERTS, HOUR, deliver, fail, failing, inbox, look, vault, work
from tests.flows.stage import Stage

PLACE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Insights"
RULE, GROUP = f"{PLACE}/scheduledQueryRules/pages", f"{PLACE}/actionGroups/on-call"


def guarded(**alerts: object) -> Stage:
    """A stage whose fleet.yaml names a rule and an action group that are there and well."""
    night = failing()
    how = replace(night.intent.alerts, rules=(RULE,), action_groups=(GROUP,), **alerts)  # type: ignore[arg-type]
    night.intent = replace(night.intent, alerts=how)
    night.world.monitor.add_rule(AlertRule(RULE, [GROUP]))
    night.world.monitor.add_group(ActionGroup(GROUP, {"ann": "ann@example.com"}))
    return night


def check(night: Stage) -> list[str]:
    """Check, and return what the newest check found."""
    alert_path.check_daily(night.ports, night.intent, night.world.now)
    found = alert_path.latest(night.ports, night.intent, night.world.now)
    return [f"{one.code}: {one.text}" for one in found.findings]


def test_a_way_that_stands_is_read_once_a_day_and_nobody_is_told() -> None:
    night = guarded()
    assert check(night) == []
    assert (night.count("monitoring.rule"), night.count("monitoring.action_group")) == (1, 1)
    night.world.advance(6 * HOUR)
    assert check(night) == []
    assert night.count("monitoring.rule") == 1
    night.world.advance(timedelta(days=1))
    check(night)
    assert night.count("monitoring.rule") == 2
    assert inbox(night) == []


def test_a_broken_way_is_told_by_log_and_webhook_once_a_day(caplog: pytest.LogCaptureFixture) -> None:
    night = guarded()
    night.world.monitor.rules[RULE.lower()].enabled = False
    del night.world.monitor.groups[GROUP.lower()]
    assert check(night) == [
        "alert-path-broken: alert rule pages is not enabled",
        "alert-path-broken: action group on-call is not there",
    ]
    check(night)
    assert [alert.code for alert in inbox(night)] == ["alert-path-broken"] * 2
    lines = [one.message for one in caplog.records if one.message.startswith("nightshift.alert ")]
    assert len(lines) == 2
    assert all('"code": "alert-path-broken"' in line for line in lines)


def test_the_report_tells_a_broken_way_and_wants_a_human() -> None:
    night = guarded()
    night.world.monitor.rules[RULE.lower()].groups.clear()
    check(night)
    report = review.review(night.ports, night.intent, night.world.now + 12 * HOUR)
    assert [(one.code, one.subject) for one in report.needs_human] == [("alert-path-broken", RULE)]
    assert report.aftermath.alert_path.checked_at == night.world.now
    late = review.review(night.ports, night.intent, night.world.now + 30 * HOUR)
    assert late.aftermath.alert_path.checked_at == night.world.now, "a late report knows the last day's check"


def test_where_azure_does_not_answer_it_is_checked_again_and_nothing_else_waits() -> None:
    night = guarded()
    night.will("monitoring.rule", Transient("503"))
    assert check(night) == []
    assert alert_path.latest(night.ports, night.intent, night.world.now).checked_at is None
    night.world.monitor.rules.clear()
    night.world.advance(6 * HOUR)
    assert check(night) == ["alert-path-broken: alert rule pages is not there"]


def test_what_may_not_be_read_is_a_finding_beside_the_others() -> None:
    night = guarded()
    look(night)
    night.will("monitoring.rule", Permanent("no right", "AuthorizationFailed"))
    night.will("monitoring.health", Permanent("no right", "AuthorizationFailed"))
    assert check(night) == [
        "monitoring-unreadable: the alert rule could not be checked: no right",
        "monitoring-unreadable: how its backups ended could not be checked: no right",
    ]
    assert inbox(night) == []


def test_failures_that_the_watcher_knows_are_no_gap_answered_or_not() -> None:
    for answer in (False, True):
        night = failing()
        fail(night)
        fail(night, "vm-1")
        look(night)
        if answer:
            deliver(night)
            work(night)
        night.world.advance(3 * HOUR)
        look(night)
        assert check(night) == []
        assert night.count("monitoring.health") == 1


def test_a_failure_that_only_azure_knows_is_a_finding_with_its_vm() -> None:
    night = failing()
    fail(night)
    look(night)
    deliver(night)
    work(night)
    night.world.advance(3 * HOUR)
    look(night)
    for key in night.ports.ledger.rows(facts.FACTS):
        night.ports.ledger.drop(facts.FACTS, key)
    assert facts.history(night.ports.ledger) == History()
    (said,) = check(night)
    name = vault(night).name
    assert said.startswith(f"watcher-missed: in {name} Azure counted 1 unhealthy backups of vm-0 in a day")
    assert inbox(night) == [], "it is for the report"


def test_where_nobody_has_looked_nothing_is_compared() -> None:
    night = failing()
    fail(night)
    night.world.advance(3 * HOUR)
    assert check(night) == []
    assert night.count("monitoring.health") == 0


def test_a_canary_goes_the_way_of_every_alert_once_a_day_and_only_if_wanted(caplog: pytest.LogCaptureFixture) -> None:
    night = guarded(canary=True)
    first = night.world.now
    for _ in range(3):
        check(night)
        night.world.advance(6 * HOUR)
    (alert,) = inbox(night)
    assert (alert.severity, alert.code) == (Severity.VERBOSE, "canary")
    assert sum('"code": "canary"' in one.message for one in caplog.records) == 1
    assert alert_path.latest(night.ports, night.intent, night.world.now).canary_at == first
    night.world.advance(timedelta(days=1))
    check(night)
    assert len({one.key for one in inbox(night)}) == 2
    silent = guarded()
    check(silent)
    assert inbox(silent) == []


def test_a_canary_waits_for_the_end_of_quiet_hours_and_comes_though_azure_is_silent() -> None:
    night = failing()
    quiet = ALERTS[1].replace(
        "webhook: INBOX", 'webhook: INBOX, canary: true, quiet_hours: {hours: "15:00-17:00", zone: UTC}'
    )
    night.with_text((ALERTS[0], quiet))
    check(night)
    assert inbox(night) == []
    look(night)
    night.world.advance(6 * HOUR)
    night.will("vaults.vaults", Transient("503"))
    check(night)
    assert [alert.code for alert in inbox(night)] == ["canary"]


def test_a_crash_between_telling_and_remembering_tells_again_under_the_same_key() -> None:
    night = guarded(canary=True)
    night.world.monitor.rules.clear()
    night.will("webhook.post.sent", KeyError("the process died"))
    with pytest.raises(KeyError):
        check(night)
    check(night)
    keys = [alert.key for alert in inbox(night)]
    assert (len(keys), len(set(keys))) == (3, 2)

"""Does a valid fleet.yaml become the values it says?"""

from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import pytest

from shared.errors import BadMessage
from shared.fleet_policy import parse
from shared.fleet_policy.document import LimitsSection
from shared.model.azure import PolicyType, Retention, TaggedRetention
from shared.model.intent import (
    Alerts,
    Blackout,
    Limits,
    PatchWindow,
    QuietHours,
    RetentionApproval,
    Rollout,
    TagMatch,
    Window,
)

SAMPLE = Path(__file__).parents[2] / "samples" / "fleet.yaml"

INSIGHTS = "/subscriptions/s/resourceGroups/G/providers/Microsoft.Insights"
RULE, GROUP = f"{INSIGHTS}/scheduledQueryRules/r", f"{INSIGHTS}/actionGroups/a"

SMALLEST = """\
version: 1
scope: {subscriptions: ["00000000-0000-0000-0000-00000000000A"]}
windows: {night: {hours: "20:00-06:00", zone: UTC}}
tiers:
  all:
    match: {tag: Backup, values: ["yes", no, on]}
    window: night
    retention: {daily: {days: 7}}
    rpo: 2d
"""


def reasons(text: str) -> list[str]:
    with pytest.raises(BadMessage) as refused:
        parse(text)
    return refused.value.reasons


def test_the_sample_means_what_it_says() -> None:
    policy = parse(SAMPLE.read_text())
    critical, standard = policy.tiers
    assert policy.scope.subscriptions == ("00000000-0000-0000-0000-000000000001",)
    assert policy.scope.exclude == (TagMatch("nightshift", ("off",)),)
    assert policy.windows["late"] == Window("late", 1260, 300, "Europe/Amsterdam", {"eastus2": "America/New_York"})
    assert critical.match == TagMatch("backup-tier", ("critical",))
    assert critical.retention == Retention(30, TaggedRetention(12, "Weeks", ("Sunday",)))
    assert (critical.rpo, critical.instant_restore_days) == (timedelta(hours=40), 2)
    assert standard.retention == Retention(30)
    assert policy.blackouts == (Blackout(date(2026, 12, 24), date(2027, 1, 1), "year-end freeze"),)
    assert policy.patch_windows == (
        PatchWindow(TagMatch("patch-group", ("database-servers",)), 1320, 0, "Europe/Amsterdam"),
    )
    assert (policy.separation_tag, policy.vault_ceiling) == ("application", 20)
    assert policy.alerts == Alerts(timedelta(minutes=10), 5, QuietHours(1320, 390, "Europe/Amsterdam"), "")
    assert (critical.retry_outside_window, standard.retry_outside_window) == (True, False)
    assert policy.region_ceilings == {"westeurope": 30, "eastus2": 20}


def test_the_smallest_policy_gets_the_documented_defaults() -> None:
    policy = parse(SMALLEST)
    (tier,) = policy.tiers
    assert policy.day_starts == 12
    assert (tier.policy_type, tier.instant_restore_days) == (PolicyType.STANDARD, 2)
    assert (policy.limits, policy.rollout) == (Limits(), Rollout(10, 0.25))
    assert (policy.alerts, tier.retry_outside_window) == (Alerts(timedelta(minutes=10), 5, None, ""), False)
    assert (policy.vault_ceiling, policy.separation_tag, policy.blackouts, policy.patch_windows) == (None, None, (), ())


def test_yes_no_and_on_are_words_and_tag_names_lose_their_case() -> None:
    (tier,) = parse(SMALLEST).tiers
    assert tier.match == TagMatch("backup", ("yes", "no", "on"))


def test_ids_lose_their_case_because_azure_ignores_it() -> None:
    assert parse(SMALLEST).scope.subscriptions == ("00000000-0000-0000-0000-00000000000a",)


def test_the_version_changes_with_the_document_and_only_with_it() -> None:
    assert parse(SMALLEST).version == parse(SMALLEST).version
    assert parse(SMALLEST).version != parse(SMALLEST + "# changed\n").version
    assert len(parse(SMALLEST).version) == 12


def test_an_enhanced_tier_has_seven_days_of_instant_restore_unless_it_says_otherwise() -> None:
    (tier,) = parse(SMALLEST + "    policy_type: enhanced\n").tiers
    assert (tier.policy_type, tier.instant_restore_days) == (PolicyType.ENHANCED, 7)


@pytest.mark.parametrize(
    ("on", "when"),
    [
        ("first sunday", "First Sunday"),
        ("Last Friday", "Last Friday"),
        ("day 15", "Day 15"),
        ("last day", "Day Last"),
    ],
)
def test_days_are_spelled_as_azure_spells_them(on: str, when: str) -> None:
    text = SMALLEST.replace(
        "{daily: {days: 7}}",
        f"{{daily: {{days: 7}}, monthly: {{months: 2, on: {on}}}, yearly: {{years: 1, on: {on} of June}}}}",
    )
    (tier,) = parse(text).tiers
    assert tier.retention.monthly == TaggedRetention(2, "Months", (when,))
    assert tier.retention.yearly == TaggedRetention(1, "Years", (f"June {when}",))


def test_a_list_of_days_keeps_its_order() -> None:
    text = SMALLEST.replace("{daily: {days: 7}}", "{daily: {days: 7}, weekly: {weeks: 4, on: [sunday, wednesday]}}")
    (tier,) = parse(text).tiers
    assert tier.retention.weekly == TaggedRetention(4, "Weeks", ("Sunday", "Wednesday"))


def test_a_window_may_be_the_whole_day() -> None:
    policy = parse(SMALLEST.replace("20:00-06:00", "00:00-24:00"))
    assert (policy.windows["night"].start, policy.windows["night"].end) == (0, 1440)


def test_anchors_and_merges_are_read() -> None:
    text = (
        SMALLEST.replace("  all:\n", "  all: &all\n") + "  other: {<<: *all, match: {tag: Backup, values: [other]}}\n"
    )
    first, second = parse(text).tiers
    assert (second.name, second.match.values) == ("other", ("other",))
    assert second.retention == first.retention


def test_a_merged_mistake_is_found_too() -> None:
    text = SMALLEST.replace("  all:\n", "  all: &all\n") + "  other: {<<: *all}\n"
    assert any("tiers.other.match.values[0]: Backup=yes belongs to tier all already" in line for line in reasons(text))


def test_approvals_name_vm_policies_approver_and_end() -> None:
    text = SMALLEST + (
        "approve_retention_loss:\n"
        "  - {vm: App-01, from: Old, to: ns-all, approver: Ann, expires: 2020-01-31}\n"
        "migrate_to_enhanced: [App-02]\n"
    )
    policy = parse(text)
    assert policy.retention_loss == (RetentionApproval("app-01", "Old", "ns-all", "Ann", date(2020, 1, 31)),)
    assert policy.migrate_to_enhanced == ("app-02",)


def test_every_limit_of_the_model_can_be_overridden() -> None:
    assert set(LimitsSection.model_fields) == {field.name for field in fields(Limits)}
    assert parse(SMALLEST + "limits: {vms_per_policy: 80, replan_above: 2}\n").limits == Limits(
        vms_per_policy=80, replan_above=2
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{group_window: 1m, group_from: 2}", Alerts(timedelta(minutes=1), 2)),
        ("{group_window: 12h}", Alerts(timedelta(hours=12))),
        ('{quiet_hours: {hours: "13:05-13:10", zone: UTC}}', Alerts(quiet_hours=QuietHours(785, 790, "UTC"))),
        ("{webhook: ALERT_WEBHOOK}", Alerts(webhook="ALERT_WEBHOOK")),
        (f"{{rules: [{RULE}], action_groups: [{GROUP}]}}", Alerts(rules=(RULE,), action_groups=(GROUP,))),
        ("{canary: true}", Alerts(canary=True)),
        ("{}", Alerts()),
    ],
)
def test_alerts_are_grouped_held_back_and_sent_as_the_document_says(written: str, meant: Alerts) -> None:
    assert parse(f"{SMALLEST}alerts: {written}\n").alerts == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{first: 3, share: 40%}", Rollout(3, 0.4)),
        ("{share: 0.4}", Rollout(10, 0.4)),
        ("{share: 100%}", Rollout(10, 1.0)),
        ("{share: 1}", Rollout(10, 1.0)),
        ("{first: 20}", Rollout(20, 0.25)),
        ("{}", Rollout()),
    ],
)
def test_a_share_is_a_percentage_or_a_number(written: str, meant: Rollout) -> None:
    assert parse(f"{SMALLEST}rollout: {written}\n").rollout == meant


def test_a_tier_may_have_several_points_a_day() -> None:
    text = SMALLEST.replace("rpo: 2d", "rpo: 2d\n    backups_per_day: 4\n    retry_outside_window: true")
    assert parse(text).tiers[0].backups_per_day == 4
    assert parse(SMALLEST).tiers[0].backups_per_day == 1

"""Is every mistake said, on its line, with what was expected?"""

import re
from pathlib import Path

import pytest

from tests.fleet_policy.test_parse import SMALLEST, reasons

BAD = Path(__file__).parent / "bad"
BY_DAY = "\n    retry_outside_window: true"


def test_ten_mistakes_yield_ten_messages_on_the_lines_that_hold_them() -> None:
    text = (BAD / "ten_mistakes.yaml").read_text()
    planted = [number for number, line in enumerate(text.splitlines(), 1) if number > 1 and "  # " in line]
    said = reasons(text)
    assert len(planted) == 10
    assert [int(re.match(r"line (\d+): ", line)[1]) for line in said] == planted  # type: ignore[index]
    assert all("; expected " in line for line in said)
    for line, words in zip(
        said,
        (
            "scope.regoins: is an unknown key",
            "windows.night.hours: 22:00-22:00 has no length",
            "windows.early.hours: 01:15-05:00 is not on the half hour",
            "did you mean Europe/Berlin?",
            "did you mean night?",
            "tiers.critical.retention.daily.days: is 5; expected at least 7",
            "Tier=CRITICAL belongs to tier critical already",
            "expected 1 to 5 for a standard policy",
            "26h or more is realistic",
            "drills: is an unknown key",
        ),
        strict=True,
    ):
        assert words in line


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("empty.yaml", ["line 1: document: is empty; expected a mapping"]),
        ("list.yaml", ["line 1: document: is a list; expected a mapping"]),
        ("tabs.yaml", ["line 3: document: cannot be read as YAML"]),
        ("no_tiers.yaml", ["line 4: tiers: is empty; expected at least 1 entry"]),
        ("alias_bomb.yaml", ["line 1: document: grows without bound through its aliases"]),
        ("duplicate_keys.yaml", ["line 10: tiers.critical.retention: is there twice (first on line 8)"]),
        (
            "too_many_snapshots.yaml",
            [
                "line 9: tiers.critical.backups_per_day: is 4 without retry_outside_window; expected",
                "line 10: tiers.critical.instant_restore_days: 4 points a day x 5 instant-restore days = 20",
            ],
        ),
    ],
)
def test_planted_mistakes_are_all_that_is_said(name: str, said: list[str]) -> None:
    found = reasons((BAD / name).read_text())
    assert len(found) == len(said)
    assert all(line.startswith(words) for line, words in zip(found, said, strict=True))


def test_a_reason_is_one_printable_line_whatever_the_document_holds() -> None:
    (said,) = reasons(SMALLEST + '"clear\\x1b[2J\\nscreen": 1\n')
    assert said.startswith("line 10: clear?[2J?screen: is an unknown key")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1", "version: 2", "version: is 2; expected 1"),
        ("version: 1\n", "", "version: is missing; expected the key version"),
        ("version: 1", "version: true", "version: is true; expected a whole number"),
        ("version: 1", "version: '1'", "version: is '1'; expected a whole number"),
        ("version: 1", "version: 1\n5: x", "document: the key 5 is not text; expected a name"),
        ("version: 1", "version: 1\n? [a]\n: x", "document: a key is not text"),
        ("version: 1", "version: !!python/name:os.system 1", "version: has the tag"),
        ('"20:00-06:00"', "8pm", "windows.night.hours: '8pm' is not a pair of hours"),
        ('"20:00-06:00"', '"24:00-06:00"', "is not a pair of hours"),
        ('"20:00-06:00"', '"20:00-20:15"', "is not on the half hour"),
        ("zone: UTC", "zone: Amsterdam", "did you mean Europe/Amsterdam?"),
        ("zone: UTC", "zone: ../../etc/passwd", "is no known time zone"),
        ("zone: UTC", "zone: UTC, zones: {West Europe: UTC}", "is no region name; expected Azure's short name"),
        ("days: 7", "days: 10000", "expected at most 9999"),
        ("days: 7", "days: 7.5", "tiers.all.retention.daily.days: is 7.5; expected a whole number"),
        ("{daily: {days: 7}}", "{weekly: {weeks: 4, on: sunday}}", "tiers.all.retention.daily: is missing"),
        ("{days: 7}", "{days: 7}, weekly: {weeks: 5164, on: sunday}", "expected at most 5163"),
        ("{days: 7}", "{days: 7}, monthly: {months: 1189, on: day 1}", "expected at most 1188"),
        ("{days: 7}", "{days: 7}, yearly: {years: 100, on: day 1 of june}", "expected at most 99"),
        ("{days: 7}", "{days: 7}, weekly: {weeks: 4, on: sundey}", "did you mean sunday?"),
        ("{days: 7}", "{days: 7}, monthly: {months: 4, on: day 31}", "Azure knows the days 1 to 28 and the last day"),
        ("{days: 7}", "{days: 30}, weekly: {weeks: 4, on: sunday}", "keeps points for 4 weeks, shorter than daily"),
        ("rpo: 2d", "rpo: 23h", "tiers.all.rpo: 23h cannot be met by one backup a day; expected at least 24h"),
        ("rpo: 2d", "rpo: soon", "expected hours or days, such as 36h or 2d"),
        ("rpo: 2d", "rpo: 2d\n    instant_restore_days: 0", "expected at least 1"),
        ("rpo: 2d", "rpo: 2d\n    policy_type: enhanced\n    instant_restore_days: 8", "at most the 7 days that daily"),
        ("rpo: 2d", "rpo: 2d\n    policy_type: enhanced\n    instant_restore_days: 31", "expected at most 30"),
        ("rpo: 2d", "rpo: 2d\n    policy_type: Enhanced", "is 'Enhanced'; expected 'standard' or 'enhanced'"),
        ("rpo: 2d", "rpo: 2d\n    rto: 4h", "tiers.all.rto: is an unknown key"),
        ("rpo: 2d", "rpo: 2d\n    backups_per_day: 0", "tiers.all.backups_per_day: is 0; expected at least 1"),
        (
            "rpo: 2d",
            f"rpo: 2d\n    backups_per_day: 5{BY_DAY}",
            "is 5; expected at most 4, as limits",
        ),
        (
            "rpo: 2d",
            "rpo: 2d\n    backups_per_day: 2",
            "is 2 without retry_outside_window; expected retry_outside_window",
        ),
        (
            "rpo: 2d",
            f"rpo: 2d\n    policy_type: enhanced\n    backups_per_day: 2{BY_DAY}",
            "expected 1; use a standard policy, or say `schedule`",
        ),
        (
            "rpo: 2d",
            f"rpo: 2d\n    instant_restore_days: 5\n    backups_per_day: 4{BY_DAY}",
            "4 points a day x 5 instant-restore days = 20; expected at most 16; Azure keeps 18",
        ),
        (
            "tiers:",
            "limits: {on_demand_least_days: 0}\ntiers:",
            "limits.on_demand_least_days: is 0; expected at least",
        ),
        ("  all:", "  ns_all:", "'ns_all' is no tier name"),
        ("  all:", "  gold-0200:", "'gold-0200' is no tier name"),
        ("values: [", "values: [], valeus: [", "did you mean values?"),
        ("tiers:", "limits: {vms_per_policy: 1001}\ntiers:", "limits.vms_per_policy: is 1001; expected at most 1000"),
        ("tiers:", "limits: {moves_per_vault_day: 0}\ntiers:", "limits.moves_per_vault_day: is 0; expected at least 1"),
        ("tiers:", "rollout: {first: 0}\ntiers:", "rollout.first: is 0; expected at least 1"),
        ("tiers:", "rollout: {share: 0%}\ntiers:", "rollout.share: '0%' is no share; expected 1% to 100%, or a number"),
        ("tiers:", "rollout: {share: 101%}\ntiers:", "rollout.share: '101%' is no share"),
        ("tiers:", "rollout: {share: 25}\ntiers:", "rollout.share: '25' is no share"),
        ("tiers:", "rollout: {share: -0.1}\ntiers:", "rollout.share: '-0.1' is no share"),
        ("tiers:", "rollout: {share: .nan}\ntiers:", "rollout.share: "),
        ("tiers:", "capacity: {regions: {westeurope: 0}}\ntiers:", "capacity.regions.westeurope: is 0"),
        ("tiers:", "blackout: [{from: 2026-12-24, to: 2026-12-01, reason: x}]\ntiers:", "is before 2026-12-24"),
        ("tiers:", "blackout: [{from: 2026-02-30, to: 2026-12-01, reason: x}]\ntiers:", "expected a date, YYYY-MM-DD"),
        ("tiers:", "blackout: [{from: 2026-02-03, to: 2026-12-01}]\ntiers:", "blackout[0].reason: is missing"),
        (
            "tiers:",
            "approve_retention_loss: [{vm: a, from: b, to: c, expires: 2026-01-01}]\ntiers:",
            "approve_retention_loss[0].approver: is missing",
        ),
        (
            "tiers:",
            "approve_retention_increase: [{vault: vv, tier: al, approver: x, expires: 2026-01-01}]\ntiers:",
            "approve_retention_increase[0].tier: names the tier 'al'",
        ),
        ("tiers:", "migrate_to_enhanced: [/subscriptions/x/vm]\ntiers:", "expected the VM's name alone"),
        ("tiers:", "separation: {tag: ' '}\ntiers:", "separation.tag: is blank"),
        ("0000A", "", "is no subscription id; expected a GUID"),
        ("scope: {", "scope: {vaults: [a b], ", "neither a vault's name nor its id"),
        ("tiers:", "limits: {rebalancing_moves_per_night: -1}\ntiers:", "is -1; expected at least 0"),
        ("tiers:", "fleet_day_starts: 24\ntiers:", "fleet_day_starts: is 24; expected at most 23"),
        ("rpo: 2d", "rpo: 2d\n    retry_outside_window: often", "retry_outside_window: is 'often'; expected"),
        ("tiers:", "limits: {backups_per_vm_day: 10}\ntiers:", "is 10; expected at most 9"),
        ("tiers:", "alerts: {group_from: 1}\ntiers:", "alerts.group_from: is 1; expected at least 2"),
        (
            "tiers:",
            "alerts: {group_window: soon}\ntiers:",
            "alerts.group_window: 'soon' is no such time; expected minutes",
        ),
        ("tiers:", "alerts: {group_window: 13h}\ntiers:", "alerts.group_window: '13h' is no such time"),
        (
            "tiers:",
            'alerts: {quiet_hours: {hours: "22:00-22:00", zone: UTC}}\ntiers:',
            "alerts.quiet_hours.hours: 22:00-22:00 has no length",
        ),
        ("tiers:", "alerts: {quiet_hours: {hours: night, zone: UTC}}\ntiers:", "'night' is not a pair of times"),
        ("tiers:", 'alerts: {quiet_hours: {hours: "22:00-06:00"}}\ntiers:', "alerts.quiet_hours.zone: is missing"),
        ("tiers:", "alerts: {rules: [on-call]}\ntiers:", "alerts.rules[0]: 'on-call' is no id of an alert rule"),
        (
            "tiers:",
            "alerts: {action_groups: [/subscriptions/s/providers/Microsoft.Insights/actionGroups/m]}\ntiers:",
            "is no id of an action group; expected /subscriptions/../providers/Microsoft.Insights/actionGroups/..",
        ),
        ("tiers:", "alerts: {canary: daily}\ntiers:", "alerts.canary: is 'daily'; expected"),
        ("tiers:", 'alerts: {webhook: "https://hooks.test/k"}\ntiers:', "alerts.webhook: is no name of a setting"),
    ],
)
def test_one_mistake_is_said_where_it_is(old: str, new: str, said: str) -> None:
    assert old in SMALLEST
    found = reasons(SMALLEST.replace(old, new, 1))
    assert any(said in line for line in found), found


def test_a_webhooks_url_is_not_repeated_where_it_is_refused() -> None:
    (said,) = reasons(SMALLEST + 'alerts: {webhook: "https://hooks.test/secret"}\n')
    assert "https://" not in said
    assert said.endswith("keep it in a setting of the app, and name that here")


@pytest.mark.parametrize("key", ["drills", "business_hours"])
def test_what_this_version_does_not_act_on_is_refused(key: str) -> None:
    (said,) = reasons(f"{SMALLEST}{key}: {{}}\n")
    assert said.startswith(f"line 10: {key}: is an unknown key")
    assert said.endswith("this version does not act on it yet: remove it")


@pytest.mark.parametrize(
    "text",
    [
        "&a [*a]",
        "&a {<<: *a}",
        "[" * 5000,
        "{a: " * 5000,
        '"\\ud800": 1',
        'a: "\\U00110000"',
        "a: \x00",
        "\ud800",
        "a: *b",
    ],
)
def test_hostile_yaml_is_refused_with_a_line(text: str) -> None:
    assert all(re.match(r"line \d+: ", line) for line in reasons(text))


def test_a_document_beyond_all_measure_is_refused_unread() -> None:
    assert reasons("a" * 500_001) == ["line 1: document: has 500001 characters; expected at most 500000"]

"""Are slot policies named and built as the contract says? (Safety rule 5.)"""

from dataclasses import fields, replace

import pytest

from shared.model.azure import BackupPolicy, Frequency, HourlySchedule, PolicyType, Retention, TaggedRetention
from shared.rules.slot_policies import change_text, fingerprint, id_of, is_ours, name_of, of_tier, slot_policy
from tests.rules.fleet import KEPT, VAULT_ID, policy, tier


@pytest.mark.parametrize(
    ("policy_type", "slot", "number", "name"),
    [
        (PolicyType.STANDARD, 0, 1, "ns-gold-0000"),
        (PolicyType.STANDARD, 47, 1, "ns-gold-2330"),
        (PolicyType.ENHANCED, 5, 1, "ns-gold-0230-v2"),
        (PolicyType.STANDARD, 5, 2, "ns-gold-0230-2"),
        (PolicyType.ENHANCED, 5, 3, "ns-gold-0230-v2-3"),
    ],
)
def test_a_slot_policy_is_named_by_tier_start_type_and_number(policy_type, slot, number, name):
    assert name_of("gold", policy_type, slot, number) == name
    assert is_ours(name)
    assert of_tier(name, "gold")


@pytest.mark.parametrize(
    "name", ["ns-gold-db-0230", "ns-gold", "ns-gold-", "ns-golden-0230", "gold-0230", "ns-gold-230"]
)
def test_a_policy_of_another_tier_is_not_taken_for_this_tiers(name):
    assert not of_tier(name, "gold")


def test_a_slot_policy_starts_every_day_in_utc_and_keeps_what_the_tier_keeps():
    made = slot_policy(VAULT_ID, tier(), PolicyType.STANDARD, 46, 0)
    assert (made.id, made.vault_id) == (id_of(VAULT_ID, "NS-gold-2300"), VAULT_ID)
    assert (made.frequency, made.time_zone, made.start) == (Frequency.DAILY, "UTC", 23 * 60)
    assert made.retention == KEPT


def test_a_slot_policy_carries_the_utc_days_of_the_tiers_local_days():
    made = slot_policy(VAULT_ID, tier(), PolicyType.STANDARD, 46, -1)
    kept = made.retention
    assert (kept.weekly.when, kept.monthly.when, kept.yearly.when) == (
        ("Saturday",),
        ("First Saturday",),
        ("January First Saturday",),
    )


def test_a_standard_policy_never_asks_for_more_instant_restore_than_azure_gives():
    long = tier(instant_restore_days=14)
    assert slot_policy(VAULT_ID, long, PolicyType.STANDARD, 0, 0).instant_restore_days == 5
    assert slot_policy(VAULT_ID, long, PolicyType.ENHANCED, 0, 0).instant_restore_days == 14


CHANGED = {
    "policy_type": PolicyType.ENHANCED,
    "frequency": Frequency.WEEKLY,
    "time_zone": "W. Europe Standard Time",
    "start": None,
    "retention": Retention(31, KEPT.weekly, KEPT.monthly, KEPT.yearly),
    "instant_restore_days": 3,
    "run_days": ("Sunday",),
    "archive": ("ArchivedRP: TierAfter 3 Months",),
    "snapshot_consistency": "OnlyCrashConsistent",
    "snapshot_group": ("rg-snap", ""),
    "unread": ("backupTier",),
    "hourly": HourlySchedule(4, 12),
}


def test_every_field_that_azure_holds_is_in_the_fingerprint():
    managed = {field.name for field in fields(BackupPolicy)} - {"id", "name", "vault_id", "protected_items"}
    assert managed == set(CHANGED)
    for name, value in CHANGED.items():
        other = replace(policy(), **{name: value})
        assert fingerprint(other) != fingerprint(policy()), name
        assert change_text(policy(), other), name


def test_how_many_vms_are_inside_is_no_difference():
    assert fingerprint(policy()) == fingerprint(replace(policy(), protected_items=7))


def test_a_change_is_told_in_a_readers_words():
    kept = replace(KEPT, weekly=TaggedRetention(4, "Weeks", ("Monday",)), yearly=None)
    assert change_text(policy(), policy(start=0, kept=kept)) == (
        "start: 22:00 UTC -> 00:00 UTC; weekly points: 12 weeks on Sunday -> 4 weeks on Monday; "
        "yearly points: 7 years on January First Sunday -> none"
    )


def test_a_new_policy_is_told_by_all_it_sets():
    text = change_text(None, policy(kept=Retention(30)))
    assert text == "policy type: V1; schedule: Daily; start: 22:00 UTC; daily points: 30 days; instant restore: 2 days"

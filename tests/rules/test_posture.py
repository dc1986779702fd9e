"""Is what guards a vault weighed setting by setting, and every policy told of that keeps less than a tier wants?"""

from dataclasses import replace

import pytest

from shared.model.azure import Frequency
from shared.model.intent import Scope, TagMatch
from shared.rules.posture import keeps_less_than_wanted, postures, redundancies, weak
from tests.rules.fleet import SUB, VAULT_ID, intent, item, policy, tier, vault, vm
from tests.rules.retaining import keeping

OUTSIDE = Scope((SUB,), exclude=(TagMatch("backup-tier", ("gold",)),))
GEO, LOCAL = "GeoRedundant", "LocallyRedundant"
GOLD = policy("Gold")
VMS = {one.id: one for one in (vm("app"), vm("db"), vm("calm", "standard"), vm("free", ""))}
INTENT = intent(tiers=(tier(), tier("standard")))


def setting(name: str, wanted: frozenset[str] = frozenset(), **fields):
    [posture] = postures([vault(**fields)], {VAULT_ID: wanted})
    [found] = [one for one in posture.settings if one.name == name]
    return found


def weaknesses(wanted: frozenset[str] = frozenset(), **fields) -> list[str]:
    return [one.text for one in weak(postures([vault(**fields)], {VAULT_ID: wanted}))]


def test_a_vault_as_azure_makes_it_is_good_enough_and_all_is_in_the_table() -> None:
    assert weaknesses() == []
    [posture] = postures([vault()], {})
    assert (posture.vault_id, posture.name) == (VAULT_ID, "rsv-1")
    assert [(one.name, one.value, one.wanted) for one in posture.settings] == [
        ("soft delete", "Enabled", "Enabled or AlwaysON"),
        ("soft delete days", "14", "14 or more"),
        ("immutability", "Disabled", "Locked or Unlocked"),
        ("multi-user authorisation", "Disabled", "Enabled"),
        ("redundancy", "not said", "any"),
        ("cross region restore", "Disabled", "any"),
        ("alerts of failed jobs", "Enabled", "Enabled"),
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"soft_delete": "Disabled"}, "soft delete of rsv-1 is Disabled; expected Enabled or AlwaysON"),
        ({"soft_delete_days": 13}, "soft delete days of rsv-1 is 13; expected 14 or more"),
        ({"job_alerts": False}, "alerts of failed jobs of rsv-1 is Disabled; expected Enabled"),
    ],
)
def test_a_setting_that_is_too_weak_is_told_of(fields, said) -> None:
    assert weaknesses(**fields) == [said]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("soft delete", {"soft_delete": "AlwaysON"}, {"soft_delete": "disabled"}),
        ("immutability", {"immutability": "Locked"}, {"immutability": "Disabled"}),
        ("immutability", {"immutability": "unlocked"}, {"immutability": ""}),
        ("multi-user authorisation", {"guarded": True}, {"guarded": False}),
        ("cross region restore", {"cross_region": True, "redundancy": GEO}, {"redundancy": GEO}),
        ("cross region restore", {"redundancy": LOCAL}, {"redundancy": "georedundant"}),
    ],
)
def test_each_setting_is_good_or_bad_by_itself(name, good, bad) -> None:
    assert setting(name, **good).good
    assert not setting(name, **bad).good


def test_a_choice_is_in_the_table_and_no_weakness() -> None:
    assert weaknesses(immutability="Disabled", guarded=False, redundancy=GEO) == []


def test_the_redundancy_must_be_what_every_tier_of_its_vms_wants() -> None:
    both = frozenset({GEO, LOCAL})
    assert weaknesses(frozenset({GEO}), redundancy=GEO) == []
    assert weaknesses(frozenset({GEO}), redundancy="georedundant") == []
    assert weaknesses(frozenset({GEO}), redundancy=LOCAL) == [
        "redundancy of rsv-1 is LocallyRedundant; expected GeoRedundant"
    ]
    assert weaknesses(both, redundancy=LOCAL) == ["redundancy of rsv-1 is LocallyRedundant; expected GeoRedundant"]
    assert weaknesses(both) == ["redundancy of rsv-1 is not said; expected GeoRedundant and LocallyRedundant"]


def test_what_tiers_want_is_collected_by_vault() -> None:
    wants = intent(tiers=(tier(redundancy=GEO), tier("standard")))
    items = [item(name, GOLD) for name in ("app", "db", "calm", "free", "unknown")]
    assert redundancies(items, VMS, wants) == {VAULT_ID: frozenset({GEO})}
    assert redundancies(items, VMS, replace(wants, scope=OUTSIDE)) == {}


def less(inside=GOLD, names=("app",), policy_intent=INTENT, **fields) -> list[str]:
    items = [item(name, inside, **fields) for name in names]
    return [one.text for one in keeps_less_than_wanted(items, {inside.id: inside}, VMS, policy_intent)]


def test_a_policy_that_keeps_what_its_tier_wants_is_good_whatever_its_hour_or_type() -> None:
    assert less() == []
    assert less(replace(GOLD, start=60, time_zone="Tokyo Standard Time")) == []


def test_a_policy_that_keeps_less_is_told_of_field_by_field_with_its_vms() -> None:
    weaker = replace(keeping(GOLD, daily_days=29, yearly=None), instant_restore_days=1)
    assert less(weaker, ("app", "db", "calm")) == [
        "Gold keeps less than 2 VMs of tier gold should have: daily points: 30 days -> 29 days; "
        "yearly points: 7 years -> none; instant restore: 2 -> 1 days",
        "Gold keeps less than 1 VM of tier standard should have: daily points: 30 days -> 29 days; "
        "yearly points: 7 years -> none; instant restore: 2 -> 1 days",
    ]


def test_a_weekly_schedule_is_less_than_the_daily_one_of_a_tier() -> None:
    [text] = less(replace(GOLD, frequency=Frequency.WEEKLY, run_days=("Sunday",)))
    assert text.endswith("schedule: Daily -> Weekly")


def test_only_vms_of_a_tier_count() -> None:
    weaker = keeping(GOLD, daily_days=29)
    assert less(weaker, ("free", "unknown")) == []
    assert less(weaker, soft_deleted=True) == []
    assert less(weaker, policy_intent=replace(INTENT, scope=OUTSIDE)) == []
    assert keeps_less_than_wanted([item("app", weaker)], {}, VMS, INTENT) == []

"""Can a dangerous body say anything but what was decided?"""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.world import policies as local
from shared.cloud.bodies import membership_body, policy_body, protection_body
from shared.cloud.calendar_words import DATES, DAYS, MONTHS, WEEKS
from shared.cloud.wire import policy_from
from shared.errors import Permanent
from shared.model.azure import (
    BackupPolicy,
    Frequency,
    HourlySchedule,
    PolicyType,
    ProtectionState,
    Retention,
    TaggedRetention,
)
from tests.cloud.nouns import ITEM, MACHINE, SLOT_POLICY, VAULT, VAULT_ID
from tests.cloud.recordings import answers

HOURLY = replace(
    SLOT_POLICY,
    policy_type=PolicyType.ENHANCED,
    frequency=Frequency.HOURLY,
    start=8 * 60,
    hourly=HourlySchedule(4, 12),
)
ORIGIN = replace(SLOT_POLICY, id=f"{VAULT.id}/backuppolicies/defaultpolicy", name="DefaultPolicy")


def test_a_move_says_type_machine_policy_and_exclusions_and_nothing_else() -> None:
    assert membership_body(ITEM, SLOT_POLICY) == {
        "properties": {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "sourceResourceId": ITEM.vm_id,
            "policyId": SLOT_POLICY.id,
            "extendedProperties": {"diskExclusionProperties": {"diskLunList": [1, 3], "isInclusionList": True}},
        }
    }


def test_an_item_without_exclusions_sends_none() -> None:
    body: Any = membership_body(replace(ITEM, extended_properties=""), SLOT_POLICY)
    assert "extendedProperties" not in body["properties"]


@pytest.mark.parametrize(
    ("item", "policy", "words"),
    [
        (ITEM, replace(SLOT_POLICY, id=""), "policy id is empty"),
        (ITEM, replace(SLOT_POLICY, id=SLOT_POLICY.id.replace("weu1", "weu2")), "is not of vault"),
        (ITEM, replace(SLOT_POLICY, id=f"{VAULT.id}/backuppolicies/other"), "is not of vault"),
        (ITEM, ORIGIN, "does not start with ns-"),
        (ITEM, replace(SLOT_POLICY, unread=("smartLanes",)), "smartLanes"),
        (replace(ITEM, soft_deleted=True), SLOT_POLICY, "soft-deleted"),
        (replace(ITEM, state=ProtectionState.PROTECTION_STOPPED), SLOT_POLICY, "ProtectionStopped"),
        (replace(ITEM, state=ProtectionState.BACKUPS_SUSPENDED), SLOT_POLICY, "BackupsSuspended"),
        (replace(ITEM, state=ProtectionState.INVALID), SLOT_POLICY, "Invalid"),
        (replace(ITEM, extended_properties="[1]"), SLOT_POLICY, "extended properties"),
        (replace(ITEM, extended_properties="{"), SLOT_POLICY, "extended properties"),
        (replace(ITEM, vm_id=""), SLOT_POLICY, "no virtual machine"),
    ],
)
def test_a_doubtful_move_is_refused_with_its_reason(item: Any, policy: BackupPolicy, words: str) -> None:
    with pytest.raises(Permanent) as refusal:
        membership_body(item, policy)
    assert words in str(refusal.value)
    assert refusal.value.code == "Refused"


def test_a_rollback_may_return_to_the_recorded_origin_only() -> None:
    body: Any = membership_body(ITEM, ORIGIN, origin=ORIGIN.id)
    assert body["properties"]["policyId"] == ORIGIN.id
    with pytest.raises(Permanent):
        membership_body(ITEM, ORIGIN, origin=SLOT_POLICY.id)


def test_an_empty_policy_id_is_refused_even_as_an_origin() -> None:
    with pytest.raises(Permanent):
        membership_body(ITEM, replace(ORIGIN, id=""), origin="")


@given(
    policy_id=st.text(max_size=30) | st.just(SLOT_POLICY.id),
    name=st.text(max_size=15) | st.just(SLOT_POLICY.name),
    origin=st.text(max_size=10) | st.just(SLOT_POLICY.id),
    state=st.sampled_from(ProtectionState),
    extended=st.text(max_size=20) | st.just(ITEM.extended_properties),
)
def test_no_body_ever_stops_protection(
    policy_id: str, name: str, origin: str, state: ProtectionState, extended: str
) -> None:
    item = replace(ITEM, state=state, extended_properties=extended)
    try:
        body: Any = membership_body(item, replace(SLOT_POLICY, id=policy_id, name=name), origin)
    except Permanent:
        return
    sent = json.loads(json.dumps(body))["properties"]
    assert "protectionState" not in sent
    assert sent["policyId"].startswith(VAULT.id)
    assert len(sent["policyId"]) > len(f"{VAULT.id}/backuppolicies/")
    assert set(sent) <= {"protectedItemType", "sourceResourceId", "policyId", "extendedProperties"}


def test_a_first_protection_says_type_machine_and_policy_and_nothing_else() -> None:
    assert protection_body(VAULT, MACHINE, SLOT_POLICY) == {
        "properties": {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "sourceResourceId": MACHINE.id,
            "policyId": SLOT_POLICY.id,
        }
    }


@pytest.mark.parametrize(
    ("vault", "machine", "policy", "words"),
    [
        (VAULT, MACHINE, replace(SLOT_POLICY, id=""), "is not of"),
        (VAULT, MACHINE, replace(SLOT_POLICY, id=SLOT_POLICY.id.replace("weu1", "weu2")), "is not of"),
        (VAULT, MACHINE, ORIGIN, "ns-"),
        (VAULT, MACHINE, replace(SLOT_POLICY, unread=("smartLanes",)), "smartLanes"),
        (replace(VAULT, region="eastus2"), MACHINE, SLOT_POLICY, "the vault in eastus2"),
        (VAULT, replace(MACHINE, region=""), SLOT_POLICY, "the vault in westeurope"),
        (replace(VAULT, subscription="other"), MACHINE, SLOT_POLICY, "subscription"),
        (VAULT, replace(MACHINE, id=""), SLOT_POLICY, "id of its machine"),
        (VAULT, replace(MACHINE, name="vm2"), SLOT_POLICY, "id of its machine"),
    ],
)
def test_a_doubtful_first_protection_is_refused_with_its_reason(
    vault: Any, machine: Any, policy: BackupPolicy, words: str
) -> None:
    with pytest.raises(Permanent) as refusal:
        protection_body(vault, machine, policy)
    assert words in str(refusal.value)


def test_a_standard_policy_runs_daily_at_its_utc_half_hour() -> None:
    body: Any = policy_body(SLOT_POLICY)
    properties = body["properties"]
    assert properties["policyType"] == "V1"
    assert properties["schedulePolicy"] == {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": ["2026-01-01T01:30:00Z"],
    }
    assert properties["retentionPolicy"]["weeklySchedule"] == {
        "daysOfTheWeek": ["Sunday"],
        "retentionTimes": ["2026-01-01T01:30:00Z"],
        "retentionDuration": {"count": 12, "durationType": "Weeks"},
    }
    assert set(properties) == {
        *("backupManagementType", "policyType", "timeZone", "instantRpRetentionRangeInDays"),
        *("schedulePolicy", "retentionPolicy"),
    }


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (replace(SLOT_POLICY, name="DefaultPolicy"), "ns-"),
        (replace(SLOT_POLICY, name="ns-a/../DefaultPolicy"), "letters, digits and hyphens"),
        (replace(SLOT_POLICY, time_zone="Pacific Standard Time"), "Pacific Standard Time"),
        (replace(SLOT_POLICY, start=95), "95"),
        (replace(SLOT_POLICY, start=1440), "1440"),
        (replace(SLOT_POLICY, start=None), "None"),
        (replace(SLOT_POLICY, frequency=Frequency.WEEKLY), "Weekly"),
        (replace(SLOT_POLICY, frequency=Frequency.HOURLY), "Hourly"),
        (replace(SLOT_POLICY, unread=("smartLanes",)), "smartLanes"),
        (replace(SLOT_POLICY, retention=Retention(None)), "daily retention"),
        (replace(SLOT_POLICY, archive=("ArchivedRP after a while",)), "ArchivedRP after a while"),
        (
            replace(SLOT_POLICY, retention=Retention(30, weekly=TaggedRetention(4, "Weeks", ("Someday",)))),
            "weeklySchedule",
        ),
        (
            replace(
                SLOT_POLICY,
                retention=Retention(30, monthly=TaggedRetention(4, "Months", ("First Sunday", "Last Monday"))),
            ),
            "monthlySchedule",
        ),
        (
            replace(
                SLOT_POLICY,
                retention=Retention(30, yearly=TaggedRetention(4, "Years", ("January Day 1", "June Day 2"))),
            ),
            "yearlySchedule",
        ),
        (replace(SLOT_POLICY, retention=Retention(30, weekly=TaggedRetention(4, "Moons", ("Sunday",)))), "Moons"),
    ],
)
def test_a_doubtful_policy_is_refused_with_its_reason(policy: BackupPolicy, words: str) -> None:
    with pytest.raises(Permanent) as refusal:
        policy_body(policy)
    assert words in str(refusal.value)


def test_an_hourly_policy_says_its_hours_as_the_service_does() -> None:
    (recording,) = [one["properties"] for one in answers("policies.list") if one["name"] == "EnhancedPolicy"][:1]
    body: Any = policy_body(HOURLY)
    sent = json.loads(json.dumps(body["properties"]).replace("2026-01-01", "2024-04-20"))
    assert sent["schedulePolicy"] == recording["schedulePolicy"]
    assert sent["policyType"] == recording["policyType"]
    assert sent["retentionPolicy"]["dailySchedule"] == recording["retentionPolicy"]["dailySchedule"]
    assert policy_from({"id": HOURLY.id, "name": HOURLY.name, **body}) == HOURLY
    local.check(body["properties"])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"policy_type": PolicyType.STANDARD}, "only Enhanced policies"),
        ({"hourly": None}, "its runs are not known"),
        ({"hourly": HourlySchedule(5, 10)}, "the interval is 5 hours"),
        ({"hourly": HourlySchedule(0, 10)}, "the interval is 0 hours"),
        ({"hourly": HourlySchedule(4, 13)}, "13 hours are no multiple of 4"),
        ({"hourly": HourlySchedule(8, 4)}, "4 hours are no multiple of 8"),
        ({"hourly": HourlySchedule(4, 28)}, "28 hours are no multiple of 4"),
        ({"start": 20 * 60}, "19:30 at the latest"),
        ({"frequency": Frequency.DAILY}, "it is Daily and has the runs of an hourly schedule"),
        ({"time_zone": "Tokyo Standard Time"}, "not UTC"),
    ],
)
def test_doubtful_hours_are_refused_with_their_reason(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(Permanent, match=words):
        policy_body(replace(HOURLY, **fields))


def some(words: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=4, unique=True).map(
        lambda found: sorted(found, key=words.index)
    )


MONTHLY_RUNS = st.one_of(
    st.tuples(some(WEEKS), some(DAYS)).map(lambda pair: tuple(f"{week} {day}" for week in pair[0] for day in pair[1])),
    some(DATES).map(lambda dates: tuple(f"Day {date}" for date in dates)),
)
YEARLY_RUNS = st.tuples(some(MONTHS), MONTHLY_RUNS).map(
    lambda pair: tuple(f"{month} {run}" for month in pair[0] for run in pair[1])
)
COUNTS = st.integers(1, 99)


def classes(unit: str, runs: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[TaggedRetention | None]:
    return st.none() | st.builds(TaggedRetention, COUNTS, st.just(unit), runs)


@given(
    policy=st.builds(
        BackupPolicy,
        id=st.just(SLOT_POLICY.id),
        name=st.just(SLOT_POLICY.name),
        vault_id=st.just(VAULT.id),
        policy_type=st.sampled_from(PolicyType),
        frequency=st.just(Frequency.DAILY),
        time_zone=st.just("UTC"),
        start=st.integers(0, 47).map(lambda slot: slot * 30),
        retention=st.builds(
            Retention,
            st.integers(7, 9999),
            classes("Weeks", some(DAYS).map(tuple)),
            classes("Months", MONTHLY_RUNS),
            classes("Years", YEARLY_RUNS),
        ),
        instant_restore_days=st.integers(1, 30),
        archive=st.sampled_from([(), ("ArchivedRP: TierAfter 3 Months",), ("ArchivedRP: TierRecommended 0 Days",)]),
        snapshot_consistency=st.sampled_from(["", "OnlyCrashConsistent"]),
        snapshot_group=st.sampled_from([("", ""), ("a", ""), ("a", "b")]),
    )
)
def test_what_is_sent_is_read_back_as_the_same_policy(policy: BackupPolicy) -> None:
    sent = json.loads(json.dumps(policy_body(policy)))
    assert policy_from({"id": f"{VAULT_ID}/backupPolicies/{policy.name}", "name": policy.name, **sent}) == policy

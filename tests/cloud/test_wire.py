"""Are Azure's own words read in full?"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cloud import wire
from shared.cloud.wire_values import duration, instant
from shared.errors import Permanent
from shared.model.azure import Frequency, HourlySchedule, PolicyType, ProtectionState, Retention
from tests.cloud.nouns import ITEM_ID, VAULT_ID
from tests.cloud.recordings import answers

READERS = (
    wire.vault_from,
    wire.item_from,
    wire.policy_from,
    wire.job_from,
    wire.any_job_from,
    wire.recovery_point_from,
    wire.vm_from,
    wire.change_from,
)
POINT_ID = f"{ITEM_ID}/recoveryPoints/1"


def item(**properties: object) -> dict[str, Any]:
    given_properties = {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": "/subscriptions/S/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/Vm1",
        "protectionState": "Protected",
        "lastBackupTime": "2026-03-01T01:30:00Z",
    }
    return {"id": ITEM_ID, "properties": given_properties | properties}


def test_recorded_items_are_read_with_all_fields() -> None:
    read = [wire.item_from(entry) for entry in answers("items.list") + answers("items.get")]
    waiting = next(one for one in read if one and one.state is ProtectionState.IR_PENDING)
    assert waiting.vm_id.endswith("/providers/microsoft.compute/virtualmachines/clitest-vm000006")
    assert waiting.vault_id.endswith("/vaults/clitest-vault000002")
    assert waiting.container == "iaasvmcontainerv2;clitest.rg000001;clitest-vm000006"
    assert waiting.policy_id == f"{waiting.vault_id}/backuppolicies/defaultpolicy"
    assert (waiting.policy_name, waiting.health, waiting.last_backup_at) == ("DefaultPolicy", "Passed", None)
    stopped = next(one for one in read if one and one.state is ProtectionState.PROTECTION_STOPPED)
    assert (stopped.policy_id, stopped.policy_name) == ("", "")


def test_recorded_policies_are_read_and_other_workloads_are_not_vm_policies() -> None:
    read = [wire.policy_from(entry) for entry in answers("policies.list")]
    named = {policy.name: policy for policy in read if policy and policy.time_zone}
    assert set(named) == {"DefaultPolicy", "EnhancedPolicy"}
    default = named["DefaultPolicy"]
    assert (default.policy_type, default.frequency) == (PolicyType.STANDARD, Frequency.DAILY)
    assert (default.time_zone, default.start, default.instant_restore_days) == ("UTC", 180, 2)
    assert default.retention == Retention(daily_days=30)
    assert default.unread == ()
    hourly = named["EnhancedPolicy"]
    assert (hourly.policy_type, hourly.frequency, hourly.start) == (PolicyType.ENHANCED, Frequency.HOURLY, 480)
    assert hourly.hourly == HourlySchedule(4, 12)
    assert hourly.unread == ()


def test_a_recorded_policy_of_2016_names_what_it_does_not_say() -> None:
    oldest = answers("policies.list")[0]
    policy = wire.policy_from(oldest)
    assert policy is not None
    assert policy.start == 16 * 60
    assert policy.unread == ("timeZone", "instantRpRetentionRangeInDays")


def test_recorded_jobs_are_read_with_numbers_words_and_errors() -> None:
    read = [job for entry in answers("jobs.get") + answers("jobs.list") if (job := wire.job_from(entry))]
    assert {job.operation for job in read} >= {"Backup", "Restore", "ConfigureBackup", "DisableBackup", "Undelete"}
    failed = next(job for job in read if job.status == "Failed")
    assert (failed.errors[0].code, failed.errors[0].title) == (400136, "UserErrorVmNotFoundV2")
    done = next(job for job in read if job.operation == "Backup" and job.status == "Completed")
    assert timedelta(minutes=20) < done.duration < timedelta(minutes=45)
    assert done.ended_at is not None
    assert abs(done.ended_at - done.started_at - done.duration) < timedelta(milliseconds=1)
    assert any(job.running for job in read)


def test_recorded_jobs_of_databases_are_not_vm_jobs() -> None:
    kinds = {entry["properties"]["jobType"]: wire.job_from(entry) for entry in answers("jobs.get")}
    assert kinds["AzureWorkloadJob"] is None
    assert kinds["AzureIaaSVMJobV2"] is not None


def test_a_recorded_recovery_point_is_read_with_its_tiers() -> None:
    (point,) = [wire.recovery_point_from(entry) for entry in answers("rp.list")]
    assert point.at == datetime(2024, 5, 13, 10, 18, 9, 562665, tzinfo=UTC)
    assert point.consistency == "AppConsistent"
    assert point.tiers == (("InstantRP", "Valid"), ("HardenedRP", "Valid"))


def test_recorded_vaults_are_read() -> None:
    vaults = [wire.vault_from(entry) for entry in answers("vaults.list") + answers("vault.get")]
    assert {vault.region for vault in vaults} == {"eastus2euap", "centraluseuap"}
    assert vaults[-1].redundancy == "GeoRedundant"
    assert not any(vault.sealed for vault in vaults)


def test_a_sealed_vault_is_known_by_its_immutability_or_its_guard() -> None:
    def security(settings: dict[str, object]) -> dict[str, object]:
        return {"id": VAULT_ID, "location": "West Europe", "properties": {"securitySettings": settings}}

    immutable = wire.vault_from(security({"immutabilitySettings": {"state": "Unlocked"}}))
    guarded = wire.vault_from(security({"multiUserAuthorization": "Enabled"}))
    assert (immutable.sealed, immutable.immutability, immutable.region) == (True, "Unlocked", "westeurope")
    assert (guarded.sealed, guarded.guarded) == (True, True)
    assert not wire.vault_from(security({"softDeleteSettings": {"softDeleteState": "AlwaysON"}})).sealed


def test_an_id_in_any_casing_names_the_same_vault() -> None:
    assert wire.vault_from({"id": VAULT_ID.upper()}).id == wire.vault_from({"id": VAULT_ID}).id


def test_an_item_without_its_type_is_a_vm_by_its_workload() -> None:
    read = wire.item_from(item(protectedItemType=None, backupManagementType="AzureIaasVM", workloadType="VM"))
    assert read is not None
    assert read.vm_id.endswith("/virtualmachines/vm1")


@pytest.mark.parametrize("kind", ["AzureVmWorkloadSQLDatabase", "Microsoft.ClassicCompute/virtualMachines"])
def test_an_item_of_another_workload_is_no_protected_vm(kind: str) -> None:
    assert wire.item_from(item(protectedItemType=kind)) is None


def test_an_unknown_protection_state_is_read_as_invalid() -> None:
    read = wire.item_from(item(protectionState="Hibernating"))
    assert read is not None
    assert read.state is ProtectionState.INVALID


@pytest.mark.parametrize("never", ["2001-01-01T00:00:00Z", "0001-01-01T00:00:00", "", None])
def test_an_item_that_was_never_backed_up_has_no_last_backup(never: str | None) -> None:
    read = wire.item_from(item(lastBackupTime=never))
    assert read is not None
    assert read.last_backup_at is None


def test_soft_deletion_and_disk_exclusions_are_read() -> None:
    read = wire.item_from(item(isScheduledForDeferredDelete=True, extendedProperties={"b": 1, "a": [None]}))
    assert read is not None
    assert read.soft_deleted
    assert read.extended_properties == '{"a": [null], "b": 1}'


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2024-04-18T21:06:16.9905093Z", 990509),
        ("2024-04-18T21:06:16.990509312Z", 990509),
        ("2024-04-18T21:06:16", 0),
        ("2024-04-18T23:06:16+02:00", 0),
    ],
)
def test_instants_are_utc_with_any_number_of_digits(text: str, microsecond: int) -> None:
    assert instant(text) == datetime(2024, 4, 18, 21, 6, 16, microsecond, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT41M16.2122671S", timedelta(minutes=41, seconds=16.2122671)),
        ("P1DT2H", timedelta(days=1, hours=2)),
        ("00:20:23.08", timedelta(minutes=20, seconds=23.08)),
        ("1.02:03:04.5", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("soon", None),
        ("P", None),
        (7, None),
    ],
)
def test_durations_are_read_in_both_forms(text: object, expected: timedelta | None) -> None:
    assert duration(text) == expected


def test_a_job_without_a_readable_duration_lasted_from_start_to_end() -> None:
    job = wire.job_from(
        {
            "id": f"{VAULT_ID}/backupJobs/1",
            "properties": {
                "jobType": "AzureIaaSVMJob",
                "actionsInfo": [1],
                "duration": "?",
                "startTime": "2026-03-01T01:00:00Z",
                "endTime": "2026-03-01T01:40:00Z",
            },
        }
    )
    assert job is not None
    assert job.duration == timedelta(minutes=40)


def test_tiers_of_older_versions_are_numbers() -> None:
    point = wire.recovery_point_from(
        {
            "id": POINT_ID,
            "properties": {
                "recoveryPointTime": "2026-03-01T01:00:00Z",
                "recoveryPointTierDetails": [
                    {"type": 1, "status": 3},
                    {"type": 2, "status": 1},
                    {"type": 9, "status": 0},
                ],
            },
        }
    )
    assert point.tiers == (("InstantRP", "Deleted"), ("HardenedRP", "Valid"), ("9", "0"))


def event(operation: str, status: str = "Succeeded", resource_id: str = VAULT_ID) -> dict[str, object]:
    return {
        "operationName": {"value": operation},
        "status": {"value": status},
        "resourceId": resource_id,
        "caller": "someone@example.org",
        "claims": {"ipaddr": "192.0.2.1"},
        "eventTimestamp": "2026-03-01T01:00:00.1234567Z",
    }


def test_only_writes_of_policies_and_memberships_are_changes_and_claims_are_never_read() -> None:
    change = wire.change_from(event("MICROSOFT.RecoveryServices/vaults/backupPolicies/write"))
    assert change is not None
    assert (change.resource_id, change.actor) == (VAULT_ID.lower(), "someone@example.org")
    assert "192.0.2.1" not in repr(change)
    assert wire.change_from(event("Microsoft.RecoveryServices/vaults/write")) is None
    assert wire.change_from(event("Microsoft.RecoveryServices/vaults/backupPolicies/read")) is None
    assert wire.change_from(event("Microsoft.RecoveryServices/vaults/backupPolicies/write", "Failed")) is None


def test_who_asked_for_a_backup_is_read_by_its_item() -> None:
    action = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/backup/action"
    for resource_id in (ITEM_ID, f"{ITEM_ID}/backup"):
        asked = wire.by_hand_from(event(action, resource_id=resource_id))
        assert asked is not None
        assert (asked.resource_id, asked.actor) == (ITEM_ID.lower(), "someone@example.org")
    assert wire.change_from(event(action)) is None
    assert wire.by_hand_from(event(action, "Failed")) is None
    assert wire.by_hand_from(event("Microsoft.RecoveryServices/vaults/backupPolicies/write")) is None


def test_what_guards_a_vault_is_read_and_left_out_means_azures_defaults() -> None:
    weak = wire.vault_from(
        {
            "id": VAULT_ID,
            "properties": {
                "redundancySettings": {"crossRegionRestore": "Enabled"},
                "securitySettings": {"softDeleteSettings": {"softDeleteRetentionPeriodInDays": 7}},
                "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"}},
            },
        }
    )
    assert (weak.soft_delete_days, weak.cross_region, weak.job_alerts) == (7, True, False)
    usual = wire.vault_from({"id": VAULT_ID})
    assert (usual.soft_delete_days, usual.cross_region, usual.job_alerts) == (14, False, True)


def test_a_vm_row_of_resource_graph_is_read_without_case() -> None:
    vm = wire.vm_from(
        {
            "id": "/subscriptions/S/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/Vm1",
            "name": "Vm1",
            "location": "WestEurope",
            "resourceGroup": "RG",
            "subscriptionId": "S",
            "tags": {"Backup-Tier": "Gold", "Odd": None},
        }
    )
    assert (vm.name, vm.region, vm.subscription) == ("Vm1", "westeurope", "s")
    assert vm.tags == {"backup-tier": "Gold", "odd": ""}


@pytest.mark.parametrize(
    ("read", "entry", "words"),
    [
        (wire.item_from, {"properties": {}}, "protected item: id"),
        (wire.item_from, item(sourceResourceId="", virtualMachineId=""), "sourceResourceId"),
        (wire.vault_from, {"id": "/subscriptions/S"}, "/subscriptions/S"),
        (wire.job_from, {"id": "J", "properties": {"jobType": "AzureIaaSVMJob"}}, "job J: startTime"),
        (wire.recovery_point_from, {"id": "P"}, "recovery point P: recoveryPointTime"),
    ],
)
def test_what_cannot_be_read_is_named(read: Any, entry: dict[str, Any], words: str) -> None:
    with pytest.raises(Permanent) as refusal:
        read(entry)
    assert words in str(refusal.value)


NAMES = st.sampled_from(
    [
        *("id", "name", "properties", "location", "tags", "protectedItemType", "sourceResourceId", "startTime"),
        *("backupManagementType", "schedulePolicy", "retentionPolicy", "dailySchedule", "monthlySchedule"),
        *("retentionTimes", "retentionDuration", "count", "durationType", "tieringPolicy", "timeZone", "jobType"),
        *("scheduleRunTimes", "scheduleRunFrequency", "schedulePolicyType", "hourlySchedule", "errorDetails"),
        *("errorCode", "errorTitle", "recommendations", "isRetryable", "isUserTriggered", "extendedInfo"),
        *("retentionScheduleFormatType", "retentionScheduleDaily", "daysOfTheMonth", "recoveryPointTime"),
        *("recoveryPointTierDetails", "operationName", "value", "resourceId", "eventTimestamp", "duration"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [
            *(VAULT_ID, ITEM_ID, "AzureIaasVM", "AzureIaaSVMJob", "Microsoft.Compute/virtualMachines", "Daily", "V2"),
            *("2026-01-01T01:30:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "PT9S"),
            *("SimpleSchedulePolicyV2", "LongTermRetentionPolicy", "Hourly", "Weekly", "Sunday", "99.99:99:99"),
            "Microsoft.RecoveryServices/vaults/backupPolicies/write",
        ]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=6),
    max_leaves=25,
)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@given(data=st.data())
def test_no_answer_makes_a_reader_raise_anything_but_permanent(read: Any, data: st.DataObject) -> None:
    properties = data.draw(st.dictionaries(NAMES | st.text(max_size=4), JSON, max_size=8))
    entry = data.draw(st.dictionaries(NAMES, JSON, max_size=3))
    chosen_id = data.draw(st.sampled_from([VAULT_ID, ITEM_ID, POINT_ID, "", "/x"]))
    with suppress(Permanent):
        read({"id": chosen_id, **entry, "properties": properties})

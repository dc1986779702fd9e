"""Do odd answers about restores become our nouns, or errors that say what is odd?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cloud.wire import power_from
from shared.cloud.wire_restores import operation_from, restore_job_from
from shared.errors import Permanent
from tests.cloud.nouns import VAULT_ID

START = "2026-03-01T12:00:00.1234567Z"


def job(extended: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    known = {"operation": "Restore", "status": "InProgress", "backupManagementType": "AzureIaasVM", "startTime": START}
    more = {} if extended is None else {"extendedInfo": extended}
    return {"id": f"{VAULT_ID}/backupJobs/A-1", "properties": {**known, **more, **properties}}


def test_a_row_of_the_list_has_no_details() -> None:
    found = restore_job_from(job(entityFriendlyName="Vm1", containerName="IaasVMContainerV2;RG;Vm1"))
    assert found is not None
    assert (found.id, found.vm_name, found.container) == (
        f"{VAULT_ID}/backupJobs/a-1".lower(),
        "vm1",
        "iaasvmcontainerv2;rg;vm1",
    )
    assert (found.detailed, found.progress, found.bytes_moved, found.account, found.tasks) == (
        False,
        None,
        None,
        "",
        (),
    )
    assert found.started_at == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "other",
    [job(operation="Backup"), job(backupManagementType="AzureWorkload"), job(operation="Restore (Invalid)"), {}],
)
def test_other_jobs_are_none(other: dict[str, Any]) -> None:
    assert restore_job_from(other) is None


def test_a_restore_without_a_start_is_permanent() -> None:
    with pytest.raises(Permanent, match="expected id and startTime"):
        restore_job_from(job(startTime="0001-01-01T00:00:00"))


@pytest.mark.parametrize(
    ("words", "moved", "total"),
    [
        ("12 GBs / 127 GBs Transferred", 12 * 1024**3, 127 * 1024**3),
        ("1.5 TB/2 TB", 1.5 * 1024**4, 2 * 1024**4),
        ("512 MBs / 1 GBs Transferred", 512 * 1024**2, 1024**3),
        ("half", None, None),
    ],
)
def test_the_bytes_are_read_from_words(words: str, moved: float | None, total: float | None) -> None:
    tasks = [{"taskId": "Transfer data from vault", "status": "InProgress", "taskExecutionDetails": words}]
    found = restore_job_from(job({"tasksList": tasks}))
    assert found is not None
    assert (found.bytes_moved, found.bytes_total) == (moved, total)


@pytest.mark.parametrize(
    ("said", "read"), [(1.0, 1.0), (100, 100.0), (101, None), (-1, None), ("7", None), (True, None)]
)
def test_progress_is_a_percentage_or_unknown(said: object, read: float | None) -> None:
    found = restore_job_from(job({"progressPercentage": said}))
    assert found is not None
    assert found.progress == read


def test_names_in_the_property_bag_are_read_with_their_odd_spaces_and_case() -> None:
    bag = {"Target Storage Account Name ": "StOne", "Target resource group": "RG", "Target VM Name": 7}
    found = restore_job_from(
        job({"propertyBag": bag}, actionsInfo=[1], errorDetails=[{"errorCode": 5, "errorTitle": "T"}])
    )
    assert found is not None
    assert (found.account, found.group, found.target_vm, found.cancellable) == ("stone", "rg", "", True)
    assert [error.title for error in found.errors] == ["T"]
    assert not found.terminal


def test_an_operation_without_a_status_is_permanent() -> None:
    with pytest.raises(Permanent, match="status is missing"):
        operation_from({}, VAULT_ID)


@pytest.mark.parametrize(
    ("codes", "power"),
    [
        (["ProvisioningState/succeeded", "PowerState/running"], "running"),
        (["PowerState/deallocated"], "deallocated"),
        (["OSState/generalized"], ""),
        ([], ""),
    ],
)
def test_power_is_azures_own_word(codes: list[str], power: str) -> None:
    statuses = [{"code": code} for code in codes]
    assert power_from({"properties": {"instanceView": {"statuses": statuses}}}) == power
    assert power_from({}) == ""

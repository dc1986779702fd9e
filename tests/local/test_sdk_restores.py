"""Do the real SDK clients restore in the pretend Azure, here and in the secondary region, over TLS?"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.core.rest import HttpRequest
from azure.identity import DefaultAzureCredential
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.recoveryservicesbackup.models import (
    IaasVMRestoreRequest,
    RestoreRequestResource,
    ValidateIaasVMRestoreOperationRequest,
    ValidateOperationRequestResource,
)

from local.fleets import SUBSCRIPTION
from tests.local.arm_server import RunningArm, running_arm
from tests.local.shapes import WIRE, Answer, Judge

VAULT = {"vault_name": "rsv-weu-01", "resource_group_name": "rg-backup-weu"}
SUB = f"/subscriptions/{SUBSCRIPTION}"
VAULT_ID = f"{SUB}/resourceGroups/rg-backup-weu/providers/Microsoft.RecoveryServices/vaults/rsv-weu-01"
NAMES = "iaasvmcontainerv2;rg-app-weu;app-weu-03"
ITEM = {"fabric_name": "Azure", "container_name": f"IaasVMContainer;{NAMES}", "protected_item_name": f"VM;{NAMES}"}
VM = f"{SUB}/resourceGroups/rg-app-weu/providers/Microsoft.Compute/virtualMachines/app-weu-03"
SECONDARY = f"{SUB}/providers/Microsoft.RecoveryServices/locations/northeurope"

type Send = Callable[..., Any]


def account(short: str, number: int) -> str:
    group = f"{SUB}/resourceGroups/rg-staging-{short}/providers/Microsoft.Storage/storageAccounts"
    return f"{group}/strestore{short}{number:02}"


@pytest.fixture(scope="module")
def arm() -> Iterator[RunningArm]:
    with running_arm() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.env.items():
            patch.setenv(name, value)
        yield running


@pytest.fixture(scope="module")
def backup(arm: RunningArm) -> Iterator[RecoveryServicesBackupClient]:
    """Yield a client whose every answer is judged by the recordings, where they are at hand."""
    judge, differences = Judge(WIRE), list[str]()

    def keep(answer: PipelineResponse[Any, Any]) -> None:
        http = answer.http_response
        content = json.loads(http.read() or b"null")
        made = Answer(http.request.method, http.request.url, http.status_code, http.headers, content)
        differences.extend(judge.differences(made) if (WIRE / "samples.jsonl").is_file() else ())

    client = RecoveryServicesBackupClient(
        DefaultAzureCredential(), SUBSCRIPTION, base_url=arm.endpoint, raw_response_hook=keep
    )
    yield client
    assert list(dict.fromkeys(differences)) == []


@pytest.fixture
def send(backup: RecoveryServicesBackupClient) -> Send:
    """Return a way to send plain JSON through the client's own pipeline; it returns the answer."""

    def ask(method: str, path: str, content: Any = None, version: str = "2021-11-15") -> Any:
        mark = "&" if "?" in path else "?"
        return backup.send_request(HttpRequest(method, f"{path}{mark}api-version={version}", json=content))

    return ask


def wanted(short: str, region: str, number: int, **more: Any) -> IaasVMRestoreRequest:
    return IaasVMRestoreRequest(
        recovery_type="RestoreDisks",
        source_resource_id=VM,
        storage_account_id=account(short, number),
        target_resource_group_id=f"{SUB}/resourceGroups/rg-drill-{short}",
        region=region,
        create_new_cloud_service=False,
        original_storage_account_option=False,
        **more,
    )


def first_answer(pipeline: PipelineResponse[Any, Any], *_: Any) -> PipelineResponse[Any, Any]:
    return pipeline


def trigger(backup: RecoveryServicesBackupClient, point: str, request: IaasVMRestoreRequest) -> str:
    """Restore the way the SDK needs it to keep the job: unpolled, first answer, operation id; return that."""
    poller = backup.restores.begin_trigger(
        **VAULT,
        **ITEM,
        recovery_point_id=point,
        parameters=RestoreRequestResource(properties=request),
        polling=False,
        cls=first_answer,
    )
    headers = poller.result().http_response.headers
    return str(headers["Azure-AsyncOperation"].split("?")[0].rsplit("/", 1)[-1])


def test_a_restore_is_followed_from_its_operation_to_its_disks(
    arm: RunningArm, backup: RecoveryServicesBackupClient, send: Send
) -> None:
    points = list(backup.recovery_points.list(**VAULT, **ITEM))
    oldest = points[-1]
    assert [tier.type for tier in oldest.properties.recovery_point_tier_details] == ["HardenedRP"]
    operation = trigger(backup, oldest.name, wanted("weu", "westeurope", 1))
    assert backup.backup_operation_statuses.get(**VAULT, operation_id=operation).status == "InProgress"
    arm.control.wait(30)
    status = backup.backup_operation_statuses.get(**VAULT, operation_id=operation)
    job_id = status.properties["jobId"]
    job = backup.job_details.get(**VAULT, job_name=job_id).properties
    assert (job.operation, job.status, job.extended_info.progress_percentage) == ("Restore", "InProgress", 1.0)
    assert job.extended_info.tasks_list[0].task_id == "Transfer data from vault"
    arm.control.wait(24 * 3600)
    job = backup.job_details.get(**VAULT, job_name=job_id).properties
    assert job.status == "Completed"
    bag = job.extended_info.property_bag
    container = f"{account('weu', 1)}/blobServices/default/containers"
    assert [row["name"] for row in send("GET", container, version="2023-05-01").json()["value"]] == [
        bag["Config Blob Container Name"]
    ]
    disks = send("GET", f"{SUB}/resourceGroups/rg-drill-weu/providers/Microsoft.Compute/disks", version="2024-03-02")
    assert {disk["tags"]["RSVaultBackup"] for disk in disks.json()["value"]} == {job_id}


def test_a_target_group_is_asked_for_without_its_body(send: Send) -> None:
    there, missing = (send("HEAD", f"{SUB}/resourcegroups/{name}") for name in ("rg-drill-weu", "rg-none"))
    assert (there.status_code, missing.status_code) == (204, 404)


def test_a_pre_check_and_the_restore_itself_say_the_same(backup: RecoveryServicesBackupClient) -> None:
    point = next(iter(backup.recovery_points.list(**VAULT, **ITEM)))
    elsewhere = wanted("neu", "westeurope", 1)
    asked = ValidateOperationRequestResource(
        id=point.id, properties=ValidateIaasVMRestoreOperationRequest(restore_request=elsewhere)
    )
    (result,) = backup.operation.validate(**VAULT, parameters=asked).validate_operation_response.validation_results
    with pytest.raises(HttpResponseError) as refusal:
        trigger(backup, point.name, elsewhere)
    assert refusal.value.error is not None
    assert result.code == refusal.value.error.code == "UserErrorStorageAccountNotInSameRegion"


def test_the_sdks_own_poller_loses_the_job(arm: RunningArm, backup: RecoveryServicesBackupClient) -> None:
    point = next(iter(backup.recovery_points.list(**VAULT, **ITEM)))
    parameters = RestoreRequestResource(properties=wanted("weu", "westeurope", 2))
    poller = backup.restores.begin_trigger(**VAULT, **ITEM, recovery_point_id=point.name, parameters=parameters)
    arm.control.wait(30)
    assert poller.result() is None


def test_the_secondary_region_restores_by_plain_json(arm: RunningArm, send: Send) -> None:
    items = send("GET", f"{VAULT_ID}/backupProtectedItems/?$filter=backupManagementType eq 'AzureIaasVM'").json()
    item = next(row for row in items["value"] if row["properties"]["friendlyName"] == "app-weu-03")
    escaped = item["id"].replace(";", "%3B")
    point = send("GET", f"{escaped}/recoveryPoints").json()["value"][0]
    principal = send("GET", f"{SECONDARY}/backupAadProperties").json()
    token = send("POST", f"{escaped}/recoveryPoints/{point['name']}/accessToken", principal).json()["properties"]
    request = dict(wanted("neu", "northeurope", 1, recovery_point_id=point["name"]))
    asked = {"crossRegionRestoreAccessDetails": token, "restoreRequest": request}
    accepted = send("POST", f"{SECONDARY}/backupCrossRegionRestore", asked)
    assert accepted.status_code == 202
    operation = accepted.headers["Azure-AsyncOperation"].split("?")[0].rsplit("/", 1)[-1].replace("=", "%3D")
    arm.control.wait(30)
    status = send("GET", f"{SECONDARY}/backupCrrOperationsStatus/{operation}").json()
    named = {"resourceId": VAULT_ID, "jobName": status["properties"]["jobId"]}
    job = send("POST", f"{SECONDARY}/backupCrrJob", named).json()["properties"]
    assert (job["operation"], job["status"]) == ("CrossRegionRestore", "InProgress")
    arm.control.wait(24 * 3600)
    (row,) = send("POST", f"{SECONDARY}/backupCrrJobs", {"resourceId": VAULT_ID}).json()["value"]
    assert row["properties"]["status"] == "Completed"
    unknown = send("POST", f"{SECONDARY}/backupCrrJob", named | {"jobName": "none"})
    assert (unknown.status_code, unknown.json()["ErrorCode"]) == (404, "BMSUserErrorJobNotFound")
    (told,) = [restore for restore in arm.control.truth()["restores"] if restore["job"] == named["jobName"]]
    assert (told["secondary"], told["account"], told["shared"]) == (True, account("neu", 1).lower(), False)

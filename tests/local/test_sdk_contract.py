"""Do the real SDK clients understand the pretend Azure, over TLS and with the real credential?"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineResponse
from azure.core.rest import HttpRequest
from azure.identity import DefaultAzureCredential
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from local.fleets import SUBSCRIPTION, TRAPS, UNPROTECTED
from local.world import documents
from tests.local.arm_server import RunningArm, running_arm
from tests.local.shapes import WIRE, Answer, Judge

VAULT = {"vault_name": "rsv-weu-01", "resource_group_name": "rg-backup-weu"}
FILTER_DATE = "%Y-%m-%d %I:%M:%S %p"


@pytest.fixture(scope="module")
def arm() -> Iterator[RunningArm]:
    with running_arm() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.env.items():
            patch.setenv(name, value)
        yield running


@pytest.fixture(scope="module")
def credential(arm: RunningArm) -> DefaultAzureCredential:
    return DefaultAzureCredential()


@pytest.fixture(scope="module")
def backup(arm: RunningArm, credential: DefaultAzureCredential) -> Iterator[RecoveryServicesBackupClient]:
    """Yield a client whose every answer is judged by the recordings, where they are at hand."""
    judge, differences = Judge(WIRE), list[str]()

    def keep(answer: PipelineResponse[Any, Any]) -> None:
        http = answer.http_response
        body = json.loads(http.read() or b"null")
        made = Answer(http.request.method, http.request.url, http.status_code, http.headers, body)
        differences.extend(judge.differences(made) if (WIRE / "samples.jsonl").is_file() else ())

    yield RecoveryServicesBackupClient(credential, SUBSCRIPTION, base_url=arm.endpoint, raw_response_hook=keep)
    assert list(dict.fromkeys(differences)) == []


@pytest.fixture(scope="module")
def monitor(arm: RunningArm, credential: DefaultAzureCredential) -> MonitorManagementClient:
    return MonitorManagementClient(credential, SUBSCRIPTION, base_url=arm.endpoint)


def items_of(backup: RecoveryServicesBackupClient) -> dict[str, Any]:
    found = backup.backup_protected_items.list(**VAULT, filter="backupManagementType eq 'AzureIaasVM'")
    return {item.properties["friendlyName"]: item for item in found}


def names_in(item: Any) -> dict[str, str]:
    parts = item.id.split("/")
    return {"fabric_name": "Azure", "container_name": parts[-3], "protected_item_name": parts[-1]}


def test_items_carry_their_second_level_type_and_read_as_mappings(backup: RecoveryServicesBackupClient) -> None:
    item = items_of(backup)["SQL-WEU-04"]
    assert item.properties["protectedItemType"] == "Microsoft.Compute/virtualMachines"
    assert item.properties["policyName"] == "Archive"
    assert item.properties["protectionState"] == "Protected"


def test_the_sdk_still_loses_the_item_type_so_reading_as_a_mapping_is_needed(
    backup: RecoveryServicesBackupClient,
) -> None:
    item = items_of(backup)["SQL-WEU-04"]
    assert type(item.properties).__name__ == "ProtectedItem"


def test_a_policy_that_is_written_reads_back(backup: RecoveryServicesBackupClient) -> None:
    properties = documents.daily("01:30", daily=30)
    written = backup.protection_policies.create_or_update(
        **VAULT, policy_name="ns-standard-0130", parameters={"properties": properties}
    )
    read = backup.protection_policies.get(**VAULT, policy_name="ns-standard-0130")
    assert written.properties.schedule_policy.schedule_run_times == read.properties.schedule_policy.schedule_run_times
    assert read.properties.time_zone == "UTC"
    assert read.properties.protected_items_count == 0


def test_a_policy_off_the_half_hour_is_refused_with_azures_code(backup: RecoveryServicesBackupClient) -> None:
    with pytest.raises(HttpResponseError) as refusal:
        backup.protection_policies.create_or_update(
            **VAULT, policy_name="odd", parameters={"properties": documents.daily("01:15", daily=30)}
        )
    assert refusal.value.status_code == 400
    assert refusal.value.error is not None
    assert refusal.value.error.code == "BMSUserErrorInvalidPolicyInput"


def test_a_move_is_visible_only_after_its_job_has_ended(arm: RunningArm, backup: RecoveryServicesBackupClient) -> None:
    before = items_of(backup)["app-weu-03"]
    target = before.properties["policyId"].replace("DefaultPolicy", "Critical")
    body = {
        "properties": {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "sourceResourceId": before.properties["sourceResourceId"],
            "policyId": target,
        }
    }
    poller = backup.protected_items.begin_create_or_update(**VAULT, **names_in(before), parameters=body, polling=False)
    accepted = poller.polling_method()._initial_response.http_response
    assert accepted.status_code == 202
    operation = accepted.headers["Azure-AsyncOperation"].split("/")[-1].split("?")[0]
    assert items_of(backup)["app-weu-03"].properties["policyName"] == "DefaultPolicy"
    assert backup.backup_operation_statuses.get(**VAULT, operation_id=operation).status == "InProgress"
    arm.control.wait(60)
    assert items_of(backup)["app-weu-03"].properties["policyName"] == "Critical"
    status = backup.backup_operation_statuses.get(**VAULT, operation_id=operation)
    job = backup.job_details.get(**VAULT, job_name=status.properties["jobId"])
    assert (job.properties.operation, job.properties.status) == ("ConfigureBackup", "Completed")


def test_the_sdks_own_poller_follows_a_move_to_its_end(arm: RunningArm, backup: RecoveryServicesBackupClient) -> None:
    item = items_of(backup)["web-weu-05"]
    body = {
        "properties": {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "sourceResourceId": item.properties["sourceResourceId"],
            "policyId": item.properties["policyId"].replace("DefaultPolicy", "Critical"),
        }
    }
    poller = backup.protected_items.begin_create_or_update(**VAULT, **names_in(item), parameters=body)
    arm.control.wait(60)
    poller.result()
    assert items_of(backup)["web-weu-05"].properties["policyName"] == "Critical"


def test_the_job_list_obeys_its_filter(arm: RunningArm, backup: RecoveryServicesBackupClient) -> None:
    until = arm.control.now()
    since = until - timedelta(days=2)
    window = f"startTime eq '{since.strftime(FILTER_DATE)}' and endTime eq '{until.strftime(FILTER_DATE)}'"
    completed = list(
        backup.backup_jobs.list(**VAULT, filter=f"operation eq 'Backup' and status eq 'Completed' and {window}")
    )
    assert completed
    assert {job.properties.status for job in completed} == {"Completed"}
    assert {job.properties.operation for job in completed} == {"Backup"}
    assert all(since - timedelta(seconds=1) <= job.properties.start_time <= until for job in completed)
    assert all(isinstance(job.properties.duration, timedelta) for job in completed)


def test_the_job_list_follows_pages(backup: RecoveryServicesBackupClient) -> None:
    jobs = list(backup.backup_jobs.list(**VAULT))
    assert len(jobs) > 400
    assert len({job.name for job in jobs}) == len(jobs)


def test_an_iso_date_in_a_filter_is_refused(backup: RecoveryServicesBackupClient) -> None:
    with pytest.raises(HttpResponseError) as refusal:
        list(backup.backup_jobs.list(**VAULT, filter="startTime eq '2026-03-01T00:00:00Z'"))
    assert refusal.value.status_code == 400


def test_an_unknown_filter_key_returns_everything(backup: RecoveryServicesBackupClient) -> None:
    everything = len(list(backup.backup_jobs.list(**VAULT)))
    assert len(list(backup.backup_jobs.list(**VAULT, filter="stauts eq 'Failed'"))) == everything


def test_recovery_points_of_the_yearly_vm_reach_back_years(
    arm: RunningArm, backup: RecoveryServicesBackupClient
) -> None:
    item = items_of(backup)[TRAPS["yearly"]]
    until = arm.control.now()
    since = until - timedelta(days=1500)
    window = f"startDate eq '{since.strftime(FILTER_DATE)}' and endDate eq '{until.strftime(FILTER_DATE)}'"
    points = list(backup.recovery_points.list(**VAULT, **names_in(item), filter=window))
    ages = [until - point.properties.recovery_point_time for point in points]
    assert max(ages) > timedelta(days=700)
    one = backup.recovery_points.get(**VAULT, **names_in(item), recovery_point_id=points[0].name)
    assert [(tier.type, tier.status) for tier in one.properties.recovery_point_tier_details] == [
        ("InstantRP", "Valid"),
        ("HardenedRP", "Valid"),
    ]


def test_an_on_demand_backup_is_accepted_and_shows_up_within_minutes(
    arm: RunningArm, backup: RecoveryServicesBackupClient
) -> None:
    item = items_of(backup)["web-weu-09"]
    body = {"properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "2026-05-01T00:00:00Z"}}
    backup.backups.trigger(**VAULT, **names_in(item), parameters=body)
    assert list(backup.backup_jobs.list(**VAULT, filter="status eq 'InProgress'")) == []
    arm.control.wait(301)
    running = list(backup.backup_jobs.list(**VAULT, filter="status eq 'InProgress' and operation eq 'Backup'"))
    assert [job.properties.entity_friendly_name for job in running] == ["web-weu-09"]
    tasks = backup.job_details.get(**VAULT, job_name=running[0].name).properties.extended_info.tasks_list
    assert [task.task_id for task in tasks] == ["Take Snapshot", "Transfer data to vault"]


def test_metrics_are_hourly_percentages(arm: RunningArm, monitor: MonitorManagementClient) -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web-weu"
    vm = f"{group}/providers/Microsoft.Compute/virtualMachines/web-weu-01"
    until = arm.control.now().replace(minute=0, second=0, microsecond=0)
    since = until - timedelta(days=1)
    answer = monitor.metrics.list(
        vm,
        timespan=f"{since.isoformat().replace('+00:00', 'Z')}/{until.isoformat().replace('+00:00', 'Z')}",
        interval="PT1H",
        metricnames="Percentage CPU",
        aggregation="Average",
    )
    values = [point.average for point in answer.value[0].timeseries[0].data]
    assert len(values) == 24
    assert all(0 <= value <= 100 for value in values)


def test_the_activity_log_names_the_human_and_the_app(arm: RunningArm, monitor: MonitorManagementClient) -> None:
    truth = arm.control.truth()
    vm = next(item["vm"] for item in truth["items"] if item["vm"].endswith("/web-weu-29"))
    policy = next(name for name in truth["policies"] if name.endswith("/rsv-weu-02/backupPolicies/Critical"))
    arm.control.post("human", kind="assign", vm=vm, policy_id=policy)
    since = arm.control.now() - timedelta(hours=1)
    entries = list(monitor.activity_logs.list(filter=f"eventTimestamp ge '{since.isoformat()}'"))
    human = next(entry for entry in entries if entry.caller == "human@example.com")
    assert human.operation_name.value.endswith("/protectedItems/write")
    assert "web-weu-29" in human.resource_id
    assert isinstance(human.event_timestamp, datetime)


def test_resource_graph_pages_through_all_machines(backup: RecoveryServicesBackupClient) -> None:
    query = (
        "resources | where type =~ 'microsoft.compute/virtualmachines' "
        "| project id, name, location, resourceGroup, subscriptionId, tags | order by id asc"
    )
    rows: list[dict[str, Any]] = []
    token = None
    while True:
        options = {"resultFormat": "objectArray", "$top": 25} | ({"$skipToken": token} if token else {})
        body = {"subscriptions": [SUBSCRIPTION], "query": query, "options": options}
        request = HttpRequest("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01", json=body)
        page = backup.send_request(request).json()
        rows += page["data"]
        token = page.get("$skipToken")
        if not token:
            break
    assert len(rows) == page["totalRecords"] == 60
    assert set(UNPROTECTED) <= {row["name"] for row in rows}
    assert next(row for row in rows if row["name"] == TRAPS["held"])["tags"]["nightshift-hold"].startswith("2026-12-31")


def test_a_call_without_a_token_is_turned_away(arm: RunningArm) -> None:
    class Nobody:
        def get_token(self, *_: Any, **__: Any) -> Any:
            return AccessToken("", 2**33)

    stranger = RecoveryServicesBackupClient(Nobody(), SUBSCRIPTION, base_url=arm.endpoint)
    with pytest.raises(HttpResponseError) as refusal:
        stranger.protection_policies.get(**VAULT, policy_name="DefaultPolicy")
    assert refusal.value.status_code == 401


def test_a_dropped_answer_reaches_the_client_as_a_lost_connection(
    arm: RunningArm, backup: RecoveryServicesBackupClient
) -> None:
    arm.control.post("faults", rules=[{"kind": "drop", "when": "after", "times": 1}])
    properties = documents.daily("02:30", daily=30)
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        backup.protection_policies.create_or_update(
            **VAULT, policy_name="ns-lost", parameters={"properties": properties}, retry_total=0
        )
    arm.control.post("faults", name="calm")
    assert backup.protection_policies.get(**VAULT, policy_name="ns-lost").name == "ns-lost"


def test_the_process_ends_when_its_input_does() -> None:
    with running_arm() as running:
        pass
    assert running.process.returncode == 0


def test_the_process_ends_gently_on_sigterm() -> None:
    with running_arm() as running:
        running.process.terminate()
        assert running.process.wait(timeout=20) == 0

"""Does the real SDK, over TLS, send an order once, unharmed, and tell what became of it?"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cloud.job_reads import JobReads
from shared.cloud.restore_bodies import restore_body, validation_body
from shared.cloud.restores import CloudRestores
from shared.cloud.vault import CloudVaults
from shared.errors import Permanent, Transient
from tests.cloud.nouns import ITEM, SUBSCRIPTION, VAULT, VAULT_ID
from tests.cloud.orders import DISKS, NEW_VM, POINT, REPLACE
from tests.cloud.recordings import recorded
from tests.cloud.replay import Answer, Service, Token

SINCE, UNTIL = datetime(2026, 3, 1, 11, 59, 30, 500, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
JOB_ID = f"{VAULT.id}/backupjobs/e8740948-d7f4-4f32-a660-098e605b81fb"
LEFT = "x-ms-ratelimit-remaining-subscription-resource-requests"


@pytest.fixture
def restores(service: Service) -> CloudRestores:
    return CloudRestores(Token(), service.endpoint)


def accepted(service: Service, header: str = "Azure-AsyncOperation") -> Answer:
    return Answer(202, None, {header: f"{service.endpoint}{ITEM.id}/operationsStatus/MTs0OA%3D%3D?api-version=x&t=1"})


def error(status: int, code: str = "Oops", **headers: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "words"}}, headers)


@pytest.mark.parametrize("order", [DISKS, NEW_VM, REPLACE], ids=lambda order: order.mode.value)
@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
def test_an_order_sends_the_built_body_once_and_returns_its_operation(
    service: Service, restores: CloudRestores, order: Any, header: str
) -> None:
    service.will(accepted(service, header))
    assert restores.trigger(order, ITEM.vm_id) == "MTs0OA=="
    (request,) = service.requests
    assert (request.method, request.path) == ("POST", f"{POINT.id}/restore")
    assert request.json == restore_body(order, ITEM.vm_id)


def test_an_accepted_order_without_an_operation_may_have_begun(service: Service, restores: CloudRestores) -> None:
    service.will(Answer(202))
    with pytest.raises(Transient, match="names no operation") as failure:
        restores.trigger(DISKS)
    assert not failure.value.refused


WRITES: dict[str, Callable[[CloudRestores], object]] = {
    "trigger": lambda restores: restores.trigger(DISKS),
    "cancel": lambda restores: restores.cancel(JOB_ID),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize(
    "answer",
    [error(500), error(503, **{"Retry-After": "0.01"}), error(504), error(408), Answer(0)],
    ids=["500", "503", "504", "408", "hang-up"],
)
def test_a_write_whose_fate_is_unknown_is_transient_and_sent_once(
    service: Service, restores: CloudRestores, write: Callable[[CloudRestores], object], answer: Answer
) -> None:
    service.will(answer)
    with pytest.raises(Transient) as failure:
        write(restores)
    assert not failure.value.refused
    assert len(service.requests) == 1


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_throttled_write_is_refused_and_sent_once(
    service: Service, restores: CloudRestores, write: Callable[[CloudRestores], object]
) -> None:
    service.will(error(429, "ResourceRequestsThrottled", **{"Retry-After": "17"}))
    with pytest.raises(Transient) as failure:
        write(restores)
    assert (failure.value.refused, failure.value.retry_after, len(service.requests)) == (True, 17.0, 1)


def test_refused_orders_send_nothing(service: Service, restores: CloudRestores) -> None:
    service.will(accepted(service))
    with pytest.raises(Permanent, match="nobody confirmed"):
        restores.trigger(REPLACE)
    assert service.requests == []


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_rejected_order_is_permanent_with_azures_code(service: Service, restores: CloudRestores, status: int) -> None:
    service.will(error(status, "UserErrorResourceGuardApprovalNeeded"))
    with pytest.raises(Permanent) as failure:
        restores.trigger(DISKS)
    assert failure.value.code == "UserErrorResourceGuardApprovalNeeded"


def test_a_pre_check_is_asked_of_the_vault_and_its_objections_are_told(
    service: Service, restores: CloudRestores
) -> None:
    results = [{"code": "Success"}, {"code": "UserErrorQuota", "message": "too many cores", "recommendations": ["ask"]}]
    service.will(Answer(200, {"validateOperationResponse": {"validationResults": results}}))
    (objection,) = restores.validate(DISKS)
    assert (objection.code, objection.text, objection.recommendations) == ("UserErrorQuota", "too many cores", ("ask",))
    (request,) = service.requests
    assert (request.method, request.path) == ("POST", f"{VAULT_ID}/backupValidateOperation")
    assert request.json == validation_body(DISKS)
    service.will(Answer(200, {"validateOperationResponse": {"validationResults": None}}))
    assert restores.validate(DISKS) == []
    service.will(Answer(200, {}))
    with pytest.raises(Permanent, match="validateOperationResponse is missing"):
        restores.validate(DISKS)


def test_the_operation_names_the_job_once_it_has_succeeded(service: Service, restores: CloudRestores) -> None:
    status = {"id": "1", "name": "1", "status": "InProgress", "startTime": "2026-03-01T12:00:00Z"}
    done = {"objectType": "OperationStatusJobExtendedInfo", "jobId": "E8740948-d7f4-4f32-a660-098e605b81fb"}
    service.will(Answer(body=status), Answer(body={**status, "status": "Succeeded", "properties": done}))
    assert restores.operation(VAULT.id, "1").job_id == ""
    assert restores.operation(VAULT.id, "1").job_id == JOB_ID
    failed = {**status, "status": "Failed", "error": {"code": "UserErrorVmNotShutDown", "message": "it runs"}}
    service.will(Answer(body=failed))
    found = restores.operation(VAULT.id, "1")
    assert (found.status, found.code, found.text, found.job_id) == ("Failed", "UserErrorVmNotShutDown", "it runs", "")


def test_only_restores_are_asked_for_and_only_they_are_told(service: Service, restores: CloudRestores) -> None:
    def row(number: int, operation: str, started: str = "2026-03-01T12:00:00Z") -> dict[str, Any]:
        properties = {"jobType": "AzureIaaSVMJob", "status": "InProgress", "operation": operation, "startTime": started}
        return {"id": f"{VAULT_ID}/backupJobs/{number}", "name": str(number), "properties": properties}

    early = row(3, "Restore", "2026-03-01T11:59:30Z")
    service.will(
        Answer(body={"value": [row(1, "Restore"), row(2, "Backup")], "nextLink": f"{service.endpoint}/next"}),
        Answer(body={"value": [early, row(4, "Restore")]}),
    )
    assert [job.id[-1] for job in restores.jobs(VAULT, SINCE, UNTIL)] == ["1", "4"]
    assert service.requests[0].query["$filter"] == (
        "backupManagementType eq 'AzureIaasVM' and operation eq 'Restore'"
        " and startTime eq '2026-03-01 11:59:30 AM' and endTime eq '2026-03-02 12:00:00 AM'"
    )


def test_lists_and_details_of_jobs_count_against_one_hourly_budget(service: Service) -> None:
    reads = JobReads()
    vaults, restores = CloudVaults(Token(), service.endpoint, reads), CloudRestores(Token(), service.endpoint, reads)
    for left, read in (
        ("444", lambda: restores.job(JOB_ID, VAULT.id)),
        ("443", lambda: restores.jobs(VAULT, SINCE, UNTIL)),
    ):
        job = {"operation": "Restore", "backupManagementType": "AzureIaasVM", "startTime": "2026-03-01T12:00:00Z"}
        service.will(Answer(body={"id": JOB_ID, "properties": job, "value": []}, headers={LEFT: left}))
        read()
        assert vaults.job_reads_left(SUBSCRIPTION.upper()) == int(left)


def test_recorded_restores_are_read_with_their_details(service: Service, restores: CloudRestores) -> None:
    jobs = [row["response"] for row in recorded("jobs.get") if row["response"].get("properties")]
    jobs = [
        job for job in jobs if job["properties"]["operation"] == "Restore" and "IaaS" in job["properties"]["jobType"]
    ]
    assert len(jobs) >= 5
    found = []
    for job in jobs:
        service.will(Answer(body=json.loads(json.dumps(job))))
        found.append(restores.job(job["id"], VAULT.id))
    assert {job.status for job in found} >= {"Completed", "InProgress", "Cancelling"}
    assert all(job.detailed and job.cancellable and job.account.startswith("clitest") for job in found)
    (replaced,) = [job for job in found if job.group]
    assert (replaced.target_vm, replaced.progress, len(replaced.tasks)) == ("clitest-vm000004", 100.0, 2)
    (moved,) = [job for job in found if job.bytes_total]
    assert (moved.bytes_moved, moved.bytes_total) == (127 * 1024**3, 127 * 1024**3)
    assert moved.staging == "clitestvmrpdu6-ce3f677556e1470bbde1d65f5392ec1b"

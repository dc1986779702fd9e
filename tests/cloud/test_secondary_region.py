"""Does an order to the secondary region go once, with its token as it came, and is the token told to nobody?"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cloud.restore_bodies import secondary_body
from shared.cloud.restores import CloudRestores
from shared.errors import Permanent, Transient
from tests.cloud.nouns import ITEM, SUBSCRIPTION, VAULT
from tests.cloud.orders import AWAY, POINT
from tests.cloud.recordings import recorded
from tests.cloud.replay import Answer, Service, Token

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
LOCATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RecoveryServices/locations/northeurope"
SECRET = "eyJ.secret.token"
AAD = {"tenantId": "t", "audience": "a", "servicePrincipalObjectId": "s"}
TOKEN = {"objectType": "CrrAccessToken", "accessTokenString": SECRET, "newField": 7}
PREPARED = (Answer(body={"properties": AAD}), Answer(body={"properties": TOKEN}))


@pytest.fixture
def restores(service: Service) -> CloudRestores:
    return CloudRestores(Token(), service.endpoint)


def accepted(service: Service) -> Answer:
    link = f"{service.endpoint}{LOCATION}/backupCrrOperationsStatus/MTs0OA%3D%3D?api-version=2021-11-15"
    return Answer(202, None, {"Azure-AsyncOperation": link})


def error(status: int, code: str = "Oops", words: str = "words") -> Answer:
    return Answer(status, {"error": {"code": code, "message": words}})


def job(name: str = "j1", **properties: Any) -> dict[str, Any]:
    known = {
        **{"jobType": "AzureIaaSVMJob", "operation": "CrossRegionRestore", "backupManagementType": "AzureIaasVM"},
        **{"status": "InProgress", "startTime": "2026-03-01T12:00:00Z", "actionsInfo": ["Cancellable"]},
        "containerName": ITEM.container,
    }
    return {"id": f"{LOCATION}/backupJobs/{name}", "name": name, "properties": {**known, **properties}}


def test_an_order_goes_by_the_token_of_its_point(service: Service, restores: CloudRestores) -> None:
    service.will(*PREPARED, accepted(service))
    assert restores.trigger(AWAY) == "MTs0OA=="
    who, token, order = service.requests
    assert (who.method, who.path) == ("GET", f"{LOCATION}/backupAadProperties")
    assert (token.method, token.path, token.json) == ("POST", f"{POINT.id}/accessToken", {"properties": AAD})
    assert (order.method, order.path) == ("POST", f"{LOCATION}/backupCrossRegionRestore")
    assert order.json == secondary_body(AWAY, TOKEN)
    assert {one.query["api-version"] for one in service.requests} == {"2021-11-15"}


@pytest.mark.parametrize("answered", [0, 1], ids=["who", "token"])
@pytest.mark.parametrize("answer", [error(504), error(429), Answer(0)], ids=["504", "429", "hang-up"])
def test_what_fails_before_the_order_has_begun_nothing(
    service: Service, restores: CloudRestores, answered: int, answer: Answer
) -> None:
    service.will(*PREPARED[:answered], answer)
    with pytest.raises(Transient) as failure:
        restores.trigger(AWAY)
    assert failure.value.refused
    assert len(service.requests) == answered + 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {"ErrorCode": "CloudInternalError", "Message": {"Language": "en-US", "Value": "Wait."}}),
        error(503),
        error(408),
        Answer(0),
        Answer(202),
    ],
    ids=["500", "503", "408", "hang-up", "no operation"],
)
def test_an_order_whose_fate_is_unknown_is_sent_once(service: Service, restores: CloudRestores, answer: Answer) -> None:
    service.will(*PREPARED, answer)
    with pytest.raises(Transient) as failure:
        restores.trigger(AWAY)
    assert not failure.value.refused
    assert len(service.requests) == 3


def test_a_throttled_order_has_not_begun(service: Service, restores: CloudRestores) -> None:
    service.will(*PREPARED, error(429))
    with pytest.raises(Transient) as failure:
        restores.trigger(AWAY)
    assert failure.value.refused
    assert len(service.requests) == 3


def test_the_regions_own_shape_of_errors_is_read(service: Service, restores: CloudRestores) -> None:
    said = {"ErrorCode": "UserErrorStorageAccountNotInSameRegion", "Message": {"Language": "en-US", "Value": "Move."}}
    service.will(*PREPARED, Answer(400, said))
    with pytest.raises(Permanent, match="Move") as failure:
        restores.trigger(AWAY)
    assert failure.value.code == "UserErrorStorageAccountNotInSameRegion"
    for odd in (["ErrorCode"], {"ErrorCode": 5}):
        service.will(*PREPARED, Answer(400, odd))
        with pytest.raises(Permanent) as failure:
            restores.trigger(AWAY)
        assert failure.value.code == ""


@pytest.mark.parametrize("status", [400, 503])
def test_a_failure_that_quotes_the_token_does_not_tell_it(
    service: Service, restores: CloudRestores, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    service.will(*PREPARED, error(status, "BMSUserErrorInvalidInput", f"accessTokenString {SECRET} is not valid"))
    with caplog.at_level(0), pytest.raises((Transient, Permanent), match="<token> is not valid") as failure:
        restores.trigger(AWAY)
    assert failure.value.__cause__ is None
    assert SECRET not in str(failure.value)
    assert SECRET not in caplog.text


def test_without_a_token_nothing_is_ordered(service: Service, restores: CloudRestores) -> None:
    service.will(PREPARED[0], Answer(body={}))
    with pytest.raises(Permanent, match="holds no access token"):
        restores.trigger(AWAY)
    assert len(service.requests) == 2
    service.will(error(403, "AuthorizationFailed"))
    with pytest.raises(Permanent) as failure:
        restores.trigger(AWAY)
    assert failure.value.code == "AuthorizationFailed"


def test_a_doubtful_order_asks_for_no_token_and_a_pre_check_asks_nothing(
    service: Service, restores: CloudRestores
) -> None:
    service.will(error(500))
    for asked in (restores.trigger, restores.validate):
        with pytest.raises(Permanent, match="managed identities"):
            asked(replace(AWAY, identity_id="system"))
    assert restores.validate(AWAY) == []
    assert service.requests == []


def test_points_that_arrived_are_read_by_the_other_version(service: Service, restores: CloudRestores) -> None:
    def row(name: str, at: str) -> dict[str, Any]:
        known = {"objectType": "IaasVMRecoveryPoint", "recoveryPointType": "AppConsistent", "recoveryPointTime": at}
        return {"id": f"{ITEM.id}/recoveryPoints/{name}", "name": name, "properties": known}

    service.will(
        Answer(body={"value": [row("1", "2026-03-01T01:00:00Z")], "nextLink": f"{service.endpoint}/next"}),
        Answer(body={"value": [row("2", "2026-02-27T01:00:00Z"), row("3", "2026-03-01T02:00:00Z")]}),
    )
    found = restores.secondary_points(VAULT, ITEM, SINCE, UNTIL)
    assert [one.id.rpartition("/")[2] for one in found] == ["1", "3"]
    first = service.requests[0]
    assert (first.path, first.query["api-version"]) == (f"{ITEM.id}/recoveryPoints", "2021-11-15")
    assert first.query["$filter"] == "startDate eq '2026-03-01 12:00:00 AM' and endDate eq '2026-03-02 12:00:00 AM'"
    service.will(error(404, "ResourceNotFound"))
    assert restores.secondary_points(VAULT, ITEM, SINCE, UNTIL) == []
    service.will(error(403, "AuthorizationFailed"))
    with pytest.raises(Permanent):
        restores.secondary_points(VAULT, ITEM, SINCE, UNTIL)
    with pytest.raises(Permanent, match="is not an item of vault"):
        restores.secondary_points(replace(VAULT, id=f"{VAULT.id}2"), ITEM, SINCE, UNTIL)


def test_jobs_are_listed_for_a_vault_page_by_page(service: Service, restores: CloudRestores) -> None:
    service.will(
        Answer(body={"value": [job("a"), job("b", operation="Restore2")], "nextLink": f"{service.endpoint}/next"}),
        Answer(body={"value": [job("c", startTime="2026-03-03T00:00:00Z"), job("d")]}),
    )
    found = restores.jobs(VAULT, SINCE, UNTIL, "northeurope")
    assert [one.id for one in found] == [f"{LOCATION}/backupJobs/{name}".lower() for name in "ad"]
    assert {(one.vault_id, one.region, one.cancellable) for one in found} == {(VAULT.id, "northeurope", False)}
    assert [one.method for one in service.requests] == ["POST", "POST"]
    assert [one.json for one in service.requests] == [{"resourceId": VAULT.id}] * 2
    assert service.requests[0].query["$filter"] == (
        "backupManagementType eq 'AzureIaasVM' and operation eq 'CrossRegionRestore'"
        " and startTime eq '2026-03-01 12:00:00 AM' and endTime eq '2026-03-02 12:00:00 AM'"
    )


def test_the_operation_and_the_job_name_each_other(service: Service, restores: CloudRestores) -> None:
    done = {"status": "Succeeded", "properties": {"jobId": "J1"}}
    service.will(Answer(body=done), Answer(body=job("j1")))
    found = restores.operation(VAULT.id, "MTs0OA==", "northeurope")
    assert found.job_id == f"{LOCATION}/backupJobs/J1".lower()
    assert restores.job(found.job_id, VAULT.id).id == found.job_id
    status, detail = service.requests
    assert status.path == f"{LOCATION}/backupCrrOperationsStatus/MTs0OA=="
    assert (detail.path, detail.json) == (f"{LOCATION}/backupCrrJob", {"resourceId": VAULT.id, "jobName": "j1"})
    service.will(Answer(body=job("j1", operation="Backup")))
    with pytest.raises(Permanent) as failure:
        restores.job(found.job_id, VAULT.id)
    assert failure.value.code == "NotARestore"


@pytest.mark.parametrize("answer", [error(429), error(503), Answer(0)], ids=["429", "503", "hang-up"])
def test_what_is_read_every_minute_is_not_waited_for(service: Service, restores: CloudRestores, answer: Answer) -> None:
    for read in (
        lambda: restores.jobs(VAULT, SINCE, UNTIL, "northeurope"),
        lambda: restores.job(f"{LOCATION}/backupJobs/j1", VAULT.id),
        lambda: restores.operation(VAULT.id, "1", "northeurope"),
    ):
        service.will(answer)
        with pytest.raises(Transient):
            read()
        assert len(service.requests) == 1


def test_no_job_of_the_secondary_region_is_cancelled(service: Service, restores: CloudRestores) -> None:
    service.will(Answer(202))
    with pytest.raises(Permanent, match="northeurope cannot be cancelled"):
        restores.cancel(f"{LOCATION}/backupJobs/j1".lower())
    assert service.requests == []


def test_recorded_answers_of_the_secondary_region_are_read(service: Service, restores: CloudRestores) -> None:
    found = []
    for row in recorded("crr.job.get"):
        service.will(Answer(body=json.loads(json.dumps(row["response"]))))
        found.append(restores.job(row["response"]["id"], VAULT.id))
    assert {(one.status, one.detailed, one.cancellable) for one in found} == {
        ("Completed", True, False),
        ("InProgress", True, False),
    }
    assert all(one.account == "clitest000007" and one.container and one.group for one in found)
    (token,) = recorded("crr.accessToken")
    (aad,) = recorded("crr.aadProperties")
    service.will(Answer(body=aad["response"]), Answer(body=token["response"]), accepted(service))
    restores.trigger(AWAY)
    assert service.requests[1].json == token["request"]
    assert service.requests[2].json["crossRegionRestoreAccessDetails"] == token["response"]["properties"]
    (status,) = recorded("crr.operationStatus")
    service.will(Answer(body=status["response"]))
    assert restores.operation(VAULT.id, "1", "northeurope").job_id.endswith(status["response"]["properties"]["jobId"])

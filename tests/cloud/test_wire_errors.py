"""Is what a job says of its errors read whole, whatever shape it has?"""

from typing import Any

import pytest

from shared.cloud import wire
from shared.cloud.wire_errors import errors_from
from shared.model.azure import Job, JobError
from tests.cloud.recordings import answers

VAULT = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.RecoveryServices/vaults/V"
ERROR = {"errorCode": 400158, "errorTitle": "Title", "errorString": "Text.", "recommendations": ["One.", "Two."]}


def job(where: str = VAULT, **fields: Any) -> dict[str, Any]:
    shown = {"jobType": "AzureIaaSVMJob", "startTime": "2026-03-04T01:00:00Z", "status": "Failed"} | fields
    return {"id": f"{where}/backupJobs/J1", "name": "J1", "properties": shown}


def test_number_title_text_and_recommendations_are_read() -> None:
    assert errors_from({"errorDetails": [ERROR]}) == (JobError(400158, "Title", "Text.", ("One.", "Two.")),)


@pytest.mark.parametrize(
    ("entry", "code", "title"),
    [
        ({"errorCode": "400206"}, 400206, ""),
        ({"errorCode": "UserErrorVmNotShutDown"}, 0, "UserErrorVmNotShutDown"),
        ({"errorCode": "400206", "errorTitle": "Title"}, 400206, "Title"),
        ({"errorCode": None, "errorTitle": "Title"}, 0, "Title"),
        ({"errorCode": True, "errorTitle": 7, "recommendations": [None, "", 3]}, 0, ""),
        ("no object", 0, ""),
    ],
)
def test_a_code_may_be_a_number_digits_or_a_name(entry: object, code: int, title: str) -> None:
    assert errors_from({"errorDetails": [entry]}) == (JobError(code, title, ""),)


@pytest.mark.parametrize(
    ("entry", "around", "said"),
    [(False, None, False), ("False", None, False), (True, False, True), (None, "false", False), (None, 0, None)],
)
def test_the_service_may_say_whether_a_retry_helps(entry: object, around: object, said: bool | None) -> None:
    (error,) = errors_from({"errorDetails": [ERROR | {"isRetryable": entry}], "isRetryable": around})
    assert error.retryable is said


def test_without_errors_the_message_of_the_details_stands_for_them() -> None:
    details = {"extendedInfo": {"dynamicErrorMessage": "Something broke."}}
    assert errors_from(details) == (JobError(0, "", "Something broke."),)
    assert errors_from(details | {"errorDetails": [ERROR]})[0].code == 400158
    assert errors_from({"extendedInfo": {"dynamicErrorMessage": ""}}) == ()


@pytest.mark.parametrize(
    ("said", "meant"), [(True, True), ("true", True), (False, False), (None, None), ("maybe", None)]
)
def test_a_job_says_whether_somebody_asked_for_it(said: object, meant: bool | None) -> None:
    read = wire.job_from(job(isUserTriggered=said))
    assert isinstance(read, Job)
    assert read.user_triggered is meant


def test_a_job_of_any_workload_is_read_and_belongs_to_a_vault_where_its_id_names_one() -> None:
    database = wire.any_job_from(job(jobType="AzureWorkloadJob", errorDetails=[ERROR]))
    assert (database.vault_id, database.errors[0].code) == (VAULT.lower(), 400158)
    assert wire.job_from(job(jobType="AzureWorkloadJob")) is None
    elsewhere = wire.any_job_from(job("/subscriptions/S/providers/Microsoft.RecoveryServices/locations/L"))
    assert elsewhere.vault_id == ""


def test_recorded_errors_keep_their_recommendations() -> None:
    failed = [read for entry in answers("jobs.get") if (read := wire.any_job_from(entry)).errors]
    assert {error.code for read in failed for error in read.errors} == {400136, 400158, 520512}
    assert all(error.recommendations or error.code == 400158 for read in failed for error in read.errors)

"""Does a built-in alert of Azure Backup name the failed job, and is everything else refused or passed over?"""

import copy
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cloud.wire import any_job_from
from shared.errors import BadMessage
from shared.messages.alerts import request_from_alert
from shared.messages.jobs import TriageRequest, job_event
from shared.model.failures import Failure
from shared.rules.job_outcomes import outcome
from tests.cloud.recordings import SHARED

SUB = "/subscriptions/00000000-0000-0000-0000-000000000001"
VAULT = f"{SUB}/resourceGroups/rg-Backup/providers/Microsoft.RecoveryServices/vaults/rsv-One"
JOB = "160B33FA-c1db-4882-8672-852c5c0500c1"
ALERT: dict[str, Any] = {
    "schemaId": "azureMonitorCommonAlertSchema",
    "data": {
        "essentials": {
            "alertId": f"{SUB}/providers/Microsoft.AlertsManagement/alerts/1",
            "severity": "Sev1",
            "alertRule": "Backup Failure",
            "signalType": "Log",
            "monitorCondition": "Fired",
            "monitoringService": "Azure Backup",
            "alertTargetIDs": [VAULT.lower()],
            "firedDateTime": "2026-03-13T11:56:13.9392346Z",
        },
        "alertContext": {
            "category": "Jobs",
            "extendedInfo": {"jobId": JOB, "possibleCauses": None, "occurrenceCount": 1},
            "protectedItemId": f"{VAULT}/backupFabrics/Azure/protectionContainers/c/protectedItems/i",
        },
        "customProperties": None,
    },
}


def alert(path: str = "", value: Any = None) -> str:
    document = copy.deepcopy(ALERT)
    *parents, last = path.split(".") if path else [""]
    inner: Any = document
    for name in parents:
        inner = inner[name]
    if last:
        inner[last] = value
    return json.dumps(document)


def test_the_job_of_an_alert_has_the_id_that_the_watcher_gives_it() -> None:
    assert request_from_alert(alert()) == TriageRequest(VAULT.lower(), f"{JOB.lower()}:failed")


def watched(job_id: str, vault_id: str) -> TriageRequest:
    """What the watcher announces of the failed job, as the vault lists it."""
    properties = {"jobType": "AzureIaaSVMJob", "operation": "Backup", "status": "Failed", "entityFriendlyName": "vm"}
    times = {"startTime": "2026-03-13T11:00:00Z", "endTime": "2026-03-13T11:50:00Z"}
    row = {"id": f"{vault_id}/backupJobs/{job_id}", "name": job_id, "properties": {**properties, **times}}
    failure = outcome(any_job_from(row), None, None)
    assert isinstance(failure, Failure)
    return TriageRequest(failure.vault_id, failure.id)


def test_an_alert_and_the_watcher_make_the_same_event_of_a_job() -> None:
    request, at = request_from_alert(alert()), datetime(2026, 3, 13, 12, tzinfo=UTC)
    assert request is not None
    told, seen = job_event(request, "", at), job_event(watched(JOB, VAULT), "", at)
    assert (told.source, told.id, told.type) == (seen.source, seen.id, seen.type)


def test_an_alert_that_was_seen_in_the_wild_names_the_job_as_the_watcher_does() -> None:
    page = SHARED / "reference" / "events-and-host.md"
    if not page.is_file():
        pytest.skip("the notes on Azure's events (reference/events-and-host.md) are not at hand")
    blocks = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (text,) = [block for block in blocks if "azureMonitorCommonAlertSchema" in block]
    names = {"sub": SUB.rpartition("/")[2], "guid": JOB, "rg": "rg-Backup", "vault": "rsv-One"}
    filled = re.sub(r"\{(\w+)\}", lambda match: names.get(match[1], match[1]), text)
    assert json.loads(filled)["data"]["essentials"]["monitoringService"] == "Azure Backup"
    assert request_from_alert(filled) == watched(JOB, VAULT)


def test_the_vault_is_found_in_either_place_and_in_context_sent_as_text() -> None:
    wanted = request_from_alert(alert())
    assert request_from_alert(alert("data.alertContext.protectedItemId", None)) == wanted
    assert request_from_alert(alert("data.essentials.alertTargetIDs", None)) == wanted
    assert request_from_alert(alert("data.alertContext.extendedInfo", json.dumps({"jobId": JOB}))) == wanted


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.essentials.monitorCondition", "Resolved"),
        ("data.alertContext.extendedInfo", None),
        ("data.alertContext.extendedInfo", "not json"),
        ("data.alertContext.extendedInfo.jobId", None),
        ("data.alertContext", None),
    ],
)
def test_an_alert_that_is_over_or_about_no_job_asks_for_nothing(path: str, value: Any) -> None:
    assert request_from_alert(alert(path, value)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[1]", "found list"),
        ("{}", "schemaId: found 'None'"),
        (alert("schemaId", "other"), "schemaId: found 'other'"),
        (alert("data.essentials.monitoringService", "Platform"), "monitoringService: found 'Platform'"),
        (alert("data", None), "monitoringService: found 'None'"),
        (alert("data.alertContext.extendedInfo.jobId", "../../x"), "jobId: found '../../x'; expected a GUID"),
    ],
)
def test_what_is_no_alert_of_azure_backup_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadMessage) as refusal:
        request_from_alert(text)
    assert said in str(refusal.value)


def test_an_alert_that_names_no_vault_is_refused() -> None:
    document = copy.deepcopy(ALERT)
    document["data"]["alertContext"]["protectedItemId"] = SUB
    document["data"]["essentials"]["alertTargetIDs"] = [None, "x"]
    with pytest.raises(BadMessage, match="neither names a vault"):
        request_from_alert(json.dumps(document))

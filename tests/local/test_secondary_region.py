"""Does Cross Region Restore go as Azure's: other versions, later points, tokens, jobs of its own, errors of its own?"""

from datetime import timedelta
from typing import Any

import pytest

from local.arm.messages import Response
from local.world import secondary
from local.world.regions import PAIRS
from local.world.state import Point
from tests.local.one_vm import LINK, body, code
from tests.local.restoring import SUB, TARGET, Restoring

LOCATION = f"{SUB}/providers/Microsoft.RecoveryServices/locations/northeurope"


class Abroad(Restoring):
    """One VM whose vault can be read in northeurope, where an account and the target group wait."""

    def __init__(self, **vault: Any) -> None:
        super().__init__(**{"cross_region": True, **vault})
        self.far = self.account("stfar", region="northeurope")

    def there(self, method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> Response:
        """Ask in the secondary region's version, below its location where `path` begins with backup."""
        where = path if path.startswith("/") else f"{LOCATION}/{path}"
        return self.ask(method, where, body, **{"api-version": "2021-11-15", **query})

    def points_there(self, **query: str) -> list[str]:
        """Return the names of the item's points in the secondary region."""
        found = self.there("GET", f"{self.item.id}/recoveryPoints", None, **query)
        return [row["name"] for row in body(found)["value"]]

    def token(self, point: Point) -> Response:
        """Ask for the access token of a point."""
        known = body(self.there("GET", "backupAadProperties"))
        return self.there("POST", f"{self.item.id}/recoveryPoints/{point.id}/accessToken", known)

    def restore(self, change: dict[str, Any] | None = None, **request: Any) -> Response:
        """Restore the oldest point in the secondary region; `change` is made to its token."""
        asked = self.request(**({"storageAccountId": self.far, "region": "northeurope"} | request))
        details = body(self.token(self.point()))["properties"] | (change or {})
        sent = {"crossRegionRestoreAccessDetails": details, "restoreRequest": asked}
        return self.there("POST", "backupCrossRegionRestore", sent)

    def job_of(self, accepted: Response) -> dict[str, str]:
        """Wait for the operation and return what names its job."""
        self.cloud.wait(20)
        links = accepted.headers["Azure-AsyncOperation"].split("?")[0].removeprefix(LINK)
        job = body(self.there("GET", links))["properties"]["jobId"]
        return {"resourceId": self.vault, "jobName": job}


def error(answer: Response) -> str:
    """Return the code of an error of the secondary region's shape."""
    assert set(body(answer)) == {"ErrorCode", "Message"}
    return str(body(answer)["ErrorCode"])


def test_points_arrive_about_twelve_hours_after_they_were_taken() -> None:
    azure = Abroad()
    azure.cloud.wait(11 * 3600)
    azure.backup()
    azure.cloud.wait(6 * 3600)
    newest = azure.point(fresh=True)
    assert newest.id in {point.id for point in azure.item.points if point.vaulted}
    assert newest.id not in azure.points_there()
    arrives = secondary.arrives(azure.small.world, newest)
    assert arrives is not None
    assert timedelta(hours=10) < arrives - newest.at < timedelta(hours=14)
    azure.cloud.clock_to(arrives)
    assert newest.id in azure.points_there()
    shown = body(azure.there("GET", f"{azure.item.id}/recoveryPoints/{newest.id}"))
    assert shown["name"] == newest.id


def test_a_snapshot_never_arrives() -> None:
    azure = Abroad()
    point = azure.point(fresh=True)
    point.vaulted = False
    azure.cloud.wait(86400)
    assert secondary.arrives(azure.small.world, point) is None
    assert point.id not in azure.points_there()


@pytest.mark.parametrize("version", ["2018-12-20", "2021-11-15", "2023-01-15"])
def test_items_show_their_newest_point_of_the_region_that_is_asked(version: str) -> None:
    azure = Abroad()
    azure.cloud.wait(16 * 3600)
    items = f"{azure.vault}/backupProtectedItems/"
    (there,) = body(azure.there("GET", items, None, **{"api-version": version}))["value"]
    (here,) = azure.shown(items)["value"]
    assert there["id"] == here["id"]
    assert there["properties"]["lastRecoveryPoint"] < here["properties"]["lastRecoveryPoint"]


@pytest.mark.parametrize("closed", [{"cross_region": False}, {"redundancy": "LocallyRedundant"}])
def test_a_vault_that_is_not_opened_shows_nothing_and_gives_no_token(closed: dict[str, Any]) -> None:
    azure = Abroad(**closed)
    for path in (f"{azure.vault}/backupProtectedItems", f"{azure.item.id}/recoveryPoints"):
        answer = azure.there("GET", path)
        assert (answer.status, code(answer)) == (404, "ResourceNotFound")
    assert code(azure.token(azure.point())) in {
        "BMSUserErrorCrossRegionRestoreNotEnabled",
        "BMSUserErrorVaultNotGeoRedundant",
    }


def test_a_restore_there_has_an_operation_and_a_job_that_only_the_region_shows() -> None:
    azure = Abroad()
    accepted = azure.restore()
    assert (accepted.status, accepted.body) == (202, None)
    result = accepted.headers["Location"].split("?")[0].removeprefix(LINK)
    assert azure.there("GET", result).status == 202
    named = azure.job_of(accepted)
    assert azure.there("GET", result).status == 200
    assert body(azure.there("POST", "backupCrrJob", named))["properties"]["status"] == "InProgress"
    azure.cloud.wait(300)
    rows = body(azure.there("POST", "backupCrrJobs", named, **{"$filter": "status eq 'InProgress'"}))["value"]
    assert [row["name"] for row in rows] == [named["jobName"]]
    assert rows[0]["id"].startswith(f"{LOCATION}/backupJobs/")
    for other in ("status eq 'Failed'", "backupManagementType eq 'AzureWorkload'"):
        assert body(azure.there("POST", "backupCrrJobs", named, **{"$filter": other}))["value"] == []
    assert azure.shown("backupJobs", **{"$filter": "status eq 'InProgress'"})["value"] == []
    assert azure.ask("GET", f"backupJobs/{named['jobName']}").status == 404
    assert azure.ask("POST", f"backupJobs/{named['jobName']}/cancel").status == 404


def test_what_is_restored_there_is_there() -> None:
    azure = Abroad()
    named = azure.job_of(azure.restore(kind="AlternateLocation"))
    azure.end(named["jobName"])
    shown = body(azure.there("POST", "backupCrrJob", named))["properties"]
    assert (shown["operation"], shown["status"]) == ("CrossRegionRestore", "Completed")
    assert shown["extendedInfo"]["tasksList"][0]["taskExecutionDetails"] == "400 GBs / 400 GBs Transferred"
    assert shown["extendedInfo"]["propertyBag"]["Vault name"] == "rsv-one"
    assert {disk.region for disk in azure.disks()} == {"northeurope"}
    made = azure.shown(f"{TARGET}/providers/Microsoft.Compute/virtualMachines/vm-new")
    assert made["location"] == "northeurope"
    (told,) = azure.cloud.truth()["restores"]
    assert (told["secondary"], told["region"]) == (True, "northeurope")


@pytest.mark.parametrize(
    ("request_", "change", "refusal"),
    [
        ({"storageAccountId": "one"}, {}, "UserErrorStorageAccountNotInSameRegion"),
        ({"region": "westeurope"}, {}, "BMSUserErrorInvalidInput"),
        ({"kind": "OriginalLocation"}, {}, "BMSUserErrorInvalidInput"),
        ({}, {"objectType": None}, "BMSUserErrorInvalidInput"),
        ({}, {"accessTokenString": "another"}, "BMSUserErrorInvalidInput"),
        ({}, {"recoveryPointId": "1"}, "BMSUserErrorInvalidInput"),
        ({}, {"resourceName": "rsv-two"}, "BMSUserErrorInvalidInput"),
    ],
)
def test_what_cannot_be_restored_there_is_refused_in_the_regions_own_shape(
    request_: dict[str, Any], change: dict[str, Any], refusal: str
) -> None:
    azure = Abroad()
    if "storageAccountId" in request_:
        request_ = request_ | {"storageAccountId": azure.one}
    answer = azure.restore(change, **request_)
    assert (answer.status, error(answer)) == (400, refusal)
    assert azure.small.world.restores == {}


def test_a_token_is_made_out_to_the_secondary_regions_principal_only() -> None:
    azure = Abroad()
    here = body(azure.there("GET", f"{LOCATION.replace('north', 'west')}/backupAadProperties"))
    assert here != body(azure.there("GET", "backupAadProperties"))
    path = f"{azure.item.id}/recoveryPoints/{azure.point().id}/accessToken"
    assert code(azure.there("POST", path, here)) == "BMSUserErrorInvalidInput"
    late = azure.point(fresh=True)
    late.vaulted = False
    assert code(azure.token(late)) == "BMSUserErrorRecoveryPointNotFound"


def test_another_version_or_region_or_vault_is_not_answered() -> None:
    azure = Abroad()
    wrong = azure.ask("GET", f"{LOCATION}/backupAadProperties")
    assert (wrong.status, code(wrong)) == (400, "NoRegisteredProviderFound")
    named = azure.job_of(azure.restore())
    elsewhere = azure.there("POST", f"{LOCATION.replace('north', 'west')}/backupCrrJob", named)
    assert error(elsewhere) == "BMSUserErrorInvalidInput"
    assert error(azure.there("POST", "backupCrrJob", named | {"jobName": "1"})) == "BMSUserErrorJobNotFound"
    assert error(azure.there("POST", "backupCrrJob", {"resourceId": "x"})) == "BMSUserErrorInvalidInput"
    assert error(azure.there("POST", "backupCrossRegionRestore", {})) == "BMSUserErrorInvalidInput"
    assert error(azure.there("GET", "backupCrrOperationsStatus/x")) == "BMSUserErrorOperationNotFound"


def test_an_internal_error_there_has_the_regions_own_shape_and_a_gateways_has_arms() -> None:
    azure = Abroad()
    azure.cloud.set_faults({"rules": [{"kind": "500", "nth": [1]}, {"kind": "504", "nth": [1]}]})
    assert error(azure.there("GET", "backupCrrOperationsStatus/x")) == "RestApiInternalError"
    azure.cloud.set_faults({"rules": [{"kind": "504"}]})
    assert code(azure.there("GET", "backupCrrOperationsStatus/x")) == "GatewayTimeout"


def test_asking_for_tokens_and_jobs_changes_nothing_and_a_restore_does() -> None:
    azure = Abroad()
    named = azure.job_of(azure.restore())
    azure.there("POST", "backupCrrJob", named)
    azure.there("POST", "backupCrrJobs", named)
    changing = [entry["action"].rsplit("/", 2)[-2] for entry in azure.cloud.log if entry["effect"]]
    assert changing == ["resourceGroups", "backupCrossRegionRestore"]


def test_most_regions_are_each_others_pair() -> None:
    one_way = {region for region, pair in PAIRS.items() if PAIRS.get(pair) != region}
    assert one_way == {"brazilsouth", "brazilsoutheast", "westus3", "westindia", "eastus3"}
    assert PAIRS["westeurope"] == "northeurope"
    assert all(region != pair for region, pair in PAIRS.items())

"""Are vaults made, changed, guarded and deleted as Azure does it?"""

from typing import Any

import pytest

from local.arm.messages import Response
from local.fleets import SUBSCRIPTION
from tests.local.one_vm import Azure, body, code

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-backup"
NEW = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/rsv-new"
GUARD = f"{GROUP}/providers/Microsoft.DataProtection/resourceGuards/guard-one"


def make(azure: Azure, **change: Any) -> Response:
    """Make a second vault, beside that of the VM."""
    return azure.ask("PUT", NEW, {"location": "West Europe", "sku": {"name": "Standard"}, "properties": {}, **change})


def change(azure: Azure, **properties: Any) -> Response:
    """Change the VM's vault."""
    return azure.ask("PATCH", azure.vault, {"properties": properties})


def security(**settings: Any) -> dict[str, Any]:
    return {"securitySettings": settings}


def test_a_new_vault_is_provisioned_and_has_its_usual_policies() -> None:
    azure = Azure()
    made = make(azure, tags={"team": "a"})
    assert (made.status, body(made)["properties"]["provisioningState"]) == (201, "Provisioning")
    assert "Location" not in made.headers
    assert body(azure.follow(made, "Azure-AsyncOperation"))["status"] == "InProgress"
    azure.cloud.wait(60)
    ended = azure.follow(made, "Azure-AsyncOperation")
    assert (body(ended)["status"], "Location" in ended.headers) == ("Succeeded", False)
    shown = azure.shown(NEW)
    assert (shown["properties"]["provisioningState"], shown["tags"]) == ("Succeeded", {"team": "a"})
    names = [row["name"] for row in azure.shown(f"{NEW}/backupPolicies")["value"]]
    assert names == ["DefaultPolicy", "EnhancedPolicy", "HourlyLogBackup"]
    again = make(azure, tags={})
    assert (again.status, "tags" in body(again)) == (200, False)
    assert code(make(azure, location="eastus2")) == "InvalidResourceLocation"


@pytest.mark.parametrize(
    ("path", "wanted", "refusal"),
    [
        (NEW, {}, "LocationRequired"),
        (NEW.replace("rg-backup", "rg-none"), {"location": "westeurope"}, "ResourceGroupNotFound"),
        (NEW.replace("rsv-new", "1"), {"location": "westeurope"}, "InvalidResourceName"),
        (NEW, {"location": "westeurope", "identity": {"type": "Robot"}}, "BMSUserErrorInvalidInput"),
    ],
)
def test_a_vault_that_cannot_be_is_refused(path: str, wanted: dict[str, Any], refusal: str) -> None:
    azure = Azure()
    assert code(azure.ask("PUT", path, wanted)) == refusal
    assert len(azure.small.world.vaults) == 1


def test_a_change_is_all_or_nothing() -> None:
    azure = Azure()
    settings = {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"}}
    locked = {"redundancySettings": {"standardTierStorageRedundancy": "ZoneRedundant"}}
    assert change(azure, monitoringSettings=settings, **locked).status == 400
    alerts = azure.shown(azure.vault)["properties"]["monitoringSettings"]["azureMonitorAlertSettings"]
    assert alerts["alertsForAllJobFailures"] == "Enabled"
    before = azure.shown(azure.vault)["etag"]
    shown = body(change(azure, monitoringSettings=settings, publicNetworkAccess="Disabled"))
    alerts = shown["properties"]["monitoringSettings"]["azureMonitorAlertSettings"]
    assert (alerts["alertsForAllJobFailures"], alerts["alertsForAllReplicationIssues"]) == ("Disabled", "Enabled")
    assert (shown["properties"]["publicNetworkAccess"], shown["etag"] != before) == ("Disabled", True)
    restoring = {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": "Disabled"}}
    assert body(change(azure, restoreSettings=restoring))["properties"]["restoreSettings"] == restoring


def test_immutability_is_raised_lowered_and_locked_for_good() -> None:
    azure = Azure()

    def immutability(state: str, **more: Any) -> int:
        return change(azure, **security(immutabilitySettings={"state": state}), **more).status

    assert [immutability(state) for state in ("Unlocked", "Disabled", "Half", "Locked", "Unlocked")] == [
        200,
        200,
        400,
        200,
        400,
    ]
    assert azure.small.vault.immutability == "Locked"


def test_a_guard_approves_less_immutability() -> None:
    azure = Azure(immutability="Unlocked", guarded=True, guard_id=GUARD)
    less = security(immutabilitySettings={"state": "Disabled"})
    assert code(change(azure, **less)) == "UserErrorResourceGuardApprovalNeeded"
    approval = f"{GUARD}/reduceImmutabilityStateRequests/default"
    assert change(azure, **less, resourceGuardOperationRequests=[approval]).status == 200


def test_soft_delete_keeps_what_is_deleted_as_long_as_the_vault_says() -> None:
    azure = Azure()
    assert change(azure, **security(softDeleteSettings={"softDeleteRetentionPeriodInDays": 7})).status == 400
    longer = {"softDeleteState": "AlwaysON", "softDeleteRetentionPeriodInDays": 30}
    assert change(azure, **security(softDeleteSettings=longer)).status == 200
    assert azure.shown("backupconfig/vaultconfig")["properties"]["softDeleteRetentionPeriodInDays"] == 30
    azure.ask("DELETE", azure.item.id)
    azure.cloud.wait(60)
    shown = azure.shown(azure.item.id)["properties"]
    assert (shown["softDeleteRetentionPeriod"], shown["deferredDeleteTimeRemaining"][:3]) == (30, "29.")
    azure.cloud.wait(29 * 86400)
    assert azure.ask("GET", azure.item.id).status == 200
    azure.cloud.wait(86400)
    assert azure.ask("GET", azure.item.id).status == 404


def test_redundancy_changes_while_nothing_is_protected_and_the_secondary_region_opens() -> None:
    azure = Azure()
    make(azure)
    storage = f"{NEW}/backupstorageconfig/vaultstorageconfig"
    assert azure.shown(storage)["properties"]["storageTypeState"] == "Unlocked"
    for model in ("LocallyRedundant", "GeoRedundant"):
        wanted = {"properties": {"redundancySettings": {"standardTierStorageRedundancy": model}}}
        assert azure.ask("PATCH", NEW, wanted).status == 200
    opened = {"redundancySettings": {"crossRegionRestore": "Enabled"}}
    assert change(azure, **opened).status == 200
    assert azure.shown(azure.vault)["properties"]["redundancySettings"]["crossRegionRestore"] == "Enabled"
    assert change(azure, redundancySettings={"crossRegionRestore": "Disabled"}).status == 400
    assert change(azure, redundancySettings={"crossRegionRestore": "Perhaps"}).status == 400
    assert change(azure, redundancySettings={"standardTierStorageRedundancy": "Paper"}).status == 400


def test_an_identity_takes_a_while_to_be_given_and_none_to_be_taken() -> None:
    azure = Azure()
    given = azure.ask("PATCH", azure.vault, {"identity": {"type": "systemassigned"}})
    assert (given.status, given.body) == (202, None)
    assert azure.follow(given).status == 202
    azure.cloud.wait(60)
    identity = body(azure.follow(given))["identity"]
    assert (identity["type"], len(identity["principalId"])) == ("SystemAssigned", 36)
    mine = {"type": "UserAssigned", "userAssignedIdentities": {f"{GROUP}/x": {}}}
    assert azure.ask("PATCH", azure.vault, {"identity": mine}).status == 202
    assert list(azure.shown(azure.vault)["identity"]["userAssignedIdentities"]) == [f"{GROUP}/x"]
    more = {"type": "userassigned", "userAssignedIdentities": {f"{GROUP}/x": None, f"{GROUP}/y": {}}}
    assert azure.ask("PATCH", azure.vault, {"identity": more}).status == 202
    assert list(azure.shown(azure.vault)["identity"]["userAssignedIdentities"]) == [f"{GROUP}/y"]
    taken = azure.ask("PATCH", azure.vault, {"identity": {"type": "none"}})
    assert (taken.status, body(taken)["identity"]) == (200, {"type": "None"})


def test_a_vault_is_deleted_only_when_it_is_empty_and_then_nobody_knows_the_operation() -> None:
    azure = Azure()
    assert code(azure.ask("DELETE", azure.vault)) == "ServiceResourceNotEmptyWithContainerDetails"
    azure.ask("DELETE", azure.item.id)
    azure.cloud.wait(60)
    assert code(azure.ask("DELETE", azure.vault)) == "ServiceResourceNotEmptyWithBackendMessage"
    azure.cloud.wait(15 * 86400)
    gone = azure.ask("DELETE", azure.vault)
    assert (gone.status, gone.body) == (202, None)
    azure.cloud.wait(60)
    assert code(azure.follow(gone, "Azure-AsyncOperation")) == "ResourceNotFound"
    assert azure.ask("DELETE", azure.vault).status == 204
    truth = azure.cloud.truth()
    assert (truth["vaults"], truth["policies"]) == ([], {})
    assert {job["region"] for job in truth["jobs"]} == {""}


def test_an_unknown_operation_of_a_vault_is_not_found() -> None:
    azure = Azure()
    for name in ("x", "MTs="):
        assert code(azure.ask("GET", f"operationStatus/{name}")) == "BMSUserErrorOperationNotFound"


def test_a_guard_is_put_before_a_vault_shown_and_taken_away() -> None:
    azure = Azure()
    proxy = "backupResourceGuardProxies/VaultProxy"
    assert azure.ask("GET", proxy).status == 404
    assert azure.ask("PUT", proxy, {"properties": {"resourceGuardResourceId": "guard"}}).status == 400
    put = azure.ask("PUT", proxy, {"properties": {"resourceGuardResourceId": GUARD}})
    assert (put.status, body(put)["properties"]["resourceGuardResourceId"]) == (200, GUARD)
    assert azure.shown(azure.vault)["properties"]["securitySettings"]["multiUserAuthorization"] == "Enabled"
    assert azure.ask("DELETE", azure.item.id).status == 403
    taken = azure.ask("DELETE", proxy)
    assert (taken.status, taken.body) == (200, {})
    assert azure.ask("DELETE", proxy).status == 204
    assert azure.ask("DELETE", azure.item.id).status == 202


def test_reads_of_a_vaults_own_work_are_not_counted_and_its_writes_are() -> None:
    azure = Azure()
    counted = "x-ms-ratelimit-remaining-subscription-resource-requests"
    made = make(azure)
    assert made.headers[counted] == "299"
    assert counted not in azure.follow(made, "Azure-AsyncOperation").headers
    assert change(azure).headers[counted] == "298"

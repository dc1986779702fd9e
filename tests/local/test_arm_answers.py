"""Does the pretend ARM cancel jobs, find machines, show settings and read paths as `az` needs it to?"""

import asyncio
import json
from typing import Any

import pytest

from local.arm.app import application
from local.arm.messages import Response
from local.fleets import add_vm
from local.identity import token
from tests.local.one_vm import LINK, Azure, code


def test_both_polling_paths_of_a_backup_name_the_same_job() -> None:
    azure = Azure()
    accepted = azure.ask("POST", f"{azure.item.id}/backup", {"properties": {}})
    status = accepted.headers["Azure-AsyncOperation"].split("?")[0].removeprefix(LINK)
    operation = status.rsplit("/", 1)[-1]
    assert azure.shown(status) == azure.shown(f"backupOperations/{operation}")
    assert azure.shown(accepted.headers["Location"].split("?")[0].removeprefix(LINK))["name"] == azure.item.name


def test_a_cancelled_backup_leaves_no_point_and_frees_the_vm() -> None:
    azure = Azure()
    points = len(azure.item.points)
    job = azure.backup()
    accepted = azure.ask("POST", f"backupJobs/{job}/cancel")
    assert (accepted.status, accepted.body) == (202, None)
    result = accepted.headers["Location"].split("?")[0].removeprefix(LINK)
    assert azure.shown(f"backupJobs/{job}")["properties"]["status"] == "Cancelling"
    assert azure.ask("GET", result).status == 202
    azure.cloud.wait(60)
    assert azure.ask("GET", result).status == 204
    properties = azure.shown(f"backupJobs/{job}")["properties"]
    assert properties["status"] == "Cancelled"
    assert properties["errorDetails"][0]["errorCode"] == 400158
    azure.cloud.wait(4 * 3600)
    assert len(azure.item.points) == points
    assert azure.shown(f"backupJobs/{job}")["properties"]["status"] == "Cancelled"
    azure.backup()


def test_only_a_backup_that_takes_its_snapshot_can_be_cancelled() -> None:
    azure = Azure()
    job = azure.backup()
    snapped = azure.small.world.jobs[job].snapshot_ends
    assert snapped is not None
    azure.cloud.clock_to(snapped)
    assert code(azure.ask("POST", f"backupJobs/{job}/cancel")) == "UserErrorJobNotCancellable"
    azure.cloud.wait(24 * 3600)
    assert code(azure.ask("POST", f"backupJobs/{job}/cancel")) == "UserErrorJobNotInProgress"
    assert azure.shown(f"backupJobs/{job}")["properties"]["status"] == "Completed"
    assert azure.ask("POST", "backupJobs/none/cancel").status == 404


def test_a_job_that_is_being_cancelled_is_not_cancelled_twice() -> None:
    azure = Azure()
    job = azure.backup()
    assert azure.ask("POST", f"backupJobs/{job}/cancel").status == 202
    assert azure.ask("POST", f"backupJobs/{job}/cancel").status == 400


def test_containers_are_those_of_protected_vms_and_obey_the_filter() -> None:
    azure = Azure()
    add_vm(azure.small.world, "vm-two", "rg-vms", "westeurope")

    def names(wanted: str) -> list[str]:
        rows = azure.shown("backupProtectionContainers", **{"$filter": wanted})["value"]
        return [row["properties"]["friendlyName"] for row in rows]

    registered = "backupManagementType eq 'AzureIaasVM' and status eq 'Registered'"
    assert names(registered) == ["vm-one"]
    assert names(f"{registered} and friendlyName eq 'VM-ONE'") == ["vm-one"]
    assert names(f"{registered} and friendlyName eq 'vm-two'") == []
    assert names("backupManagementType eq 'AzureStorage'") == []
    assert names("backupManagementType eq 'AzureIaasVM' and status eq 'NotRegistered'") == []


def test_only_unprotected_vms_of_the_vaults_region_are_protectable() -> None:
    azure = Azure()
    for name, region in (("vm-two", "westeurope"), ("vm-far", "northeurope")):
        add_vm(azure.small.world, name, "rg-vms", region)
    (row,) = azure.shown("backupProtectableItems", **{"$filter": "backupManagementType eq 'AzureIaasVM'"})["value"]
    assert row["properties"]["friendlyName"] == "vm-two"
    assert row["id"].endswith(f"/protectableItems/vm;{row['name']}")


def test_a_vm_is_protected_by_the_names_that_the_protectable_item_tells() -> None:
    azure = Azure()
    add_vm(azure.small.world, "vm-two", "rg-vms", "westeurope")
    (row,) = azure.shown("backupProtectableItems")["value"]
    item = row["id"].replace("/protectableItems/", "/protectedItems/")
    properties = {"policyId": azure.item.policy_id, "sourceResourceId": row["properties"]["virtualMachineId"]}
    assert azure.ask("PUT", item, {"properties": properties}).status == 202
    azure.cloud.wait(60)
    assert azure.shown(item)["properties"]["protectionState"] == "IRPending"
    assert azure.shown("backupProtectableItems")["value"] == []


def test_a_refresh_is_followed_to_its_end() -> None:
    azure = Azure()
    accepted = azure.ask("POST", "backupFabrics/Azure/refreshContainers")
    result = accepted.headers["Location"].split("?")[0].removeprefix(LINK)
    pending = azure.ask("GET", result)
    assert (accepted.status, pending.status) == (202, 202)
    assert pending.headers["Location"].endswith("?api-version=2024-04-01")
    azure.cloud.wait(60)
    assert azure.ask("GET", result).status == 204


def test_the_backup_status_tells_where_a_vm_is_protected_and_changes_nothing() -> None:
    azure = Azure()
    vm = azure.small.vm
    path = f"/Subscriptions/{vm.subscription}/providers/Microsoft.RecoveryServices/locations/{vm.region}/backupStatus"
    known = azure.ask("POST", path, {"resourceType": "VM", "resourceId": vm.id.upper()}).body
    assert known is not None
    assert (known["protectionStatus"], known["vaultId"], known["policyName"]) == ("Protected", azure.vault, "home")
    other = azure.ask("POST", path, {"resourceType": "VM", "resourceId": f"{vm.id}-new"}).body
    assert other is not None
    assert other["protectionStatus"] == "NotProtected"
    assert "vaultId" not in other
    assert code(azure.ask("POST", path, {"resourceType": "VM", "resourceId": "vm-one"})) == "BMSUserErrorInvalidInput"
    assert [entry["effect"] for entry in azure.cloud.log] == [False, False, False]


def test_settings_follow_the_vault() -> None:
    azure = Azure(redundancy="ZoneRedundant", soft_delete="AlwaysON", guarded=True)
    assert azure.shown("backupstorageconfig/vaultstorageconfig")["properties"]["storageType"] == "ZoneRedundant"
    config = azure.shown("backupconfig/vaultconfig")["properties"]
    assert (config["softDeleteFeatureState"], config["isSoftDeleteFeatureStateEditable"]) == ("AlwaysON", False)
    assert len(azure.shown("backupResourceGuardProxies")["value"]) == 1
    assert azure.shown("backupEncryptionConfigs/backupResourceEncryptionConfig")["name"]
    assert Azure().shown("backupResourceGuardProxies") == {"value": []}


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.replace(";", "%3B"),
        lambda path: path.replace(";", "%3b").replace("/subscriptions/", "/Subscriptions/"),
        lambda path: path.replace("/resourceGroups/", "/resourcegroups/").replace(
            "/protectedItems/", "//protecteditems/"
        ),
        lambda path: path.upper(),
        lambda path: f"/{path}/",
    ],
    ids=["escaped", "escaped-lower", "doubled", "upper", "trailing"],
)
def test_an_item_is_found_however_its_path_is_written(write: Any) -> None:
    azure = Azure()
    status, body = over_http(azure, write(azure.item.id))
    assert (status, body["id"]) == (200, azure.item.id)


def over_http(azure: Azure, path: str) -> tuple[int, Any]:
    """Return status and body as the app answers a raw path that the server has not decoded."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    bearer, _ = token("https://management.azure.com")
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"api-version=2024-04-01",
        "headers": [(b"authorization", f"Bearer {bearer}".encode()), (b"host", b"localhost:1")],
        "scheme": "https",
    }
    asyncio.run(application(azure.cloud)(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_a_deleted_item_can_be_undeleted_for_two_weeks_and_is_gone_then() -> None:
    azure = Azure()
    accepted = azure.ask("DELETE", azure.item.id)
    assert accepted.headers["Azure-AsyncOperation"].startswith(f"{LINK}{azure.vault}/backupOperations/")
    azure.cloud.wait(60)
    assert azure.shown(azure.item.id)["properties"]["isScheduledForDeferredDelete"] is True
    assert code(azure.ask("DELETE", azure.item.id)) == "BMSUserErrorDataSourceInDeferredDeleteState"
    assert azure.ask("PUT", azure.item.id, {"properties": {"policyId": "", "isRehydrate": True}}).status == 202
    azure.cloud.wait(15 * 24 * 3600)
    assert azure.shown(azure.item.id)["properties"]["protectionState"] == "ProtectionStopped"
    assert azure.item.points
    assert azure.ask("DELETE", azure.item.id).status == 202
    azure.cloud.wait(15 * 24 * 3600)
    assert azure.ask("GET", azure.item.id).status == 404


@pytest.mark.parametrize("sealed", [{"immutability": "Locked"}, {"guarded": True}])
def test_a_sealed_vault_keeps_its_points(sealed: dict[str, Any]) -> None:
    azure = Azure(**sealed)
    assert azure.ask("DELETE", azure.item.id).status in {400, 403}
    azure.cloud.wait(60)
    assert azure.item.active


def test_a_vault_without_soft_delete_deletes_at_once() -> None:
    azure = Azure(soft_delete="Disabled")
    accepted = azure.ask("DELETE", azure.item.id)
    assert int(accepted.headers["x-ms-ratelimit-remaining-subscription-deletes"]) > 0
    azure.cloud.wait(60)
    assert azure.ask("GET", azure.item.id).status == 404
    assert azure.ask("GET", accepted.headers["Location"].split("?")[0].removeprefix(LINK)).status == 204


def test_a_policy_goes_only_when_nobody_uses_it() -> None:
    azure = Azure()
    policy = azure.item.policy_id
    assert code(azure.ask("DELETE", policy)) == "BMSUserErrorPolicyObjectInUse"
    azure.ask("DELETE", azure.item.id)
    azure.cloud.wait(60)
    assert azure.ask("DELETE", policy).status == 200
    assert azure.ask("GET", policy).status == 404


def test_soft_delete_changes_until_it_is_always_on() -> None:
    azure = Azure()

    def change(state: str, method: str = "PATCH") -> Response:
        return azure.ask(method, "backupconfig/vaultconfig", {"properties": {"softDeleteFeatureState": state}})

    assert change("Disabled").status == change("AlwaysON", "PUT").status == 200
    assert azure.small.vault.soft_delete == "AlwaysON"
    assert change("Disabled").status == change("Perhaps").status == 400
    assert azure.ask("PATCH", "backupconfig/vaultconfig", {}).status == 400
    assert azure.small.vault.soft_delete == "AlwaysON"


def test_a_guarded_vault_keeps_its_soft_delete() -> None:
    azure = Azure(guarded=True)
    disabled = {"properties": {"softDeleteFeatureState": "Disabled"}}
    assert azure.ask("PATCH", "backupconfig/vaultconfig", disabled).status == 403
    assert azure.small.vault.soft_delete == "Enabled"


def test_a_geo_redundant_vault_can_open_its_secondary_region_for_good() -> None:
    azure, path = Azure(), "backupstorageconfig/vaultstorageconfig"
    opened = {"properties": {"storageModelType": "GeoRedundant", "crossRegionRestoreFlag": True}}
    answer = azure.ask("PUT", path, opened)
    assert answer.body is not None
    assert answer.body["properties"]["crossRegionRestoreFlag"] is True
    assert azure.shown(azure.vault)["properties"]["redundancySettings"]["crossRegionRestore"] == "Enabled"
    assert azure.ask("PUT", path, {"properties": {"crossRegionRestoreFlag": False}}).status == 400
    assert azure.ask("PUT", path, {"properties": {"storageModelType": "LocallyRedundant"}}).status == 400
    assert Azure(redundancy="LocallyRedundant").ask("PUT", path, opened).status == 400

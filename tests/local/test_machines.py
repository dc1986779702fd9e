"""Are virtual machines made, turned, watched and deleted as Azure does it, and does their load follow?"""

from typing import Any

import pytest

from local.arm.messages import Response
from local.fleets import SUBSCRIPTION
from local.world.load import cpu
from tests.local.one_vm import Azure, body, code
from tests.local.restoring import SUB, TARGET, Restoring

GROUP = f"{SUB}/resourceGroups/rg-vms"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-new"
IMAGES = f"{SUB}/providers/Microsoft.Compute/locations/westeurope/publishers/MicrosoftWindowsServer"
SKUS = f"{IMAGES}/artifacttypes/vmimage/offers/WindowsServer/skus"


def make(azure: Azure, path: str = VM, **properties: Any) -> Response:
    return azure.ask("PUT", path, {"location": "West Europe", "tags": {"a": "b"}, "properties": properties})


def power(azure: Azure, path: str) -> str:
    statuses = azure.shown(f"{path}/instanceView")["statuses"]
    return str(next(one["code"] for one in statuses if one["code"].startswith("PowerState/")))


def test_a_new_machine_runs_when_its_operation_has_ended_and_answers_soon_after() -> None:
    azure = Azure()
    made = make(azure, hardwareProfile={"vmSize": "Standard_B2s"})
    assert (made.status, body(made)["properties"]["provisioningState"]) == (201, "Creating")
    assert body(azure.follow(made, "Azure-AsyncOperation"))["status"] == "InProgress"
    agent = azure.shown(VM, **{"$expand": "instanceView"})["properties"]["instanceView"]["vmAgent"]
    assert agent["statuses"][0]["displayStatus"] == "Not Ready"
    azure.cloud.wait(180)
    assert body(azure.follow(made, "Azure-AsyncOperation"))["status"] == "Succeeded"
    shown = azure.shown(VM)
    assert (shown["properties"]["provisioningState"], shown["tags"]) == ("Succeeded", {"a": "b"})
    assert shown["properties"]["hardwareProfile"]["vmSize"] == "Standard_B2s"
    assert azure.shown(f"{VM}/instanceView")["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"
    assert make(azure).status == 200
    assert azure.small.world.activity[-1].operation == "Microsoft.Compute/virtualMachines/write"


@pytest.mark.parametrize(
    ("path", "change", "refusal"),
    [
        (VM, {"location": ""}, "LocationRequired"),
        (VM.replace("rg-vms", "rg-none"), {}, "ResourceGroupNotFound"),
        (VM.replace("vm-new", "vm-one"), {"location": "eastus2"}, "InvalidResourceLocation"),
        (
            VM,
            {"properties": {"storageProfile": {"imageReference": {"publisher": "a", "offer": "b", "sku": "c"}}}},
            "PlatformImageNotFound",
        ),
        (
            VM,
            {"properties": {"storageProfile": {"osDisk": {"createOption": "Attach", "managedDisk": {"id": "x"}}}}},
            "ResourceNotFound",
        ),
    ],
)
def test_a_machine_that_cannot_be_is_refused(path: str, change: dict[str, Any], refusal: str) -> None:
    azure = Azure()
    assert code(azure.ask("PUT", path, {"location": "westeurope"} | change)) == refusal
    assert len(azure.small.world.vms) == 1


def test_a_machine_is_of_its_images_system() -> None:
    azure = Azure()
    wanted = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2012-r2-datacenter"}
    made = make(azure, storageProfile={"imageReference": wanted})
    assert body(made)["properties"]["storageProfile"]["osDisk"]["osType"] == "Windows"


def test_a_machine_of_restored_disks_holds_them_until_it_is_deleted() -> None:
    azure = Restoring()
    azure.end(azure.start(azure.point(fresh=True)))
    system, data = (
        {"createOption": "Attach", "managedDisk": {"id": disk.id}}
        for disk in sorted(azure.disks(), key=lambda disk: disk.size_gb)
    )
    path = f"{TARGET}/providers/Microsoft.Compute/virtualMachines/vm-drill"
    assert make(azure, path, storageProfile={"osDisk": system, "dataDisks": [data]}).status == 201
    assert {disk.managed_by for disk in azure.disks()} == {path}
    other = make(azure, path.replace("drill", "other"), storageProfile={"osDisk": system})
    assert code(other) == "AttachDiskWhileBeingDetached"
    assert azure.ask("DELETE", path).status == 202
    azure.cloud.wait(60)
    assert azure.ask("GET", path).status == 404
    assert azure.ask("DELETE", path).status == 204
    assert {disk.managed_by for disk in azure.disks()} == {""}


def test_power_follows_what_is_asked_and_load_follows_power() -> None:
    azure = Azure()
    vm = azure.small.vm
    assert power(azure, vm.id) == "PowerState/running"
    before = azure.cloud.now()
    for action, after in (("deallocate", "deallocated"), ("start", "running"), ("powerOff", "stopped")):
        accepted = azure.ask("POST", f"{vm.id}/{action}")
        assert (accepted.status, accepted.body) == (202, None)
        address, _, query = accepted.headers["Location"].removeprefix("https://localhost:1").partition("?")
        monitor = dict(part.split("=") for part in query.split("&"))
        assert azure.ask("GET", address, None, **monitor).status == 202
        azure.cloud.wait(60)
        assert azure.ask("GET", address, None, **monitor).status == 204
        assert power(azure, vm.id) == f"PowerState/{after}"
        assert (cpu(azure.small.world.seed, vm, azure.cloud.now()) is not None) == (after == "running")
    assert cpu(azure.small.world.seed, vm, before) is not None
    assert "vmAgent" not in azure.shown(f"{vm.id}/instanceView")
    assert [entry["effect"] for entry in azure.cloud.log if entry["action"].endswith("/action")] == [True] * 3


def test_a_machine_that_was_off_can_be_started() -> None:
    azure = Azure()
    azure.small.vm.load = "off"
    assert power(azure, azure.small.vm.id) == "PowerState/deallocated"
    azure.ask("POST", f"{azure.small.vm.id}/start")
    azure.cloud.wait(60)
    assert power(azure, azure.small.vm.id) == "PowerState/running"
    assert cpu(azure.small.world.seed, azure.small.vm, azure.cloud.now()) is not None


def test_images_are_listed_by_version_and_unknown_ones_are_not_found() -> None:
    azure = Azure()
    sku = f"{SKUS}/2022-Datacenter-Azure-Edition"
    rows = azure.ask("GET", f"{sku}/versions").body
    newest = azure.ask("GET", f"{sku}/versions", None, **{"$top": "1", "$orderby": "name desc"}).body
    assert isinstance(rows, list)
    assert (len(rows), newest) == (2, rows[-1:])
    shown = azure.shown(f"{sku}/versions/{rows[0]['name']}")
    assert shown["properties"]["imageDeprecationStatus"] == {"imageState": "Active"}
    assert code(azure.ask("GET", f"{SKUS}/none/versions")) == "NotFound"
    assert code(azure.ask("GET", f"{sku}/versions/1")) == "NotFound"


def test_an_unknown_operation_on_a_machine_is_not_found() -> None:
    azure = Azure()
    operations = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/operations"
    assert code(azure.ask("GET", f"{operations}/none")) == "OperationNotFound"

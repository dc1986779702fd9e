"""Which restores does the pretend Azure refuse, and does a pre-check say so before?"""

from typing import Any

import pytest

from local.fleets import add_vm
from local.world import Limits, restores
from local.world.state import Point
from tests.local.one_vm import body, code
from tests.local.restoring import SUB, Restoring

ELSEWHERE = f"{SUB}/resourceGroups/rg-staging/providers/Microsoft.Storage/storageAccounts"
REFUSALS = [
    ({"storageAccountId": f"{ELSEWHERE}/stnone"}, "UserErrorStorageAccountNotFound"),
    ({"storageAccountId": f"{ELSEWHERE}/stfar"}, "UserErrorStorageAccountNotInSameRegion"),
    ({"storageAccountId": f"{ELSEWHERE}/stblob"}, "UserErrorStorageAccountTypeNotSupported"),
    ({"storageAccountId": None}, "BMSUserErrorInvalidInput"),
    ({"targetResourceGroupId": f"{SUB}/resourceGroups/rg-none"}, "UserErrorTargetResourceGroupNotFound"),
    ({"objectType": "RestoreRequest"}, "BMSUserErrorInvalidInput"),
    ({"kind": "Offline"}, "BMSUserErrorInvalidInput"),
    ({"recoveryPointId": "1"}, "BMSUserErrorInvalidInput"),
    ({"kind": "AlternateLocation", "subnetId": None}, "BMSUserErrorInvalidInput"),
    ({"kind": "AlternateLocation", "targetVirtualMachineId": "vm-there"}, "UserErrorTargetVmAlreadyExists"),
]


@pytest.mark.parametrize(("change", "refusal"), REFUSALS)
def test_what_cannot_be_restored_is_refused_and_a_pre_check_says_so_too(change: dict[str, Any], refusal: str) -> None:
    azure = Restoring()
    azure.account("stfar", region="northeurope")
    azure.account("stblob", kind="BlobStorage")
    add_vm(azure.small.world, "vm-there", "rg-target", "westeurope")
    asked = {
        "id": f"{azure.item.id}/recoveryPoints/{azure.point().id}",
        "properties": {
            "objectType": "ValidateIaasVMRestoreOperationRequest",
            "restoreRequest": azure.request(**change),
        },
    }
    (result,) = body(azure.ask("POST", "backupValidateOperation", asked))["validateOperationResponse"][
        "validationResults"
    ]
    assert result["code"] == refusal
    assert azure.cloud.log[-1]["effect"] is False
    answer = azure.send(azure.point(), **change)
    assert (answer.status, code(answer)) == (400, refusal)
    assert azure.small.world.restores == {}


def test_a_pre_check_has_nothing_to_say_of_a_good_restore() -> None:
    azure = Restoring()
    asked = {
        "id": f"{azure.item.id}/recoveryPoints/{azure.point().id}",
        "properties": {"restoreRequest": azure.request()},
    }
    checked = azure.ask("POST", "backupValidateOperation", asked)
    assert body(checked) == {"validateOperationResponse": {"validationResults": []}}
    unknown = body(azure.ask("POST", "backupValidateOperation", asked | {"id": f"{azure.item.id}/recoveryPoints/1"}))
    assert unknown["validateOperationResponse"]["validationResults"][0]["code"] == "BMSUserErrorRecoveryPointNotFound"


def test_an_unknown_point_and_a_deleted_item_are_not_restored() -> None:
    azure = Restoring()
    gone = Point("1", azure.cloud.now(), frozenset(), "V1", "AppConsistent", azure.cloud.now())
    assert code(azure.send(gone)) == "BMSUserErrorRecoveryPointNotFound"
    azure.ask("DELETE", azure.item.id)
    azure.cloud.wait(60)
    assert code(azure.send(azure.point())) == "BMSUserErrorDataSourceInDeferredDeleteState"


def test_a_vm_is_restored_at_most_so_often_a_day() -> None:
    azure = Restoring()
    azure.small.world.limits = Limits(restores_per_item_day=2)
    for _ in range(2):
        azure.start(azure.point())
    assert code(azure.send(azure.point())) == "CloudDosAbsoluteLimitReached"
    azure.cloud.wait(86400)
    azure.start(azure.point())


def test_a_guarded_restore_needs_the_guards_approval() -> None:
    azure = Restoring(guarded=True, restore_guarded=True)
    (proxy,) = azure.shown("backupResourceGuardProxies")["value"]
    approval = {
        row["vaultCriticalOperation"]: row["defaultResourceRequest"]
        for row in proxy["properties"]["resourceGuardOperationDetails"]
    }[restores.RESTORE]
    assert code(azure.send(azure.point())) == "UserErrorResourceGuardApprovalNeeded"
    azure.start(azure.point(), resourceGuardOperationRequests=[approval])

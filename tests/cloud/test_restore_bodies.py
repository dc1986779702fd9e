"""Can a restore request say anything but what was ordered?"""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.cloud.restore_bodies import refuse_secondary, restore_body, secondary_body, validation_body
from shared.errors import Permanent
from shared.model.restores import Mode, RestoreOrder
from tests.cloud.nouns import ITEM
from tests.cloud.orders import ACCOUNT, AWAY, DISKS, GROUP, IDENTITY, NETWORK, NEW_VM, POINT, REPLACE, SUBNET
from tests.cloud.recordings import recorded

COMMON = {
    **{"objectType": "IaasVMRestoreRequest", "recoveryPointId": "348916168024334", "sourceResourceId": ITEM.vm_id},
    **{"region": "westeurope", "createNewCloudService": False, "originalStorageAccountOption": False},
}


def sent(order: RestoreOrder, confirmed: str = "") -> Any:
    return json.loads(json.dumps(restore_body(order, confirmed)))["properties"]


def test_each_mode_says_what_was_ordered_and_nothing_else() -> None:
    by_key = {**COMMON, "storageAccountId": ACCOUNT}
    assert sent(DISKS) == {**by_key, "recoveryType": "RestoreDisks", "targetResourceGroupId": GROUP}
    assert sent(NEW_VM) == {
        **{**by_key, "recoveryType": "AlternateLocation", "targetResourceGroupId": GROUP},
        "targetVirtualMachineId": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm1-restored",
        **{"virtualNetworkId": NETWORK, "subnetId": SUBNET},
    }
    assert sent(REPLACE, ITEM.vm_id) == {**by_key, "recoveryType": "OriginalLocation"}


@pytest.mark.parametrize("identity", ["system", IDENTITY])
def test_an_identity_restores_without_the_accounts_key(identity: str) -> None:
    found = sent(replace(DISKS, identity_id=identity))
    assert "storageAccountId" not in found
    assert found["identityBasedRestoreDetails"] == {"targetStorageAccountId": ACCOUNT}
    assert found["identityInfo"] == (
        {"isSystemAssignedIdentity": True}
        if identity == "system"
        else {"isSystemAssignedIdentity": False, "managedIdentityResourceId": IDENTITY}
    )


def test_a_point_of_the_archive_is_fetched_first() -> None:
    found = sent(replace(DISKS, rehydrate=True))
    assert found["objectType"] == "IaasVMRestoreWithRehydrationRequest"
    assert found["recoveryPointRehydrationInfo"] == {
        "rehydrationRetentionDuration": "P7D",
        "rehydrationPriority": "Standard",
    }


def test_a_pre_check_asks_for_the_same_restore_also_before_it_is_confirmed() -> None:
    for order, confirmed in ((DISKS, ""), (NEW_VM, ""), (REPLACE, ITEM.vm_id)):
        assert validation_body(order) == {
            "id": POINT.id,
            "properties": {
                "objectType": "ValidateIaasVMRestoreOperationRequest",
                "restoreRequest": sent(order, confirmed),
            },
        }


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (replace(DISKS, account_id=""), "is no storage account"),
        (replace(DISKS, account_id=GROUP), "is no storage account"),
        (replace(DISKS, account_id=f"{ACCOUNT}/../x"), "is no storage account"),
        (replace(DISKS, group_id=""), "is no resource group"),
        (replace(DISKS, group_id=f"{GROUP}/providers/x"), "is no resource group"),
        (replace(DISKS, group_id=f"{GROUP}?x=1"), "is no resource group"),
        (replace(DISKS, region=""), "region is missing"),
        (replace(DISKS, secondary=True), "secondary region"),
        (replace(DISKS, identity_id="nobody"), "no user-assigned identity"),
        (replace(DISKS, network_id=NETWORK), "neither network nor machine"),
        (replace(DISKS, vm_name="vm2"), "neither network nor machine"),
        (replace(DISKS, item=replace(ITEM, soft_deleted=True)), "soft-deleted"),
        (replace(DISKS, item=replace(ITEM, vm_id="")), "names no virtual machine"),
        (replace(DISKS, item=replace(ITEM, vault_id=ITEM.vault_id.replace("weu1", "weu2"))), "not an item of vault"),
        (replace(DISKS, item=replace(ITEM, id="/nothing")), "not an item of vault"),
        (replace(DISKS, point=replace(POINT, id=POINT.id.replace("vm1", "vm2"))), "is no point of the item"),
        (replace(DISKS, point=replace(POINT, id=f"{POINT.id}/restore")), "is no point of the item"),
        (replace(DISKS, point=replace(POINT, id=f"{ITEM.id}/recoveryPoints/..")), "is no point of the item"),
        (replace(NEW_VM, network_id=""), "is no virtual network"),
        (replace(NEW_VM, subnet_id=f"{NETWORK}2/subnets/a"), "is no subnet of the network"),
        (replace(NEW_VM, subnet_id=f"{NETWORK}/subnets/a/b"), "is no subnet of the network"),
        (replace(NEW_VM, vm_name=""), "cannot be the name"),
        (replace(NEW_VM, vm_name="a/../b"), "cannot be the name"),
        (
            replace(NEW_VM, group_id=ITEM.vm_id.partition("/providers")[0], vm_name="VM1"),
            "made over the virtual machine",
        ),
        (replace(REPLACE, group_id=GROUP), "its own group"),
        (replace(REPLACE, vm_name="vm1"), "its own group"),
    ],
)
def test_a_doubtful_order_is_refused_with_its_reason(order: RestoreOrder, words: str) -> None:
    for build in (lambda: restore_body(order, ITEM.vm_id), lambda: validation_body(order)):
        with pytest.raises(Permanent, match=words) as refusal:
            build()
        assert refusal.value.code == "Refused"


@pytest.mark.parametrize("confirmed", ["", "vm1", f"{ITEM.vm_id}2", ITEM.id])
def test_only_the_vms_own_id_confirms_that_its_disks_are_replaced(confirmed: str) -> None:
    with pytest.raises(Permanent, match="nobody confirmed"):
        restore_body(REPLACE, confirmed)
    assert sent(REPLACE, ITEM.vm_id.upper())["recoveryType"] == "OriginalLocation"


def test_every_reason_is_named_at_once() -> None:
    with pytest.raises(Permanent) as refusal:
        restore_body(replace(REPLACE, account_id="", region="", group_id=GROUP))
    for words in ("nobody confirmed", "no storage account", "region is missing", "its own group"):
        assert words in str(refusal.value)


VALUES = ["", ITEM.vm_id, GROUP, ACCOUNT, NETWORK, SUBNET, "vm1", "VM1", ITEM.vm_id.partition("/providers")[0]]
FIELDS = ["group_id", "account_id", "network_id", "subnet_id", "vm_name"]


@given(
    order=st.sampled_from([DISKS, NEW_VM, REPLACE]),
    change=st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(VALUES) | st.text(max_size=8), max_size=2),
    mode=st.sampled_from([None, *Mode]),
    confirmed=st.sampled_from(["", ITEM.vm_id, ITEM.vm_id.upper(), GROUP, "vm1"]),
)
@example(REPLACE, {}, None, ITEM.vm_id)
@example(NEW_VM, {"vm_name": "VM1", "group_id": ITEM.vm_id.partition("/providers")[0]}, None, ITEM.vm_id)
def test_no_bytes_ever_touch_the_source_vm_unless_that_was_ordered_and_confirmed(
    order: RestoreOrder, change: dict[str, Any], mode: Mode | None, confirmed: str
) -> None:
    order = replace(order, **change, mode=mode or order.mode)
    try:
        found = sent(order, confirmed)
    except Permanent:
        return
    original = found["recoveryType"] == "OriginalLocation"
    assert original is (order.mode is Mode.REPLACE)
    assert not original or confirmed.lower() == ITEM.vm_id
    assert str(found.get("targetVirtualMachineId", "")).lower() != ITEM.vm_id
    assert found["storageAccountId"] == order.account_id
    assert found.get("targetResourceGroupId", "") == order.group_id
    assert original or order.group_id


def test_the_body_has_the_fields_that_were_recorded() -> None:
    request = recorded("restore.trigger", 202)[0]["request"]["properties"]
    ours = sent(DISKS)
    assert request.keys() - ours.keys() == set()
    assert ours.keys() - request.keys() == {"targetResourceGroupId"}
    for name in ("objectType", "recoveryType", "createNewCloudService", "originalStorageAccountOption"):
        assert ours[name] == request[name]


def test_a_token_goes_to_the_secondary_region_as_it_came() -> None:
    token = {"objectType": "Of another kind", "accessTokenString": "secret", "unknown": {"to": ["us"]}}
    assert secondary_body(AWAY, token)["crossRegionRestoreAccessDetails"] == token
    bare = secondary_body(AWAY, {"accessTokenString": "secret"})["crossRegionRestoreAccessDetails"]
    assert bare == {"accessTokenString": "secret", "objectType": "CrrAccessToken"}
    assert secondary_body(AWAY, token)["restoreRequest"] == {**sent(DISKS), "region": "northeurope"}


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (replace(AWAY, secondary=False), "the vault's own region's"),
        (replace(AWAY, region="North Europe"), "is no region"),
        (replace(AWAY, region="northeurope/../x"), "is no region"),
        (replace(REPLACE, secondary=True), "not replaced from the secondary region"),
        (replace(AWAY, identity_id="system"), "managed identities"),
        (replace(AWAY, rehydrate=True), "holds no archive"),
        (replace(AWAY, account_id=""), "is no storage account"),
    ],
)
def test_a_doubtful_order_does_not_cross(order: RestoreOrder, words: str) -> None:
    for build in (lambda: secondary_body(order, {"accessTokenString": "x"}), lambda: refuse_secondary(order)):
        with pytest.raises(Permanent, match=words) as refusal:
            build()
        assert refusal.value.code == "Refused"


def test_the_recorded_order_of_a_secondary_region_is_built_alike() -> None:
    (row,) = recorded("crr.trigger", 202)
    asked = row["request"]["restoreRequest"]
    built = secondary_body(AWAY, row["request"]["crossRegionRestoreAccessDetails"])
    assert built["crossRegionRestoreAccessDetails"] == row["request"]["crossRegionRestoreAccessDetails"]
    request: Any = built["restoreRequest"]
    assert request.keys() == asked.keys()
    for same in ("objectType", "recoveryType", "createNewCloudService", "originalStorageAccountOption"):
        assert request[same] == asked[same]

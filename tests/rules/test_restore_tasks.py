"""Does each VM of a request become a task that says all, or a refusal that says why?"""

from dataclasses import replace

import pytest

from shared.model.azure import ProtectionState
from shared.model.restore_intent import RestorePlace
from shared.model.restore_tasks import PointRule, PointWish, Step, Targets
from shared.model.restores import Mode, PointTier, RestoreOrder, Side
from shared.rules.restore_lengths import SNAPSHOT_MINUTES
from shared.rules.restore_tasks import Found, order, subjects, tasks_of
from tests.rules.restoring import (
    GROUP,
    INTENT,
    NETWORK,
    NOW,
    POOL,
    PRODUCTION,
    REGION,
    SUB,
    SUBNET,
    VAULT,
    account_id,
    item,
    point,
    state,
    vault,
    vm_id,
)
from tests.rules.test_restore_guards import POLICY, REPLACE, request

SECOND = RestorePlace((account_id("stneu"),), (f"{SUB}/resourcegroups/rg-restore-neu",))
ITEM = item().id.lower()
GEO = vault(redundancy="GeoRedundant", cross_region=True)


def found(**changes) -> Found:
    usual = Found(
        items=[item("app-1"), item("app-2")],
        vaults={VAULT: vault()},
        points={ITEM: [point()], item("app-2").id.lower(): [point()]},
        minutes={ITEM: 77.0},
        power={vm_id("app-1"): "deallocated"},
        today={},
    )
    return replace(usual, **changes)


def made(looked_up: Found | None = None, policy=POLICY, **changes):
    return tasks_of(request(**changes), looked_up or found(), policy, NOW)


def refusal(looked_up: Found | None = None, policy=POLICY, **changes) -> tuple[str, str]:
    tasks, (one,) = made(looked_up, policy, **changes)
    assert tasks == []
    return one.field, one.reason


def test_a_task_says_what_is_restored_where_to_and_about_how_long() -> None:
    (task,), refusals = made()
    assert refusals == []
    assert (task.key, task.group_id, task.region, task.minutes) == (f"r1|{ITEM}", GROUP, REGION, 77.0)
    assert (task.vm_name, task.subnet_id, task.production) == ("", "", False)
    assert task.why_point == "the newest: of 2026-03-01 09:00Z, held as vault"


def test_one_vm_that_cannot_be_restored_does_not_hold_up_the_others() -> None:
    tasks, refusals = made(vms=(vm_id("app-1"), vm_id("gone"), vm_id("app-2")))
    assert [task.item.name for task in tasks] == ["app-1", "app-2"]
    assert [one.field for one in refusals] == ["vms[1]"]


def test_a_new_vm_has_a_network_and_a_name_that_no_other_request_gives() -> None:
    (task,), _ = made(mode=Mode.NEW_VM)
    (other,), _ = made(mode=Mode.NEW_VM, id="r2")
    assert (task.network_id, task.subnet_id) == (NETWORK, SUBNET)
    assert task.vm_name.startswith("app-1-")
    assert task.vm_name != other.vm_name
    (named,), _ = made(mode=Mode.NEW_VM, targets=Targets(name="app-1-old", network_id=NETWORK, subnet="default"))
    assert (named.vm_name, named.subnet_id) == ("app-1-old", SUBNET)


@pytest.mark.parametrize(("name", "begins"), [("app_1", "app-1-"), ("x" * 64, "x" * 57 + "-"), ("\u00e4_", "vm-")])
def test_a_new_name_has_only_what_names_may_hold(name: str, begins: str) -> None:
    odd = item(vm_id=vm_id(name))
    looked_up = found(items=[odd], points={odd.id.lower(): [point()]})
    (task,), _ = made(looked_up, vms=(vm_id(name),), mode=Mode.NEW_VM)
    assert task.vm_name.startswith(begins)
    assert len(task.vm_name) <= 64


def test_a_snapshot_is_quick_and_an_unknown_length_is_guessed() -> None:
    quick = found(points={ITEM: [point(tiers=(("InstantRP", "Valid"),))]})
    assert made(quick)[0][0].minutes == SNAPSHOT_MINUTES
    assert made(found(minutes={}))[0][0].minutes == 120.0
    assert [made(found(measured=known))[0][0].measured for known in ((), (ITEM,))] == [False, True]


def test_disks_are_replaced_where_they_are() -> None:
    (task,), _ = made(**REPLACE)
    assert (task.group_id, task.subnet_id, task.production) == ("", "", True)


def test_the_secondary_region_has_its_own_pool_and_groups() -> None:
    policy = replace(POLICY, restore=replace(INTENT, places={**INTENT.places, "northeurope": SECOND}))
    geo = found(vaults={VAULT: GEO})
    (task,), _ = made(geo, policy, side=Side.SECONDARY)
    assert (task.region, task.secondary, task.group_id) == ("northeurope", True, SECOND.groups[0])
    assert task.secondary_region == "northeurope"
    assert task.why_point.endswith("24 h old when it was asked for")
    unread = found(vaults={VAULT: GEO}, unread={VAULT: "AuthorizationFailed"})
    assert refusal(unread, policy, side=Side.SECONDARY) == (
        "region",
        "app-1: northeurope does not show its restores: AuthorizationFailed",
    )
    (own,), _ = made(geo, policy)
    assert (own.secondary_region, "old when" in own.why_point) == ("", False)
    local = found(vaults={VAULT: vault(redundancy="LocallyRedundant")})
    assert refusal(local, policy, side=Side.SECONDARY)[0] == "region"


@pytest.mark.parametrize(
    ("looked_up", "changes", "field", "reason"),
    [
        (found(items=[]), {}, "vms[0]", "no vault that may be restored from protects it"),
        (found(items=[item(soft_deleted=True)]), {}, "vms[0]", "its backups are soft-deleted"),
        (found(items=[item(), item(id="other")]), {}, "vms[0]", "2 vaults hold backups of it"),
        (found(), {"vms": (), "items": (ITEM + "x",)}, "items[0]", "holds no such item"),
        (found(items=[item(soft_deleted=True)]), {"vms": (), "items": (ITEM,)}, "items[0]", "soft-deleted"),
        (found(vaults={}), {}, "vms[0]", "its vault is not in scope"),
        (found(vaults={VAULT: GEO}), {"side": Side.SECONDARY}, "region", "does not have northeurope"),
        (
            found(vaults={VAULT: replace(GEO, region="jioindiawest")}),
            {"side": Side.SECONDARY},
            "region",
            "no pair of jioindiawest is known",
        ),
        (
            found(vaults={VAULT: replace(GEO, cross_region=False)}),
            {"side": Side.SECONDARY},
            "region",
            "Cross Region Restore is off for its vault",
        ),
        (found(today={vm_id("app-1"): 20}), {}, "vms[0]", "20 restores of it were begun today, limit 20"),
        (found(points={}), {}, "point", "app-1: the item has no recovery point"),
        (found(), {"point": PointWish(PointRule.ID, id="p9")}, "point.id", "no point is called p9"),
        (
            found(),
            {"point": PointWish(PointRule.TIER, tier=PointTier.SNAPSHOT)},
            "point.tier",
            "no point is in the snapshot",
        ),
        (found(power={vm_id("app-1"): ""}), REPLACE, "vms[0]", "its power state is not known"),
        (found(power={}), REPLACE, "vms[0]", "the VM is gone"),
        (found(), {"targets": Targets(accounts=(account_id("stneu"),))}, "targets.accounts", "none is in the pool"),
        (found(), {"targets": Targets(group_id=SECOND.groups[0])}, "targets.group", "it is not for westeurope"),
        (found(), {"targets": Targets(group_id=PRODUCTION)}, "targets.group", "it is not for westeurope"),
        (
            found(),
            {"mode": Mode.NEW_VM, "targets": Targets(network_id=NETWORK, subnet="x")},
            "targets.network",
            "it is not for westeurope",
        ),
    ],
)
def test_what_cannot_be_restored_so_is_told_with_its_field(looked_up, changes, field: str, reason: str) -> None:
    found_field, said = refusal(looked_up, **changes)
    assert found_field == field
    assert reason in said


def test_disks_of_a_vm_that_runs_are_not_replaced() -> None:
    field, reason = refusal(found(power={vm_id("app-1"): "running"}), **REPLACE)
    assert field == "vms[0]"
    assert "its power state is running" in reason
    assert made(found(power={vm_id("app-1"): "stopped"}), **REPLACE)[1] == []


def test_a_region_without_subnets_takes_no_new_vms() -> None:
    bare = replace(INTENT, places={REGION: replace(INTENT.places[REGION], subnets=())})
    assert refusal(policy=replace(POLICY, restore=bare), mode=Mode.NEW_VM)[0] == "mode"


def test_the_production_queue_may_use_production_groups() -> None:
    (task,), _ = made(targets=Targets(group_id=PRODUCTION), production=True)
    assert (task.group_id, task.production) == (PRODUCTION, True)


def test_a_vm_and_its_item_are_one_and_the_same() -> None:
    asked = request(vms=(vm_id("app-1"),), items=(ITEM,))
    (_, first, _), (_, second, reason) = subjects(asked, [item()], POLICY)
    assert (first, second) == (item(), None)
    assert reason == "it is vms[0] too; expected each VM once; remove one"


def test_stopped_protection_yields_to_a_live_one_and_serves_alone() -> None:
    stopped = item(id="old", state=ProtectionState.PROTECTION_STOPPED)
    assert subjects(request(), [stopped, item()], POLICY)[0][1] == item()
    assert subjects(request(), [stopped], POLICY)[0][1] == stopped


def test_unmanaged_disks_are_not_restored_by_identity() -> None:
    policy = replace(POLICY, restore=replace(INTENT, identity="system"))
    unmanaged = found(points={ITEM: [replace(point(), managed=False)]})
    assert "are not managed" in refusal(unmanaged, policy)[1]
    assert made(unmanaged)[1] == []


def test_an_order_goes_to_the_account_that_is_held() -> None:
    intent = replace(INTENT, identity="system")
    (task,), _ = made(mode=Mode.NEW_VM, targets=Targets(name="old"))
    held = state(Step.CHECKING, account_id=POOL[2])
    assert order(task, held, intent) == RestoreOrder(
        item=task.item,
        point=task.point,
        mode=Mode.NEW_VM,
        region=REGION,
        account_id=POOL[2],
        group_id=GROUP,
        network_id=NETWORK,
        subnet_id=SUBNET,
        vm_name="old",
        identity_id="system",
    )
    again = order(replace(task, secondary=True), replace(held, attempts=1), intent)
    assert (again.vm_name, again.identity_id, again.secondary) == ("old-2", "", True)
    archived = replace(task, point=point(tiers=(("ArchivedRP", "Valid"),)))
    assert order(archived, held, intent).rehydrate

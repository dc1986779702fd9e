"""Is nothing restored from where, to where, or over what the operator has not allowed?"""

from dataclasses import replace

import pytest

from shared.model.intent import FleetPolicy, Scope
from shared.model.restore_intent import RestoreIntent, RestoreLimits
from shared.model.restore_tasks import PointRule, PointWish, RestoreRequest, Targets
from shared.model.restores import Mode, Side
from shared.rules.restore_guards import guard, vault_allowed
from tests.rules.restoring import GROUP, INTENT, NETWORK, POOL, PRODUCTION, SUB, VAULT, account_id, item, vm_id

SUBSCRIPTION = SUB.rpartition("/")[2]
POLICY = FleetPolicy("v", Scope((SUBSCRIPTION,)), 12, (), {}, restore=INTENT)
OTHER = "00000000-0000-0000-0000-000000000009"
REPLACE = {"mode": Mode.REPLACE, "production": True, "confirm_replace": ("app-1",)}


def request(**changes) -> RestoreRequest:
    found = RestoreRequest(id="r1", requester="ops", purpose="test", vms=(vm_id("app-1"),))
    return replace(found, **changes)


def refused(policy: FleetPolicy = POLICY, **changes) -> list[str]:
    return [one.field for one in guard(request(**changes), policy)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"targets": Targets(group_id=GROUP, accounts=POOL[:1])},
        {"targets": Targets(group_id=PRODUCTION), "production": True},
        {"mode": Mode.NEW_VM, "targets": Targets(network_id=NETWORK, subnet="default", name="app-1-old")},
        {"vms": (), "items": (item().id.lower(),)},
        {"point": PointWish(PointRule.ID, id="1")},
        REPLACE,
        {**REPLACE, "vms": (vm_id("app-1"), vm_id("app-2")), "confirm_replace": ("app-2", "app-1")},
    ],
)
def test_what_is_allowed_passes(changes) -> None:
    assert guard(request(**changes), POLICY) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"vms": (vm_id("app-1").replace(SUBSCRIPTION, OTHER),)}, "vms[0]"),
        ({"vms": (), "items": (item().id.lower().replace(SUBSCRIPTION, OTHER),)}, "items[0]"),
        ({"targets": Targets(group_id=f"{SUB}/resourcegroups/rg-other")}, "targets.group"),
        ({"targets": Targets(group_id=GROUP.replace(SUBSCRIPTION, OTHER))}, "targets.group"),
        ({"targets": Targets(group_id=PRODUCTION)}, "targets.group"),
        ({"mode": Mode.NEW_VM, "targets": Targets(network_id=NETWORK, subnet="other")}, "targets.network"),
        ({"targets": Targets(accounts=(POOL[0], account_id("stother")))}, "targets.accounts[1]"),
        ({"targets": Targets(name="app-1-old")}, "targets.name"),
        ({"targets": Targets(network_id=NETWORK, subnet="default")}, "targets.network"),
        ({"confirm_replace": ("app-1",)}, "confirm_replace"),
        ({**REPLACE, "production": False}, "mode"),
        ({**REPLACE, "confirm_replace": ()}, "confirm_replace"),
        ({**REPLACE, "confirm_replace": ("app-2",)}, "confirm_replace"),
        ({**REPLACE, "confirm_replace": ("app-1", "app-2")}, "confirm_replace"),
        ({**REPLACE, "vms": (vm_id("app-1"), vm_id("app-2"))}, "confirm_replace"),
        ({**REPLACE, "vms": (vm_id("app-1"), vm_id("app-1").replace("rg-app", "rg-b"))}, "confirm_replace"),
        ({**REPLACE, "side": Side.SECONDARY}, "mode"),
        ({**REPLACE, "targets": Targets(group_id=GROUP)}, "targets"),
        ({**REPLACE, "vms": (), "items": (item().id.lower(),), "confirm_replace": ()}, "items"),
        ({"vms": (vm_id("a"), vm_id("b")), "point": PointWish(PointRule.ID, id="1")}, "point.id"),
        ({"mode": Mode.NEW_VM, "vms": (vm_id("a"), vm_id("b")), "targets": Targets(name="x")}, "targets.name"),
    ],
)
def test_what_is_not_allowed_is_refused_for_its_field(changes, field: str) -> None:
    assert refused(**changes) == [field]


def test_every_reason_says_what_was_expected() -> None:
    bad = request(
        vms=(vm_id("a").replace(SUBSCRIPTION, OTHER), vm_id("b")),
        targets=Targets(group_id="/x", network_id="/y", subnet="z", accounts=("/q",), name="n"),
        confirm_replace=("a",),
        point=PointWish(PointRule.ID, id="1"),
    )
    found = guard(bad, POLICY)
    assert len({one.field for one in found}) == 7
    assert all("; expected " in one.reason for one in found)
    assert (
        str(found[0])
        == f"vms[0]: the subscription {OTHER} is not ours; expected one of scope.subscriptions; check the id"
    )


def test_too_many_vms_and_a_policy_without_pools_are_refused() -> None:
    few = replace(POLICY, restore=replace(INTENT, limits=RestoreLimits(vms_per_request=1)))
    assert refused(few, vms=(vm_id("a"), vm_id("b"))) == ["vms"]
    assert refused(replace(POLICY, restore=RestoreIntent())) == ["restore"]


def test_a_vault_must_be_in_scope_and_in_the_list_of_restores() -> None:
    assert vault_allowed(VAULT, POLICY)
    for scope, listed, allowed in (
        (("rsv-one",), (VAULT,), True),
        (("rsv-two",), (), False),
        ((), ("rsv-two",), False),
        ((), ("rsv-one",), True),
    ):
        policy = replace(POLICY, scope=Scope((SUBSCRIPTION,), scope), restore=replace(INTENT, vaults=listed))
        assert vault_allowed(VAULT, policy) == allowed
        assert (refused(policy, vms=(), items=(item().id.lower(),)) == []) == allowed
    assert not vault_allowed(VAULT.replace(SUBSCRIPTION, OTHER), POLICY)

"""Are storage accounts and resource groups made, listed, loaded and deleted as Azure does it?"""

from datetime import timedelta
from typing import Any

import pytest

from local import fleets
from local.arm.messages import Request, Response
from local.arm.service import Service
from local.fleets import SUBSCRIPTION
from local.pools import IN_USE, POOLS, TARGETS, add_account
from local.world import Limits, World, accounts
from local.world.cloud import Cloud
from tests.local.one_vm import LINK, QUERY, Azure, body, code

SUB = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{SUB}/resourceGroups/rg-vms"
STORAGE = "providers/Microsoft.Storage/storageAccounts"
NEW: dict[str, Any] = {"location": "West Europe", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}


def test_a_new_account_is_there_when_its_operation_says_so() -> None:
    azure = Azure()
    accepted = azure.ask("PUT", f"{GROUP}/{STORAGE}/stnew", {**NEW, "tags": {"a": "b"}})
    assert (accepted.status, accepted.body) == (202, None)
    assert accepted.headers["Location"].startswith(
        f"{LINK}{SUB}/providers/Microsoft.Storage/locations/westeurope/asyncoperations/"
    )
    assert azure.follow(accepted).status == 202
    assert azure.ask("GET", f"{GROUP}/{STORAGE}/stnew").status == 404
    azure.cloud.wait(30)
    assert body(azure.follow(accepted)) == azure.shown(f"{GROUP}/{STORAGE}/stnew")
    assert azure.shown(f"{SUB}/{STORAGE}")["value"][0]["tags"] == {"a": "b"}
    assert azure.cloud.world.activity[-1].operation == accounts.WRITE


def test_an_account_that_is_there_is_changed_at_once_and_stays_where_it_is() -> None:
    azure = Azure()
    add_account(azure.cloud.world, "stone", f"{SUBSCRIPTION}/rg-vms", "westeurope")
    closed = {**NEW, "properties": {"networkAcls": {"defaultAction": "Deny"}}}
    answer = azure.ask("PUT", f"{GROUP}/{STORAGE}/stone", closed)
    assert answer.status == 200
    assert body(answer)["properties"]["networkAcls"]["defaultAction"] == "Deny"
    elsewhere = azure.ask("PUT", f"{GROUP}/{STORAGE}/stone", {**NEW, "location": "eastus2"})
    assert (elsewhere.status, code(elsewhere)) == (409, "InvalidResourceLocation")
    assert azure.ask("DELETE", f"{GROUP}/{STORAGE}/stone").status == 200
    assert azure.ask("DELETE", f"{GROUP}/{STORAGE}/stone").status == 204


@pytest.mark.parametrize(
    ("group", "name", "change", "refusal"),
    [
        ("rg-vms", "St-New", {}, "AccountNameInvalid"),
        ("rg-vms", "stnew", {"kind": "Tape"}, "InvalidValuesForRequestParameters"),
        ("rg-vms", "stnew", {"location": ""}, "LocationRequired"),
        ("rg-none", "stnew", {}, "ResourceGroupNotFound"),
        ("rg-backup", "stone", {}, "StorageAccountAlreadyTaken"),
        ("rg-vms", "stnew", {"location": "northeurope"}, "MaxStorageAccountsCountPerSubscriptionExceeded"),
    ],
)
def test_an_account_that_cannot_be_is_refused(group: str, name: str, change: dict[str, Any], refusal: str) -> None:
    azure = Azure()
    azure.cloud.world.limits = Limits(accounts_per_region=1)
    add_account(azure.cloud.world, "stone", f"{SUBSCRIPTION}/rg-vms", "northeurope")
    answer = azure.ask("PUT", f"{SUB}/resourceGroups/{group}/{STORAGE}/{name}", NEW | change)
    assert code(answer) == refusal
    assert azure.cloud.truth()["counters"]["refused"] == 1


def test_a_name_is_taken_while_its_account_is_being_made() -> None:
    azure = Azure()
    assert azure.ask("PUT", f"{GROUP}/{STORAGE}/stnew", NEW).status == 202
    assert code(azure.ask("PUT", f"{GROUP}/{STORAGE}/stnew", NEW)) == "StorageAccountAlreadyTaken"


def test_a_classic_account_is_looked_for_and_never_found() -> None:
    azure = Azure()
    add_account(azure.cloud.world, "stone", f"{SUBSCRIPTION}/rg-vms", "westeurope")
    classic = f"/Subscriptions/{SUBSCRIPTION}/resourcegroups/rg-vms/providers/Microsoft.ClassicStorage"
    assert code(azure.ask("GET", f"{classic}//storageAccounts/stone")) == "ResourceNotFound"
    found = azure.shown(f"{SUB}/resourcegroups/RG-VMS/providers/Microsoft.Storage//storageAccounts/stone")
    assert found["name"] == "stone"


def test_containers_are_listed_and_deleted() -> None:
    azure = Azure()
    account = add_account(azure.cloud.world, "stone", f"{SUBSCRIPTION}/rg-vms", "westeurope")
    account.containers["left-behind"] = ["disk.vhd"]
    containers = f"{GROUP}/{STORAGE}/stone/blobServices/default/containers"
    assert [row["name"] for row in azure.shown(containers)["value"]] == ["left-behind"]
    assert azure.ask("DELETE", f"{containers}/left-behind").status == 200
    assert azure.ask("DELETE", f"{containers}/left-behind").status == 204
    assert azure.shown(containers)["value"] == []


def test_a_resource_group_exists_because_it_was_made_or_because_something_lies_in_it() -> None:
    azure = Azure()
    add_account(azure.cloud.world, "stone", f"{SUBSCRIPTION}/rg-storage", "northeurope")
    made = azure.ask("PUT", f"{SUB}/resourcegroups/rg-new", {"location": "West Europe", "tags": {"drill": "1"}})
    again = azure.ask("PUT", f"{SUB}/resourcegroups/RG-NEW", {"location": "westeurope"})
    assert (made.status, again.status, body(again)["tags"], body(again)["name"]) == (201, 200, {}, "rg-new")
    rows = azure.shown(f"{SUB}/resourcegroups")["value"]
    assert [row["name"] for row in rows] == ["rg-backup", "rg-new", "rg-storage", "rg-vms"]
    assert azure.shown(f"{SUB}/resourceGroups/RG-STORAGE")["location"] == "northeurope"
    assert azure.ask("HEAD", f"{SUB}/resourcegroups/rg-storage").status == 204
    assert azure.ask("HEAD", f"{SUB}/resourcegroups/rg-none").status == 404
    assert code(azure.ask("GET", f"{SUB}/resourcegroups/rg-none")) == "ResourceGroupNotFound"
    elsewhere = azure.ask("PUT", f"{SUB}/resourcegroups/rg-vms", {"location": "eastus2"})
    assert code(elsewhere) == "InvalidResourceGroupLocation"
    assert code(azure.ask("PUT", f"{SUB}/resourcegroups/rg-x", {})) == "LocationRequired"


def test_the_demo_has_a_pool_in_each_region_and_its_pair() -> None:
    cloud = Cloud(fleets.demo())
    by_region: dict[str, list[Any]] = {}
    for row in body(ask(cloud, f"{SUB}/{STORAGE}"))["value"]:
        by_region.setdefault(row["location"], []).append(row)
    assert {region: len(rows) for region, rows in by_region.items()} == {
        region: count for region, (_, count) in POOLS.items()
    }
    assert (len(by_region["westeurope"]), len(by_region["eastus2"])) == (12, 4)
    rows = [row for found in by_region.values() for row in found]
    assert {(row["kind"], row["sku"]["name"]) for row in rows} == {("StorageV2", "Standard_LRS")}
    assert [row["name"] for row in rows if "application" in row["tags"]] == [IN_USE]
    names = {row["name"] for row in body(ask(cloud, f"{SUB}/resourcegroups"))["value"]}
    assert {name.format(short=short) for short, _ in POOLS.values() for name in TARGETS} <= names


def test_only_the_account_in_use_is_heavily_loaded() -> None:
    load = loads(fleets.demo(5))
    assert load == loads(fleets.demo(5))
    assert min(load.pop(IN_USE)) > 0.4
    assert max(max(values) for values in load.values()) < 0.15


def loads(world: World) -> dict[str, list[float]]:
    """Return each account's load in the next two days."""
    hours = [world.now + timedelta(hours=hour) for hour in range(48)]
    return {one.name: [accounts.busy(world, one, at) for at in hours] for one in world.accounts.values()}


def ask(cloud: Cloud, path: str) -> Response:
    return Service(cloud).handle(Request("GET", path, QUERY, {}, LINK, "tester"))

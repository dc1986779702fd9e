"""Is a second page ever forgotten, whatever is listed?"""

from collections.abc import Callable
from typing import Any

import pytest

from shared.cloud.fleet import CloudFleet
from shared.cloud.vault import CloudVaults
from tests.cloud.nouns import ITEM, SUBSCRIPTION, VAULT, VAULT_ID
from tests.cloud.replay import Answer, Service, Token
from tests.cloud.test_fleet import POLICY_ID, event
from tests.cloud.test_vault import SINCE, UNTIL, job

type Read = Callable[[CloudVaults, CloudFleet], list[Any]]


def item(number: int) -> dict[str, Any]:
    properties = {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": f"{ITEM.vm_id}{number}"}
    return {"id": f"{ITEM.id}{number}", "properties": properties}


def policy(number: int) -> dict[str, Any]:
    return {"id": f"{POLICY_ID}-{number}", "properties": {"backupManagementType": "AzureIaasVM"}}


def point(number: int) -> dict[str, Any]:
    properties = {"objectType": "IaasVMRecoveryPoint", "recoveryPointTime": f"2026-03-01T1{number + 1}:00:00Z"}
    return {"id": f"{ITEM.id}/recoveryPoints/{number}", "properties": properties}


def write(number: int) -> dict[str, Any]:
    return event("Microsoft.RecoveryServices/vaults/backupPolicies/write", f"2026-03-01T1{number + 1}:00:00Z")


LISTS: dict[str, tuple[Read, Callable[[int], dict[str, Any]]]] = {
    "vaults": (lambda vaults, _: vaults.vaults(SUBSCRIPTION), lambda number: {"id": f"{VAULT_ID}{number}"}),
    "items": (lambda vaults, _: vaults.items(VAULT), item),
    "policies": (lambda vaults, _: vaults.policies(VAULT), policy),
    "jobs": (lambda vaults, _: vaults.jobs(VAULT, SINCE, UNTIL), lambda number: job(number, "2026-03-01T12:00:00Z")),
    "points": (lambda vaults, _: vaults.recovery_points(VAULT, ITEM, SINCE, UNTIL), point),
    "changes": (lambda _, fleet: fleet.changes(SUBSCRIPTION, SINCE, UNTIL), write),
}


@pytest.mark.parametrize("what", LISTS)
def test_the_second_page_is_read_too(service: Service, what: str) -> None:
    read, row = LISTS[what]
    link = f"{service.endpoint}/next?page=2"
    service.will(Answer(body={"value": [row(1)], "nextLink": link}), Answer(body={"value": [row(2)]}))
    found = read(CloudVaults(Token(), service.endpoint), CloudFleet(Token(), service.endpoint))
    assert len(set(found)) == 2
    assert [request.path for request in service.requests][1:] == ["/next"]

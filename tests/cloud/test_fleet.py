"""Are all machines found, and who changed their backups?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cloud.fleet import VM_QUERY, CloudFleet
from shared.errors import Permanent
from tests.cloud.nouns import SUBSCRIPTION, VAULT_ID
from tests.cloud.replay import Answer, Service, Token

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
POLICY_ID = f"{VAULT_ID}/backupPolicies/ns-gold-0130"


@pytest.fixture
def fleet(service: Service) -> CloudFleet:
    return CloudFleet(Token(), service.endpoint)


def row(name: str) -> dict[str, object]:
    vm_id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}"
    return {
        **{"id": vm_id, "name": name, "location": "westeurope", "resourceGroup": "rg"},
        **{"subscriptionId": SUBSCRIPTION, "tags": {"Tier": "gold"}},
    }


def event(operation: str, at: str, status: str = "Succeeded") -> dict[str, Any]:
    return {
        "id": f"{POLICY_ID}/events/1/ticks/1",
        "caller": "someone@example.org",
        "claims": {"name": "Some One"},
        "eventTimestamp": at,
        "operationName": {"value": operation, "localizedValue": operation},
        "resourceId": POLICY_ID,
        "status": {"value": status, "localizedValue": status},
    }


def test_one_query_asks_for_all_subscriptions_and_follows_every_page(service: Service, fleet: CloudFleet) -> None:
    service.will(
        Answer(body={"data": [row("a")], "$skipToken": "next", "resultTruncated": "true"}),
        Answer(body={"data": [row("b")], "resultTruncated": "false"}),
    )
    assert [vm.name for vm in fleet.vms(["s1", "s2"])] == ["a", "b"]
    first, second = (request.json for request in service.requests)
    assert first["subscriptions"] == second["subscriptions"] == ["s1", "s2"]
    assert first["query"] == VM_QUERY
    assert "$skipToken" not in first["options"]
    assert second["options"]["$skipToken"] == "next"


def test_no_subscriptions_ask_nothing(service: Service, fleet: CloudFleet) -> None:
    service.will(Answer(body={"data": []}))
    assert fleet.vms([]) == []
    assert service.requests == []


def test_changes_name_caller_and_resource_once_and_stay_in_the_range(service: Service, fleet: CloudFleet) -> None:
    write = "Microsoft.RecoveryServices/vaults/backupPolicies/write"
    first = event(write, "2026-03-01T10:00:00.1234567Z")
    service.will(
        Answer(
            body={"value": [first, first, event(write, "2026-03-02T10:00:00Z")], "nextLink": f"{service.endpoint}/n"}
        ),
        Answer(body={"value": [event("Microsoft.RecoveryServices/vaults/read", "2026-03-01T11:00:00Z")]}),
    )
    (change,) = fleet.changes(SUBSCRIPTION, SINCE, UNTIL)
    assert (change.resource_id, change.operation, change.actor) == (POLICY_ID.lower(), write, "someone@example.org")
    assert change.at == datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)
    asked = service.requests[0].query["$filter"]
    assert "eventTimestamp ge '2026-03-01T00:00:00Z'" in asked
    assert "eventTimestamp le '2026-03-02T00:00:00Z'" in asked


def test_a_refused_query_is_permanent_with_azures_code(service: Service, fleet: CloudFleet) -> None:
    service.will(Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
    for ask in (lambda: fleet.vms(["s"]), lambda: fleet.changes("s", SINCE, UNTIL)):
        with pytest.raises(Permanent) as failure:
            ask()
        assert failure.value.code == "AuthorizationFailed"

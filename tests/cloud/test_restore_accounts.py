"""Are accounts read page by page, and is their load read in few calls with nothing made up?"""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cloud.restore_accounts import TOP, CloudRestoreAccounts
from shared.cloud.wire_restores import account_from
from shared.errors import Permanent
from shared.model.restores import AccountLoad, RestoreAccount
from tests.cloud.nouns import SUBSCRIPTION
from tests.cloud.replay import Answer, Request, Service, Token

SINCE, UNTIL = datetime(2026, 3, 1, 11, 20, tzinfo=UTC), datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
STORAGE = "providers/Microsoft.Storage/storageAccounts"


@pytest.fixture
def pool(service: Service) -> CloudRestoreAccounts:
    return CloudRestoreAccounts(Token(), service.endpoint)


def id_of(name: str, group: str = "rg-Staging", subscription: str = SUBSCRIPTION) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/{STORAGE}/{name}"


def wire(name: str, **properties: Any) -> dict[str, Any]:
    known = {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "location": "West Europe", "tags": {"A": "b"}}
    return {"id": id_of(name), "name": name, **known, "properties": {"provisioningState": "Succeeded", **properties}}


def account(name: str, region: str = "westeurope", subscription: str = SUBSCRIPTION) -> RestoreAccount:
    return RestoreAccount(id_of(name, subscription=subscription).lower(), name, region, "StorageV2", "Standard_LRS")


def series(name: str, points: list[dict[str, float]], response: str = "") -> dict[str, Any]:
    said = [("Microsoft.ResourceId", id_of(name)), *([("responsetype", response)] if response else [])]
    return {
        "metadatavalues": [{"name": {"value": key, "localizedValue": key}, "value": value} for key, value in said],
        "data": [{"timeStamp": "2026-03-01T11:20:00Z", **point} for point in points],
    }


def answer(*metrics: tuple[str, list[dict[str, Any]]], code: str = "Success") -> Answer:
    value = [
        {
            **{"id": "x", "type": "Microsoft.Insights/metrics", "unit": "Count", "errorCode": code},
            **{"name": {"value": name}, "timeseries": found},
        }
        for name, found in metrics
    ]
    return Answer(body={"timespan": "", "interval": "PT1H", "cost": 1, "value": value})


def test_each_resource_group_is_listed_once_and_every_page_followed(
    service: Service, pool: CloudRestoreAccounts
) -> None:
    def told(requests: list[Request]) -> Answer:
        if "rg-far" in requests[-1].path:
            return Answer(404, {"error": {"code": "ResourceGroupNotFound", "message": "no"}})
        if requests[-1].path == "/next":
            return Answer(body={"value": [wire("stone")]})
        return Answer(body={"value": [wire("sttwo"), wire("stranger")], "nextLink": f"{service.endpoint}/next"})

    service.will(told)
    found = pool.accounts([id_of("stone"), id_of("sttwo"), id_of("stfar", "rg-Far")])
    assert [one.name for one in found] == ["stone", "sttwo"]
    assert [request.path.rpartition("/providers")[0] or request.path for request in service.requests] == [
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-far",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-staging",
        "/next",
    ]


def test_an_account_is_read_with_what_keeps_restores_out() -> None:
    rules = {"defaultAction": "Deny", "bypass": "None"}
    closed = account_from(
        wire(
            "stone",
            networkAcls=rules,
            publicNetworkAccess="Disabled",
            privateEndpointConnections=[{}, {}],
            allowSharedKeyAccess=False,
        )
    )
    assert (
        closed.default_action,
        closed.bypass,
        closed.public_access,
        closed.private_endpoints,
        closed.shared_key,
    ) == (("Deny", "None", False, 2, False))
    assert (closed.region, closed.tags, closed.state) == ("westeurope", {"a": "b"}, "Succeeded")
    silent = account_from({"id": id_of("STONE")})
    assert (silent.default_action, silent.public_access, silent.shared_key) == ("Allow", True, True)
    assert (silent.name, silent.kind, silent.sku, silent.state) == ("stone", "", "", "")
    with pytest.raises(Permanent, match="id is missing"):
        account_from({})


def test_two_calls_tell_the_load_of_all_accounts_of_a_region(service: Service, pool: CloudRestoreAccounts) -> None:
    service.will(
        answer(
            ("Ingress", [series("stone", [{"total": 100.0}, {"total": 11.0}])]),
            ("Egress", [series("stone", [{"total": 7.0}]), series("stranger", [{"total": 9.0}])]),
            ("SuccessE2ELatency", [series("stone", [{"average": 4.0}, {"average": 6.5}, {}])]),
        ),
        answer(
            (
                "Transactions",
                [
                    series("stone", [{"total": 50.0}], "Success"),
                    series("stone", [{"total": 3.0}], "ServerBusyError"),
                    series("stone", [{"total": 2.0}], "ClientAccountBandwidthThrottlingError"),
                    series("stone", [{"total": 1.0}], "SuccessWithThrottling"),
                    series("stone", [{"total": 4.0}], "ClientOtherError"),
                ],
            )
        ),
    )
    found = pool.load([account("stone"), account("sttwo")], SINCE, UNTIL)
    assert found == {
        account("stone").id: AccountLoad(transactions=60, ingress=111, egress=7, latency_ms=6.5, throttled=6),
        account("sttwo").id: AccountLoad(transactions=0, ingress=0, egress=0, latency_ms=0.0, throttled=0),
    }
    first, second = (request.query for request in service.requests)
    common = {
        **{"api-version": "2024-02-01", "region": "westeurope", "interval": "PT1H", "top": str(TOP)},
        **{"timespan": "2026-03-01T11:20:00Z/2026-03-01T12:20:00Z", "aggregation": "total,average"},
        "metricnamespace": "Microsoft.Storage/storageAccounts",
    }
    each = "Microsoft.ResourceId eq '*'"
    assert first == {**common, "metricnames": "Ingress,Egress,SuccessE2ELatency", "$filter": each}
    assert second == {**common, "metricnames": "Transactions", "$filter": f"{each} and ResponseType eq '*'"}


def test_each_region_and_subscription_is_asked_by_itself(service: Service, pool: CloudRestoreAccounts) -> None:
    other = "00000000-0000-0000-0000-000000000002"
    service.will(answer())
    pool.load(
        [account("st1"), account("st2", "eastus2"), account("st3", subscription=other), account("st4")], SINCE, UNTIL
    )
    asked = [(request.path.split("/")[2], request.query["region"]) for request in service.requests]
    assert asked[::2] == asked[1::2] == [(SUBSCRIPTION, "eastus2"), (SUBSCRIPTION, "westeurope"), (other, "westeurope")]


def test_values_that_can_be_no_load_count_for_nothing(service: Service, pool: CloudRestoreAccounts) -> None:
    odd = [{"total": math.nan}, {"total": math.inf}, {}, {"total": 5.0}]
    service.will(
        answer(("Ingress", [series("stone", odd)]), ("SuccessE2ELatency", [series("stone", [{"average": math.nan}])]))
    )
    load = pool.load([account("stone")], SINCE, UNTIL)[account("stone").id]
    assert (load.ingress, load.latency_ms) == (10, 0.0), "both calls were answered alike"


def test_a_metric_that_could_not_be_read_is_not_taken_for_an_idle_account(
    service: Service, pool: CloudRestoreAccounts
) -> None:
    service.will(answer(("Ingress", []), code="InvalidSeries"))
    with pytest.raises(Permanent) as failure:
        pool.load([account("stone")], SINCE, UNTIL)
    assert failure.value.code == "InvalidSeries"
    service.will(Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
    with pytest.raises(Permanent, match="in westeurope") as failure:
        pool.load([account("stone")], SINCE, UNTIL)
    assert failure.value.code == "AuthorizationFailed"


@pytest.mark.parametrize("body", [{"value": None}, {"value": [{"timeseries": [{"data": []}]}]}, []])
def test_an_answer_of_another_shape_is_permanent(service: Service, pool: CloudRestoreAccounts, body: object) -> None:
    service.will(Answer(body=body))
    with pytest.raises(Permanent) as failure:
        pool.load([account("stone")], SINCE, UNTIL)
    assert failure.value.code == "Unreadable"

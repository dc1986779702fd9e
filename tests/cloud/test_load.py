"""Is the load of many VMs read in few calls, complete, and with nothing made up?"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.cloud.load import TOP, CloudLoad
from shared.errors import Permanent, Transient
from shared.model.azure import Vm
from tests.cloud.nouns import SUBSCRIPTION
from tests.cloud.replay import Answer, Request, Service, Token

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 4, tzinfo=UTC)


@pytest.fixture
def load(service: Service) -> CloudLoad:
    return CloudLoad(Token(), service.endpoint)


def vm(name: str, region: str = "westeurope", subscription: str = SUBSCRIPTION) -> Vm:
    vm_id = f"/subscriptions/{subscription}/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/{name}"
    return Vm(vm_id.lower(), name, subscription, "RG", region)


def element(machine: Vm, *points: tuple[str, float | None]) -> dict[str, Any]:
    name = {"value": "Microsoft.ResourceId", "localizedValue": "Microsoft.ResourceId"}
    shown = machine.id.replace("/resourcegroups/rg/", "/resourceGroups/RG/")
    data = [{"timeStamp": at, **({} if value is None else {"average": value})} for at, value in points]
    return {"metadatavalues": [{"name": name, "value": shown}], "data": data}


def answer(*elements: dict[str, Any], code: str = "Success") -> Answer:
    metric = {
        **{"id": "x", "type": "Microsoft.Insights/metrics", "unit": "Percent", "errorCode": code},
        **{"name": {"value": "Percentage CPU"}, "timeseries": list(elements)},
    }
    return Answer(body={"timespan": "", "interval": "PT1H", "cost": 1, "value": [metric]})


def test_one_call_reads_all_machines_of_a_subscription_in_a_region(service: Service, load: CloudLoad) -> None:
    a, b = vm("a"), vm("b")
    service.will(
        answer(
            element(a, ("2026-03-01T00:00:00Z", 1.5), ("2026-03-01T02:00:00Z", None), ("2026-03-01T03:00:00Z", 4.0)),
            element(b, ("2026-03-01T01:00:00Z", 2.0)),
        )
    )
    found = load.series([a, b], SINCE, UNTIL)
    assert (found[a.id].begins_at, found[a.id].step_minutes) == (SINCE, 60)
    assert found[a.id].values == (1.5, None, None, 4.0)
    assert found[b.id].values == (None, 2.0, None, None)
    (request,) = service.requests
    assert request.path.lower() == f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.insights/metrics"
    assert request.query == {
        **{"api-version": "2024-02-01", "region": "westeurope", "interval": "PT1H", "top": str(TOP)},
        **{"timespan": "2026-03-01T00:00:00Z/2026-03-01T04:00:00Z", "aggregation": "average"},
        **{"metricnames": "Percentage CPU", "metricnamespace": "microsoft.compute/virtualmachines"},
        "$filter": "Microsoft.ResourceId eq '*'",
    }


def test_each_region_and_subscription_is_asked_by_itself(service: Service, load: CloudLoad) -> None:
    other = "00000000-0000-0000-0000-000000000002"
    service.will(answer())
    load.series([vm("a"), vm("b", "eastus2"), vm("c", subscription=other), vm("d")], SINCE, UNTIL)
    asked = [(request.path.split("/")[2], request.query["region"]) for request in service.requests]
    assert asked == [(SUBSCRIPTION, "eastus2"), (SUBSCRIPTION, "westeurope"), (other, "westeurope")]


def spans(requests: list[Request]) -> list[str]:
    return [request.query["timespan"] for request in requests]


def test_where_many_machines_are_a_long_span_is_read_in_slices_that_meet(service: Service, load: CloudLoad) -> None:
    machines = [vm(f"vm{number}") for number in range(1000)]

    def told(requests: list[Request]) -> Answer:
        begins = requests[-1].query["timespan"].partition("/")[0]
        return answer(*(element(machine, (begins, float(len(requests)))) for machine in machines))

    service.will(told)
    found = load.series(machines[:1], SINCE, SINCE + timedelta(days=10))
    assert spans(service.requests) == [
        "2026-03-10T00:00:00Z/2026-03-11T00:00:00Z",
        "2026-03-06T00:00:00Z/2026-03-10T00:00:00Z",
        "2026-03-02T00:00:00Z/2026-03-06T00:00:00Z",
        "2026-03-01T00:00:00Z/2026-03-02T00:00:00Z",
    ]
    values = found[machines[0].id].values
    assert (len(found), len(values), values[0], values[24], values[120], values[216]) == (1, 240, 4, 3, 2, 1)


def test_few_machines_are_read_in_two_calls(service: Service, load: CloudLoad) -> None:
    service.will(answer(element(vm("a"))))
    load.series([vm("a")], SINCE, SINCE + timedelta(days=28))
    assert spans(service.requests) == [
        "2026-03-28T00:00:00Z/2026-03-29T00:00:00Z",
        "2026-03-01T00:00:00Z/2026-03-28T00:00:00Z",
    ]


def test_only_whole_hours_are_asked_for(service: Service, load: CloudLoad) -> None:
    service.will(answer())
    minutes = timedelta(minutes=20)
    found = load.series([vm("a")], SINCE + minutes, UNTIL + minutes)
    assert spans(service.requests) == ["2026-03-01T01:00:00Z/2026-03-01T04:00:00Z"]
    assert found[vm("a").id].values == (None,) * 3


def test_machines_without_metrics_and_strangers_change_nothing(service: Service, load: CloudLoad) -> None:
    service.will(
        answer(
            element(vm("stranger"), ("2026-03-01T00:00:00Z", 1.0)),
            element(vm("a"), ("2026-02-28T00:00:00Z", 1.0), ("2026-03-02T00:00:00Z", 1.0)),
            {"metadatavalues": [], "data": [{"timeStamp": "2026-03-01T00:00:00Z", "average": 9.0}]},
        )
    )
    found = load.series([vm("a"), vm("b")], SINCE, UNTIL)
    assert {vm_id: set(one.values) for vm_id, one in found.items()} == {vm("a").id: {None}, vm("b").id: {None}}


def test_no_machines_and_no_time_ask_nothing(service: Service, load: CloudLoad) -> None:
    service.will(answer())
    assert load.series([], SINCE, UNTIL) == {}
    assert load.series([vm("a")], UNTIL, SINCE)[vm("a").id].values == ()
    assert service.requests == []


@pytest.mark.parametrize(("status", "code"), [(403, "AuthorizationFailed"), (400, "BadRequest")])
def test_a_refused_read_is_permanent_with_azures_code(
    service: Service, load: CloudLoad, status: int, code: str
) -> None:
    service.will(Answer(status, {"error": {"code": code, "message": "no"}}))
    with pytest.raises(Permanent, match=f"CPU metrics of subscription {SUBSCRIPTION} in westeurope") as failure:
        load.series([vm("a")], SINCE, UNTIL)
    assert failure.value.code == code


@pytest.mark.parametrize("status", [429, 503])
def test_a_read_that_azure_asks_to_put_off_is_repeated(service: Service, load: CloudLoad, status: int) -> None:
    later = Answer(status, {"error": {"code": "Busy", "message": "later"}}, {"Retry-After": "0"})
    service.will(later, answer(element(vm("a"), ("2026-03-01T00:00:00Z", 1.5))))
    assert load.series([vm("a")], SINCE, UNTIL)[vm("a").id].values == (1.5, None, None, None)
    assert len(service.requests) == 2


def test_values_that_can_be_no_load_are_missing_ones(service: Service, load: CloudLoad) -> None:
    at = [f"2026-03-01T{hour:02}:00:00Z" for hour in range(4)]
    service.will(answer(element(vm("a"), (at[0], -1.0), (at[1], math.nan), (at[2], math.inf), (at[3], 2.0))))
    assert load.series([vm("a")], SINCE, UNTIL)[vm("a").id].values == (None, None, None, 2.0)


def test_points_between_hours_twice_or_out_of_order_count_for_the_hour_they_lie_in(
    service: Service, load: CloudLoad
) -> None:
    points = [("2026-03-01T03:00:00Z", 4.0), ("2026-03-01T01:20:00Z", 2.0), ("2026-03-01T03:00:00Z", 3.0)]
    service.will(answer(element(vm("a"), *points)))
    assert load.series([vm("a")], SINCE, UNTIL)[vm("a").id].values == (None, 2.0, None, 3.0)


def test_a_metric_that_could_not_be_read_is_not_taken_for_an_empty_one(service: Service, load: CloudLoad) -> None:
    service.will(answer(code="InvalidSeries"))
    with pytest.raises(Permanent) as failure:
        load.series([vm("a")], SINCE, UNTIL)
    assert failure.value.code == "InvalidSeries"


@pytest.mark.parametrize("body", [{"value": None}, {"value": [{"timeseries": [{"data": [{"average": 1.0}]}]}]}, []])
def test_an_answer_of_another_shape_is_permanent(service: Service, load: CloudLoad, body: object) -> None:
    service.will(Answer(body=body))
    with pytest.raises(Permanent) as failure:
        load.series([vm("a")], SINCE, UNTIL)
    assert failure.value.code == "Unreadable"


def test_an_answer_cut_short_is_transient(service: Service, load: CloudLoad) -> None:
    service.will(Answer(body=b'{"value": ['))
    with pytest.raises(Transient):
        load.series([vm("a")], SINCE, UNTIL)

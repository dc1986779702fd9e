"""How does Azure Monitor answer? CPU of one VM, or of all VMs of a region, and the use of its storage accounts."""

from collections.abc import Sequence
from datetime import datetime
from statistics import fmean

from local.arm import account_metrics, metric_queries
from local.arm.messages import Call, Response, Route
from local.arm.routes_fleet import vm_of
from local.clock import iso
from local.world.load import cpu
from local.world.state import Json, Refused, Vm

_SUB = "/subscriptions/{subscription}"
_VM = _SUB + "/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{vm}"
_METRICS = "/providers/Microsoft.Insights/metrics"
_READ = "Microsoft.Insights/metrics/read"
_METRIC = "Percentage CPU"
_NAMESPACE = "microsoft.compute/virtualmachines"


def list_metrics(call: Call) -> Response:
    """Show Percentage CPU of one VM in the timespan at the interval's grain."""
    vm, query = vm_of(call), metric_queries.parameters(call)
    metric_queries.names(query, [_METRIC], _METRIC)
    since, until = metric_queries.timespan(call, query)
    series = [{"metadatavalues": [], "data": _data(call, [vm], metric_queries.instants(query, since, until))}]
    return Response(200, _body(f"{vm.id}{_METRICS}/{_METRIC}", query, series, vm.region, f"{iso(since)}/{iso(until)}"))


def list_metrics_of_region(call: Call) -> Response:
    """Show Percentage CPU of the subscription's VMs in a region, or the use of its storage accounts there.

    With the filter `Microsoft.ResourceId eq '*'` each resource has a series of its own, and no more are shown than
    `top` (10 where it is not given), without a word about the rest; without a filter there is one series of all.
    """
    query = metric_queries.parameters(call)
    region = query.get("region", "").lower()
    if not region:
        raise Refused(400, "BadRequest", "Missing required region params")
    namespace = query.get("metricnamespace", "").lower()
    if namespace == account_metrics.NAMESPACE:
        return Response(200, account_metrics.answer(call, query, region))
    if namespace != _NAMESPACE:
        known = f"{_NAMESPACE} and {account_metrics.NAMESPACE}"
        raise Refused(400, "BadRequest", f"The local Azure knows the metrics of {known} only.")
    metric_queries.names(query, [_METRIC], _METRIC)
    since, until = metric_queries.timespan(call, query)
    instants = metric_queries.instants(query, since, until)
    here = [vm for vm in call.world.vms_in(call.params["subscription"]) if vm.region.lower() == region]
    if metric_queries.dimensions(query, [metric_queries.RESOURCE]):
        series = [_series(call, vm, instants) for vm in here[: metric_queries.top(query)]]
    else:
        series = [{"metadatavalues": [], "data": _data(call, here, instants)}]
    name = f"subscriptions/{call.params['subscription']}{_METRICS}/{_METRIC}"
    return Response(200, _body(name, query, series, region, f"{iso(since)}/{iso(until)}"))


def _series(call: Call, vm: Vm, instants: Sequence[datetime]) -> Json:
    name = {"value": "microsoft.resourceid", "localizedValue": "microsoft.resourceid"}
    return {"metadatavalues": [{"name": name, "value": vm.id}], "data": _data(call, [vm], instants)}


def _data(call: Call, vms: Sequence[Vm], instants: Sequence[datetime]) -> list[Json]:
    """Return one entry an instant: the mean of the VMs that run; without a value where none does."""
    found: list[Json] = []
    for at in instants:
        known = (
            [value for vm in vms if (value := cpu(call.world.seed, vm, at)) is not None] if at <= call.world.now else []
        )
        found.append({"timeStamp": iso(at), **({"average": fmean(known)} if known else {})})
    return found


def _body(name: str, query: dict[str, str], series: list[Json], region: str, timespan: str) -> Json:
    metric = {
        "id": name,
        "type": "Microsoft.Insights/metrics",
        "name": {"value": _METRIC, "localizedValue": _METRIC},
        "displayDescription": "The percentage of allocated compute units that are currently in use by the VM",
        "unit": "Percent",
        "timeseries": series,
        "errorCode": "Success",
    }
    return {
        "cost": max(0, sum(len(one["data"]) for one in series) - 1),
        "timespan": timespan,
        "interval": query.get("interval") or "PT1M",
        "value": [metric],
        "namespace": "Microsoft.Compute/virtualMachines",
        "resourceregion": region,
    }


ROUTES = (
    Route("GET", _VM + _METRICS, _READ, list_metrics),
    Route("GET", _SUB + _METRICS, _READ, list_metrics_of_region),
    Route("POST", _SUB + _METRICS, _READ, list_metrics_of_region),
)

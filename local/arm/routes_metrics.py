"""How does Azure Monitor answer? Percentage CPU of one VM, or of all VMs of a subscription in a region."""

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean

from local.arm.messages import Call, Response, Route
from local.arm.routes_fleet import vm_of
from local.clock import iso, parse
from local.world.load import cpu
from local.world.state import Json, Refused, Vm

_SUB = "/subscriptions/{subscription}"
_VM = _SUB + "/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{vm}"
_METRICS = "/providers/Microsoft.Insights/metrics"
_READ = "Microsoft.Insights/metrics/read"
_METRIC = "Percentage CPU"
_NAMESPACE = "microsoft.compute/virtualmachines"
_EACH_VM = re.compile(r"^Microsoft\.ResourceId\s+eq\s+'\*'$", re.IGNORECASE)
_GRAIN = re.compile(r"^PT?(\d+)([MHD])$")
_UNITS = {"M": timedelta(minutes=1), "H": timedelta(hours=1), "D": timedelta(days=1)}
_MOST_POINTS = 20000
_DEFAULT_TOP = 10


def list_metrics(call: Call) -> Response:
    """Show Percentage CPU of one VM in the timespan at the interval's grain."""
    vm, query = vm_of(call), _query(call)
    _check_names(query)
    since, until = _timespan(call, query)
    series = [{"metadatavalues": [], "data": _data(call, [vm], _instants(query, since, until))}]
    return Response(200, _body(f"{vm.id}{_METRICS}/{_METRIC}", query, series, vm.region, f"{iso(since)}/{iso(until)}"))


def list_metrics_of_region(call: Call) -> Response:
    """Show Percentage CPU of the subscription's VMs in a region.

    With the filter `Microsoft.ResourceId eq '*'` each VM has a series of its own, and no more are shown than `top`
    (10 where it is not given), without a word about the rest; without a filter there is one series, the mean.
    """
    query = _query(call)
    region = query.get("region", "").lower()
    if not region:
        raise Refused(400, "BadRequest", "Missing required region params")
    if query.get("metricnamespace", "").lower() != _NAMESPACE:
        raise Refused(400, "BadRequest", f"The local Azure knows the metrics of {_NAMESPACE} only.")
    _check_names(query)
    since, until = _timespan(call, query)
    instants = _instants(query, since, until)
    here = [vm for vm in call.world.vms_in(call.params["subscription"]) if vm.region.lower() == region]
    if query.get("$filter"):
        series = [_series(call, vm, instants) for vm in here[: _top(query)]]
    else:
        series = [{"metadatavalues": [], "data": _data(call, here, instants)}]
    name = f"subscriptions/{call.params['subscription']}{_METRICS}/{_METRIC}"
    return Response(200, _body(name, query, series, region, f"{iso(since)}/{iso(until)}"))


def _query(call: Call) -> dict[str, str]:
    """Return the parameters by lower-cased name; a POST may send them in its body instead, `filter` without the $."""
    body = {name.lower(): str(value) for name, value in call.request.body.items()}
    if "filter" in body:
        body["$filter"] = body.pop("filter")
    return {**body, **{name.lower(): value for name, value in call.request.query.items()}}


def _check_names(query: dict[str, str]) -> None:
    names = query.get("metricnames", _METRIC)
    if names.lower() != _METRIC.lower():
        raise Refused(400, "BadRequest", f"Failed to find metric configuration for metric: {names}.")


def _top(query: dict[str, str]) -> int:
    """Return how many series are shown. Raises Refused for a filter that is not understood."""
    if not _EACH_VM.match(query["$filter"]):
        raise Refused(400, "BadRequest", f"The local Azure cannot read the filter {query['$filter']!r}.")
    try:
        return int(query.get("top") or _DEFAULT_TOP)
    except ValueError:
        raise Refused(400, "BadRequest", f"Detected invalid TopN value: {query['top']}.") from None


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


def _timespan(call: Call, query: dict[str, str]) -> tuple[datetime, datetime]:
    text = query.get("timespan")
    if not text:
        return call.world.now - timedelta(hours=1), call.world.now
    try:
        since, until = text.split("/")
        return parse(since), parse(until)
    except ValueError:
        raise Refused(400, "BadRequest", f"Detected invalid time interval input: {text}.") from None


def _instants(query: dict[str, str], since: datetime, until: datetime) -> list[datetime]:
    grain = _grain(query.get("interval") or "PT1M")
    count = max(0, math.ceil((until - since) / grain))
    if count > _MOST_POINTS:
        raise Refused(400, "BadRequest", "The timespan holds too many intervals; ask for a coarser grain.")
    return [since + grain * step for step in range(count)]


def _grain(text: str) -> timedelta:
    match = _GRAIN.match(text)
    if match is None:
        raise Refused(400, "BadRequest", f"Detected invalid time grain input: {text}.")
    return int(match[1]) * _UNITS[match[2]]


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

"""How does Azure Monitor answer? Percentage CPU of a VM: a seeded daily curve with a working week in it."""

import math
import random
import re
from datetime import datetime, timedelta

from local.arm.messages import Call, Request, Response, Route
from local.arm.routes_fleet import vm_of
from local.clock import iso, parse
from local.world.state import Json, Refused, Vm

_VM = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{vm}"
_METRIC = "Percentage CPU"
_GRAIN = re.compile(r"^PT?(\d+)([MHD])$")
_UNITS = {"M": timedelta(minutes=1), "H": timedelta(hours=1), "D": timedelta(days=1)}
_MOST_POINTS = 20000
_LOCAL_HOURS = {"eastus2": -5, "westus2": -8, "southeastasia": 8, "australiaeast": 10, "japaneast": 9, "uksouth": 0}


def list_metrics(call: Call) -> Response:
    """Show Percentage CPU of the timespan at the interval's grain."""
    vm = vm_of(call)
    names = call.request.query.get("metricnames", _METRIC)
    if names.lower() != _METRIC.lower():
        raise Refused(400, "BadRequest", f"Failed to find metric configuration for metric: {names}.")
    since, until = _timespan(call)
    grain = _grain(call.request.query.get("interval") or "PT1M")
    if (until - since) / grain > _MOST_POINTS:
        raise Refused(400, "BadRequest", "The timespan holds too many intervals; ask for a coarser grain.")
    instants = [since + grain * step for step in range(max(0, math.ceil((until - since) / grain)))]
    data = [{"timeStamp": iso(at), "average": cpu(call.world.seed, vm, at)} for at in instants if at <= call.world.now]
    return Response(200, _body(call.request, vm, data, (since, until)))


def cpu(seed: int, vm: Vm, at: datetime) -> float:
    """Return the VM's Percentage CPU at `at`: low at local night, higher in working hours, quiet at week-ends."""
    draw = random.Random(f"{seed}|cpu|{vm.guid}")
    low, high, peak = draw.uniform(2, 9), draw.uniform(15, 60), draw.uniform(10, 16)
    local = at + timedelta(hours=_LOCAL_HOURS.get(vm.region, 1))
    hour = local.hour + local.minute / 60
    distance = min(abs(hour - peak), 24 - abs(hour - peak))
    share = math.exp(-((distance / 4.0) ** 2)) * (0.35 if local.weekday() >= 5 else 1.0)
    noise = random.Random(f"{seed}|cpu|{vm.guid}|{at.isoformat()}").gauss(0, 1.2)
    return round(min(max(low + high * share + noise, 0.1), 100.0), 3)


def _timespan(call: Call) -> tuple[datetime, datetime]:
    text = call.request.query.get("timespan")
    if not text:
        return call.world.now - timedelta(hours=1), call.world.now
    try:
        since, until = text.split("/")
        return parse(since), parse(until)
    except ValueError:
        raise Refused(400, "BadRequest", f"Detected invalid time interval input: {text}.") from None


def _grain(text: str) -> timedelta:
    match = _GRAIN.match(text)
    if match is None:
        raise Refused(400, "BadRequest", f"Detected invalid time grain input: {text}.")
    return int(match[1]) * _UNITS[match[2]]


def _body(request: Request, vm: Vm, data: list[Json], span: tuple[datetime, datetime]) -> Json:
    metric = {
        "id": f"{vm.id}/providers/Microsoft.Insights/metrics/{_METRIC}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": _METRIC, "localizedValue": _METRIC},
        "displayDescription": "The percentage of allocated compute units that are currently in use by the VM",
        "unit": "Percent",
        "timeseries": [{"metadatavalues": [], "data": data}],
        "errorCode": "Success",
    }
    return {
        "cost": max(0, len(data) - 1),
        "timespan": f"{iso(span[0])}/{iso(span[1])}",
        "interval": request.query.get("interval") or "PT1M",
        "value": [metric],
        "namespace": "Microsoft.Compute/virtualMachines",
        "resourceregion": vm.region,
    }


ROUTES = (Route("GET", _VM + "/providers/Microsoft.Insights/metrics", "Microsoft.Insights/metrics/read", list_metrics),)

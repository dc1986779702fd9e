"""How does Azure Monitor tell of storage accounts? Requests, traffic and latency of all accounts of a region."""

from collections.abc import Callable, Sequence
from datetime import datetime

from local.arm import metric_queries
from local.arm.messages import Call
from local.clock import iso
from local.world.account_use import Use, uses
from local.world.resources import StorageAccount
from local.world.state import Json, Refused

NAMESPACE = "microsoft.storage/storageaccounts"
_RESPONSE = "responsetype"
_SUCCESS, _THROTTLED = "Success", "ClientThrottlingError"
_TRANSACTIONS, _LATENCY = "Transactions", "SuccessE2ELatency"
_READ: dict[str, Callable[[Use], float]] = {
    _TRANSACTIONS: lambda use: use.requests,
    "Ingress": lambda use: use.ingress,
    "Egress": lambda use: use.egress,
    _LATENCY: lambda use: use.latency_ms,
}
_UNITS = {_TRANSACTIONS: "Count", _LATENCY: "MilliSeconds"}

type _Points = Sequence[tuple[datetime, Use]]


def answer(call: Call, query: dict[str, str], region: str) -> Json:
    """Return the metrics that are asked for, a series for each account and, of transactions, each type of response.

    Raises Refused: another metric, filter or span, and types of response of what has none.
    """
    asked = metric_queries.names(query, _READ, _TRANSACTIONS)
    typed = [metric_queries.RESOURCE, *([_RESPONSE] if asked == [_TRANSACTIONS] else [])]
    wanted = metric_queries.dimensions(query, typed)
    if metric_queries.RESOURCE not in wanted:
        raise Refused(400, "BadRequest", "The local Azure shows storage accounts one by one only.")
    since, until = metric_queries.timespan(call, query)
    subscription = call.params["subscription"].lower()
    here = [
        account
        for _, account in sorted(call.world.accounts.items())
        if account.subscription.lower() == subscription and account.region == region
    ]
    points, most = _points(call, query, here), metric_queries.top(query)
    series = {
        name: [one for account in here for one in _series(name, account, points[account.id.lower()], wanted)]
        for name in asked
    }
    return {
        "cost": max(0, sum(len(one["data"]) for found in series.values() for one in found) - 1),
        "timespan": f"{iso(since)}/{iso(until)}",
        "interval": query.get("interval") or "PT1M",
        "value": [_metric(call, name, found[:most]) for name, found in series.items()],
        "namespace": "Microsoft.Storage/storageAccounts",
        "resourceregion": region,
    }


def _points(call: Call, query: dict[str, str], here: list[StorageAccount]) -> dict[str, _Points]:
    since, until = metric_queries.timespan(call, query)
    step = metric_queries.grain(query)
    found: dict[str, list[tuple[datetime, Use]]] = {account.id.lower(): [] for account in here}
    for at in metric_queries.instants(query, since, until):
        if at < call.world.now:
            for account_id, use in uses(call.world, here, at, min(at + step, until)).items():
                found[account_id].append((at, use))
    return dict(found)


def _series(name: str, account: StorageAccount, points: _Points, wanted: list[str]) -> list[Json]:
    """Return the account's series: none where nothing was asked of it, two where responses are told apart."""
    named = {metric_queries.RESOURCE: account.id}
    if not any(use.requests for _, use in points):
        return []
    if _RESPONSE not in wanted:
        return [_one(named, wanted, name, [(at, _READ[name](use)) for at, use in points])]
    split = {
        _SUCCESS: [(at, use.requests - use.throttled) for at, use in points],
        _THROTTLED: [(at, use.throttled) for at, use in points if use.throttled],
    }
    return [_one({**named, _RESPONSE: kind}, wanted, name, values) for kind, values in split.items() if values]


def _one(named: dict[str, str], wanted: list[str], name: str, values: list[tuple[datetime, float]]) -> Json:
    aggregation = "average" if name == _LATENCY else "total"
    return {
        "metadatavalues": [
            {"name": {"value": key, "localizedValue": key}, "value": named[key]} for key in wanted if key in named
        ],
        "data": [{"timeStamp": iso(at), aggregation: value} for at, value in values],
    }


def _metric(call: Call, name: str, series: list[Json]) -> Json:
    return {
        "id": f"subscriptions/{call.params['subscription']}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": name},
        "unit": _UNITS.get(name, "Bytes"),
        "timeseries": series,
        "errorCode": "Success",
    }

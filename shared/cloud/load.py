"""How busy were the VMs? Hourly Percentage CPU by Azure Monitor, in bulk for each subscription and region.

ARM actions:
- Microsoft.Insights/metrics/read
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from azure.core.credentials import TokenCredential
from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from shared.cloud.failures import translated
from shared.cloud.wire_values import Wire, entries, instant, mapping, real, text
from shared.errors import Permanent
from shared.model.azure import Vm
from shared.model.load import LoadSeries

METRICS_API = "2024-02-01"
"""Read as JSON by another SDK's client: the models of Azure Monitor's own take ten times as long to build."""
METRIC = "Percentage CPU"
NAMESPACE = "microsoft.compute/virtualmachines"
EACH_VM = "Microsoft.ResourceId eq '*'"
"""Not a wildcard: with exactly this text each VM gets a series of its own, without it there is one mean of all."""
TOP = 100_000
"""Series in an answer, more than a region of a subscription can hold VMs. Without it Azure shows 10 and drops the rest
without a word; there are no pages."""
VALUES_A_CALL = 100_000
"""Longer spans are read in slices of whole days: an answer of this size takes about 100 MB while it is read. It holds
all VMs of the region, asked for or not."""
LONGEST_SLICE_DAYS = 28

type Points = Sequence[tuple[datetime, float | None]]

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class CloudLoad:
    """Reads may be repeated by the SDK, which honours Retry-After. The role is needed on the whole subscription."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        def client(subscription: str) -> RecoveryServicesBackupClient:
            return RecoveryServicesBackupClient(credential, subscription, base_url=endpoint)

        self._client: Callable[[str], RecoveryServicesBackupClient] = cache(client)

    def series(self, vms: Sequence[Vm], since: datetime, until: datetime) -> dict[str, LoadSeries]:
        """Return the hourly load of each VM by its id, over the whole hours of [since, until).

        Hours that Azure has no value for are None; a VM that it does not know has no other. One call for each
        subscription, region and slice of time, at least two for more than a day; never one for each VM. Raises
        Transient or Permanent.
        """
        first, hours = _whole_hours(since, until)
        values: dict[str, list[float | None]] = {vm.id: [None] * hours for vm in vms}
        for subscription, region in sorted({(vm.subscription.lower(), vm.region.lower()) for vm in vms}):
            for vm_id, points in self._slices(subscription, region, first, first + hours * _HOUR):
                _fill(values.get(vm_id, []), points, first)
        return {vm_id: LoadSeries(vm_id, first, 60, tuple(found)) for vm_id, found in values.items()}

    def _slices(self, subscription: str, region: str, begin: datetime, end: datetime) -> Iterator[tuple[str, Points]]:
        """Read a span backwards, slice by slice: the last day tells how many VMs the others will be of."""
        days, most = 1, 1
        while begin < end:
            start = max(begin, end - days * _DAY)
            found = self._read(subscription, region, start, end)
            yield from found
            end, most = start, max(most, len(found))
            days = min(max(VALUES_A_CALL // (24 * most), 1), LONGEST_SLICE_DAYS)

    def _read(self, subscription: str, region: str, begin: datetime, end: datetime) -> list[tuple[str, Points]]:
        what = f"CPU metrics of subscription {subscription} in {region}"
        asked = HttpRequest(
            "GET",
            f"/subscriptions/{subscription}/providers/Microsoft.Insights/metrics",
            params={
                "api-version": METRICS_API,
                "region": region,
                "timespan": f"{_iso(begin)}/{_iso(end)}",
                "interval": "PT1H",
                "metricnames": METRIC,
                "metricnamespace": NAMESPACE,
                "aggregation": "average",
                "$filter": EACH_VM,
                "top": TOP,
            },
        )
        with translated(what):
            response = self._client(subscription).send_request(asked)
            response.raise_for_status()
            found = mapping(response.json()).get("value")
        if not isinstance(found, list):
            raise Permanent(f"{what}: value is missing; expected a list of metrics", "Unreadable")
        metrics = map(mapping, found)
        return [(_vm_id(series), _points(series, what)) for metric in metrics for series in _series_of(metric, what)]


def _series_of(metric: Wire, what: str) -> Iterator[Wire]:
    """Azure answers 200 also where it could not read a metric; the metric says so itself."""
    code = text(metric.get("errorCode")) or "Success"
    if code != "Success":
        raise Permanent(f"{what}: {code}: {text(metric.get('errorMessage')) or 'no reason given'}", code)
    return map(mapping, entries(metric.get("timeseries")))


def _vm_id(series: Wire) -> str:
    """Return the lower-cased id of the VM that the series is of; "" where it does not say."""
    for told in map(mapping, entries(series.get("metadatavalues"))):
        if text(mapping(told.get("name")).get("value")).lower() == "microsoft.resourceid":
            return text(told.get("value")).lower()
    return ""


def _points(series: Wire, what: str) -> Points:
    points = []
    for point in map(mapping, entries(series.get("data"))):
        at = instant(point.get("timeStamp"))
        if at is None:
            said = f"{what}: timeStamp {point.get('timeStamp')!r:.80} of a value is not an instant"
            raise Permanent(said, "Unreadable")
        points.append((at, real(point.get("average"))))
    return points


def _fill(values: list[float | None], points: Points, first: datetime) -> None:
    """Write a VM's points to their hours; what is no load is None, hours that were not asked for are passed over."""
    for at, average in points:
        hour = (at - first) // _HOUR
        if 0 <= hour < len(values):
            values[hour] = average if average is not None and math.isfinite(average) and average >= 0 else None


def _whole_hours(since: datetime, until: datetime) -> tuple[datetime, int]:
    """Return the first whole hour from `since` on and the number of whole hours before `until`."""
    first = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first += _HOUR if first < since else timedelta()
    return first, max(0, (until - first) // _HOUR)


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

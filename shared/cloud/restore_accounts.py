"""Which storage accounts may take a restore, and how busy are they? Read live, and by Azure Monitor in bulk.

ARM actions:
- Microsoft.Storage/storageAccounts/read
- Microsoft.Insights/metrics/read
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from azure.core.credentials import TokenCredential
from azure.core.rest import HttpRequest
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.monitor.models import Response
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from shared.cloud.failures import translated
from shared.cloud.ids import account_place
from shared.cloud.wire_restores import account_from
from shared.cloud.wire_values import entries, mapping, text
from shared.errors import Permanent
from shared.model.restores import AccountLoad, RestoreAccount

STORAGE_API = "2023-05-01"
NAMESPACE = "Microsoft.Storage/storageAccounts"
TRAFFIC = "Ingress,Egress,SuccessE2ELatency"
EACH = "Microsoft.ResourceId eq '*'"
"""With exactly this text each account gets a series of its own, without it there is one of all."""
BY_RESPONSE = f"{EACH} and ResponseType eq '*'"
TOP = 100_000
"""Series in an answer, far more than a region can hold. Without it Azure shows 10 and drops the rest without a word."""

type Points = Sequence[tuple[float | None, float | None]]

_QUIET = AccountLoad(transactions=0, ingress=0, egress=0, latency_ms=0.0, throttled=0)


class CloudRestoreAccounts:
    """Reads may be repeated by the SDK, which honours Retry-After. Metrics need the role on the whole subscription."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        self._credential = credential
        self._endpoint = endpoint

    def accounts(self, ids: Sequence[str]) -> list[RestoreAccount]:
        """Return those accounts that are there, in the order of `ids`: one list for each resource group.

        A resource group that is not there holds none. Raises Transient or Permanent.
        """
        places = sorted({account_place(account_id) for account_id in ids})
        found = {account.id: account for place in places for account in self._accounts(*place)}
        return [found[one] for one in dict.fromkeys(map(str.lower, ids)) if one in found]

    def load(self, accounts: Sequence[RestoreAccount], since: datetime, until: datetime) -> dict[str, AccountLoad]:
        """Return by their ids what all accounts did in [since, until).

        Azure has no series of an account that nobody asked anything: all is 0 then. Two calls for each region and
        subscription. Raises Transient or Permanent.
        """
        found, span = {account.id: _QUIET for account in accounts}, f"{_iso(since)}/{_iso(until)}"
        for subscription, region in sorted({(account_place(one.id)[0], one.region) for one in accounts}):
            what = f"metrics of storage accounts of subscription {subscription} in {region}"
            for metric, filtered in ((TRAFFIC, EACH), ("Transactions", BY_RESPONSE)):
                answer = self._metrics(what, subscription, region, (span, metric, filtered))
                for name, said, points in _series(answer, what):
                    account_id = said.get("microsoft.resourceid", "").lower()
                    if account_id in found:
                        found[account_id] = _added(found[account_id], name, said.get("responsetype", ""), points)
        return found

    def _accounts(self, subscription: str, group: str) -> list[RestoreAccount]:
        url = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts"
        url += f"?api-version={STORAGE_API}"
        found: list[RestoreAccount] = []
        with (
            translated(f"storage accounts of resource group {group}"),
            RecoveryServicesBackupClient(self._credential, subscription, base_url=self._endpoint) as client,
        ):
            while url:
                response = client.send_request(HttpRequest("GET", url))
                if response.status_code == 404:
                    return []
                response.raise_for_status()
                page = mapping(response.json())
                found += [account_from(mapping(entry)) for entry in entries(page.get("value"))]
                url = text(page.get("nextLink"))
        return found

    def _metrics(self, what: str, subscription: str, region: str, asked: tuple[str, str, str]) -> Response:
        span, metric, filtered = asked
        with (
            translated(what),
            MonitorManagementClient(self._credential, subscription, base_url=self._endpoint) as client,
        ):
            answer: Response = client.metrics.list_at_subscription_scope(
                region,
                timespan=span,
                interval="PT1H",
                metricnames=metric,
                metricnamespace=NAMESPACE,
                aggregation="total,average",
                filter=filtered,
                top=TOP,
            )
            return answer


def _series(answer: Response, what: str) -> Iterator[tuple[str, dict[str, str], Points]]:
    """Yield each series as the metric's name, its dimensions, and (total, average) pairs.

    Azure answers 200 also where it could not read a metric; the metric says so itself.
    """
    with translated(what):
        for metric in answer.value:
            code = metric.error_code or "Success"
            if code != "Success":
                raise Permanent(f"{what}: {code}: {metric.error_message or 'no reason given'}", code)
            for element in metric.timeseries or ():
                said = {
                    one.name.value.lower(): str(one.value or "") for one in element.metadatavalues or () if one.name
                }
                yield metric.name.value, said, [(point.total, point.average) for point in element.data or ()]


def _added(load: AccountLoad, metric: str, response: str, points: Points) -> AccountLoad:
    """Return the load with a series: counts and bytes are summed, the highest mean latency of an hour is kept."""
    total = round(sum(value for value, _ in points if value is not None and math.isfinite(value)))
    match metric.lower():
        case "transactions":
            throttled = total if _slowed(response) else 0
            return replace(load, transactions=load.transactions + total, throttled=load.throttled + throttled)
        case "ingress":
            return replace(load, ingress=load.ingress + total)
        case "egress":
            return replace(load, egress=load.egress + total)
        case _:
            means = [value for _, value in points if value is not None and math.isfinite(value)]
            return replace(load, latency_ms=max([load.latency_ms, *means]))


def _slowed(response: str) -> bool:
    """Whether a type of response says that the account was asked for too much: 503, or any kind of throttling."""
    return response.lower() == "serverbusyerror" or "throttling" in response.lower()


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

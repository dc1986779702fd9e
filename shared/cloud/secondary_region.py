"""How does a vault's secondary region restore? Cross Region Restore as plain JSON, since the SDK does not have it.

ARM actions:
- Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/read
- Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/accessToken/action
- Microsoft.RecoveryServices/locations/backupAadProperties/read
- Microsoft.RecoveryServices/locations/backupCrossRegionRestore/action
- Microsoft.RecoveryServices/locations/backupCrrOperationsStatus/read
- Microsoft.RecoveryServices/locations/backupCrrJob/action
- Microsoft.RecoveryServices/locations/backupCrrJobs/action
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from shared.cloud import wire
from shared.cloud.failures import translated
from shared.cloud.filters import all_of, ceiling, floor
from shared.cloud.ids import VaultPath, item_path, vault_path
from shared.cloud.restore_bodies import refuse_secondary, secondary_body
from shared.cloud.wire_restores import operation_from, secondary_job_from
from shared.cloud.wire_values import Wire, entries, mapping, text
from shared.errors import Permanent, Transient
from shared.model.azure import ProtectedItem, RecoveryPoint, Vault
from shared.model.restores import RestoreJob, RestoreOperation, RestoreOrder

API = "2021-11-15"
"""Vaults answer for their secondary region where they are asked by this version; it has the same paths otherwise."""
_ONCE: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 20}
"""Of what comes before an order. Together with it, it must be over before the order counts as lost."""
_BRIEF: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 30}
"""Of reads that are repeated every minute anyway: a region that is silent, or asks to wait for its next hour, must not
keep them from the other one."""


class SecondaryRegion:
    """Reads of points may be repeated by the SDK, all else is sent once. Access tokens are kept and told nowhere."""

    def __init__(self, client: Callable[[str], RecoveryServicesBackupClient]) -> None:
        self._client = client

    def points(self, item: ProtectedItem, since: datetime, until: datetime) -> list[RecoveryPoint]:
        """List the item's points of [since, until] that have arrived. Raises Transient or Permanent."""
        vault, found = item_path(item.id).vault, list[RecoveryPoint]()
        conditions = {"startDate": floor(since), "endDate": ceiling(until)}
        first = _request("GET", f"{item.id}/recoveryPoints", all_of(conditions))
        with translated(f"recovery points of {item.name} in the secondary region"):
            for response in self._pages(vault, first):
                if response.status_code == 404:
                    return []
                found += [wire.recovery_point_from(row) for row in _rows(response)]
        return [point for point in found if since <= point.at <= until]

    def trigger(self, order: RestoreOrder) -> str:
        """Send the order once and return its operation.

        Raises Permanent where the body is refused, else Transient or Permanent from Azure. What fails before the order
        itself has begun nothing, and is Transient and refused; a Transient that is not may have begun a job.
        """
        refuse_secondary(order)
        vault, what = item_path(order.item.id).vault, f"restore of {order.item.name} in {order.region}"
        try:
            token = self._token(order, what)
        except Transient as failure:
            raise Transient(str(failure), failure.retry_after, refused=True) from failure
        url, body = f"{_location(vault, order.region)}/backupCrossRegionRestore", secondary_body(order, token)
        try:
            with translated(what):
                response = self._sent(vault, _request("POST", url, body=body), retry_total=0)
        except (Transient, Permanent) as failure:
            _keep_secret(failure, text(token.get("accessTokenString")))
            raise
        link = response.headers.get("Azure-AsyncOperation") or response.headers.get("Location") or ""
        operation = unquote(urlsplit(link).path.rpartition("/")[2])
        if not operation:
            raise Transient(f"{what}: accepted, but the answer names no operation")
        return operation

    def operation(self, vault_id: str, operation_id: str, region: str) -> RestoreOperation:
        """Return how far an accepted order has come. Raises Transient or Permanent."""
        vault = vault_path(vault_id)
        url = f"{_location(vault, region)}/backupCrrOperationsStatus/{quote(operation_id, safe='')}"
        with translated(f"operation {operation_id} in {region}"):
            return operation_from(mapping(self._sent(vault, _request("GET", url), **_BRIEF).json()), vault.id, region)

    def jobs(self, vault: Vault, since: datetime, until: datetime, region: str) -> list[RestoreJob]:
        """List the vault's restores in the region that started in [since, until]. Raises Transient or Permanent."""
        conditions = {
            **{"backupManagementType": "AzureIaasVM", "operation": "CrossRegionRestore"},
            **{"startTime": floor(since), "endTime": ceiling(until)},
        }
        path = vault_path(vault.id)
        url, body = f"{_location(path, region)}/backupCrrJobs", {"resourceId": vault.id}
        found = list[RestoreJob]()
        with translated(f"restores of vault {vault.name} in {region}"):
            for response in self._pages(path, _request("POST", url, all_of(conditions), body), body, **_BRIEF):
                response.raise_for_status()
                read = [secondary_job_from(row, vault.id, region) for row in _rows(response)]
                found += [job for job in read if job is not None]
        return [job for job in found if since <= job.started_at <= until]

    def job(self, job_id: str, vault_id: str) -> RestoreJob:
        """Return one restore with its details. Raises Transient or Permanent."""
        vault, name, region = vault_path(vault_id), job_id.rpartition("/")[2], region_of(job_id)
        body = {"resourceId": vault.id, "jobName": name}
        with translated(f"job {name} of vault {vault.name} in {region}"):
            asked = _request("POST", f"{_location(vault, region)}/backupCrrJob", body=body)
            response = self._sent(vault, asked, **_BRIEF)
            found = secondary_job_from(mapping(response.json()), vault.id, region)
        if found is None:
            raise Permanent(f"job {name} of vault {vault.name}: it is no restore of a VM", "NotARestore")
        return found

    def _token(self, order: RestoreOrder, what: str) -> Wire:
        """Return the access token of the order's point, made out to the region that it goes to."""
        vault = item_path(order.item.id).vault
        with translated(f"access to the point for the {what}"):
            known = _request("GET", f"{_location(vault, order.region)}/backupAadProperties")
            service = mapping(self._sent(vault, known, **_ONCE).json()).get("properties")
            asked = _request("POST", f"{order.point.id}/accessToken", body={"properties": service})
            token = mapping(mapping(self._sent(vault, asked, **_ONCE).json()).get("properties"))
        if not token:
            raise Permanent(f"{what}: the answer holds no access token", "Unreadable")
        return token

    def _sent(self, vault: VaultPath, request: HttpRequest, **options: Any) -> HttpResponse:
        response = self._client(vault.subscription).send_request(request, **options)
        response.raise_for_status()
        return response

    def _pages(
        self, vault: VaultPath, first: HttpRequest, body: Mapping[str, object] | None = None, **options: Any
    ) -> Iterator[HttpResponse]:
        """Yield the pages of a list; what is not there at all is one page with its status."""
        request: HttpRequest | None = first
        while request is not None:
            response = self._client(vault.subscription).send_request(request, **options)
            if response.status_code != 404:
                response.raise_for_status()
            yield response
            following = text(mapping(response.json()).get("nextLink"))
            request = HttpRequest(first.method, following, json=body) if following else None


def region_of(job_id: str) -> str:
    """Return the secondary region that the id of a job names, "" for a job of its vault's own region."""
    _, found, rest = job_id.lower().partition("/providers/microsoft.recoveryservices/locations/")
    return rest.partition("/")[0] if found else ""


def _location(vault: VaultPath, region: str) -> str:
    return f"/subscriptions/{vault.subscription}/providers/Microsoft.RecoveryServices/locations/{region}"


def _request(method: str, url: str, condition: str = "", body: Mapping[str, object] | None = None) -> HttpRequest:
    query = {"api-version": API, **({"$filter": condition} if condition else {})}
    return HttpRequest(method, url, params=query, json=body)


def _rows(response: HttpResponse) -> list[Wire]:
    return [mapping(row) for row in entries(mapping(response.json()).get("value"))]


def _keep_secret(failure: Transient | Permanent, secret: str) -> None:
    """Take the token out of what the service says of it, and what the service said out of the chain."""
    if secret and secret in str(failure):
        failure.args = (str(failure).replace(secret, "<token>"),)
        failure.__cause__ = None

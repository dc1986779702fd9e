"""Which machines are there, and who changed their backups? The Fleet port over Resource Graph and the activity log.

ARM actions:
- Microsoft.ResourceGraph/resources/read
- Microsoft.Compute/virtualMachines/read
- Microsoft.Insights/eventtypes/values/read
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from azure.core.credentials import TokenCredential
from azure.core.rest import HttpRequest
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from shared.cloud import wire
from shared.cloud.failures import translated
from shared.cloud.wire_values import Wire, entries, mapping, text
from shared.model.azure import Change, Vm

RESOURCE_GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
VM_QUERY = (
    "resources | where type =~ 'microsoft.compute/virtualmachines'"
    " | project id, name, location, resourceGroup, subscriptionId, tags | order by id asc"
)
"""Ordered, so that pages neither repeat nor lose a machine."""


class CloudFleet:
    """Both reads may be repeated by the SDK, which honours Retry-After."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        self._credential = credential
        self._endpoint = endpoint

    def vms(self, subscriptions: Sequence[str]) -> list[Vm]:
        """List all virtual machines with their tags: one query for all subscriptions. Raises Transient or Permanent.

        Resource Graph costs the backup service nothing and answers 1,000 machines a page.
        """
        if not subscriptions:
            return []
        with translated("virtual machines by Resource Graph"):
            rows = [mapping(row) for page in self._pages(subscriptions) for row in entries(page.get("data"))]
        return [wire.vm_from(row) for row in rows]

    def changes(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who wrote backup policies and memberships in [since, until]. Raises Transient or Permanent.

        The log keeps 90 days, and shows a write some minutes after it.
        """
        condition = (
            f"eventTimestamp ge '{_iso(since)}' and eventTimestamp le '{_iso(until)}'"
            " and resourceProvider eq 'Microsoft.RecoveryServices'"
        )
        with (
            translated(f"activity log of subscription {subscription}"),
            MonitorManagementClient(self._credential, subscription, base_url=self._endpoint) as client,
        ):
            events = [event.serialize(keep_readonly=True) for event in client.activity_logs.list(filter=condition)]
        found = dict.fromkeys(wire.change_from(event) for event in events)
        return [change for change in found if change is not None and since <= change.at <= until]

    def _pages(self, subscriptions: Sequence[str]) -> Iterator[Wire]:
        options: dict[str, object] = {"resultFormat": "objectArray", "$top": 1000}
        query: dict[str, object] = {"subscriptions": list(subscriptions), "query": VM_QUERY, "options": options}
        with RecoveryServicesBackupClient(self._credential, subscriptions[0], base_url=self._endpoint) as client:
            while True:
                response = client.send_request(HttpRequest("POST", RESOURCE_GRAPH, json=query))
                response.raise_for_status()
                page = mapping(response.json())
                yield page
                token = text(page.get("$skipToken"))
                if not token:
                    return
                options["$skipToken"] = token


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

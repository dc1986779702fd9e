"""Which machines are there, and who changed their backups? The Fleet port over Resource Graph and the activity log.

ARM actions:
- Microsoft.ResourceGraph/resources/read
- Microsoft.Compute/virtualMachines/read
- Microsoft.RecoveryServices/vaults/backupJobs/read
- Microsoft.RecoveryServices/vaults/backupProtectedItems/read
- Microsoft.Insights/eventtypes/values/read
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from azure.core.credentials import TokenCredential
from azure.core.rest import HttpRequest
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from shared.cloud import wire
from shared.cloud.failures import translated
from shared.cloud.ids import machine_subscription
from shared.cloud.wire_values import Wire, entries, mapping, text
from shared.model.azure import Change, Job, ProtectedItem, Vm

VMS_API = "2024-07-01"
RESOURCE_GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
VM_QUERY = (
    "resources | where type =~ 'microsoft.compute/virtualmachines'"
    " | project id, name, location, resourceGroup, subscriptionId, tags | order by id asc"
)
"""Ordered, so that pages neither repeat nor lose a machine."""
JOB_QUERY = (
    "recoveryservicesresources | where type =~ 'microsoft.recoveryservices/vaults/backupjobs'"
    " | where properties.backupManagementType =~ 'AzureIaasVM'"
    " | where todatetime(properties.{0}) >= datetime({1})"
    " | project id, name, type, properties | order by id asc"
)
ITEM_QUERY = (
    "recoveryservicesresources"
    " | where type =~ 'microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems'"
    " | where properties.backupManagementType =~ 'AzureIaasVM'"
    " | project id, name, type, properties | order by id asc"
)


class CloudFleet:
    """Reads may be repeated by the SDK, which honours Retry-After."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        self._credential = credential
        self._endpoint = endpoint

    def vms(self, subscriptions: Sequence[str]) -> list[Vm]:
        """List all virtual machines with their tags: one query for all subscriptions. Raises Transient or Permanent.

        Resource Graph costs the backup service nothing and answers 1,000 machines a page.
        """
        return [wire.vm_from(row) for row in self._rows(subscriptions, VM_QUERY, "virtual machines")]

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

    def jobs(self, subscriptions: Sequence[str], since: datetime) -> list[Job]:
        """List the VM jobs of all vaults that started or ended since. Raises Transient or Permanent.

        Resource Graph knows a job about a minute after the vault does, and costs none of the provider's hourly reads.
        """
        asked = [JOB_QUERY.format(end, _iso(since)) for end in ("startTime", "endTime")]
        rows = [row for query in asked for row in self._rows(subscriptions, query, "jobs")]
        return list({job.id: job for job in _present(wire.job_from(row) for row in rows)}.values())

    def items(self, subscriptions: Sequence[str]) -> list[ProtectedItem]:
        """List the protected VMs of all vaults. Raises Transient or Permanent."""
        return _present(wire.item_from(row) for row in self._rows(subscriptions, ITEM_QUERY, "protected items"))

    def power(self, vm_id: str) -> str | None:
        """Return the VM's power now in Azure's word (running, stopped, deallocated), "" where it says none.

        None where there is no such VM. Asked of the machine itself: Resource Graph would be minutes behind. Raises
        Transient or Permanent.
        """
        subscription, name = machine_subscription(vm_id), vm_id.rpartition("/")[2]
        with (
            translated(f"power of virtual machine {name}"),
            RecoveryServicesBackupClient(self._credential, subscription, base_url=self._endpoint) as client,
        ):
            response = client.send_request(HttpRequest("GET", f"{vm_id}?$expand=instanceView&api-version={VMS_API}"))
            if response.status_code == 404:
                return None
            response.raise_for_status()
            return wire.power_from(mapping(response.json()))

    def _rows(self, subscriptions: Sequence[str], query: str, what: str) -> list[Wire]:
        if not subscriptions:
            return []
        with translated(f"{what} by Resource Graph"):
            pages = self._pages(subscriptions, query)
            return [mapping(row) for page in pages for row in entries(page.get("data"))]

    def _pages(self, subscriptions: Sequence[str], asked: str) -> Iterator[Wire]:
        options: dict[str, object] = {"resultFormat": "objectArray", "$top": 1000}
        query: dict[str, object] = {"subscriptions": list(subscriptions), "query": asked, "options": options}
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


def _present[T](found: Iterable[T | None]) -> list[T]:
    return [noun for noun in found if noun is not None]


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

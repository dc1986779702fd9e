"""Which machines are there, and who changed their backups? The Fleet port over Resource Graph and the activity log.

ARM actions:
- Microsoft.ResourceGraph/resources/read
- Microsoft.Compute/virtualMachines/read
- Microsoft.RecoveryServices/vaults/backupJobs/read
- Microsoft.RecoveryServices/vaults/backupProtectedItems/read
- Microsoft.RecoveryServices/vaults/backupPolicies/read
- Microsoft.Insights/eventtypes/values/read
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache

from azure.core.credentials import TokenCredential
from azure.core.rest import HttpRequest
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from shared.cloud import wire
from shared.cloud.failures import translated
from shared.cloud.ids import machine_subscription
from shared.cloud.wire_values import Wire, entries, mapping, text
from shared.model.azure import BackupPolicy, Change, Job, ProtectedItem, Vm

VMS_API = "2024-07-01"
RESOURCE_GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
VM_QUERY = (
    "resources | where type =~ 'microsoft.compute/virtualmachines'"
    " | project id, name, location, resourceGroup, subscriptionId, tags | order by id asc"
)
"""Ordered, so that pages neither repeat nor lose a machine."""
JOB_QUERY = (
    "recoveryservicesresources | where type =~ 'microsoft.recoveryservices/vaults/backupjobs'"
    " | where todatetime(properties.endTime) >= datetime({0}) or todatetime(properties.startTime) >= datetime({0})"
    " | where properties.backupManagementType =~ 'AzureIaasVM'"
    " | project id, name, type, properties | order by id asc"
)
ITEM_QUERY = (
    "recoveryservicesresources"
    " | where type =~ 'microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems'"
    " | where properties.backupManagementType =~ 'AzureIaasVM'"
    " | project id, name, type, properties | order by id asc"
)

POLICY_QUERY = (
    "recoveryservicesresources | where type =~ 'microsoft.recoveryservices/vaults/backuppolicies'"
    " | where properties.backupManagementType =~ 'AzureIaasVM'"
    " | project id, name, type, properties | order by id asc"
)


class CloudFleet:
    """Reads may be repeated by the SDK, which honours Retry-After."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        def client(subscription: str) -> RecoveryServicesBackupClient:
            return RecoveryServicesBackupClient(credential, subscription, base_url=endpoint)

        self._credential = credential
        self._endpoint = endpoint
        self._client: Callable[[str], RecoveryServicesBackupClient] = cache(client)

    def vms(self, subscriptions: Sequence[str]) -> list[Vm]:
        """List all virtual machines with their tags: one query for all subscriptions. Raises Transient or Permanent.

        Resource Graph costs the backup service nothing and answers 1,000 machines a page.
        """
        return [wire.vm_from(row) for row in self._rows(subscriptions, VM_QUERY, "virtual machines")]

    def changes(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who wrote backup policies and memberships in [since, until]. Raises Transient or Permanent.

        The log keeps 90 days, and shows a write some minutes after it.
        """
        return self._activity(subscription, since, until, wire.change_from)

    def backups_by_hand(self, subscription: str, since: datetime, until: datetime) -> list[Change]:
        """List who asked for backups on demand in [since, until]. Raises Transient or Permanent."""
        return self._activity(subscription, since, until, wire.by_hand_from)

    def jobs(self, subscriptions: Sequence[str], since: datetime) -> list[Job]:
        """List the VM jobs of all vaults that started or ended since. Raises Transient or Permanent.

        Resource Graph knows a job about a minute after the vault does, and costs none of the provider's hourly reads.
        """
        return _present(wire.job_from(row) for row in self._rows(subscriptions, JOB_QUERY.format(_iso(since)), "jobs"))

    def items(self, subscriptions: Sequence[str]) -> list[ProtectedItem]:
        """List the protected VMs of all vaults. Raises Transient or Permanent."""
        return _present(wire.item_from(row) for row in self._rows(subscriptions, ITEM_QUERY, "protected items"))

    def power(self, vm_id: str) -> str | None:
        """Return the VM's power now in Azure's word (running, stopped, deallocated), "" where it says none.

        None where there is no such VM. Asked of the machine itself: Resource Graph would be minutes behind. Raises
        Transient or Permanent.
        """
        subscription, name = machine_subscription(vm_id), vm_id.rpartition("/")[2]
        asked = HttpRequest("GET", f"{vm_id}?$expand=instanceView&api-version={VMS_API}")
        with translated(f"power of virtual machine {name}"):
            response = self._client(subscription).send_request(asked)
            if response.status_code == 404:
                return None
            response.raise_for_status()
            return wire.power_from(mapping(response.json()))

    def policies(self, subscriptions: Sequence[str]) -> list[BackupPolicy]:
        """List the VM policies of all vaults. Raises Transient or Permanent."""
        return _present(wire.policy_from(row) for row in self._rows(subscriptions, POLICY_QUERY, "policies"))

    def _activity(
        self, subscription: str, since: datetime, until: datetime, reader: Callable[[Wire], Change | None]
    ) -> list[Change]:
        condition = (
            f"eventTimestamp ge '{_iso(since)}' and eventTimestamp le '{_iso(until)}'"
            " and resourceProvider eq 'Microsoft.RecoveryServices'"
        )
        with (
            translated(f"activity log of subscription {subscription}"),
            MonitorManagementClient(self._credential, subscription, base_url=self._endpoint) as client,
        ):
            events = [event.serialize(keep_readonly=True) for event in client.activity_logs.list(filter=condition)]
        found = dict.fromkeys(reader(event) for event in events)
        return [change for change in found if change is not None and since <= change.at <= until]

    def _rows(self, subscriptions: Sequence[str], query: str, what: str) -> list[Wire]:
        if not subscriptions:
            return []
        with translated(f"{what} by Resource Graph"):
            pages = self._pages(subscriptions, query)
            return [mapping(row) for page in pages for row in entries(page.get("data"))]

    def _pages(self, subscriptions: Sequence[str], asked: str) -> Iterator[Wire]:
        options: dict[str, object] = {"resultFormat": "objectArray", "$top": 1000}
        query: dict[str, object] = {"subscriptions": list(subscriptions), "query": asked, "options": options}
        while True:
            response = self._client(subscriptions[0]).send_request(HttpRequest("POST", RESOURCE_GRAPH, json=query))
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

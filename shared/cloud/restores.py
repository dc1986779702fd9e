"""How are restores ordered and followed? The Restores port over the Recovery Services backup SDK.

ARM actions:
- Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/restore/action
- Microsoft.RecoveryServices/vaults/backupValidateOperation/action
- Microsoft.RecoveryServices/vaults/backupOperations/read
- Microsoft.RecoveryServices/vaults/backupJobs/read
- Microsoft.RecoveryServices/vaults/backupJobs/cancel/action
- Microsoft.Compute/disks/read
- Microsoft.Storage/storageAccounts/write (asked of whoever restores, like all below; used for nothing else)
- Microsoft.Resources/subscriptions/resourceGroups/write (of the target group)
- Microsoft.Network/virtualNetworks/read (to a new VM, and the next two)
- Microsoft.Network/virtualNetworks/subnets/read
- Microsoft.Network/virtualNetworks/subnets/join/action
- Microsoft.Compute/virtualMachines/write (to a VM: a new one in the target group, or the one whose disks are replaced)
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from azure.core.credentials import TokenCredential
from azure.core.pipeline import PipelineResponse
from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.recoveryservicesbackup.models import RestoreRequestResource, ValidateOperationRequestResource

from shared.cloud.failures import translated
from shared.cloud.filters import all_of, ceiling, floor
from shared.cloud.ids import VaultPath, group_subscription, item_path, vault_path
from shared.cloud.job_reads import JobReads
from shared.cloud.restore_bodies import point_name, refuse_secondary, restore_body, validation_body
from shared.cloud.secondary_region import SecondaryRegion, region_of
from shared.cloud.wire_restores import made_by, objections_from, operation_from, restore_job_from
from shared.cloud.wire_values import entries, mapping, text
from shared.errors import Permanent, Transient
from shared.model.azure import ProtectedItem, RecoveryPoint, Vault
from shared.model.restores import Objection, RestoreJob, RestoreOperation, RestoreOrder

DISKS_API = "2024-03-02"


class CloudRestores:
    """Reads and pre-checks may be repeated by the SDK, which honours Retry-After; orders and cancels are sent once."""

    def __init__(self, credential: TokenCredential, endpoint: str, reads: JobReads | None = None) -> None:
        def client(subscription: str) -> RecoveryServicesBackupClient:
            return RecoveryServicesBackupClient(credential, subscription, base_url=endpoint)

        self._client: Callable[[str], RecoveryServicesBackupClient] = cache(client)
        self._reads = reads or JobReads()
        self._away = SecondaryRegion(self._client)

    def secondary_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        """List the item's points that its vault's secondary region holds. Raises Transient or Permanent."""
        if vault_path(item.id).id != vault.id:
            raise Permanent(f"{item.id!r} is not an item of vault {vault.id}", "Refused")
        return self._away.points(item, since, until)

    def validate(self, order: RestoreOrder) -> list[Objection]:
        """Ask the service what it has against the order; it does not count restores of the day.

        A secondary region has no such check: nothing is asked, and nothing said. Raises Permanent where the body is
        refused (see `restore_bodies`), else Transient or Permanent from Azure.
        """
        if order.secondary:
            refuse_secondary(order)
            return []
        body, vault = validation_body(order), item_path(order.item.id).vault
        with translated(f"pre-check of the restore of {order.item.name}"):
            answer = self._client(vault.subscription).operation.validate(
                **_named(vault), parameters=ValidateOperationRequestResource(body)
            )
            return objections_from(answer.as_dict())

    def trigger(self, order: RestoreOrder, confirmed: str = "") -> str:
        """Send the order once and return the id of its operation; the SDK's own poller would lose the job.

        Raises Permanent where the body is refused (see `restore_body`), else Transient or Permanent from Azure: a
        Transient that is not refused, one without an operation too, may have begun a job.
        """
        if order.secondary:
            return self._away.trigger(order)
        body, path, what = restore_body(order, confirmed), item_path(order.item.id), f"restore of {order.item.name}"
        with translated(what):
            poller = self._client(path.vault.subscription).restores.begin_trigger(
                **_named(path.vault),
                fabric_name=path.fabric,
                container_name=path.container,
                protected_item_name=path.item,
                recovery_point_id=point_name(order),
                parameters=RestoreRequestResource(body),
                polling=False,
                retry_total=0,
                cls=_begun,
            )
            operation = cast(str, cast(Any, poller).result())
        if not operation:
            raise Transient(f"{what}: accepted, but the answer names no operation")
        return operation

    def operation(self, vault_id: str, operation_id: str, region: str = "") -> RestoreOperation:
        """Return how far an accepted order has come. Raises Transient or Permanent."""
        if region:
            return self._away.operation(vault_id, operation_id, region)
        vault = vault_path(vault_id)
        with translated(f"operation {operation_id} in vault {vault.name}"):
            answer = self._client(vault.subscription).backup_operation_statuses.get(
                **_named(vault), operation_id=operation_id
            )
            return operation_from(answer.as_dict(), vault.id)

    def jobs(self, vault: Vault, since: datetime, until: datetime, region: str = "") -> list[RestoreJob]:
        """List the vault's restores that started in [since, until], without details. Raises Transient or Permanent.

        One call for each page of restores; backups are left out by the service, and checked here too.
        """
        if region:
            return self._away.jobs(vault, since, until, region)
        conditions = {
            **{"backupManagementType": "AzureIaasVM", "operation": "Restore"},
            **{"startTime": floor(since), "endTime": ceiling(until)},
        }
        with translated(f"restores of vault {vault.name}"):
            listed = [
                job.as_dict()
                for job in self._client(vault.subscription).backup_jobs.list(
                    vault_name=vault.name,
                    resource_group_name=vault.resource_group,
                    filter=all_of(conditions),
                    raw_response_hook=self._reads.noting(vault.subscription),
                )
            ]
        found = [job for entry in listed if (job := restore_job_from(entry)) is not None]
        return [job for job in found if since <= job.started_at <= until]

    def job(self, job_id: str, vault_id: str) -> RestoreJob:
        """Return one restore with its details. Raises Transient or Permanent."""
        if region_of(job_id):
            return self._away.job(job_id, vault_id)
        vault, name = vault_path(job_id), job_id.rpartition("/")[2]
        with translated(f"job {name} of vault {vault.name}"):
            answer = self._client(vault.subscription).job_details.get(
                **_named(vault), job_name=name, raw_response_hook=self._reads.noting(vault.subscription)
            )
            found = restore_job_from(answer.as_dict())
        if found is None:
            raise Permanent(f"job {name} of vault {vault.name}: it is no restore of a VM", "NotARestore")
        return found

    def cancel(self, job_id: str) -> None:
        """Ask the service to cancel the job: sent once, true only when its status says so.

        Raises Permanent where the job cannot be cancelled any more, or is a secondary region's, else Transient or
        Permanent.
        """
        if region := region_of(job_id):
            raise Permanent(f"restores in the secondary region {region} cannot be cancelled", "Refused")
        vault, name = vault_path(job_id), job_id.rpartition("/")[2]
        with translated(f"cancelling of job {name} in vault {vault.name}"):
            self._client(vault.subscription).job_cancellations.trigger(**_named(vault), job_name=name, retry_total=0)

    def disks(self, group_id: str, job_id: str) -> list[str]:
        """Return the ids of the disks in the group that the job has made. Raises Transient or Permanent."""
        subscription, found = group_subscription(group_id), list[str]()
        url = f"{group_id}/providers/Microsoft.Compute/disks?api-version={DISKS_API}"
        with translated(f"disks of resource group {group_id.rpartition('/')[2]}"):
            while url:
                response = self._client(subscription).send_request(HttpRequest("GET", url))
                if response.status_code == 404:
                    return []
                response.raise_for_status()
                page = mapping(response.json())
                rows = [mapping(entry) for entry in entries(page.get("value"))]
                found += [text(row.get("id")).lower() for row in rows if made_by(row, job_id)]
                url = text(page.get("nextLink"))
        return found


def _named(vault: VaultPath) -> dict[str, str]:
    return {"vault_name": vault.name, "resource_group_name": vault.resource_group}


def _begun(answer: PipelineResponse[Any, Any], *_: object) -> str:
    """Return the operation that the first answer names, "" where it names none."""
    headers = answer.http_response.headers
    link = headers.get("Azure-AsyncOperation") or headers.get("Location") or ""
    return unquote(urlsplit(link).path.rpartition("/")[2])

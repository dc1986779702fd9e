"""What do the vaults hold, and how are they written to? The Vaults port over the Recovery Services backup SDK.

ARM actions:
- Microsoft.RecoveryServices/vaults/read
- Microsoft.RecoveryServices/vaults/backupProtectedItems/read
- Microsoft.RecoveryServices/vaults/backupPolicies/read
- Microsoft.RecoveryServices/vaults/backupPolicies/write
- Microsoft.RecoveryServices/vaults/backupJobs/read
- Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/write
- Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/backup/action
- Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/read
- Microsoft.Compute/virtualMachines/write (asked of whoever puts a VM under protection; nothing else is done with it)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Protocol

from azure.core.credentials import TokenCredential
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.recoveryservicesbackup.models import (
    BackupRequestResource,
    ProtectedItemResource,
    ProtectionPolicyResource,
)

from shared.cloud import wire
from shared.cloud.bodies import backup_body, membership_body, policy_body, protection_body
from shared.cloud.failures import translated
from shared.cloud.filters import all_of, ceiling, floor
from shared.cloud.ids import item_path, machine_names
from shared.cloud.job_reads import AnswerHook, JobReads
from shared.cloud.wire_values import Wire, entries, mapping, text
from shared.errors import Permanent
from shared.model.azure import BackupPolicy, Job, ProtectedItem, RecoveryPoint, Vault, Vm

VAULTS_API = "2024-04-01"
"""Vaults are read without their own SDK: one GET, whose answer carries every setting that matters."""
LISTS_API = "2026-10-01"
"""Of the lists that may be long: read as JSON by the SDK's client. Its models take five times as long to build, and
versions 11.0 to 11.2 lose the type of protected VMs and with it their fields."""

_VM_ITEMS = "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM'"
_JOBS = "backupJobs"
_VM_POLICIES = "backupManagementType eq 'AzureIaasVM'"


class _Model(Protocol):
    """An SDK model: its JSON as it came, unknown fields included."""

    def as_dict(self) -> dict[str, object]: ...


class CloudVaults:
    """Reads may be repeated by the SDK, which honours Retry-After; writes are sent once."""

    def __init__(self, credential: TokenCredential, endpoint: str, reads: JobReads | None = None) -> None:
        def client(subscription: str) -> RecoveryServicesBackupClient:
            return RecoveryServicesBackupClient(credential, subscription, base_url=endpoint)

        self._client: Callable[[str], RecoveryServicesBackupClient] = cache(client)
        self._reads = reads or JobReads()

    def vaults(self, subscription: str) -> list[Vault]:
        """List the subscription's vaults. Raises Transient or Permanent."""
        with translated(f"vaults of subscription {subscription}"):
            url = f"/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/vaults"
            first = HttpRequest("GET", url, params={"api-version": VAULTS_API})
            pages = [mapping(answer.json()) for answer in self._answers(subscription, first)]
        listed = [mapping(entry) for page in pages for entry in entries(page.get("value"))]
        return [wire.vault_from(entry) for entry in listed]

    def items(self, vault: Vault) -> list[ProtectedItem]:
        """List the vault's protected VMs, soft-deleted ones included. Raises Transient or Permanent."""
        with translated(f"protected items of vault {vault.name}"):
            listed = list(self._listed(vault, "backupProtectedItems", _VM_ITEMS))
        return _present(wire.item_from(entry) for entry in listed)

    def policies(self, vault: Vault) -> list[BackupPolicy]:
        """List the vault's VM policies. Raises Transient or Permanent."""
        with translated(f"policies of vault {vault.name}"):
            listed = list(self._listed(vault, "backupPolicies", _VM_POLICIES))
        return _present(wire.policy_from(entry) for entry in listed)

    def jobs(self, vault: Vault, since: datetime, until: datetime, status: str | None = None) -> list[Job]:
        """List VM jobs that started in [since, until], of one `status` if given. Raises Transient or Permanent.

        The range is checked here too: a filter that the service does not understand returns everything.
        """
        conditions = {"backupManagementType": "AzureIaasVM", "startTime": floor(since), "endTime": ceiling(until)}
        if status is not None:
            conditions["status"] = status

        with translated(f"jobs of vault {vault.name}"):
            listed = list(self._listed(vault, _JOBS, all_of(conditions)))
        found = _present(wire.job_from(entry) for entry in listed)
        return [job for job in found if since <= job.started_at <= until and status in {None, job.status}]

    def recovery_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        """List the item's recovery points of [since, until]. Raises Transient or Permanent.

        One call per VM, at 300 an hour and subscription: never in a nightly loop.
        """
        path = item_path(item.id)
        with translated(f"recovery points of {item.name}"):
            listed = _json(
                self._client(vault.subscription).recovery_points.list(
                    vault_name=vault.name,
                    resource_group_name=vault.resource_group,
                    fabric_name=path.fabric,
                    container_name=path.container,
                    protected_item_name=path.item,
                    filter=all_of({"startDate": floor(since), "endDate": ceiling(until)}),
                )
            )
        points = [wire.recovery_point_from(entry) for entry in listed]
        return [point for point in points if since <= point.at <= until]

    def write_policy(self, vault: Vault, policy: BackupPolicy) -> None:
        """Create the slot policy or overwrite it in place: sent once, true only when re-read.

        Raises Permanent where the body is refused (see `policy_body`), else Transient or Permanent from Azure.
        """
        if policy.vault_id != vault.id:
            raise Permanent(f"policy {policy.name!r}: of vault {policy.vault_id}, not {vault.id}", "Refused")
        body = policy_body(policy)
        with translated(f"write of policy {policy.name} in vault {vault.name}"):
            self._client(vault.subscription).protection_policies.create_or_update(
                vault_name=vault.name,
                resource_group_name=vault.resource_group,
                policy_name=policy.name,
                parameters=ProtectionPolicyResource(body),
                retry_total=0,
            )

    def assign_policy(self, item: ProtectedItem, policy: BackupPolicy, origin: str = "") -> None:
        """Move `item` to `policy`: sent once, not waited for, true only when re-read.

        Raises Permanent where the body is refused (see `membership_body`), else Transient or Permanent from Azure.
        """
        body = membership_body(item, policy, origin)
        path = item_path(item.id)
        with translated(f"move of {item.name} to policy {policy.name}"):
            self._client(path.vault.subscription).protected_items.begin_create_or_update(
                vault_name=path.vault.name,
                resource_group_name=path.vault.resource_group,
                fabric_name=path.fabric,
                container_name=path.container,
                protected_item_name=path.item,
                parameters=ProtectedItemResource(body),
                polling=False,
                retry_total=0,
            )

    def protect(self, vault: Vault, vm: Vm, policy: BackupPolicy) -> None:
        """Put an unprotected VM under `policy`: sent once, not waited for, true only when re-read.

        Raises Permanent where the body is refused (see `protection_body`), else Transient or Permanent from Azure.
        """
        body = protection_body(vault, vm, policy)
        container, item = machine_names(vm.resource_group, vm.name)
        with translated(f"protection of {vm.name} by policy {policy.name}"):
            self._client(vault.subscription).protected_items.begin_create_or_update(
                vault_name=vault.name,
                resource_group_name=vault.resource_group,
                fabric_name="Azure",
                container_name=container,
                protected_item_name=item,
                parameters=ProtectedItemResource(body),
                polling=False,
                retry_total=0,
            )

    def back_up(self, item: ProtectedItem, keep_until: datetime) -> None:
        """Start an on-demand backup: sent once, not waited for, true only when its job is seen.

        A job shows up to five minutes later. Raises Permanent where the body is refused (see `backup_body`), else
        Transient or Permanent from Azure.
        """
        body = backup_body(keep_until)
        path = item_path(item.id)
        with translated(f"backup of {item.name}"):
            self._client(path.vault.subscription).backups.trigger(
                vault_name=path.vault.name,
                resource_group_name=path.vault.resource_group,
                fabric_name=path.fabric,
                container_name=path.container,
                protected_item_name=path.item,
                parameters=BackupRequestResource(body),
                retry_total=0,
            )

    def job_reads_left(self, subscription: str) -> int | None:
        """Return how many more reads of jobs the service allows in this hour, as it last said; None: not said yet."""
        return self._reads.left(subscription)

    def _listed(self, vault: Vault, what: str, condition: str) -> Iterator[Wire]:
        """Yield what a vault lists; of jobs also keep how many more reads the service allows."""
        first = HttpRequest("GET", f"{vault.id}/{what}", params={"api-version": LISTS_API, "$filter": condition})
        note = self._reads.noting(vault.subscription) if what == _JOBS else None
        for answer in self._answers(vault.subscription, first, note):
            yield from (mapping(entry) for entry in entries(mapping(answer.json()).get("value")))

    def _answers(self, subscription: str, first: HttpRequest, note: AnswerHook | None = None) -> Iterator[HttpResponse]:
        """Yield the pages of a list."""
        request: HttpRequest | None = first
        while request is not None:
            response = self._client(subscription).send_request(request, raw_response_hook=note)
            response.raise_for_status()
            yield response
            following = text(mapping(response.json()).get("nextLink"))
            request = HttpRequest("GET", following) if following else None


def _json(models: Iterable[_Model]) -> list[Mapping[str, object]]:
    """Return every page's entries as wire JSON."""
    return [model.as_dict() for model in models]


def _present[T](found: Iterable[T | None]) -> list[T]:
    return [noun for noun in found if noun is not None]

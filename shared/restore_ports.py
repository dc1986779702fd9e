"""What do restores need from outside? Protocols of the backup service's restores, and of the accounts they go to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.model.azure import ProtectedItem, RecoveryPoint, Vault
from shared.model.restores import AccountLoad, Objection, RestoreAccount, RestoreJob, RestoreOperation, RestoreOrder


class Restores(Protocol):
    """Restores by the backup service. An order is sent once; a lost answer is resolved by reading jobs.

    Every method raises Transient or Permanent, nothing else. Points are read by `Vaults.recovery_points`, and reads of
    jobs are counted by `Vaults.job_reads_left`. `region` is the secondary region that is asked, "" for the vault's own:
    there operations and jobs are others', their reads have limits of their own, and no job can be cancelled.
    """

    def secondary_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        """List the item's points of [since, until] that the secondary region holds; none where nothing has arrived."""

    def validate(self, order: RestoreOrder) -> list[Objection]:
        """Ask the service what it has against the order, without beginning anything.

        There is no pre-check in a secondary region: nothing is said of its orders.
        """

    def trigger(self, order: RestoreOrder, confirmed: str = "") -> str:
        """Send the order once and return its operation. `confirmed` is the id of the VM whose disks may be replaced.

        Transient without `refused` says that a job may have begun: read jobs before anything is sent again.
        """

    def operation(self, vault_id: str, operation_id: str, region: str = "") -> RestoreOperation:
        """Return how far an accepted order has come, and its job once that is known."""

    def jobs(self, vault: Vault, since: datetime, until: datetime, region: str = "") -> list[RestoreJob]:
        """List the vault's restores that started in [since, until], without details. A job shows minutes late."""

    def job(self, job_id: str, vault_id: str) -> RestoreJob:
        """Return one job with its details, also before lists show it. For running restores only: reads are few.

        The id of a secondary region's job names its region and not its vault.
        """

    def cancel(self, job_id: str) -> None:
        """Ask the service to cancel the job, once; it is cancelled when its status says so."""

    def disks(self, group_id: str, job_id: str) -> list[str]:
        """Return the ids of the disks in the group that the job has made, whatever became of it."""


class RestoreAccounts(Protocol):
    """The storage accounts that restores may go to. Raises Transient or Permanent, nothing else."""

    def accounts(self, ids: Sequence[str]) -> list[RestoreAccount]:
        """Return those accounts that are there as they are now: one call for each resource group."""

    def load(self, accounts: Sequence[RestoreAccount], since: datetime, until: datetime) -> dict[str, AccountLoad]:
        """Return by their ids what all accounts did in [since, until), UTC; all 0 where nobody asked one anything.

        Bulk: two calls for each region and subscription, never one for each account.
        """

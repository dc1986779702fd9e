"""How does the pretend service restore? The Restores port over the world's restores, and the accounts they go to."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from local.arm import wire as sent
from local.arm import wire_jobs, wire_restores, wire_storage
from local.memory.sending import CALLER, in_our_errors, not_found, properties_of
from local.memory.shown import shown_restores
from local.world import Refused, World, accounts, restore_requests, restores, state
from local.world.account_use import uses
from local.world.cancel import cancel_job
from shared.cloud.ids import account_place, group_subscription, item_path, vault_path
from shared.cloud.restore_bodies import point_name, restore_body, validation_body
from shared.cloud.wire_restores import account_from, made_by, objections_from, operation_from, restore_job_from
from shared.errors import Permanent
from shared.model.azure import Vault
from shared.model.restores import AccountLoad, Objection, RestoreAccount, RestoreJob, RestoreOperation, RestoreOrder


class MemoryRestores:
    """Orders go through the same builder as in the cloud; their jobs run in the world."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault
        self._rows = shown_restores(world)

    def validate(self, order: RestoreOrder) -> list[Objection]:
        """Ask the world what it has against the order."""
        asked = properties_of(validation_body(order))["restoreRequest"]
        self._fault("restores.validate")
        try:
            restore_requests.refuse(self._world, self._wish(order, asked))
        except Refused as refusal:
            return objections_from(wire_restores.validation(refusal))
        return []

    def trigger(self, order: RestoreOrder, confirmed: str = "") -> str:
        """Begin the restore and return its operation."""
        asked = properties_of(restore_body(order, confirmed))
        self._fault("restores.trigger")
        with in_our_errors(f"restore of {order.item.name}"):
            operation = restores.trigger(self._world, self._wish(order, asked), CALLER)
        self._fault("restores.trigger.sent")
        return operation.id

    def operation(self, vault_id: str, operation_id: str) -> RestoreOperation:
        """Return how far an accepted order has come."""
        self._fault("restores.operation")
        found = self._world.operations.get(operation_id.lower())
        if found is None or found.vault_id != vault_id.lower():
            raise Permanent(f"operation {operation_id} was not found", "BMSUserErrorOperationNotFound")
        return operation_from(sent.operation(found), vault_id)

    def jobs(self, vault: Vault, since: datetime, until: datetime) -> list[RestoreJob]:
        """List the vault's restores that started in [since, until] and that lists show by now."""
        self._fault("restores.jobs")
        if vault.id not in self._world.vaults:
            raise not_found(vault.id)
        records = self._world.jobs_in(vault.id, since, until)
        return self._rows.of(one for one in records if one.operation == "Restore")

    def job(self, job_id: str) -> RestoreJob:
        """Return one job with its details, also before lists show it."""
        self._fault("restores.job")
        found = restore_job_from(wire_jobs.job_detail(self._world, self._record(job_id)))
        if found is None:
            raise Permanent(f"job {job_id} is no restore of a VM", "NotARestore")
        return found

    def cancel(self, job_id: str) -> None:
        """Begin to cancel the job."""
        record = self._record(job_id)
        self._fault("restores.cancel")
        with in_our_errors(f"cancelling of job {record.id}"):
            cancel_job(self._world, self._world.vaults[record.vault_id], record, CALLER)
        self._fault("restores.cancel.sent")

    def disks(self, group_id: str, job_id: str) -> list[str]:
        """Return the ids of the disks in the group that the job has made."""
        group_subscription(group_id)
        self._fault("restores.disks")
        inside = f"{group_id}/".lower()
        rows = [wire_restores.disk(disk) for key, disk in sorted(self._world.disks.items()) if key.startswith(inside)]
        return [str(row["id"]).lower() for row in rows if made_by(row, job_id)]

    def _wish(self, order: RestoreOrder, asked: dict[str, Any]) -> restore_requests.Wish:
        item, vault = self._world.items.get(order.item.id.lower()), item_path(order.item.id).vault.id
        if item is None or vault not in self._world.vaults:
            raise Refused(404, "BMSUserErrorItemNotFound", "The protected item was not found.")
        point = next((one for one in item.points if one.id == point_name(order)), None)
        if point is None:
            raise Refused(404, "BMSUserErrorRecoveryPointNotFound", "The recovery point was not found.")
        return restore_requests.read(self._world.vaults[vault], item, point, asked)

    def _record(self, job_id: str) -> state.Job:
        found = self._world.jobs.get(job_id.rpartition("/")[2].lower())
        if found is None or found.vault_id != vault_path(job_id).id:
            raise Permanent(f"job {job_id} was not found", "BMSUserErrorJobNotFound")
        return found


class MemoryRestoreAccounts:
    """Reads the world as it is now; `fault` is told each call before it happens."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault

    def accounts(self, ids: Sequence[str]) -> list[RestoreAccount]:
        """Return those accounts that are there."""
        for account_id in ids:
            account_place(account_id)
        self._fault("restore_accounts.accounts")
        records = [accounts.find(self._world, account_id) for account_id in dict.fromkeys(map(str.lower, ids))]
        return [account_from(wire_storage.account(record)) for record in records if record is not None]

    def load(self, wanted: Sequence[RestoreAccount], since: datetime, until: datetime) -> dict[str, AccountLoad]:
        """Return what each account did in [since, until); all 0 where nobody asked it anything."""
        self._fault("restore_accounts.load")
        records = [record for one in wanted if (record := accounts.find(self._world, one.id)) is not None]
        quiet = {one.id: AccountLoad(0, 0, 0, 0.0, 0) for one in wanted}
        return quiet | {
            account_id: AccountLoad(
                round(use.requests), round(use.ingress), round(use.egress), use.latency_ms, round(use.throttled)
            )
            for account_id, use in uses(self._world, records, since, until).items()
            if use.requests
        }

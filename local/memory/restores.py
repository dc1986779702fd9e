"""How does the pretend service restore? The Restores port over the world's restores, and the accounts they go to."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from local.arm import wire as sent
from local.arm import wire_jobs, wire_restores, wire_secondary, wire_storage
from local.memory.sending import CALLER, in_our_errors, not_found, properties_of
from local.memory.shown import shown_restores
from local.world import Refused, World, accounts, restore_requests, restores, secondary, state
from local.world.account_use import uses
from local.world.cancel import cancel_job
from local.world.regions import PAIRS
from shared.cloud.ids import account_place, group_subscription, item_path, vault_path
from shared.cloud.restore_bodies import point_name, refuse_secondary, restore_body, secondary_body, validation_body
from shared.cloud.secondary_region import region_of
from shared.cloud.wire import recovery_point_from
from shared.cloud.wire_restores import (
    account_from,
    made_by,
    objections_from,
    operation_from,
    restore_job_from,
    secondary_job_from,
)
from shared.errors import Permanent, Transient
from shared.model.azure import ProtectedItem, RecoveryPoint, Vault
from shared.model.restores import AccountLoad, Objection, RestoreAccount, RestoreJob, RestoreOperation, RestoreOrder

CROSSING = "CrossRegionRestore"


class MemoryRestores:
    """Orders go through the same builder as in the cloud; their jobs run in the world."""

    def __init__(self, world: World, fault: Callable[[str], None]) -> None:
        self._world = world
        self._fault = fault
        self._rows = shown_restores(world)

    def secondary_points(
        self, vault: Vault, item: ProtectedItem, since: datetime, until: datetime
    ) -> list[RecoveryPoint]:
        """List the item's points that have arrived in its vault's secondary region, newest first."""
        if vault_path(item.id).id != vault.id:
            raise Permanent(f"{item.id!r} is not an item of vault {vault.id}", "Refused")
        self._fault("restores.secondary_points")
        owner, home = self._world.items.get(item.id.lower()), self._world.vaults.get(vault.id)
        if owner is None or home is None or not secondary.opened(home):
            return []
        rules = self._world.rules_of(owner)
        arrived = sorted(secondary.points_of(self._world, owner), key=lambda point: point.at, reverse=True)
        return [
            recovery_point_from(sent.point(self._world, owner, point, rules))
            for point in arrived
            if since <= point.at <= until
        ]

    def validate(self, order: RestoreOrder) -> list[Objection]:
        """Ask the world what it has against the order; of a secondary region nobody asks."""
        if order.secondary:
            refuse_secondary(order)
            return []
        asked = properties_of(validation_body(order))["restoreRequest"]
        self._fault("restores.validate")
        try:
            restore_requests.refuse(self._world, self._wish(order, asked))
        except Refused as refusal:
            return objections_from(wire_restores.validation(refusal))
        return []

    def trigger(self, order: RestoreOrder, confirmed: str = "") -> str:
        """Begin the restore and return its operation."""
        if order.secondary:
            refuse_secondary(order)
            return self._cross(order)
        asked = properties_of(restore_body(order, confirmed))
        self._fault("restores.trigger")
        with in_our_errors(f"restore of {order.item.name}"):
            operation = restores.trigger(self._world, self._wish(order, asked), CALLER)
        self._fault("restores.trigger.sent")
        return operation.id

    def _cross(self, order: RestoreOrder) -> str:
        """Have the token of the order's point made out, and redeem it in the secondary region."""
        world, what = self._world, f"restore of {order.item.name} in {order.region}"
        try:
            self._fault("restores.token")
        except Transient as failure:
            raise Transient(str(failure), failure.retry_after, refused=True) from failure
        with in_our_errors(what):
            vault, item, point = self._named(order)
            secondary.refuse_closed(vault)
            token = wire_secondary.access_token(world, vault, item, point)["properties"]
        asked = json.loads(json.dumps(secondary_body(order, token)))
        self._fault("restores.trigger")
        with in_our_errors(what):
            details, request = asked["crossRegionRestoreAccessDetails"], asked["restoreRequest"]
            operation = restores.trigger(world, secondary.redeem(world, order.region, details, request), CALLER)
        self._fault("restores.trigger.sent")
        return operation.id

    def operation(self, vault_id: str, operation_id: str, region: str = "") -> RestoreOperation:
        """Return how far an accepted order has come."""
        self._fault("restores.operation")
        found = self._world.operations.get(operation_id.lower())
        scope = f"{vault_path(vault_id).subscription}/{region}" if region else vault_id.lower()
        if found is None or found.vault_id.lower() != scope:
            raise Permanent(f"operation {operation_id} was not found", "BMSUserErrorOperationNotFound")
        return operation_from(sent.operation(found), vault_id, region)

    def jobs(self, vault: Vault, since: datetime, until: datetime, region: str = "") -> list[RestoreJob]:
        """List the vault's restores that started in [since, until] and that lists show by now."""
        self._fault("restores.jobs")
        if vault.id not in self._world.vaults:
            raise not_found(vault.id)
        if region:
            return self._jobs_away(vault, since, until, region)
        records = self._world.jobs_in(vault.id, since, until)
        return self._rows.of(one for one in records if one.operation == "Restore")

    def job(self, job_id: str, vault_id: str) -> RestoreJob:
        """Return one job with its details, also before lists show it."""
        self._fault("restores.job")
        if region := region_of(job_id):
            record = self._record(f"{vault_id}/{job_id.rpartition('/')[2]}", CROSSING)
            row = wire_secondary.job_detail(self._world, "", record)
            away = secondary_job_from(row, vault_id, region)
            if away is not None:
                return away
        found = restore_job_from(wire_jobs.job_detail(self._world, self._record(job_id)))
        if found is None:
            raise Permanent(f"job {job_id} is no restore of a VM", "NotARestore")
        return found

    def cancel(self, job_id: str) -> None:
        """Begin to cancel the job."""
        if region := region_of(job_id):
            raise Permanent(f"restores in the secondary region {region} cannot be cancelled", "Refused")
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
        vault, item, point = self._named(order)
        return restore_requests.read(vault, item, point, asked)

    def _named(self, order: RestoreOrder) -> tuple[state.Vault, state.Item, state.Point]:
        item, vault = self._world.items.get(order.item.id.lower()), item_path(order.item.id).vault.id
        if item is None or vault not in self._world.vaults:
            raise Refused(404, "BMSUserErrorItemNotFound", "The protected item was not found.")
        point = next((one for one in item.points if one.id == point_name(order)), None)
        if point is None:
            raise Refused(404, "BMSUserErrorRecoveryPointNotFound", "The recovery point was not found.")
        return self._world.vaults[vault], item, point

    def _jobs_away(self, vault: Vault, since: datetime, until: datetime, region: str) -> list[RestoreJob]:
        world = self._world
        if PAIRS.get(world.vaults[vault.id].region) != region:
            raise Permanent(f"{region} is not the secondary region of {vault.name}", "BMSUserErrorInvalidInput")
        records = [
            job
            for job in (world.jobs[job_id] for job_id in world.restores)
            if job.operation == CROSSING and job.vault_id == vault.id and job.visible_at <= world.now
        ]
        rows = [wire_secondary.job(world, "", job) for job in records if since <= job.started_at <= until]
        return [found for row in rows if (found := secondary_job_from(row, vault.id, region)) is not None]

    def _record(self, job_id: str, operation: str = "") -> state.Job:
        """Return a job of its vault's own list, or of the secondary region's."""
        found = self._world.jobs.get(job_id.rpartition("/")[2].lower())
        away = found is not None and found.operation == CROSSING
        if found is None or found.vault_id != vault_path(job_id).id or away is not (operation == CROSSING):
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

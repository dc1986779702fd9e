"""Which alerts does Azure raise by itself? One for each failed job of a vault that wants it, and of some changes."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from local.alerts.action_group import Receiver
from local.alerts.inbox import Inbox
from local.alerts.schema import job_alert, security_alert
from local.clock import iso
from local.post import Post
from local.world.cloud import Cloud
from local.world.deletion import ITEM_DELETE
from local.world.failures import CANCELLED
from local.world.state import Activity, Job, Vault
from local.world.vault_settings import GUARD_DELETE

type Json = dict[str, Any]

SILENT = {
    CANCELLED,
    "UserErrorVmNotFoundV2",
    "ResourceNotFound",
    "BCMV2VMNotFound",
    "UserErrorBackupOperationInProgress",
}
"""Errors of jobs without an alert: cancelled ones, VMs that are gone, and what met another backup of its own."""
_COSTLY = {ITEM_DELETE: "Delete Backup Data", GUARD_DELETE: "Multi-User Authorization Disabled"}
_OPERATIONS = {"Backup", "Restore", "CrossRegionRestore"}


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert and when it fires."""

    at: datetime
    body: Json


class Alerts:
    """The built-in alerts of a cloud's vaults. What may cost points is mailed to people; the rest goes to receivers."""

    def __init__(self, cloud: Cloud, post: Post, inbox: Inbox) -> None:
        self.receivers: dict[str, Receiver] = {}
        self._cloud = cloud
        self._post = post
        self._inbox = inbox
        self._raised: list[Raised] = []
        self._jobs_read = len(cloud.world.failures)
        self._changes_read = len(cloud.world.activity)
        self._soft_delete = {vault.id: vault.soft_delete for vault in cloud.world.vaults.values()}

    def receive(self, url: str) -> None:
        """Let the action group call a webhook from now on."""
        self.receivers.setdefault(url, Receiver(url, self._post))

    def collect(self) -> None:
        """Raise what is due for the jobs that failed and the changes that were made since the last time."""
        world = self._cloud.world
        for job in list(islice(world.failures, self._jobs_read, None)):
            self._of_a_job(job)
        for entry in list(islice(world.activity, self._changes_read, None)):
            self._of_a_change(entry)
        self._jobs_read, self._changes_read = len(world.failures), len(world.activity)

    def fired(self) -> Iterator[Json]:
        """Yield the alerts that have fired by now, with their instants."""
        yield from ({"at": iso(one.at), "alert": one.body} for one in self._raised if one.at <= self._cloud.now())

    def _of_a_job(self, job: Job) -> None:
        world = self._cloud.world
        vault = world.vaults.get(job.vault_id)
        if vault is None or job.ended_at is None or not _wanted(vault, job):
            return
        draw = random.Random(f"{world.seed}|alert of|{job.id}")
        fired = job.ended_at + timedelta(minutes=draw.uniform(2, 12))
        item = world.items.get(job.item_id)
        alert = job_alert(world.seed, job, item.id if item else job.item_id, vault, fired)
        self._raised.append(Raised(fired, alert))
        for receiver in self.receivers.values():
            receiver.send(fired + timedelta(seconds=draw.uniform(5, 60)), json.dumps(alert))

    def _of_a_change(self, entry: Activity) -> None:
        """Mail what was done to a vault, where it may cost points."""
        vaults = self._cloud.world.vaults.values()
        vault = next((one for one in vaults if f"{entry.resource_id}/".startswith(f"{one.id}/")), None)
        if vault is None:
            return
        before, self._soft_delete[vault.id] = self._soft_delete.get(vault.id), vault.soft_delete
        title = _COSTLY.get(entry.operation, "")
        if vault.soft_delete == "Disabled" and before != "Disabled":
            title = title or "Soft Delete Disabled"
        if title:
            alert = security_alert(vault, title, entry.resource_id, entry.at)
            self._raised.append(Raised(entry.at, alert))
            self._inbox.take("mail", alert, "", entry.at)


def _wanted(vault: Vault, job: Job) -> bool:
    settings = vault.monitoring.get("azureMonitorAlertSettings") or {}
    enabled = settings.get("alertsForAllJobFailures", "Enabled") == "Enabled"
    return enabled and job.status == "Failed" and job.operation in _OPERATIONS and job.error not in SILENT

"""What do others tell the app? Built-in alerts of failed jobs, and events of what people changed."""

import json
import random

from local.scenarios.workers import ALERTS, RESOURCE_EVENTS, Workers
from local.world.state import Activity, Job, Vault

BUILT_IN = 0.5
"""Share of the failed jobs for which Azure Monitor's built-in alert comes."""


class Outside:
    """Watches the world and sends what Azure would, through the post: it may be lost, or come often."""

    def __init__(self, workers: Workers, draw: random.Random) -> None:
        self._workers = workers
        self._draw = draw
        self._alerted = len(workers.nights.world.failures)
        self._noted = len(workers.nights.world.activity)

    def beat(self) -> None:
        """Send what happened since the last beat."""
        world, post = self._workers.nights.world, self._workers.post
        for job in world.failures[self._alerted :]:
            if self._draw.random() < BUILT_IN:
                post.send(ALERTS, _alert(world.vaults[job.vault_id], job), world.now)
        for entry in world.activity[self._noted :]:
            post.send(RESOURCE_EVENTS, _change(entry), world.now)
        self._alerted, self._noted = len(world.failures), len(world.activity)


def _alert(vault: Vault, job: Job) -> str:
    """Return the alert in the common schema, as Azure Backup fills it."""
    essentials = {"monitoringService": "Azure Backup", "monitorCondition": "Fired", "alertTargetIDs": [vault.id]}
    data = {"essentials": essentials, "alertContext": {"extendedInfo": {"jobId": job.id}}}
    return json.dumps({"schemaId": "azureMonitorCommonAlertSchema", "data": data})


def _change(entry: Activity) -> str:
    """Return the subscription's event of an entry of the activity log, in Event Grid's own schema."""
    what = "Delete" if entry.operation.lower().endswith("/delete") else "Write"
    return json.dumps(
        {
            "id": entry.id,
            "topic": f"/subscriptions/{entry.subscription}",
            "subject": entry.resource_id,
            "eventType": f"Microsoft.Resources.Resource{what}Success",
            "eventTime": entry.at.isoformat(),
            "data": {"operationName": entry.operation, "resourceUri": entry.resource_id},
        }
    )

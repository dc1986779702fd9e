"""How does a built-in alert of Azure Backup look? The common alert schema, as the service fills it for machines.

The recorded alert is of a database; where it names a kind of source, ours says what a virtual machine's jobs say.
"""

import random
from datetime import datetime
from typing import Any

from local.clock import iso
from local.world import runs
from local.world.failures import failure
from local.world.state import Job, Vault

type Json = dict[str, Any]

_TICKS_AT_THE_END = 3_155_378_975_999_999_999
""".NET's last instant: the service counts down from it, so that newer alerts come first."""


def job_alert(seed: int, job: Job, item_id: str, vault: Vault, fired: datetime) -> Json:
    """Return the alert of a failed job, whose item has the id `item_id`.

    As in Azure the error's name is no field of its own, `alertTargetIDs` are lower-case and other ids are not, and
    values of `extendedInfo` may be null.
    """
    known = failure(job.error)
    group, name = vault.resource_group, vault.name
    ticks = _TICKS_AT_THE_END - int(fired.timestamp() * 10_000_000)
    draw = random.Random(f"{seed}|alert|{job.id}")
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "region": vault.region,
                "alertId": f"/subscriptions/{vault.subscription}/providers/Microsoft.AlertsManagement/alerts/"
                f"{runs.guid(seed, 'alert', job.id)}",
                "severity": "Sev1",
                "alertRule": f"{job.operation} Failure",
                "signalType": "Log",
                "description": known.text,
                "firedDateTime": _seven_digits(iso(fired)),
                "originAlertId": f"{ticks}_0_{draw.randrange(10**4)}_{job.error.lower()}",
                "alertTargetIDs": [vault.id.lower()],
                "monitorCondition": "Fired",
                "essentialsVersion": "1.0",
                "investigationLink": f"https://portal.azure.com/#resource{vault.id}/backupJobs",
                "monitoringService": "Azure Backup",
                "configurationItems": [name],
                "targetResourceType": "microsoft.recoveryservices/vaults",
                "alertContextVersion": "1.0",
                "targetResourceGroup": group,
            },
            "alertContext": {
                "category": "Jobs",
                "sourceId": job.vm_id,
                "sourceType": "VM",
                "extendedInfo": {
                    "jobId": job.id,
                    "possibleCauses": None,
                    "occurrenceCount": 1,
                    "recommendedActions": known.advice[0] if known.advice else None,
                },
                "affectedItems": item_id,
                "sourceVersion": "Compute",
                "protectedItemId": item_id,
                "linkedResourceId": job.vm_id,
                "alertVersionNumber": "V2020_10",
                "linkedResourceName": job.vm_name,
                "formattedSourceType": "AzureVm",
                "firstLevelContainerId": job.container,
                "secondLevelContainerId": None,
            },
            "customProperties": None,
        },
    }


def security_alert(vault: Vault, title: str, resource_id: str, fired: datetime) -> Json:
    """Return the alert of something done to a vault that may cost points."""
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "severity": "Sev0",
                "alertRule": title,
                "signalType": "Log",
                "firedDateTime": _seven_digits(iso(fired)),
                "alertTargetIDs": [vault.id.lower()],
                "monitorCondition": "Fired",
                "monitoringService": "Azure Backup",
                "targetResourceType": "microsoft.recoveryservices/vaults",
            },
            "alertContext": {"category": "Security", "sourceId": resource_id, "alertVersionNumber": "V2020_10"},
            "customProperties": None,
        },
    }


def _seven_digits(text: str) -> str:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<7}Z"

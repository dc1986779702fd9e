"""How does a vault look on the wire? As GET, list, PUT and PATCH show it, and the work on one that goes on."""

from urllib.parse import quote

from local.arm.wire import TENANT
from local.world.state import Json, Operation, Vault
from local.world.vaults import MONITORING

_NEVER_CHANGED = "2026-01-04T06:35:01.5602793Z"


def vault(record: Vault) -> Json:
    """Return a vault as GET and list show it."""
    changed = record.changed_at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z") if record.changed_at else _NEVER_CHANGED
    body: Json = {
        "location": record.region,
        "name": record.name,
        "etag": f"W/\"datetime'{quote(changed)}'\"",
        "properties": {
            "provisioningState": record.provisioning,
            "privateEndpointStateForBackup": "None",
            "privateEndpointStateForSiteRecovery": "None",
            "monitoringSettings": {
                group: values | record.monitoring.get(group, {}) for group, values in MONITORING.items()
            },
            "redundancySettings": {
                "standardTierStorageRedundancy": record.redundancy,
                "crossRegionRestore": "Enabled" if record.cross_region else "Disabled",
            },
            "securitySettings": {
                "immutabilitySettings": {"state": record.immutability},
                "softDeleteSettings": {
                    "softDeleteState": record.soft_delete,
                    "softDeleteRetentionPeriodInDays": record.soft_delete_days,
                },
                "multiUserAuthorization": "Enabled" if record.guarded else "Disabled",
            },
            "secureScore": "None",
            "bcdrSecurityLevel": "Poor",
            "publicNetworkAccess": record.public_access,
            "restoreSettings": {
                "crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": record.cross_subscription}
            },
        },
        "id": record.id,
        "type": "Microsoft.RecoveryServices/vaults",
        "sku": {"name": "Standard"},
    }
    if record.identity is not None:
        body["identity"] = dict(record.identity)
        if "principalId" in record.identity:
            body["identity"]["tenantId"] = TENANT
    if record.tags:
        body["tags"] = record.tags
    return body


def patched(record: Vault, *, used: bool) -> Json:
    """Return a vault as the answer to a PATCH shows it: with more of its storage and security, as recorded."""
    body = vault(record)
    body["properties"]["backupStorageVersion"] = "V2" if used else "Unassigned"
    body["properties"]["securitySettings"]["softDeleteSettings"]["enhancedSecurityState"] = "Enabled"
    return body


def operation(address: str, name: str, record: Operation) -> Json:
    """Return the status of work on a vault."""
    return {"id": f"{address}/operationStatus/{name}", "name": name, "status": record.status}

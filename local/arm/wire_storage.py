"""How do storage accounts and resource groups look on the wire? Records to the JSON that Azure sends."""

from local.clock import iso
from local.world.resources import ResourceGroup, StorageAccount
from local.world.state import Json

_SERVICES = ("blob", "queue", "table", "file")


def account(record: StorageAccount) -> Json:
    """Return a storage account."""
    enabled = {"enabled": True, "lastEnabledTime": iso(record.created_at)}
    return {
        "sku": {"name": record.sku, "tier": record.sku.split("_")[0]},
        "kind": record.kind,
        "id": record.id,
        "name": record.name,
        "type": "Microsoft.Storage/storageAccounts",
        "location": record.region,
        "tags": record.tags,
        "properties": {
            "minimumTlsVersion": "TLS1_2",
            "allowBlobPublicAccess": False,
            "networkAcls": {
                "bypass": "AzureServices",
                "virtualNetworkRules": [],
                "ipRules": [],
                "defaultAction": record.default_action,
            },
            "supportsHttpsTrafficOnly": True,
            "encryption": {"services": {"file": enabled, "blob": enabled}, "keySource": "Microsoft.Storage"},
            "provisioningState": "Succeeded",
            "creationTime": iso(record.created_at),
            "primaryEndpoints": {
                service: f"https://{record.name}.{service}.core.windows.net/" for service in _SERVICES
            },
            "primaryLocation": record.region,
            "statusOfPrimary": "available",
        },
    }


def container(record: StorageAccount, name: str) -> Json:
    """Return one of the account's blob containers."""
    return {
        "id": f"{record.id}/blobServices/default/containers/{name}",
        "name": name,
        "type": "Microsoft.Storage/storageAccounts/blobServices/containers",
        "properties": {"publicAccess": "None", "leaseStatus": "Unlocked", "leaseState": "Available"},
    }


def group(record: ResourceGroup) -> Json:
    """Return a resource group."""
    return {
        "id": record.id,
        "name": record.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": record.region,
        "tags": record.tags,
        "properties": {"provisioningState": "Succeeded"},
    }

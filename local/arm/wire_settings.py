"""How do a vault's settings look on the wire? Storage, soft delete, encryption and Resource Guard proxies."""

from local.world.state import Json, Vault
from local.world.vault_settings import guard_of

_ITEMS = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
_VAULTS = "Microsoft.RecoveryServices/vaults"
_GUARDED = {
    f"{_ITEMS}/delete": "deleteProtectedItemRequests",
    f"{_ITEMS}/write": "updateProtectedItemRequests",
    f"{_VAULTS}/backupPolicies/write": "updateProtectionPolicyRequests",
    f"{_VAULTS}/backupResourceGuardProxies/delete": "deleteResourceGuardProxyRequests",
    f"{_VAULTS}/backupconfig/write": "disableSoftDeleteRequests",
}
_RESTORE = {f"{_ITEMS}/recoveryPoints/restore/action": "triggerRestoreRequests"}


def storage(vault: Vault, *, locked: bool) -> Json:
    """Return the vault's storage redundancy; locked, where the vault protects something."""
    return _setting(
        vault,
        "backupstorageconfig/vaultstorageconfig",
        {
            "storageModelType": vault.redundancy,
            "storageType": vault.redundancy,
            "dedupState": "Disabled",
            "xcoolState": "Disabled",
            "storageTypeState": "Locked" if locked else "Unlocked",
            "crossRegionRestoreFlag": vault.cross_region,
        },
    )


def soft_delete(vault: Vault) -> Json:
    """Return the vault's soft delete."""
    return _setting(
        vault,
        "backupconfig/vaultconfig",
        {
            "enhancedSecurityState": "Enabled",
            "softDeleteFeatureState": vault.soft_delete,
            "softDeleteRetentionPeriodInDays": vault.soft_delete_days,
            "isSoftDeleteFeatureStateEditable": vault.soft_delete != "AlwaysON",
        },
    )


def encryption(vault: Vault) -> Json:
    """Return the vault's encryption: with the platform's keys."""
    return _setting(
        vault,
        "backupEncryptionConfigs/backupResourceEncryptionConfig",
        {
            "useSystemAssignedIdentity": True,
            "encryptionAtRestType": "MicrosoftManaged",
            "lastUpdateStatus": "NotEnabled",
            "infrastructureEncryptionState": "Disabled",
        },
    )


def guard_proxy(vault: Vault) -> Json:
    """Return the proxy of a guarded vault: which Resource Guard approves what."""
    guard = guard_of(vault)
    guarded = _GUARDED | (_RESTORE if vault.restore_guarded else {})
    approved = [
        {"vaultCriticalOperation": operation, "defaultResourceRequest": f"{guard}/{requests}/default"}
        for operation, requests in guarded.items()
    ]
    return _setting(
        vault,
        "backupResourceGuardProxies/VaultProxy",
        {
            "resourceGuardResourceId": guard,
            "resourceGuardOperationDetails": approved,
            "lastUpdatedTime": "2026-01-04T06:35:01.5602793Z",
            "description": "Guards the vault.",
        },
    )


def _setting(vault: Vault, path: str, properties: Json) -> Json:
    kind, name = path.split("/")
    return {
        "id": f"{vault.id}/{path}",
        "name": name,
        "type": f"Microsoft.RecoveryServices/vaults/{kind}",
        "properties": properties,
    }

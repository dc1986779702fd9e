"""How do a vault's settings answer? Handlers of storage, soft delete, encryption and Resource Guard proxies."""

from local.arm import wire_settings
from local.arm.messages import Call, Response, Route, vault_of
from local.arm.routes_vaults import VAULT

_VAULTS = "Microsoft.RecoveryServices/vaults"


def get_storage(call: Call) -> Response:
    """Show the vault's storage redundancy."""
    return Response(200, wire_settings.storage(vault_of(call)))


def get_soft_delete(call: Call) -> Response:
    """Show the vault's soft delete."""
    return Response(200, wire_settings.soft_delete(vault_of(call)))


def get_encryption(call: Call) -> Response:
    """Show the vault's encryption."""
    return Response(200, wire_settings.encryption(vault_of(call)))


def list_guard_proxies(call: Call) -> Response:
    """List the proxy of a guarded vault; no other vault has one."""
    vault = vault_of(call)
    return Response(200, {"value": [wire_settings.guard_proxy(vault)] if vault.guarded else []})


ROUTES = (
    Route("GET", VAULT + "/backupstorageconfig/vaultstorageconfig", f"{_VAULTS}/backupstorageconfig/read", get_storage),
    Route("GET", VAULT + "/backupconfig/vaultconfig", f"{_VAULTS}/backupconfig/read", get_soft_delete),
    Route(
        "GET",
        VAULT + "/backupEncryptionConfigs/backupResourceEncryptionConfig",
        f"{_VAULTS}/backupEncryptionConfigs/read",
        get_encryption,
    ),
    Route(
        "GET",
        VAULT + "/backupResourceGuardProxies",
        f"{_VAULTS}/backupResourceGuardProxies/read",
        list_guard_proxies,
    ),
)

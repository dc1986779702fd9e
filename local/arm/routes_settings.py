"""How do a vault's settings answer? Handlers of storage, soft delete, encryption and Resource Guard proxies."""

from local.arm import wire_settings
from local.arm.messages import Call, Response, Route, vault_of
from local.arm.routes_vaults import VAULT
from local.world import vault_settings
from local.world.state import Json, Refused

_VAULTS = "Microsoft.RecoveryServices/vaults"
_STORAGE = VAULT + "/backupstorageconfig/vaultstorageconfig"
_PROXY = VAULT + "/backupResourceGuardProxies/{proxy}"
_CONFIG = VAULT + "/backupconfig/vaultconfig"


def get_storage(call: Call) -> Response:
    """Show the vault's storage redundancy."""
    vault = vault_of(call)
    return Response(200, wire_settings.storage(vault, locked=vault_settings.in_use(call.world, vault)))


def get_soft_delete(call: Call) -> Response:
    """Show the vault's soft delete."""
    return Response(200, wire_settings.soft_delete(vault_of(call)))


def put_storage(call: Call) -> Response:
    """Change the storage settings: 200 with what they are now, to a PATCH 204 without, as recorded."""
    vault = vault_of(call)
    vault_settings.set_storage(call.world, vault, _properties(call), call.request.caller)
    return Response(204) if call.request.method == "PATCH" else get_storage(call)


def put_soft_delete(call: Call) -> Response:
    """Change soft delete; the answer is what it is now."""
    vault_settings.set_soft_delete(call.world, vault_of(call), _properties(call), call.request.caller)
    return get_soft_delete(call)


def get_encryption(call: Call) -> Response:
    """Show the vault's encryption."""
    return Response(200, wire_settings.encryption(vault_of(call)))


def list_guard_proxies(call: Call) -> Response:
    """List the proxy of a guarded vault; no other vault has one."""
    vault = vault_of(call)
    return Response(200, {"value": [wire_settings.guard_proxy(vault)] if vault.guarded else []})


def get_guard_proxy(call: Call) -> Response:
    """Show the proxy of a guarded vault."""
    vault = vault_of(call)
    if not vault.guarded:
        raise Refused(404, "BMSUserErrorResourceGuardProxyNotFound", "The vault has no Resource Guard proxy.")
    return Response(200, wire_settings.guard_proxy(vault))


def put_guard_proxy(call: Call) -> Response:
    """Guard the vault; the answer is its proxy."""
    guard = str(_properties(call).get("resourceGuardResourceId") or "")
    vault_settings.set_guard(call.world, vault_of(call), guard, call.request.caller)
    return get_guard_proxy(call)


def delete_guard_proxy(call: Call) -> Response:
    """Guard the vault no more: 200 with an empty object, 204 where it was not guarded."""
    vault = vault_of(call)
    if not vault.guarded:
        return Response(204)
    vault_settings.remove_guard(call.world, vault, call.request.caller)
    return Response(200, {})


def _properties(call: Call) -> Json:
    properties = call.request.body.get("properties")
    if not isinstance(properties, dict):
        raise Refused(
            400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid: properties are missing."
        )
    return properties


ROUTES = (
    Route("GET", _STORAGE, f"{_VAULTS}/backupstorageconfig/read", get_storage),
    Route("PUT", _STORAGE, vault_settings.STORAGE_WRITE, put_storage),
    Route("PATCH", _STORAGE, vault_settings.STORAGE_WRITE, put_storage),
    Route("GET", _CONFIG, f"{_VAULTS}/backupconfig/read", get_soft_delete),
    Route("PUT", _CONFIG, vault_settings.CONFIG_WRITE, put_soft_delete),
    Route("PATCH", _CONFIG, vault_settings.CONFIG_WRITE, put_soft_delete),
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
    Route("GET", _PROXY, f"{_VAULTS}/backupResourceGuardProxies/read", get_guard_proxy),
    Route("PUT", _PROXY, vault_settings.GUARD_WRITE, put_guard_proxy),
    Route("DELETE", _PROXY, vault_settings.GUARD_DELETE, delete_guard_proxy),
)

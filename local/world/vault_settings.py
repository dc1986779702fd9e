"""What does the service do when a vault's settings change? Soft delete, redundancy, secondary region and guard."""

from local.world.refusals import counting
from local.world.state import Json, Refused, Vault
from local.world.world import World

CONFIG_WRITE = "Microsoft.RecoveryServices/vaults/backupconfig/write"
STORAGE_WRITE = "Microsoft.RecoveryServices/vaults/backupstorageconfig/write"
GUARD_WRITE = "Microsoft.RecoveryServices/vaults/backupResourceGuardProxies/write"
GUARD_DELETE = "Microsoft.RecoveryServices/vaults/backupResourceGuardProxies/delete"
_REDUNDANCIES = ("GeoRedundant", "LocallyRedundant", "ZoneRedundant")
_SOFT_DELETE = ("Enabled", "Disabled", "AlwaysON")


def set_soft_delete(world: World, vault: Vault, properties: Json, caller: str) -> None:
    """Change the vault's soft delete; other settings stay as they are. Raises Refused: see `soft_delete_after`."""
    with counting(world):
        vault.soft_delete = soft_delete_after(vault, properties.get("softDeleteFeatureState"))
    world.record(f"{vault.id}/backupconfig/vaultconfig", CONFIG_WRITE, caller)


def soft_delete_after(vault: Vault, wanted: str | None) -> str:
    """Return the vault's soft delete after a change to `wanted`; None leaves it.

    Raises Refused: an unknown state, AlwaysON taken back, or a guarded vault. The last code is ours.
    """
    if wanted is None:
        return vault.soft_delete
    if wanted not in _SOFT_DELETE:
        raise _invalid("softDeleteFeatureState must be Enabled, Disabled or AlwaysON.")
    if vault.soft_delete == "AlwaysON" and wanted != "AlwaysON":
        raise _invalid("softDeleteFeatureState AlwaysON cannot be reverted.")
    if vault.guarded and wanted == "Disabled":
        raise Refused(
            403, "UserErrorResourceGuardApprovalNeeded", "Soft delete is guarded by the vault's Resource Guard."
        )
    return wanted


def set_storage(world: World, vault: Vault, properties: Json, caller: str) -> None:
    """Change redundancy and whether the secondary region can be read. Raises Refused: see `storage_after`."""
    model = properties.get("storageModelType") or properties.get("storageType")
    flag = properties.get("crossRegionRestoreFlag")
    with counting(world):
        after = storage_after(world, vault, model, None if flag is None else bool(flag))
    vault.redundancy, vault.cross_region = after
    world.record(f"{vault.id}/backupstorageconfig/vaultstorageconfig", STORAGE_WRITE, caller)


def storage_after(world: World, vault: Vault, model: str | None, cross_region: bool | None) -> tuple[str, bool]:
    """Return redundancy and cross-region flag after a change; None leaves either.

    Raises Refused: another redundancy where something is protected, reading from a secondary region that the vault has
    not, or closing one for which something is protected.
    """
    model = model or vault.redundancy
    cross_region = vault.cross_region if cross_region is None else cross_region
    used = in_use(world, vault)
    if model not in _REDUNDANCIES:
        raise _invalid(f"storageModelType must be one of {', '.join(_REDUNDANCIES)}.")
    if model != vault.redundancy and used:
        raise _invalid("storageModelType is locked since the vault has backup items.")
    if cross_region and model != "GeoRedundant":
        raise _invalid("crossRegionRestoreFlag needs a GeoRedundant vault.")
    if vault.cross_region and not cross_region and used:
        raise _invalid("crossRegionRestoreFlag cannot be reverted.")
    return model, cross_region


def in_use(world: World, vault: Vault) -> bool:
    """Whether the vault protects anything, or still keeps what it did."""
    return bool(world.items_in(vault.id))


def set_guard(world: World, vault: Vault, guard_id: str, caller: str) -> None:
    """Let a Resource Guard approve what takes backups away, and restores; Refused where `guard_id` names none."""
    with counting(world):
        if "/providers/microsoft.dataprotection/resourceguards/" not in guard_id.lower():
            raise _invalid("resourceGuardResourceId names no Resource Guard.")
    vault.guarded, vault.restore_guarded, vault.guard_id = True, True, guard_id
    world.record(f"{vault.id}/backupResourceGuardProxies/VaultProxy", GUARD_WRITE, caller)


def remove_guard(world: World, vault: Vault, caller: str) -> None:
    """Let nobody approve any more: whoever may delete the proxy has the guard's consent already."""
    vault.guarded, vault.restore_guarded, vault.guard_id = False, False, ""
    world.record(f"{vault.id}/backupResourceGuardProxies/VaultProxy", GUARD_DELETE, caller)


def guard_of(vault: Vault) -> str:
    """Return the id of the Resource Guard that approves what the vault's operators may not do alone."""
    group = f"/subscriptions/{vault.subscription}/resourcegroups/{vault.resource_group}"
    return vault.guard_id or f"{group}/providers/Microsoft.DataProtection/resourceGuards/guard"


def _invalid(what: str) -> Refused:
    return Refused(400, "BMSUserErrorInvalidInput", f"Input provided for the call is invalid: {what}")

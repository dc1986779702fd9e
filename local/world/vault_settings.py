"""What does the service do when a vault's settings change? Soft delete and reading from the secondary region."""

from local.world.refusals import counting
from local.world.state import Json, Refused, Vault
from local.world.world import World

CONFIG_WRITE = "Microsoft.RecoveryServices/vaults/backupconfig/write"
STORAGE_WRITE = "Microsoft.RecoveryServices/vaults/backupstorageconfig/write"
_SOFT_DELETE = ("Enabled", "Disabled", "AlwaysON")


def set_soft_delete(world: World, vault: Vault, properties: Json, caller: str) -> None:
    """Change the vault's soft delete; other settings stay as they are.

    Raises Refused: an unknown state, AlwaysON taken back, or a guarded vault. The last code is ours.
    """
    wanted = properties.get("softDeleteFeatureState", vault.soft_delete)
    with counting(world):
        if wanted not in _SOFT_DELETE:
            raise _invalid("softDeleteFeatureState must be Enabled, Disabled or AlwaysON.")
        if vault.soft_delete == "AlwaysON" and wanted != "AlwaysON":
            raise _invalid("softDeleteFeatureState AlwaysON cannot be reverted.")
        if vault.guarded and wanted == "Disabled":
            raise Refused(
                403, "UserErrorResourceGuardApprovalNeeded", "Soft delete is guarded by the vault's Resource Guard."
            )
    vault.soft_delete = str(wanted)
    world.record(f"{vault.id}/backupconfig/vaultconfig", CONFIG_WRITE, caller)


def set_storage(world: World, vault: Vault, properties: Json, caller: str) -> None:
    """Change whether the secondary region can be read; the redundancy of a vault in use is locked.

    Raises Refused: another redundancy, or reading from a secondary region that the vault has not.
    """
    model = properties.get("storageModelType") or properties.get("storageType") or vault.redundancy
    cross_region = bool(properties.get("crossRegionRestoreFlag", vault.cross_region))
    with counting(world):
        if model != vault.redundancy:
            raise _invalid("storageModelType is locked since the vault has backup items.")
        if cross_region and vault.redundancy != "GeoRedundant":
            raise _invalid("crossRegionRestoreFlag needs a GeoRedundant vault.")
        if vault.cross_region and not cross_region:
            raise _invalid("crossRegionRestoreFlag cannot be reverted.")
    vault.cross_region = cross_region
    world.record(f"{vault.id}/backupstorageconfig/vaultstorageconfig", STORAGE_WRITE, caller)


def guard_of(vault: Vault) -> str:
    """Return the id of the Resource Guard that approves what the vault's operators may not do alone."""
    group = f"/subscriptions/{vault.subscription}/resourcegroups/{vault.resource_group}"
    return vault.guard_id or f"{group}/providers/Microsoft.DataProtection/resourceGuards/guard"


def _invalid(what: str) -> Refused:
    return Refused(400, "BMSUserErrorInvalidInput", f"Input provided for the call is invalid: {what}")

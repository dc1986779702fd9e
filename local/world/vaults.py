"""What does the service do with whole vaults? They are made, changed and deleted, within what backups allow."""

import random
import re
from datetime import timedelta
from typing import Any

from local.world import documents, groups, runs, vault_settings
from local.world.accepted import accept
from local.world.history import put as put_policy
from local.world.refusals import counting
from local.world.state import Json, Operation, Refused, Vault
from local.world.world import World

WRITE = "Microsoft.RecoveryServices/vaults/write"
DELETE = "Microsoft.RecoveryServices/vaults/delete"
MONITORING: dict[str, dict[str, str]] = {
    "azureMonitorAlertSettings": {
        "alertsForAllJobFailures": "Enabled",
        "alertsForAllReplicationIssues": "Enabled",
        "alertsForAllFailoverIssues": "Enabled",
    },
    "classicAlertSettings": {
        "alertsForCriticalOperations": "Enabled",
        "emailNotificationsForSiteRecovery": "Enabled",
    },
}
"""The alerts that every vault has."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,49}")
_IDENTITIES = {
    name.lower().replace(" ", ""): name
    for name in ("None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned")
}
_IMMUTABILITY = ("Disabled", "Unlocked", "Locked")
_SOFT_DELETE_DAYS = range(14, 181)


def create(world: World, vault_id: str, body: Json, caller: str) -> tuple[Vault, Operation]:
    """Make a vault with its usual policies; it is being provisioned until the operation ends.

    Raises Refused: a name that is no name, no region, or no such resource group.
    """
    _, _, subscription, _, group, *_, name = vault_id.split("/")
    region = str(body.get("location") or "").replace(" ", "").lower()
    with counting(world):
        if not _NAME.fullmatch(name):
            raise Refused(400, "InvalidResourceName", f"The vault name '{name}' is not valid.")
        if not region:
            raise Refused(400, "LocationRequired", "The location property is required for this definition.")
        groups.require(world, subscription, group)
        vault = Vault(vault_id, name, subscription, group, region, provisioning="Provisioning")
        _apply(world, vault, body)
    world.vaults[vault.id.lower()] = vault
    put_policy(world, vault, "DefaultPolicy", documents.daily("03:00", daily=30))
    put_policy(world, vault, "EnhancedPolicy", documents.hourly("08:00", instant=2, daily=30))
    put_policy(world, vault, "HourlyLogBackup", documents.workload("03:00"))
    takes = _takes(world, vault)
    world.after(takes, "then", _provisioned, vault.id.lower())
    world.record(vault.id, WRITE, caller)
    return vault, accept(world, vault.id, takes, resource_id=vault.id)


def change(world: World, vault: Vault, body: Json, caller: str) -> Operation | None:
    """Change what `body` names of a vault, all of it or nothing; an identity takes a while to be given (operation).

    Raises Refused: another region, an unknown value, immutability that is locked, and what `vault_settings` refuses.
    """
    with counting(world):
        region = str(body.get("location") or vault.region).replace(" ", "").lower()
        if region != vault.region:
            raise Refused(
                409,
                "InvalidResourceLocation",
                f"The resource '{vault.name}' already exists in location '{vault.region}'.",
            )
        _apply(world, vault, body)
    world.record(vault.id, WRITE, caller)
    given = vault.identity is not None and vault.identity["type"] != "None"
    return accept(world, vault.id, _takes(world, vault), resource_id=vault.id) if "identity" in body and given else None


def delete(world: World, vault: Vault, caller: str) -> Operation:
    """Delete an empty vault, with its policies; Refused while it has items, soft-deleted ones too."""
    with counting(world):
        items = world.items_in(vault.id)
        if any(item.deleted_at is not None for item in items):
            raise Refused(
                400,
                "ServiceResourceNotEmptyWithBackendMessage",
                "Recovery Services vault cannot be deleted as there are backup items in soft deleted state in it.",
            )
        if items:
            raise Refused(
                400,
                "ServiceResourceNotEmptyWithContainerDetails",
                "Recovery Services vault cannot be deleted as there are existing resources within the vault.",
            )
    takes = _takes(world, vault)
    world.after(takes, "then", _gone, vault.id.lower())
    world.record(vault.id, DELETE, caller)
    return accept(world, vault.id, takes)


def _apply(world: World, vault: Vault, body: Json) -> None:
    """Check the whole body, then change the vault."""
    properties = body.get("properties") or {}
    security, redundancy = properties.get("securitySettings") or {}, properties.get("redundancySettings") or {}
    softly = security.get("softDeleteSettings") or {}
    identity = _identity(world, vault, body["identity"]) if body.get("identity") else vault.identity
    immutability = _immutability(vault, properties)
    days = int(softly.get("softDeleteRetentionPeriodInDays") or vault.soft_delete_days)
    if days not in _SOFT_DELETE_DAYS:
        raise _invalid("softDeleteRetentionPeriodInDays is 14 to 180.")
    soft_delete = vault_settings.soft_delete_after(vault, softly.get("softDeleteState"))
    model, cross_region = vault_settings.storage_after(
        world, vault, redundancy.get("standardTierStorageRedundancy"), _flag(redundancy.get("crossRegionRestore"))
    )
    restoring = (properties.get("restoreSettings") or {}).get("crossSubscriptionRestoreSettings") or {}
    vault.identity, vault.immutability, vault.soft_delete_days = identity, immutability, days
    vault.soft_delete, vault.redundancy, vault.cross_region = soft_delete, model, cross_region
    vault.monitoring = vault.monitoring | (properties.get("monitoringSettings") or {})
    vault.public_access = str(properties.get("publicNetworkAccess") or vault.public_access)
    vault.cross_subscription = str(restoring.get("crossSubscriptionRestoreState") or vault.cross_subscription)
    if "tags" in body:
        vault.tags = {str(key): str(value) for key, value in (body["tags"] or {}).items()}
    vault.changed_at = world.now


def _identity(world: World, vault: Vault, wanted: dict[str, Any]) -> Json:
    """Return the vault's identity after a change: of the user's own, those that are not named stay, nulls go."""
    kind = _IDENTITIES.get(str(wanted.get("type") or "").lower().replace(" ", ""))
    if kind is None:
        raise _invalid(f"identity.type must be one of {', '.join(_IDENTITIES.values())}.")
    made: Json = {"type": kind}
    if kind.startswith("System"):
        made["principalId"] = runs.guid(world.seed, "identity", vault.id.lower())
    if kind.endswith("UserAssigned"):
        asked = wanted.get("userAssignedIdentities") or {}
        kept = dict((vault.identity or {}).get("userAssignedIdentities") or {}) | asked
        made["userAssignedIdentities"] = {
            name: {part: runs.guid(world.seed, part, name.lower()) for part in ("clientId", "principalId")}
            for name, given in kept.items()
            if given is not None
        }
    return made


def _immutability(vault: Vault, properties: Json) -> str:
    settings = (properties.get("securitySettings") or {}).get("immutabilitySettings") or {}
    wanted = str(settings.get("state") or vault.immutability)
    if wanted not in _IMMUTABILITY:
        raise _invalid(f"immutabilitySettings.state must be one of {', '.join(_IMMUTABILITY)}.")
    less = _IMMUTABILITY.index(wanted) < _IMMUTABILITY.index(vault.immutability)
    if less and vault.immutability == "Locked":
        raise _invalid("immutabilitySettings.state Locked cannot be reverted.")
    approval = f"{vault_settings.guard_of(vault)}/reduceImmutabilityStateRequests/default".lower()
    approvals = [str(one).lower() for one in properties.get("resourceGuardOperationRequests") or ()]
    if less and vault.guarded and approval not in approvals:
        raise Refused(
            403, "UserErrorResourceGuardApprovalNeeded", "Less immutability is guarded by the vault's Resource Guard."
        )
    return wanted


def _flag(state: str | None) -> bool | None:
    if state not in {None, "Enabled", "Disabled"}:
        raise _invalid("crossRegionRestore must be Enabled or Disabled.")
    return None if state is None else state == "Enabled"


def _takes(world: World, vault: Vault) -> timedelta:
    draw = random.Random(f"{world.seed}|vault|{vault.id.lower()}|{len(world.operations)}")
    return timedelta(seconds=draw.uniform(5, 40))


def _provisioned(world: World, vault_id: str) -> None:
    if vault_id in world.vaults:
        world.vaults[vault_id].provisioning = "Succeeded"


def _gone(world: World, vault_id: str) -> None:
    if world.items_in(vault_id):
        return
    world.vaults.pop(vault_id, None)
    for policy in world.policies_in(vault_id):
        del world.policies[policy.id.lower()]


def _invalid(what: str) -> Refused:
    return Refused(400, "BMSUserErrorInvalidInput", f"Input provided for the call is invalid: {what}")

"""What does the service do when asked to delete? Policies without members, and items with their points."""

from datetime import timedelta

from local.world.refusals import counting, refuse_conflict, refuse_deleted
from local.world.state import Item, Operation, Policy, Refused, Vault
from local.world.world import World
from local.world.writes import Membership, Work, begin

POLICY_DELETE = "Microsoft.RecoveryServices/vaults/backupPolicies/delete"
ITEM_DELETE = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/delete"


def delete_policy(world: World, policy: Policy, caller: str) -> None:
    """Delete a policy at once; Refused while items use it."""
    with counting(world):
        if world.members_in(policy.vault_id)[policy.id]:
            raise Refused(400, "BMSUserErrorPolicyObjectInUse", "The policy cannot be deleted while items use it.")
    del world.policies[policy.id.lower()]
    world.record(policy.id, POLICY_DELETE, caller)


def delete_item(world: World, vault: Vault, item: Item, caller: str) -> Operation:
    """Stop protection and delete the points: weeks later where the vault deletes softly, else with the job's end.

    Raises Refused: a soft-deleted item, an immutable vault, a guarded one. The last two codes are ours: no recording
    shows the service's.
    """
    with counting(world):
        refuse_conflict(world, item.id)
        refuse_deleted(item)
        _refuse_sealed(vault, item)

    def change() -> None:
        world.counters.protection_stopped += item.state != "ProtectionStopped"
        item.state, item.policy_id = "ProtectionStopped", ""
        world.reschedule(item)
        if vault.soft_delete == "Disabled":
            world.items.pop(item.id.lower(), None)
            return
        item.deleted_at = world.now
        world.after(timedelta(days=vault.soft_delete_days), "purged", item.id.lower(), world.now)

    count = {"Number of Recovery Points": str(len(item.points))}
    write = Membership(vault, item.id, {}, caller)
    return begin(world, write, Work("DeleteBackupData", item.vm_id, count, ITEM_DELETE), change)


def _refuse_sealed(vault: Vault, item: Item) -> None:
    if vault.immutability in {"Locked", "Unlocked"} and item.points:
        raise Refused(
            400, "BMSUserErrorImmutableVaultDelete", "Recovery points cannot be deleted since the vault is immutable."
        )
    if vault.guarded:
        raise Refused(
            403,
            "UserErrorResourceGuardApprovalNeeded",
            "Deleting backup data is guarded by the vault's Resource Guard.",
        )

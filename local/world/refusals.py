"""When does the service refuse? Quotas, conflicts and sealed vaults, and the count of what was refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from local.world.state import Item, Refused, Vault
from local.world.world import World

_DAY = timedelta(hours=24)
_DOS = (
    "Operation is blocked as you have reached the limit on number of operations permitted in 24 hours.\r\n"
    "Contact Microsoft support or retry after 24 hours."
)


@contextmanager
def counting(world: World) -> Iterator[None]:
    """Count the refusals that pass through."""
    try:
        yield
    except Refused:
        world.counters.refused += 1
        raise


def refuse_conflict(world: World, item_id: str) -> None:
    """Refuse (409) a second write on an item while the first is under way."""
    if any(operation.status == "InProgress" for operation in world.operations.at("item", item_id.lower())):
        raise Refused(
            409,
            "BMSUserErrorConflictingProtectionOperation",
            "Another operation is in progress on the item; wait for it to end and try again.",
        )


def refuse_deleted(item: Item) -> None:
    """Refuse what a soft-deleted item does not allow: everything but its undelete."""
    if item.deleted_at is not None:
        raise Refused(
            400,
            "BMSUserErrorDataSourceInDeferredDeleteState",
            "This operation on a soft deleted backup item is not allowed\r\n"
            "Undelete the soft deleted backup item and try again.",
        )


def refuse_less(vault: Vault, less: list[str]) -> None:
    """Refuse to keep less in an immutable or guarded vault; `less` names the shortened fields.

    Instant-restore days are not retention in the vault. The code names are ours: no recording shows the service's.
    """
    less = [name for name in less if name != "instant"]
    if not less:
        return
    if vault.immutability in {"Locked", "Unlocked"}:
        raise Refused(
            400,
            "BMSUserErrorImmutableVaultRetentionReduction",
            f"Reduction in retention is not allowed since the vault is immutable ({', '.join(less)}).",
        )
    if vault.guarded:
        raise Refused(
            403, "UserErrorResourceGuardApprovalNeeded", "Reduced retention is guarded by the vault's Resource Guard."
        )


def spend(world: World, quota: str, subject: str, limit: int) -> None:
    """Take one from the subject's quota of the last 24 hours, or refuse as the service does (400, not 429)."""
    taken = world.spent.setdefault((quota, subject.lower()), [])
    taken[:] = [at for at in taken if at > world.now - _DAY]
    if len(taken) >= limit:
        raise Refused(400, "CloudDosAbsoluteLimitReached", _DOS)
    taken.append(world.now)

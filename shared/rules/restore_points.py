"""Which recovery point is restored? The newest that the request's rule and mode allow, or why there is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.model.azure import RecoveryPoint
from shared.model.restore_tasks import PointRule, PointWish
from shared.model.restores import TIER_TYPES, Mode, PointTier, Side

AT_HAND = {PointTier.SNAPSHOT: {"Valid"}, PointTier.VAULT: {"Valid"}, PointTier.ARCHIVE: {"Valid", "Rehydrated"}}
"""Statuses with which a tier holds a point; a rehydrated one is in the vault too, for a while."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The point, None where there is none, and why. `field` is the request's field that is to blame."""

    point: RecoveryPoint | None
    reason: str
    field: str = "point"


def tiers_of(point: RecoveryPoint) -> frozenset[PointTier]:
    """Return the tiers that hold the point now."""
    return frozenset(
        tier
        for tier, types in TIER_TYPES.items()
        if any(kind in types and status in AT_HAND[tier] for kind, status in point.tiers)
    )


def from_snapshot(point: RecoveryPoint, side: Side) -> bool:
    """Return whether a restore of the point copies nothing from the vault, and so takes minutes."""
    return side is Side.PRIMARY and PointTier.SNAPSHOT in tiers_of(point)


def only_archived(point: RecoveryPoint) -> bool:
    """Return whether the point must be rehydrated first."""
    return tiers_of(point) == {PointTier.ARCHIVE}


def choose(wish: PointWish, points: Sequence[RecoveryPoint], mode: Mode, side: Side) -> Chosen:
    """Return the point of the wish among an item's points, in any order, with the reason.

    A point that is archived alone is taken only where it is asked for by name or by tier: to rehydrate it takes hours,
    and costs.
    """
    if not points:
        return Chosen(None, "the item has no recovery point")
    newest = sorted(points, key=lambda point: (point.at, point.id), reverse=True)
    for asks, says, field in _conditions(wish, mode, side):
        kept = [point for point in newest if asks(point)]
        if not kept:
            return Chosen(None, f"{says}; the newest of {len(points)} is of {newest[0].at:%Y-%m-%d %H:%MZ}", field)
        newest = kept
    return Chosen(newest[0], _why(wish, newest[0]))


type _Condition = tuple[Callable[[RecoveryPoint], bool], str, str]


def _conditions(wish: PointWish, mode: Mode, side: Side) -> list[_Condition]:
    """Return what a point must be, what is said where none is, and the field that asks for it, one after the other."""
    before, name, tier = wish.before, wish.id.lower(), wish.tier
    found: list[_Condition] = []
    if wish.rule is PointRule.BEFORE and before is not None:
        found.append(
            (lambda one: one.at < before, f"no point was taken before {before:%Y-%m-%d %H:%MZ}", "point.before")
        )
    if wish.rule is PointRule.ID:
        found.append((lambda one: one.id.rpartition("/")[2].lower() == name, f"no point is called {name}", "point.id"))
    if wish.rule is PointRule.TIER and tier is not None:
        found.append((lambda one: tier in tiers_of(one), f"no point is in the {tier} tier", "point.tier"))
    found.append((lambda one: bool(tiers_of(one)), "no such point is held by any tier now", "point"))
    if wish.rule not in {PointRule.ID, PointRule.TIER}:
        text = "all such points are archived: ask for one by id, or by the archive tier"
        found.append((lambda one: not only_archived(one), text, "point"))
    if mode is Mode.REPLACE:
        text = "no such point has been moved to the vault, which replacing disks needs"
        found.append((lambda one: PointTier.VAULT in tiers_of(one), text, "mode"))
    if side is Side.SECONDARY:
        text = "no such point is in the vault, and the secondary region holds no other"
        found.append((lambda one: PointTier.VAULT in tiers_of(one), text, "region"))
    return found


def _why(wish: PointWish, point: RecoveryPoint) -> str:
    held = " and ".join(sorted(tiers_of(point)))
    of = f"of {point.at:%Y-%m-%d %H:%MZ}, held as {held}"
    match wish.rule:
        case PointRule.BEFORE if wish.before is not None:
            return f"the newest before {wish.before:%Y-%m-%d %H:%MZ}: {of}"
        case PointRule.ID:
            return f"the one that was named: {of}"
        case PointRule.TIER:
            return f"the newest in the {wish.tier} tier: {of}"
    return f"the newest: {of}"

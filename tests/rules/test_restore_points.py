"""Is the newest point restored that the request allows, and is a wish that no point grants told with its field?"""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.restore_tasks import PointRule, PointWish
from shared.model.restores import Mode, PointTier, Side
from shared.rules.restore_points import choose, from_snapshot, only_archived, tiers_of
from tests.rules.restoring import NOW, point

SNAPSHOT, VAULT, ARCHIVE = ("InstantRP", "Valid"), ("HardenedRP", "Valid"), ("ArchivedRP", "Valid")
POINTS = [
    point("p0", 0.1, (SNAPSHOT,)),
    point("p1", 1, (SNAPSHOT, VAULT)),
    point("p5", 5, (("InstantRP", "Deleted"), VAULT)),
    point("p90", 90, (ARCHIVE,)),
    point("gone", 95, (("HardenedRP", "Deleted"),)),
]
DAY = timedelta(days=1)
ANY = st.builds(
    point,
    st.uuids().map(str),
    st.floats(0, 400),
    st.lists(st.sampled_from([SNAPSHOT, VAULT, ARCHIVE, ("HardenedRP", "Deleted")]), max_size=3).map(tuple),
)


def chosen(wish: PointWish, mode: Mode = Mode.DISKS, side: Side = Side.PRIMARY):
    return choose(wish, POINTS, mode, side)


def name(found) -> str:
    return found.point.id.rpartition("/")[2] if found.point else found.field


@pytest.mark.parametrize(
    ("wish", "mode", "side", "expected"),
    [
        (PointWish(), Mode.DISKS, Side.PRIMARY, "p0"),
        (PointWish(), Mode.REPLACE, Side.PRIMARY, "p1"),
        (PointWish(), Mode.DISKS, Side.SECONDARY, "p1"),
        (PointWish(PointRule.BEFORE, before=NOW - 2 * DAY), Mode.DISKS, Side.PRIMARY, "p5"),
        (PointWish(PointRule.BEFORE, before=NOW - DAY), Mode.DISKS, Side.PRIMARY, "p5"),
        (PointWish(PointRule.BEFORE, before=NOW - 6 * DAY), Mode.DISKS, Side.PRIMARY, "point"),
        (PointWish(PointRule.BEFORE, before=NOW - 99 * DAY), Mode.DISKS, Side.PRIMARY, "point.before"),
        (PointWish(PointRule.ID, id="P5"), Mode.DISKS, Side.PRIMARY, "p5"),
        (PointWish(PointRule.ID, id="p90"), Mode.DISKS, Side.PRIMARY, "p90"),
        (PointWish(PointRule.ID, id="p7"), Mode.DISKS, Side.PRIMARY, "point.id"),
        (PointWish(PointRule.ID, id="gone"), Mode.DISKS, Side.PRIMARY, "point"),
        (PointWish(PointRule.ID, id="p0"), Mode.REPLACE, Side.PRIMARY, "mode"),
        (PointWish(PointRule.ID, id="p0"), Mode.NEW_VM, Side.SECONDARY, "region"),
        (PointWish(PointRule.TIER, tier=PointTier.VAULT), Mode.DISKS, Side.PRIMARY, "p1"),
        (PointWish(PointRule.TIER, tier=PointTier.ARCHIVE), Mode.DISKS, Side.PRIMARY, "p90"),
        (PointWish(PointRule.TIER, tier=PointTier.ARCHIVE), Mode.REPLACE, Side.PRIMARY, "mode"),
    ],
)
def test_each_wish_names_its_point_or_the_field_that_asks_too_much(wish, mode, side, expected: str) -> None:
    found = chosen(wish, mode, side)
    assert name(found) == expected
    assert found.reason


def test_the_reason_says_which_point_and_why() -> None:
    assert chosen(PointWish()).reason == "the newest: of 2026-03-02 06:36Z, held as snapshot"
    assert chosen(PointWish(PointRule.TIER, tier=PointTier.VAULT)).reason == (
        "the newest in the vault tier: of 2026-03-01 09:00Z, held as snapshot and vault"
    )
    refused = chosen(PointWish(PointRule.ID, id="p7"))
    assert refused.reason == "no point is called p7; the newest of 5 is of 2026-03-02 06:36Z"


def test_disks_are_replaced_from_a_point_that_is_in_the_vault() -> None:
    assert name(chosen(PointWish(), Mode.REPLACE)) == "p1"
    assert name(choose(PointWish(), POINTS[:1], Mode.REPLACE, Side.PRIMARY)) == "mode"


def test_an_item_without_points_is_told() -> None:
    found = choose(PointWish(), [], Mode.DISKS, Side.PRIMARY)
    assert (found.point, found.reason) == (None, "the item has no recovery point")


@settings(max_examples=60)
@given(st.lists(ANY, max_size=8), st.sampled_from(Mode), st.sampled_from(Side), st.floats(0, 400))
def test_no_allowed_point_is_newer_than_the_chosen_one(points, mode, side, days) -> None:
    wish = PointWish(PointRule.BEFORE, before=NOW - days * DAY)
    found = choose(wish, points, mode, side)
    needs_vault = mode is Mode.REPLACE or side is Side.SECONDARY
    allowed = [
        one
        for one in points
        if one.at < NOW - days * DAY
        and tiers_of(one) - {PointTier.ARCHIVE}
        and (not needs_vault or PointTier.VAULT in tiers_of(one))
    ]
    assert (found.point is not None) == bool(allowed)
    assert found.point is None or found.point.at == max(one.at for one in allowed)


def test_only_a_snapshot_in_the_own_region_is_quick_and_only_the_archive_is_slow() -> None:
    assert from_snapshot(POINTS[0], Side.PRIMARY)
    assert not from_snapshot(POINTS[0], Side.SECONDARY)
    assert not from_snapshot(POINTS[2], Side.PRIMARY)
    assert [only_archived(one) for one in POINTS] == [False, False, False, True, False]
    assert tiers_of(point("x", 1, (("IASnapshotRP", "Valid"), ("ArchivedRP", "Rehydrated")))) == {
        PointTier.SNAPSHOT,
        PointTier.ARCHIVE,
    }

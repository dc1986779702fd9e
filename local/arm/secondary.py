"""Is it the secondary region that is asked? The same paths, told apart by their api-version, and what they show."""

from local.arm import wire
from local.arm.messages import Call, Response, error
from local.clock import iso
from local.world import secondary
from local.world.state import Item, Json, Point, Vault

VERSIONS = ("2018-12-20", "2021-11-15", "2023-01-15")
"""The api-versions of the secondary region."""
_NOT_THERE = (
    "Could not perform the operation as VM no longer exists.\r\nStop protecting virtual machine without deleting "
    "backup data. More details at http://go.microsoft.com/fwlink/?LinkId=808124 "
)
"""The service's own words for a vault whose secondary region shows nothing."""


def asked(call: Call) -> bool:
    """Return whether the call is for the secondary region."""
    return call.request.query.get("api-version") in VERSIONS


def closed(call: Call, vault: Vault) -> Response | None:
    """Return the 404 of a secondary region that cannot be read; None where the call may go on."""
    if not asked(call) or secondary.opened(vault):
        return None
    return error(404, "ResourceNotFound", _NOT_THERE, full=True)


def items(call: Call, vault: Vault) -> list[Item]:
    """Return the vault's items in the region that is asked."""
    return secondary.items_in(call.world, vault) if asked(call) else call.world.items_in(vault.id)


def item(call: Call, record: Item) -> Json:
    """Return an item as the region shows it that is asked."""
    row = wire.item(call.world, record)
    if asked(call):
        newest = max(point.at for point in secondary.points_of(call.world, record))
        row["properties"]["lastRecoveryPoint"] = iso(newest)
    return row


def points(call: Call, record: Item) -> list[Point]:
    """Return the item's points in the region that is asked."""
    return secondary.points_of(call.world, record) if asked(call) else record.points

"""How do protected items answer? Handlers of memberships, on-demand backups and recovery points."""

from datetime import timedelta

from local.arm import filters, secondary, wire
from local.arm.messages import Call, Response, Route, item_id_of, page_of, vault_of
from local.arm.operations import BELOW_VAULT, accepted, operation_result, operation_status
from local.arm.routes_vaults import VAULT
from local.world import deletion, on_demand, writes
from local.world.state import Item, Point, Refused

_CONTAINER = VAULT + "/backupFabrics/{fabric}/protectionContainers/{container}"
ITEM = _CONTAINER + "/protectedItems/{item}"
POINT = ITEM + "/recoveryPoints/{point}"
_VAULTS = "Microsoft.RecoveryServices/vaults"
_ITEMS = f"{_VAULTS}/backupFabrics/protectionContainers/protectedItems"
_RECENT = timedelta(days=30)


def list_items(call: Call) -> Response:
    """List the vault's items, soft-deleted ones included."""
    vault, found = vault_of(call), filters.terms(call.request.query)
    if (closed := secondary.closed(call, vault)) is not None:
        return closed
    items = secondary.items(call, vault)
    for key, read in wire.ITEM_FILTERS.items():
        if key in found:
            wanted = found[key].lower()
            items = [item for item in items if read(call.world, item).lower() == wanted]
    return page_of(call.request, items, call.cloud.pages.items, lambda item: secondary.item(call, item))


def get_item(call: Call) -> Response:
    """Show one item."""
    return Response(200, wire.item(call.world, item_of(call)))


def put_item(call: Call) -> Response:
    """Accept a membership write: 202 with an empty body; the change is visible when its job ends."""
    vault = vault_of(call)
    properties = call.request.body.get("properties")
    if not isinstance(properties, dict):
        raise Refused(
            400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid: properties are missing."
        )
    operation = writes.put_item(call.world, vault, item_id_of(call), properties, call.request.caller)
    return accepted(call, item_id_of(call), operation)


def delete_item(call: Call) -> Response:
    """Accept a deletion: 202 with an empty body, followed below the vault."""
    vault = vault_of(call)
    operation = deletion.delete_item(call.world, vault, item_of(call), call.request.caller)
    return accepted(call, vault.id, operation, BELOW_VAULT)


def trigger_backup(call: Call) -> Response:
    """Accept an on-demand backup: 202 with an empty body."""
    vault = vault_of(call)
    expires = (call.request.body.get("properties") or {}).get("recoveryPointExpiryTimeInUTC")
    operation = on_demand.trigger_backup(call.world, vault, item_id_of(call), expires, call.request.caller)
    return accepted(call, item_id_of(call), operation)


def list_points(call: Call) -> Response:
    """List an item's points, newest first; without dates only those of the last 30 days."""
    item, found = item_of(call), filters.terms(call.request.query)
    if (closed := secondary.closed(call, vault_of(call))) is not None:
        return closed
    since = filters.date(found, "startDate") or call.world.now - _RECENT
    until = filters.date(found, "endDate") or call.world.now
    rules = call.world.rules_of(item)
    newest_first = sorted(secondary.points(call, item), key=lambda point: point.at, reverse=True)
    points = [point for point in newest_first if since <= point.at <= until]
    return page_of(
        call.request, points, call.cloud.pages.points, lambda point: wire.point(call.world, item, point, rules)
    )


def get_point(call: Call) -> Response:
    """Show one recovery point."""
    item = item_of(call)
    return Response(200, wire.point(call.world, item, point_of(call, item), call.world.rules_of(item)))


def item_of(call: Call) -> Item:
    """Return the item that the path names, or raise Refused (404)."""
    item = call.world.items.get(item_id_of(call).lower())
    if item is None:
        raise Refused(404, "BMSUserErrorItemNotFound", f"The protected item '{call.params['item']}' was not found.")
    return item


def point_of(call: Call, item: Item) -> Point:
    """Return the item's recovery point that the path names, or raise Refused (404)."""
    for point in secondary.points(call, item):
        if point.id == call.params["point"]:
            return point
    raise Refused(404, "BMSUserErrorRecoveryPointNotFound", "The recovery point was not found.")


ROUTES = (
    Route("GET", VAULT + "/backupProtectedItems", f"{_VAULTS}/backupProtectedItems/read", list_items),
    Route("GET", VAULT + "/backupOperations/{operation}", f"{_VAULTS}/backupOperations/read", operation_status),
    Route(
        "GET", VAULT + "/backupOperationResults/{operation}", f"{_VAULTS}/backupOperationResults/read", operation_result
    ),
    Route("GET", ITEM, f"{_ITEMS}/read", get_item),
    Route("DELETE", ITEM, deletion.ITEM_DELETE, delete_item),
    Route("PUT", ITEM, f"{_ITEMS}/write", put_item),
    Route("POST", ITEM + "/backup", f"{_ITEMS}/backup/action", trigger_backup),
    Route("GET", ITEM + "/operationsStatus/{operation}", f"{_ITEMS}/operationsStatus/read", operation_status),
    Route("GET", ITEM + "/operationResults/{operation}", f"{_ITEMS}/operationResults/read", operation_result),
    Route("GET", ITEM + "/recoveryPoints", f"{_ITEMS}/recoveryPoints/read", list_points),
    Route("GET", POINT, f"{_ITEMS}/recoveryPoints/read", get_point),
)

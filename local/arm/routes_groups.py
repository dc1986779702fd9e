"""How do resource groups answer? Handlers of Microsoft.Resources: list, show, ask whether one exists, make."""

from local.arm import wire_storage
from local.arm.messages import Call, Response, Route, page
from local.world import groups
from local.world.resources import ResourceGroup
from local.world.state import Refused

_GROUPS = "/subscriptions/{subscription}/resourceGroups"
_GROUP = _GROUPS + "/{group}"
_READ = "Microsoft.Resources/subscriptions/resourceGroups/read"


def list_groups(call: Call) -> Response:
    """List the subscription's resource groups."""
    rows = [wire_storage.group(one) for one in groups.groups_in(call.world, call.params["subscription"])]
    return page(call.request, rows, call.cloud.pages.accounts)


def get_group(call: Call) -> Response:
    """Show one resource group."""
    found = groups.require(call.world, call.params["subscription"], call.params["group"])
    return Response(200, wire_storage.group(found))


def head_group(call: Call) -> Response:
    """Tell by the status alone whether the resource group exists."""
    return Response(204 if groups.find(call.world, call.request.path) else 404)


def put_group(call: Call) -> Response:
    """Make a resource group (201) or replace its tags (200)."""
    params, body = call.params, call.request.body
    region = str(body.get("location") or "").replace(" ", "").lower()
    if not region:
        raise Refused(400, "LocationRequired", "The location property is required for this definition.")
    wanted = ResourceGroup(
        id=f"/subscriptions/{params['subscription']}/resourceGroups/{params['group']}",
        name=params["group"],
        subscription=params["subscription"],
        region=region,
        tags={str(key): str(value) for key, value in (body.get("tags") or {}).items()},
    )
    new = groups.put(call.world, wanted, call.request.caller)
    found = groups.require(call.world, params["subscription"], params["group"])
    return Response(201 if new else 200, wire_storage.group(found))


ROUTES = (
    Route("GET", _GROUPS, _READ, list_groups),
    Route("GET", _GROUP, _READ, get_group),
    Route("HEAD", _GROUP, _READ, head_group),
    Route("PUT", _GROUP, groups.WRITE, put_group),
)

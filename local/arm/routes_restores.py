"""How do restores answer? Handlers of the restore itself, of its pre-check, and of the disks that it makes."""

from dataclasses import replace

from local.arm import wire_restores
from local.arm.messages import Call, Response, Route, missing, page, vault_of
from local.arm.operations import accepted
from local.arm.routes_items import POINT, item_of, point_of
from local.arm.routes_vaults import VAULT
from local.world import restore_requests, restores
from local.world.restore_requests import Wish
from local.world.state import Json, Refused

_SUB = "/subscriptions/{subscription}"
_GROUP = _SUB + "/resourceGroups/{group}"
_DISKS = "/providers/Microsoft.Compute/disks"
_VALIDATE = "Microsoft.RecoveryServices/vaults/backupValidateOperation/action"


def trigger_restore(call: Call) -> Response:
    """Accept a restore: 202 with an empty body; the operation tells the job."""
    wish = _wish(call, call.request.body.get("properties"))
    operation = restores.trigger(call.world, wish, call.request.caller)
    return accepted(call, wish.item.id, operation)


def validate(call: Call) -> Response:
    """Say whether a restore would be accepted: 200 with one objection, or none."""
    body = call.request.body
    parts = str(body.get("id") or "").strip("/").split("/")
    named = dict(zip([word.lower() for word in parts[::2]], parts[1::2], strict=False))
    asked = (body.get("properties") or {}).get("restoreRequest")
    try:
        point = {"item": named.get("protecteditems", ""), "point": named.get("recoverypoints", "")}
        inner = replace(call, params=call.params | point)
        restore_requests.refuse(call.world, _wish(inner, asked))
    except Refused as refusal:
        return Response(200, wire_restores.validation(refusal))
    return Response(200, wire_restores.validation(None))


def list_disks(call: Call) -> Response:
    """List the restored disks of a subscription or of one resource group; the VMs' own are not shown."""
    group = call.params.get("group", "").lower()
    rows = [
        wire_restores.disk(disk)
        for _, disk in sorted(call.world.disks.items())
        if disk.subscription.lower() == call.params["subscription"].lower()
        and (not group or disk.resource_group.lower() == group)
    ]
    return page(call.request, rows, call.cloud.pages.vms)


def get_disk(call: Call) -> Response:
    """Show one restored disk."""
    disk = call.world.disks.get(call.request.path.lower())
    if disk is None:
        raise missing(call, f"Microsoft.Compute/disks/{call.params['disk']}")
    return Response(200, wire_restores.disk(disk))


def _wish(call: Call, properties: Json | None) -> Wish:
    if not isinstance(properties, dict):
        raise Refused(
            400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid: properties are missing."
        )
    vault, item = vault_of(call), item_of(call)
    return restore_requests.read(vault, item, point_of(call, item), properties)


ROUTES = (
    Route("POST", POINT + "/restore", restores.RESTORE, trigger_restore),
    Route("POST", VAULT + "/backupValidateOperation", _VALIDATE, validate),
    Route("GET", _SUB + _DISKS, "Microsoft.Compute/disks/read", list_disks),
    Route("GET", _GROUP + _DISKS, "Microsoft.Compute/disks/read", list_disks),
    Route("GET", _GROUP + _DISKS + "/{disk}", "Microsoft.Compute/disks/read", get_disk),
)

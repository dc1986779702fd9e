"""Which restore messages are valid, for editors and senders? The JSON Schema, from the shapes that the reader uses."""

from typing import Any

from shared.messages import restore_fields as shapes
from shared.messages.restore_fields import Shape
from shared.messages.restores import MOST_ACCOUNTS, MOST_VMS, VERSION
from shared.model.restores import Mode, PointTier, Side

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of what may be sent to the restore queues: a request, or the cancelling of one."""
    return {
        "$schema": DIALECT,
        "title": "A restore request, or the cancelling of one",
        "oneOf": [{"$ref": "#/$defs/request"}, {"$ref": "#/$defs/cancel"}],
        "$defs": {"request": _request(), "cancel": _cancel()},
    }


def _request() -> dict[str, Any]:
    point_rules = {
        "before": _text(shapes.INSTANT, "The newest point that was taken before this instant."),
        "id": _text(shapes.POINT, "The point of this name; for one VM."),
        "tier": {"enum": list(PointTier), "description": "The newest point that this tier holds."},
    }
    return _object(
        "Restores: one task is made for each VM or item.",
        {
            "version": {"const": VERSION},
            "id": _text(shapes.REQUEST, "Names the request: a second message with it finds the first."),
            "requester": _text(shapes.LABEL, "Who asks. A label: who may ask is decided by the queue."),
            "purpose": _text(shapes.LABEL, "What for; it stands in results and reports."),
            "vms": _list(shapes.VM_ID, MOST_VMS, "VMs, by ARM id."),
            "items": _list(shapes.ITEM_ID, MOST_VMS, "Protected items, by ARM id: for VMs that are gone."),
            "point": {
                "description": "Which recovery point.",
                "default": "latest",
                "oneOf": [
                    {"const": "latest"},
                    *(_object("", {name: shape}, name) for name, shape in point_rules.items()),
                ],
            },
            "mode": {"enum": list(Mode), "description": "What is made: disks, a new VM, or the VM's own disks anew."},
            "region": {"enum": list(Side), "default": Side.PRIMARY, "description": "The vault's region, or its pair."},
            "targets": _targets(),
            "dry_run": {"type": "boolean", "default": False, "description": "Whether to decide and tell only."},
            "confirm_replace": _list(shapes.VM_NAME, MOST_VMS, "For replace: the names of exactly these VMs."),
        },
        "version",
        "id",
        "requester",
        "purpose",
        "mode",
    ) | {"anyOf": [{"required": ["vms"]}, {"required": ["items"]}]}


def _targets() -> dict[str, Any]:
    return _object(
        "Where to; what is left out is chosen from fleet.yaml.",
        {
            "group": _text(shapes.GROUP, "Resource group of what is made."),
            "network": _text(shapes.NETWORK, "Network of new VMs."),
            "subnet": _text(shapes.SUBNET, "Subnet of that network."),
            "accounts": _list(shapes.ACCOUNT, MOST_ACCOUNTS, "Accounts of the pool that may be used."),
            "name": _text(shapes.NEW_NAME, "Name of the new VM; for one VM."),
        },
    ) | {"dependentRequired": {"network": ["subnet"], "subnet": ["network"]}}


def _cancel() -> dict[str, Any]:
    return _object(
        "Stops a request's restores, or those of some VMs of it.",
        {
            "version": {"const": VERSION},
            "cancel": _text(shapes.REQUEST, "Id of the request."),
            "requester": _text(shapes.LABEL, "Who asks. A label."),
            "vms": _list(shapes.VM_ID, MOST_VMS, "Only these VMs, by ARM id."),
        },
        "version",
        "cancel",
        "requester",
    )


def _object(description: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    said = {"description": description} if description else {}
    needed = {"required": list(required)} if required else {}
    return {"type": "object", **said, "additionalProperties": False, **needed, "properties": properties}


def _text(shape: Shape, description: str) -> dict[str, Any]:
    return {**shape.schema, "description": description}


def _list(shape: Shape, most: int, description: str) -> dict[str, Any]:
    inner = {"type": "array", "items": shape.schema, "minItems": 1, "maxItems": most, "uniqueItems": True}
    return {**inner, "description": description}

"""How is work followed that goes on after its answer? The 202, and both paths that tell of its end."""

import base64

from local.arm import wire
from local.arm.messages import Call, Response, vault_of
from local.world import runs
from local.world.state import Operation, Refused
from local.world.world import World

_POLL_SECONDS = "1"


BELOW_ITEM = ("operationsStatus", "operationResults")
BELOW_VAULT = ("backupOperations", "backupOperationResults")


def accepted(call: Call, resource_id: str, operation: Operation, links: tuple[str, str] = BELOW_ITEM) -> Response:
    """Return the 202: an empty body, and where below `resource_id` status and result are."""
    path = f"{call.request.origin}{resource_id}"
    version = f"?api-version={call.request.query.get('api-version', '')}"
    return Response(
        202,
        None,
        {
            "Azure-AsyncOperation": f"{path}/{links[0]}/{operation.id}{version}",
            "Location": f"{path}/{links[1]}/{operation.id}{version}",
            "Retry-After": _POLL_SECONDS,
        },
    )


def operation_status(call: Call) -> Response:
    """Show an operation's status; while it runs the caller is asked to come back in a second."""
    operation = _operation(call)
    headers = {"Retry-After": _POLL_SECONDS} if operation.status == "InProgress" else {}
    return Response(200, wire.operation(operation), headers)


def operation_result(call: Call) -> Response:
    """Answer 202 while the operation runs, then the item, or 204 where there is none to show."""
    operation = _operation(call)
    if operation.status == "InProgress":
        version = f"?api-version={call.request.query.get('api-version', '')}"
        location = f"{call.request.origin}{call.request.path}{version}"
        return Response(202, None, {"Location": location, "Retry-After": _POLL_SECONDS})
    item = call.world.items.get(operation.item_id)
    return Response(200, wire.item(call.world, item)) if item else Response(204)


def name_of(world: World, operation: Operation) -> str:
    """Return the name under which vaults and regions themselves know an operation: two numbers, in base 64."""
    number = runs.number(world.seed, "operation", operation.id)
    return base64.b64encode(f"{number};{operation.id}".encode()).decode()


def named(world: World, name: str, scope: str) -> Operation:
    """Return the operation of such a name within `scope`, or raise Refused (404)."""
    try:
        key = base64.b64decode(name, validate=True).decode().rpartition(";")[2]
    except ValueError:
        key = ""
    operation = world.operations.get(key)
    if operation is None or operation.vault_id != scope.lower():
        raise Refused(404, "BMSUserErrorOperationNotFound", f"The operation '{name}' was not found.")
    return operation


def _operation(call: Call) -> Operation:
    operation = call.world.operations.get(call.params["operation"].lower())
    if operation is None or operation.vault_id != vault_of(call).id.lower():
        raise Refused(
            404, "BMSUserErrorOperationNotFound", f"The operation '{call.params['operation']}' was not found."
        )
    return operation

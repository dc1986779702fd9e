"""How are machines written and watched? Handlers of Microsoft.Compute beside the lists: make, turn, delete, images."""

from collections.abc import Callable

from local.arm import wire, wire_machines
from local.arm.messages import Call, Response, Route
from local.arm.routes_fleet import VM, vm_of
from local.world import images, machines
from local.world.images import Image
from local.world.state import Operation, Refused, Vm

_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{region}"
_VERSIONS = _LOCATION + "/publishers/{publisher}/artifacttypes/vmimage/offers/{offer}/skus/{sku}/versions"
_MACHINES = "Microsoft.Compute/virtualMachines"
_IMAGES_READ = "Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read"
_POLL_SECONDS = "1"


def put_vm(call: Call) -> Response:
    """Make a VM (201 and where to follow that) or change one (200)."""
    params = call.params
    group = f"/subscriptions/{params['subscription']}/resourceGroups/{params['group']}"
    vm_id = f"{group}/providers/{_MACHINES}/{params['vm']}"
    vm, operation = machines.put(call.world, vm_id, call.request.body, call.request.caller)
    if operation is None:
        return Response(200, wire.vm(vm))
    links = _links(call, vm, operation)
    del links["Location"]
    return Response(201, wire.vm(vm), links)


def delete_vm(call: Call) -> Response:
    """Accept a deletion: 202 with an empty body, 204 where there is no such VM."""
    try:
        vm = vm_of(call)
    except Refused:
        return Response(204)
    return Response(202, None, _links(call, vm, machines.delete(call.world, vm, call.request.caller)))


def turned(action: str) -> Callable[[Call], Response]:
    """Return the handler that starts, deallocates or powers off a VM: 202 with an empty body."""

    def handle(call: Call) -> Response:
        vm = vm_of(call)
        return Response(202, None, _links(call, vm, machines.turn(call.world, vm, action, call.request.caller)))

    return handle


def get_instance_view(call: Call) -> Response:
    """Show whether a VM runs, and whether its agent answers."""
    return Response(200, wire_machines.instance_view(call.world, vm_of(call)))


def get_operation(call: Call) -> Response:
    """Show an operation's status; with `monitor`, answer 202 while it runs and 204 then."""
    operation = call.world.operations.get(call.params["operation"].lower())
    scope = f"{call.params['subscription']}/{call.params['region']}".lower()
    if operation is None or operation.vault_id != scope:
        raise Refused(404, "OperationNotFound", f"The operation '{call.params['operation']}' was not found.")
    going = operation.status == "InProgress"
    if call.request.query.get("monitor"):
        version = call.request.query["api-version"]
        address = f"{call.request.origin}{call.request.path}?monitor=true&api-version={version}"
        return Response(202, None, {"Location": address, "Retry-After": _POLL_SECONDS}) if going else Response(204)
    return Response(200, wire_machines.operation(operation), {"Retry-After": _POLL_SECONDS} if going else {})


def list_versions(call: Call) -> Response:
    """List an image's versions, in the order and number that are asked for; the list stands alone, as recorded."""
    found = _versions(call)
    if call.request.query.get("$orderby", "").lower() == "name desc":
        found = found[::-1]
    shown = found[: int(call.request.query.get("$top") or len(found))]
    return Response(200, [wire_machines.image_row(*_place(call), image) for image in shown])


def get_version(call: Call) -> Response:
    """Show one version of an image."""
    for image in _versions(call):
        if image.version == call.params["version"]:
            return Response(200, wire_machines.image(*_place(call), image))
    raise _no_image()


def _versions(call: Call) -> list[Image]:
    found = images.versions(call.params["publisher"], call.params["offer"], call.params["sku"])
    if not found:
        raise _no_image()
    return found


def _no_image() -> Refused:
    return Refused(404, "NotFound", "Artifact: VMImage was not found.")


def _place(call: Call) -> tuple[str, str]:
    return call.params["subscription"], call.params["region"]


def _links(call: Call, vm: Vm, operation: Operation) -> dict[str, str]:
    provider = f"/subscriptions/{vm.subscription}/providers/Microsoft.Compute/locations/{vm.region}"
    address = f"{call.request.origin}{provider}/operations/{operation.id}"
    version = f"api-version={call.request.query['api-version']}"
    return {
        "Azure-AsyncOperation": f"{address}?{version}",
        "Location": f"{address}?monitor=true&{version}",
        "Retry-After": _POLL_SECONDS,
    }


ROUTES = (
    Route("PUT", VM, machines.WRITE, put_vm),
    Route("DELETE", VM, machines.DELETE, delete_vm),
    *(Route("POST", f"{VM}/{action}", f"{_MACHINES}/{action}/action", turned(action)) for action in machines.POWERS),
    Route("GET", VM + "/instanceView", f"{_MACHINES}/instanceView/read", get_instance_view),
    Route("GET", _LOCATION + "/operations/{operation}", "Microsoft.Compute/locations/operations/read", get_operation),
    Route("GET", _VERSIONS, _IMAGES_READ, list_versions),
    Route("GET", _VERSIONS + "/{version}", _IMAGES_READ, get_version),
)

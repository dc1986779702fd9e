"""How are vaults themselves written? Handlers that make, change and delete one, and of how far that is."""

from local.arm import wire_vaults
from local.arm.messages import Call, Response, Route, vault_of
from local.arm.operations import name_of, named
from local.arm.routes_vaults import VAULT
from local.world import vault_settings, vaults
from local.world.state import Operation, Refused, Vault

_ACTION = "Microsoft.RecoveryServices/vaults"
_POLL_SECONDS = "1"


def put_vault(call: Call) -> Response:
    """Make a vault: 201 with the vault as it is being provisioned; one that is there is changed (200)."""
    params = call.params
    group = f"/subscriptions/{params['subscription']}/resourceGroups/{params['group']}"
    vault_id = f"{group}/providers/Microsoft.RecoveryServices/vaults/{params['vault']}"
    known = call.world.vaults.get(vault_id.lower())
    if known is not None:
        vaults.change(call.world, known, call.request.body, call.request.caller)
        return Response(200, wire_vaults.vault(known))
    vault, operation = vaults.create(call.world, vault_id, call.request.body, call.request.caller)
    links = _links(call, vault, operation)
    del links["Location"]
    return Response(201, wire_vaults.vault(vault), links)


def patch_vault(call: Call) -> Response:
    """Change a vault: 200 with it, or 202 with an empty body where an identity must be given first."""
    vault = vault_of(call)
    operation = vaults.change(call.world, vault, call.request.body, call.request.caller)
    if operation is not None:
        return Response(202, None, _links(call, vault, operation))
    return Response(200, wire_vaults.patched(vault, used=vault_settings.in_use(call.world, vault)))


def delete_vault(call: Call) -> Response:
    """Accept the deletion of an empty vault: 202 with an empty body, 204 where there is none.

    Once it is gone, so is the way to ask about it: 404, as recorded.
    """
    try:
        vault = vault_of(call)
    except Refused:
        return Response(204)
    operation = vaults.delete(call.world, vault, call.request.caller)
    return Response(202, None, _links(call, vault, operation))


def operation_status(call: Call) -> Response:
    """Show how far work on a vault is; where to ask again is told until it has ended."""
    vault, operation = _work(call)
    body = wire_vaults.operation(vault.id, call.params["operation"], operation)
    return Response(200, body, _links(call, vault, operation) if operation.status == "InProgress" else {})


def operation_result(call: Call) -> Response:
    """Answer 202 while work on a vault goes on, then the vault."""
    vault, operation = _work(call)
    if operation.status == "InProgress":
        return Response(202, None, _links(call, vault, operation))
    return Response(200, wire_vaults.vault(vault))


def _work(call: Call) -> tuple[Vault, Operation]:
    vault = vault_of(call)
    return vault, named(call.world, call.params["operation"], vault.id)


def _links(call: Call, vault: Vault, operation: Operation) -> dict[str, str]:
    name = name_of(call.world, operation)
    address, version = f"{call.request.origin}{vault.id}", f"?api-version={call.request.query.get('api-version', '')}"
    return {
        "Azure-AsyncOperation": f"{address}/operationStatus/{name}{version}",
        "Location": f"{address}/operationResults/{name}{version}",
        "Retry-After": _POLL_SECONDS,
    }


ROUTES = (
    Route("PUT", VAULT, vaults.WRITE, put_vault),
    Route("PATCH", VAULT, vaults.WRITE, patch_vault),
    Route("DELETE", VAULT, vaults.DELETE, delete_vault),
    Route("GET", VAULT + "/operationStatus/{operation}", f"{_ACTION}/operationStatus/read", operation_status),
    Route("GET", VAULT + "/operationResults/{operation}", f"{_ACTION}/operationResults/read", operation_result),
)

"""How do storage accounts answer? Handlers of Microsoft.Storage, and of the classic accounts that nobody has."""

from local.arm import wire_storage
from local.arm.messages import Call, Response, Route, missing, page
from local.world import accounts
from local.world.resources import StorageAccount
from local.world.state import Refused

_SUB = "/subscriptions/{subscription}"
_GROUP = _SUB + "/resourceGroups/{group}"
_ACCOUNTS = "/providers/Microsoft.Storage/storageAccounts"
_ACCOUNT = _GROUP + _ACCOUNTS + "/{account}"
_CONTAINERS = _ACCOUNT + "/blobServices/default/containers"
_READ = "Microsoft.Storage/storageAccounts/read"
_POLL_SECONDS = "1"


def list_accounts(call: Call) -> Response:
    """List the storage accounts of a subscription or of one resource group."""
    group = call.params.get("group", "").lower()
    found = [
        wire_storage.account(account)
        for _, account in sorted(call.world.accounts.items())
        if account.subscription.lower() == call.params["subscription"].lower()
        and (not group or account.resource_group.lower() == group)
    ]
    return page(call.request, found, call.cloud.pages.accounts)


def get_account(call: Call) -> Response:
    """Show one storage account."""
    return Response(200, wire_storage.account(_account(call)))


def put_account(call: Call) -> Response:
    """Accept a new account: 202 and where to ask for it; a change of one that is there answers with it."""
    made, operation = accounts.put(call.world, _id(call), call.request.body, call.request.caller)
    if operation is None:
        return Response(200, wire_storage.account(made))
    return _pending(call, f"{_location(made)}/asyncoperations/{operation.id}")


def delete_account(call: Call) -> Response:
    """Delete an account: 200 without a body, 204 where there is none."""
    account = accounts.find(call.world, _id(call))
    if account is None:
        return Response(204)
    accounts.delete(call.world, account, call.request.caller)
    return Response(200)


def get_operation(call: Call) -> Response:
    """Answer 202 while an account is being made, then the account."""
    operation = call.world.operations.get(call.params["operation"].lower())
    scope = f"{call.params['subscription']}/{call.params['region']}".lower()
    if operation is None or operation.vault_id != scope:
        raise Refused(404, "OperationNotFound", f"The operation '{call.params['operation']}' was not found.")
    if operation.status == "InProgress":
        return _pending(call, call.request.path)
    account = call.world.accounts.get(operation.item_id)
    return Response(200, wire_storage.account(account)) if account else Response(204)


def list_containers(call: Call) -> Response:
    """List the account's blob containers: what restores left behind, too."""
    account = _account(call)
    rows = [wire_storage.container(account, name) for name in sorted(account.containers)]
    return page(call.request, rows, call.cloud.pages.accounts)


def delete_container(call: Call) -> Response:
    """Delete a blob container: 200, and 204 where there is none."""
    account, name = _account(call), call.params["container"]
    there = name in account.containers
    accounts.delete_container(call.world, account, name, call.request.caller)
    return Response(200 if there else 204)


def get_classic(call: Call) -> Response:
    """Answer 404: there are no classic accounts; `az` asks for one first."""
    raise missing(call, f"Microsoft.ClassicStorage/storageAccounts/{call.params['account']}")


def _pending(call: Call, path: str) -> Response:
    version = call.request.query.get("api-version", "")
    location = f"{call.request.origin}{path}?monitor=true&api-version={version}"
    return Response(202, None, {"Location": location, "Retry-After": _POLL_SECONDS})


def _location(account: StorageAccount) -> str:
    return f"/subscriptions/{account.subscription}/providers/Microsoft.Storage/locations/{account.region}"


def _id(call: Call) -> str:
    params = call.params
    group = f"/subscriptions/{params['subscription']}/resourceGroups/{params['group']}"
    return f"{group}{_ACCOUNTS}/{params['account']}"


def _account(call: Call) -> StorageAccount:
    account = accounts.find(call.world, _id(call))
    if account is None:
        raise missing(call, f"Microsoft.Storage/storageAccounts/{call.params['account']}")
    return account


ROUTES = (
    Route("GET", _SUB + _ACCOUNTS, _READ, list_accounts),
    Route("GET", _GROUP + _ACCOUNTS, _READ, list_accounts),
    Route("GET", _ACCOUNT, _READ, get_account),
    Route("PUT", _ACCOUNT, accounts.WRITE, put_account),
    Route("DELETE", _ACCOUNT, accounts.DELETE, delete_account),
    Route(
        "GET",
        _SUB + "/providers/Microsoft.Storage/locations/{region}/asyncoperations/{operation}",
        "Microsoft.Storage/locations/asyncoperations/read",
        get_operation,
    ),
    Route("GET", _CONTAINERS, "Microsoft.Storage/storageAccounts/blobServices/containers/read", list_containers),
    Route("DELETE", _CONTAINERS + "/{container}", accounts.CONTAINER_DELETE, delete_container),
    Route(
        "GET",
        _GROUP + "/providers/Microsoft.ClassicStorage/storageAccounts/{account}",
        "Microsoft.ClassicStorage/storageAccounts/read",
        get_classic,
    ),
)

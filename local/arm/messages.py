"""What do handlers see and answer? One request and one response, without any HTTP library."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from local.world.cloud import Cloud
from local.world.state import Json, Refused, Vault
from local.world.world import World


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it arrived: decoded path, query by name, JSON body, and who called."""

    method: str
    path: str
    query: dict[str, str]
    body: Json
    origin: str
    caller: str


@dataclass(slots=True)
class Response:
    """An answer; `dropped` closes the connection instead."""

    status: int
    body: Json | list[Json] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works on: the cloud, the request, and the names in its path."""

    cloud: Cloud
    request: Request
    params: dict[str, str]

    @property
    def world(self) -> World:
        """The world behind the cloud."""
        return self.cloud.world


type Handler = Callable[[Call], Response]


def error(status: int, code: str, message: str, *, full: bool = False) -> Response:
    """Return an error body; `full` adds the empty fields that the provider (not ARM) sends."""
    content: Json = {"code": code, "message": message}
    if full:
        content |= {"target": None, "details": None, "innerError": None}
    return Response(status, {"error": content})


def secondary_error(status: int, code: str, message: str, **_: bool) -> Response:
    """Return an error body as the secondary region's service sends it."""
    return Response(status, {"ErrorCode": code, "Message": {"Language": "en-US", "Value": message}})


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path template, the ARM action it needs, its handler, and the shape of the provider's errors."""

    method: str
    template: str
    action: str
    handler: Handler
    error: Callable[..., Response] = error


def vault_of(call: Call) -> Vault:
    """Return the vault that the path names, or raise Refused (404) in ARM's words."""
    params = call.params
    group = f"/subscriptions/{params['subscription']}/resourceGroups/{params['group']}"
    vault = call.world.vaults.get(f"{group}/providers/Microsoft.RecoveryServices/vaults/{params['vault']}".lower())
    if vault is not None:
        return vault
    raise missing(call, f"Microsoft.RecoveryServices/vaults/{params['vault']}")


def missing(call: Call, resource: str) -> Refused:
    """Return ARM's 404 for a resource, its type and name, of the path's resource group."""
    return Refused(
        404,
        "ResourceNotFound",
        f"The Resource '{resource}' under resource group '{call.params['group']}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def item_id_of(call: Call) -> str:
    """Return the id of the item that the path names, in the service's own case: lower-case behind its prefixes.

    `az` and Terraform name items with other prefixes and case; all of them mean the VM behind the last two words.
    """
    names = ";".join(call.params["item"].lower().split(";")[-3:])
    container = f"IaasVMContainer;{names}"
    return f"{vault_of(call).id}/backupFabrics/Azure/protectionContainers/{container}/protectedItems/VM;{names}"


def page(request: Request, rows: Sequence[Json], size: int) -> Response:
    """Return one page of `rows`, with a nextLink to the following one."""
    return page_of(request, rows, size, lambda row: row)


def page_of[Record](request: Request, records: Sequence[Record], size: int, show: Callable[[Record], Json]) -> Response:
    """Return one page of `records`, each as `show` shows it: a list's other pages cost nothing."""
    try:
        first = int(request.query.get("$skipToken", "0") or 0)
    except ValueError:
        raise Refused(400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid: $skipToken.") from None
    body: Json = {"value": [show(record) for record in records[first : first + size]]}
    if first + size < len(records):
        kept = {key: value for key, value in request.query.items() if key.lower() != "$skiptoken"}
        body["nextLink"] = f"{request.origin}{request.path}?{urlencode({**kept, '$skipToken': str(first + size)})}"
    return Response(200, body)

"""How does the secondary region answer? Handlers of Cross Region Restore: who, token, restore, operations and jobs."""

from collections.abc import Callable

from local.arm import filters, secondary, wire_secondary
from local.arm.messages import Call, Response, Route, error, page, secondary_error, vault_of
from local.arm.operations import name_of, named
from local.arm.routes_items import POINT, item_of, point_of
from local.world import restores
from local.world import secondary as region
from local.world.regions import PAIRS
from local.world.state import Job, Operation, Refused

_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/locations/{region}"
_ACTION = "Microsoft.RecoveryServices/locations"
_TOKEN = (
    "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/"
    "accessToken/action"
)
_POLL_SECONDS = "1"


def versioned(handler: Callable[[Call], Response]) -> Callable[[Call], Response]:
    """Return a handler that knows the secondary region's api-versions only."""

    def handle(call: Call) -> Response:
        if secondary.asked(call):
            return handler(call)
        message = (
            f"No registered resource provider found for API version '{call.request.query['api-version']}'. "
            f"The supported api-versions are '{', '.join(secondary.VERSIONS)}'."
        )
        return error(400, "NoRegisteredProviderFound", message)

    return handle


def get_aad_properties(call: Call) -> Response:
    """Show who the service is in this region: an access token is made out to it."""
    return Response(200, wire_secondary.aad_properties(call.world, call.params["region"]))


def get_token(call: Call) -> Response:
    """Make out an access token for a point that has arrived in the secondary region."""
    vault = vault_of(call)
    region.refuse_closed(vault)
    item = item_of(call)
    point = point_of(call, item)
    known = wire_secondary.aad_properties(call.world, PAIRS[vault.region])["properties"]
    sent = call.request.body.get("properties") or {}
    if any(sent.get(name) != known[name] for name in ("tenantId", "servicePrincipalObjectId")):
        raise _invalid("properties must be those of the secondary region's backupAadProperties.")
    return Response(200, wire_secondary.access_token(call.world, vault, item, point))


def trigger_restore(call: Call) -> Response:
    """Accept a restore into this region: 202 with an empty body."""
    body = call.request.body
    details, asked = body.get("crossRegionRestoreAccessDetails"), body.get("restoreRequest")
    if not isinstance(details, dict) or not isinstance(asked, dict):
        raise _invalid("crossRegionRestoreAccessDetails and restoreRequest are needed.")
    wish = region.redeem(call.world, call.params["region"], details, asked)
    operation = restores.trigger(call.world, wish, call.request.caller)
    return Response(202, None, _links(call, name_of(call.world, operation)))


def operation_status(call: Call) -> Response:
    """Show an operation's status; its job comes with success."""
    name = call.params["operation"]
    return Response(200, wire_secondary.operation(_location(call), name, _operation(call)))


def operation_result(call: Call) -> Response:
    """Answer 202 while the operation runs, then 200 without a body."""
    if _operation(call).status == "InProgress":
        return Response(202, None, _links(call, call.params["operation"]))
    return Response(200)


def get_job(call: Call) -> Response:
    """Show one job of a vault, named in the body."""
    name = str(call.request.body.get("jobName") or "")
    for job in _jobs(call):
        if job.id == name.lower():
            return Response(200, wire_secondary.job_detail(call.world, _location(call), job))
    raise Refused(404, "BMSUserErrorJobNotFound", f"The job '{name}' was not found.")


def list_jobs(call: Call) -> Response:
    """List the jobs of a vault, named in the body, newest first; the vault's own list does not show them."""
    found = filters.terms(call.request.query)
    since, until = filters.date(found, "startTime"), filters.date(found, "endTime")
    if found.get("backupmanagementtype", "AzureIaasVM").lower() != "azureiaasvm":
        return page(call.request, [], call.cloud.pages.jobs)
    rows = [
        wire_secondary.job(call.world, _location(call), job)
        for job in _jobs(call)
        if job.visible_at <= call.world.now
        and job.status.lower() == found.get("status", job.status).lower()
        and job.operation.lower() == found.get("operation", job.operation).lower()
        and (since is None or job.started_at >= since)
        and (until is None or job.started_at <= until)
    ]
    return page(call.request, rows, call.cloud.pages.jobs)


def _jobs(call: Call) -> list[Job]:
    """Return the restores into this region from the vault that the body names, newest first."""
    vault = call.world.vaults.get(str(call.request.body.get("resourceId") or "").lower())
    if vault is None or PAIRS.get(vault.region) != call.params["region"].lower():
        raise _invalid("resourceId names no vault whose secondary region this is.")
    found = [call.world.jobs[job_id] for job_id in call.world.restores]
    mine = [job for job in found if job.operation == "CrossRegionRestore" and job.vault_id == vault.id.lower()]
    return sorted(mine, key=lambda job: (job.started_at, job.id), reverse=True)


def _operation(call: Call) -> Operation:
    scope = f"{call.params['subscription']}/{call.params['region']}"
    return named(call.world, call.params["operation"], scope)


def _location(call: Call) -> str:
    params = call.params
    provider = f"/subscriptions/{params['subscription']}/providers/Microsoft.RecoveryServices"
    return f"{provider}/locations/{params['region'].lower()}"


def _links(call: Call, name: str) -> dict[str, str]:
    address = f"{call.request.origin}{_location(call)}"
    version = f"?api-version={call.request.query.get('api-version', '')}"
    return {
        "Azure-AsyncOperation": f"{address}/backupCrrOperationsStatus/{name}{version}",
        "Location": f"{address}/backupCrrOperationResults/{name}{version}",
        "Retry-After": _POLL_SECONDS,
    }


def _invalid(what: str) -> Refused:
    return Refused(400, "BMSUserErrorInvalidInput", f"Input provided for the call is invalid: {what}")


def _route(method: str, path: str, action: str, handler: Callable[[Call], Response]) -> Route:
    return Route(method, f"{_LOCATION}/{path}", f"{_ACTION}/{action}", versioned(handler), secondary_error)


ROUTES = (
    Route("POST", POINT + "/accessToken", _TOKEN, versioned(get_token)),
    _route("GET", "backupAadProperties", "backupAadProperties/read", get_aad_properties),
    _route("POST", "backupCrossRegionRestore", "backupCrossRegionRestore/action", trigger_restore),
    _route("GET", "backupCrrOperationsStatus/{operation}", "backupCrrOperationsStatus/read", operation_status),
    _route("GET", "backupCrrOperationResults/{operation}", "backupCrrOperationResults/read", operation_result),
    _route("POST", "backupCrrJob", "backupCrrJob/action", get_job),
    _route("POST", "backupCrrJobs", "backupCrrJobs/action", list_jobs),
)

"""How do jobs answer? Handlers of the vault's job list, of one job and of its cancelling."""

from collections.abc import Callable

from local.arm import filters, wire, wire_jobs
from local.arm.messages import Call, Response, Route, page_of, vault_of
from local.arm.operations import accepted, operation_result, operation_status
from local.arm.routes_vaults import VAULT
from local.world import cancel
from local.world.state import Job, Refused

_JOBS = "Microsoft.RecoveryServices/vaults/backupJobs"
_ACTION = f"{_JOBS}/read"
_JOB = VAULT + "/backupJobs/{job}"
_FILTERS: dict[str, Callable[[Job], str]] = {
    "status": lambda job: job.status,
    "operation": lambda job: job.operation,
    "jobid": lambda job: job.id,
}


def list_jobs(call: Call) -> Response:
    """List the vault's jobs, newest first. startTime and endTime bound the start; unknown filter keys are ignored."""
    vault, found = vault_of(call), filters.terms(call.request.query)
    since, until = filters.date(found, "startTime"), filters.date(found, "endTime")
    if found.get("backupmanagementtype", "AzureIaasVM").lower() != "azureiaasvm":
        return Response(200, {"value": []})
    jobs = call.world.jobs_in(vault.id, since, until)
    for key, read in _FILTERS.items():
        if key in found:
            wanted = found[key].lower()
            jobs = [job for job in jobs if read(job).lower() == wanted]
    return page_of(call.request, jobs, call.cloud.pages.jobs, lambda job: wire.job(call.world, job))


def get_job(call: Call) -> Response:
    """Show one job with its tasks and property bag, also before lists show it."""
    return Response(200, wire_jobs.job_detail(call.world, _job(call)))


def cancel_job(call: Call) -> Response:
    """Accept a cancelling: 202 with an empty body."""
    vault = vault_of(call)
    operation = cancel.cancel_job(call.world, vault, _job(call), call.request.caller)
    return accepted(call, f"{vault.id}/backupJobs/{call.params['job']}", operation)


def _job(call: Call) -> Job:
    vault = vault_of(call)
    job = call.world.jobs.get(call.params["job"].lower())
    if job is None or job.vault_id != vault.id.lower() or job.operation == "CrossRegionRestore":
        raise Refused(404, "BMSUserErrorJobNotFound", f"The job '{call.params['job']}' was not found.")
    return job


ROUTES = (
    Route("GET", VAULT + "/backupJobs", _ACTION, list_jobs),
    Route("GET", _JOB, _ACTION, get_job),
    Route("POST", _JOB + "/cancel", cancel.CANCEL, cancel_job),
    Route("GET", _JOB + "/operationsStatus/{operation}", f"{_JOBS}/operationsStatus/read", operation_status),
    Route("GET", _JOB + "/operationResults/{operation}", f"{_JOBS}/operationResults/read", operation_result),
)

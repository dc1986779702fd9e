"""How do jobs answer? Handlers of the vault's job list and of one job."""

from local.arm import filters, wire, wire_jobs
from local.arm.messages import Call, Response, Route, page, vault_of
from local.arm.routes_vaults import VAULT
from local.world.state import Refused

_ACTION = "Microsoft.RecoveryServices/vaults/backupJobs/read"


def list_jobs(call: Call) -> Response:
    """List the vault's jobs, newest first. startTime and endTime bound the start; unknown filter keys are ignored."""
    vault, found = vault_of(call), filters.terms(call.request.query)
    since, until = filters.date(found, "startTime"), filters.date(found, "endTime")
    if found.get("backupmanagementtype", "AzureIaasVM").lower() != "azureiaasvm":
        return page(call.request, [], call.cloud.pages.jobs)
    rows = [
        wire.job(call.world, job)
        for job in call.world.jobs_in(vault.id)
        if job.status.lower() == found.get("status", job.status).lower()
        and job.operation.lower() == found.get("operation", job.operation).lower()
        and job.id == found.get("jobid", job.id).lower()
        and (since is None or job.started_at >= since)
        and (until is None or job.started_at <= until)
    ]
    return page(call.request, rows, call.cloud.pages.jobs)


def get_job(call: Call) -> Response:
    """Show one job with its tasks and property bag, also before lists show it."""
    vault = vault_of(call)
    job = call.world.jobs.get(call.params["job"].lower())
    if job is None or job.vault_id != vault.id.lower():
        raise Refused(404, "BMSUserErrorJobNotFound", f"The job '{call.params['job']}' was not found.")
    return Response(200, wire_jobs.job_detail(call.world, job))


ROUTES = (
    Route("GET", VAULT + "/backupJobs", _ACTION, list_jobs),
    Route("GET", VAULT + "/backupJobs/{job}", _ACTION, get_job),
)

"""What went wrong in the sample night: one backup lost, one repaired, one late, a storm, and more."""

from datetime import UTC, datetime, timedelta

from shared.model.aftermath import Aftermath, AlertPath, Tampering, Watching
from shared.model.events import SetAside
from shared.model.failures import Attempt, Fact, Failure, History, Kind, Response, Severity, Success
from shared.model.intent import Alerts
from shared.model.night import Run
from shared.model.plan import Finding
from shared.rules.failure_alerts import alerts_due, told_by
from shared.rules.incidents import fold, incidents
from shared.rules.night_failures import matters
from tests.rules.fleet import intent

LOST, REPAIRED, LATE, WARNED = 7, 12, 15, range(30, 45, 3)
"""Which runs of the night; the storm's are of one vault where the vaults are three."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RETRIED_AFTER = 39 * MINUTE
RETRY_JOB = "the-retry"

STEADY = Aftermath(watching=Watching(datetime(2026, 11, 22, 6, 25, tzinfo=UTC)))
"""Nothing went wrong, and somebody looked."""


def failure(run: Run, name: str, kind: Kind = Kind.FAILED, **fields: object) -> Failure:
    return Failure(
        kind=kind,
        vm_id=run.vm_id,
        vm_name=run.name,
        item_id=f"{run.vault_id}/items/{run.name}",
        vault_id=run.vault_id,
        started_at=run.started_at,
        ended_at=run.ended_at,
        job_id="" if kind is Kind.OVERDUE else f"job-of-{run.name}",
        name=name,
        **fields,  # type: ignore[arg-type]
    )


def _rule_off() -> Finding:
    rule = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Insights/scheduledQueryRules/nightshift-alerts"
    return Finding("alert-path-broken", rule, "alert rule nightshift-alerts is not enabled")


def answer(of: Failure, minutes: int, response: Response, reason: str, retry_in: int = 0) -> Attempt:
    at = (of.ended_at or of.started_at) + minutes * MINUTE
    return Attempt(
        failure_id=of.id,
        at=at,
        response=response,
        reason=reason,
        severity=Severity.ERROR,
        needs_human=response is Response.USER_FIX,
        retry_at=at + retry_in * MINUTE if retry_in else None,
    )


def sample_aftermath(runs: tuple[Run, ...], begins: datetime) -> Aftermath:
    """Return the aftermath of the night that these runs are of; the runs at `LOST` and `REPAIRED` have failed."""
    agent = failure(runs[LOST], "UserErrorGuestAgentStatusUnavailable", text="The VM agent is unable to communicate.")
    service = failure(runs[REPAIRED], "CloudInternalError")
    late = failure(runs[LATE], "", Kind.OVERDUE, scheduled_for=runs[LATE].started_at)
    vault = runs[WARNED[0]].vault_id
    storm = [failure(runs[at], "ExtensionSnapshotFailedNoNetwork", Kind.WARNINGS) for at in WARNED]
    storm = [one for one in storm if one.vault_id == vault]
    facts: list[Fact] = [
        *(agent, answer(agent, 3, Response.USER_FIX, "its agent does not answer")),
        *(
            service,
            answer(service, 2, Response.RETRY, "the service failed inside; started again, for the first time", 28),
        ),
        Success(vm_id=service.vm_id, job_id=RETRY_JOB, started_at=service.started_at + RETRIED_AFTER),
        *(late, answer(late, 150, Response.WAIT, "its scheduled backup did not start in time, and may still do so")),
        Success(vm_id=late.vm_id, job_id="scheduled", started_at=late.started_at + 2 * HOUR),
        *storm,
        *(answer(one, 4, Response.USER_FIX, "the extension in it has no network") for one in storm),
    ]
    how, now = intent(alerts=Alerts(group_window=12 * HOUR, group_from=3)), begins + 18 * HOUR
    known = fold(History(), facts)
    known = fold(known, [told for alert in alerts_due(incidents(known), how, now) for told in told_by(alert, now)])
    return Aftermath(
        since=begins,
        matters=matters(known, how, {RETRY_JOB}, lambda _: True),
        tampered=(
            Tampering(
                begins + 4 * HOUR,
                f"{vault}/backuppolicies/gold",
                "policy gold keeps less: daily 60 to 14 days",
                "mallory@example.com",
            ),
        ),
        set_aside=(
            SetAside("alerts", ("no JSON: Expecting value",), "hello", begins + 2 * HOUR),
            SetAside("alerts", ("data.essentials: missing",), "{}", begins + 5 * HOUR),
            SetAside("job-triage", ("it failed five times; the log of job-triage says why",), "{}", begins + 6 * HOUR),
        ),
        watching=Watching(now, gaps=((begins + 11 * HOUR, begins + 11 * HOUR + 20 * MINUTE),)),
        alert_path=AlertPath(begins + HOUR, (_rule_off(),), begins + HOUR),
    )

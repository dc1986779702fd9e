"""What happened in the night? Look once more, put the record beside it, and store the morning report."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from shared.flows import breaker
from shared.flows.job_failures.aftermath import aftermath
from shared.flows.look import BASELINE, ORIGINS, look, newest_plan, vaults_in_scope
from shared.flows.on_demand import asking
from shared.flows.record import steps_of
from shared.flows.restores.history import histories
from shared.flows.retention import history as retention_history
from shared.model.azure import Job, ProtectedItem
from shared.model.intent import FleetPolicy
from shared.model.night import NightReport, Run
from shared.model.observed import Observed
from shared.model.plan import Finding, Plan
from shared.ports import Ports
from shared.report import data, page
from shared.rules import protection, restore_history, retention_night
from shared.rules.mornings import last_finished_night
from shared.rules.night_failures import left_to_people
from shared.rules.slots import start_slots
from shared.telemetry import Event, tell

REVIEWED = "reviewed"
FLEET_DAY = timedelta(days=1)


def review_tonight(ports: Ports, intent: FleetPolicy, now: datetime) -> NightReport | None:
    """Make the report of the newest night that is over; None where that is done, or was before the first plan."""
    made, first = newest_plan(ports), ports.ledger.read(BASELINE, "fleet")
    if made is None or first is None:
        return None
    night = last_finished_night(intent, now, {line.region for line in made.vms})
    if night < date.fromisoformat(first["night"]) or ports.ledger.read(REVIEWED, str(night)) is not None:
        return None
    report = review(ports, intent, now, night)
    ports.ledger.claim(REVIEWED, str(night), {"at": now.isoformat()})
    return report


def review(ports: Ports, intent: FleetPolicy, now: datetime, night: date | None = None) -> NightReport:
    """Make and store the report of a fleet day (the one that holds `now`), compared with that of the first plan."""
    night = night or intent.night_of(now)
    observed = look(ports, intent, vaults_in_scope(ports, intent))
    begins = _begin(intent, night)
    before = _baseline(ports, intent, night)
    made = newest_plan(ports)
    findings = (*observed.unreadable, *protection.judge(observed, intent, now.date()))
    since = min(begins, now - FLEET_DAY)
    found = aftermath(ports, intent, since, now)
    restores = histories(ports, intent, since, now)
    retention = retention_history.night(ports, intent, now)
    report = NightReport(
        night=night,
        made_at=now,
        policy_version=intent.version,
        begins_at=begins,
        ends_at=begins + FLEET_DAY,
        vms=tuple(observed.vms),
        vaults=observed.vaults,
        protected=protection.protected(observed, intent),
        plan=made,
        before_begins_at=before,
        slots_before=_slots_before(ports, observed, begins.date()),
        runs_before=_runs(ports, observed, before),
        runs_after=_runs(ports, observed, begins),
        steps=steps_of(ports, intent, now),
        protection=findings,
        needs_human=(
            *left_to_people(found),
            *restore_history.left_to_people(restores),
            *retention_night.left_to_people(retention),
            *_needs_human(findings, made, "enrol" in ports.switches),
        ),
        aftermath=found,
        restores=restores,
        retention=retention,
        on_demand=asking.lately(ports.ledger, since),
        switches=tuple(sorted(ports.switches)),
        breaker=breaker.stopped(ports),
        separation_tag=intent.separation_tag or "",
    )
    ports.reports.save(report.night, page.html(report), data.data(report))
    tell(Event.NIGHT_REVIEWED, night=report.night, runs=len(report.runs_after), needs_human=len(report.needs_human))
    return report


def _begin(intent: FleetPolicy, night: date) -> datetime:
    return datetime.combine(night, time(intent.day_starts), UTC)


def _baseline(ports: Ports, intent: FleetPolicy, night: date) -> datetime | None:
    """Return when the fleet day of the first plan began: nothing was moved in it. None before and on that day."""
    row = ports.ledger.read(BASELINE, "fleet")
    first = date.fromisoformat(row["night"]) if row else night
    return _begin(intent, first) if first < night else None


def _slots_before(ports: Ports, observed: Observed, day: date) -> tuple[tuple[str, int], ...]:
    """Return where each VM that was moved started before its first move, as far as its old policy still says so."""
    policies = {policy.id: policy for policy in observed.policies}
    origins = {vm_id: policies.get(row["policy"]) for vm_id, row in sorted(ports.ledger.rows(ORIGINS).items())}
    starts = {vm_id: start_slots(policy, day) for vm_id, policy in origins.items() if policy is not None}
    return tuple((vm_id, slots[0]) for vm_id, slots in starts.items() if slots)


def _runs(ports: Ports, observed: Observed, begins: datetime | None) -> tuple[Run, ...]:
    if begins is None:
        return ()
    items = {(item.vault_id, item.container): item for item in observed.items}
    regions = {vault.id: vault.region for vault in observed.vaults}
    jobs = [job for vault in observed.vaults for job in ports.vaults.jobs(vault, begins, begins + FLEET_DAY)]
    return tuple(
        _run(job, items.get((job.vault_id, job.container)), regions[job.vault_id])
        for job in sorted(jobs, key=lambda job: (job.started_at, job.id))
        if job.operation == "Backup"
    )


def _run(job: Job, item: ProtectedItem | None, region: str) -> Run:
    return Run(
        vm_id=item.vm_id if item else job.container,
        name=item.name if item else job.vm_name,
        vault_id=job.vault_id,
        region=region,
        started_at=job.started_at,
        ended_at=job.ended_at,
        status=job.status,
    )


def _needs_human(findings: Iterable[Finding], made: Plan | None, enrols: bool) -> tuple[Finding, ...]:
    """Return what only a person can settle; a VM that is about to be enrolled is not among it."""
    coming = {one.vm_id for one in made.enrolments} if made and enrols else set()
    protection_gaps = (
        finding
        for finding in findings
        if finding.code in protection.NEEDS_HUMAN and not (finding.code == "unprotected" and finding.subject in coming)
    )
    return (*protection_gaps, *(made.findings if made else ()))

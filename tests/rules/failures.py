"""Which failures do the tests speak of? A backup of the VM "app" that failed in the night before NOW, and its world."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.model.azure import Job
from shared.model.failures import Attempt, Fact, Failure, History, Incident, Kind, Response, Severity, Success
from shared.rules.incidents import fold, incidents
from shared.rules.retries import Context
from tests.rules.fleet import VAULT_ID, intent, item, policy, vm, vm_id

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SLOT = datetime(2026, 3, 3, 22, tzinfo=UTC)
"""When the run of `POLICY` was scheduled; its window is open from 20:00 to 06:00."""
BEGAN, ENDED = SLOT + 10 * MINUTE, SLOT + 40 * MINUTE
POLICY = policy()
ITEM = item("app", POLICY)


def at(hours: float) -> datetime:
    """The instant so many hours after the slot."""
    return SLOT + timedelta(hours=hours)


def failure(name: str = "CloudInternalError", kind: Kind = Kind.FAILED, vm: str = "app", **fields) -> Failure:
    """A scheduled backup that failed with the error `name`; without a job where its kind says so."""
    started_at = fields.pop("started_at", BEGAN)
    ids = {"vm_id": vm_id(vm), "vm_name": vm, "item_id": item(vm, POLICY).id, "vault_id": VAULT_ID}
    if kind in {Kind.OVERDUE, Kind.NEVER_STARTED, Kind.COLLIDED, Kind.MISSING_VM}:
        return Failure(kind=kind, **(ids | {"started_at": SLOT, "scheduled_for": SLOT} | fields))
    job = {"job_id": f"{VAULT_ID}/backupjobs/{vm}-{started_at:%d%H%M}", "ended_at": started_at + 30 * MINUTE}
    return Failure(kind=kind, started_at=started_at, name=name, **(ids | job | {"scheduled_for": SLOT} | fields))


def success(started_at: datetime, vm: str = "app") -> Success:
    return Success(vm_id=vm_id(vm), job_id=f"{vm}-{started_at:%d%H%M}-good", started_at=started_at)


def job(started_at: datetime, status: str = "Completed", **fields) -> Job:
    """A backup of the VM that took half an hour, or that still runs."""
    took = 30 * MINUTE
    ended_at = None if status == "InProgress" else started_at + took
    fields = {"id": f"job-{started_at:%d%H%M}", "operation": "Backup", "ended_at": ended_at, "duration": took} | fields
    return Job(
        vault_id=VAULT_ID, container=ITEM.container, vm_name="app", started_at=started_at, status=status, **fields
    )


def context(**fields) -> Context:
    """What surrounds the failure: a VM of tier "gold" with nothing in the way."""
    return Context(**({"intent": intent(), "vm": vm("app"), "policy": POLICY, "minutes": 30.0} | fields))


def tried(of: Failure, response: Response = Response.RETRY, when: datetime | None = None, **fields) -> Attempt:
    """An answer to the failure, when it ended."""
    when = when or of.ended_at or of.started_at
    fields = {"reason": "because", "severity": Severity.WARNING, "needs_human": False} | fields
    retry_at = when + 30 * MINUTE if response is Response.RETRY else None
    return Attempt(failure_id=of.id, at=when, response=response, retry_at=retry_at, **fields)


def retries(count: int) -> tuple[Attempt, ...]:
    """So many starts after a failure."""
    return tuple(tried(failure(started_at=BEGAN + number * HOUR)) for number in range(count))


def incident_of(*facts: Fact) -> Incident:
    """The one incident that the facts make."""
    (found,) = incidents(fold(History(), facts))
    return found


def late(one: Failure, hours: float) -> Failure:
    """The same failure of a run so many hours later."""
    shift = timedelta(hours=hours)
    ended = one.ended_at + shift if one.ended_at else None
    scheduled = one.scheduled_for + shift if one.scheduled_for else None
    return replace(
        one, started_at=one.started_at + shift, ended_at=ended, scheduled_for=scheduled, job_id=f"{one.job_id}+{hours}"
    )

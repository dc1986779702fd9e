"""What is true of one restore right now? One look, of what its step asks about and of nothing else."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import FleetError, Permanent
from shared.flows.restores import leases, rows, standing
from shared.flows.restores.rows import Under
from shared.model.azure import Vault
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import RestoreTask, Step
from shared.model.restores import Mode, Objection, RestoreJob, RestoreOperation
from shared.ports import Ports
from shared.rules.restore_accounts import Seen, judge, overload
from shared.rules.restore_case import CLOCKS_DIFFER, Observed
from shared.rules.restore_tasks import STOPPED, order

PROGRESS_COUNTS_FOR = timedelta(minutes=6)
"""A copy's progress that was read earlier makes it look slower than it is."""
LOAD_OF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step of one restore is taken with."""

    ports: Ports
    intent: FleetPolicy
    now: datetime


def observe(scene: Scene, one: Under) -> Observed:
    """Look at what the task's step asks about. Raises Transient where Azure does not answer while it is checked."""
    ports, state = scene.ports, one.state
    seen = Observed(cancel=rows.cancelled(ports.ledger, one.task), others=_others(scene.intent, one))
    match state.step:
        case Step.WAITING:
            turn = standing.turns(ports, scene.intent, standing.standing(ports), scene.now).get(one.task.key)
            return replace(seen, account_id=turn.account_id, turn=standing.said(turn)) if turn else seen
        case Step.CHECKING if not seen.cancel and not _late(scene, one):
            if not leases.ours(ports.ledger, one):
                return replace(seen, leased=False)
            return replace(seen, unusable=_unusable(scene, one), guard=_guard(ports, one.task))
        case Step.ACCEPTED:
            return replace(seen, operation=_operation(ports, one))
        case Step.RUNNING | Step.MOVING | Step.CANCELLING:
            job = _job(scene, one, at_once=seen.cancel)
            return replace(seen, job=job, overload=_overload(scene, one, job))
    return seen


def pre_check(scene: Scene, one: Under) -> tuple[Objection, ...]:
    """Ask the service what it has against the order; raises Transient. What it refuses to look at is an objection."""
    try:
        return tuple(scene.ports.restores.validate(order(one.task, one.state, scene.intent.restore)))
    except Permanent as problem:
        return (Objection(problem.code or "Refused", str(problem)),)


def jobs_since(scene: Scene, one: Under) -> tuple[RestoreJob, ...] | None:
    """Return the restores of the item since its order, each in detail; None where they cannot be read now."""
    since = (one.state.sent_at or one.state.since) - CLOCKS_DIFFER
    item, restores = one.task.item, scene.ports.restores
    try:
        listed = restores.jobs(vault_named(item.vault_id), since, scene.now, one.task.secondary_region)
        return tuple(
            restores.job(job.id, item.vault_id)
            for job in listed
            if job.container in {item.container, ""} and job.id not in one.state.past_jobs
        )
    except FleetError:
        return None


def vault_named(vault_id: str) -> Vault:
    """Return the vault of an id, as far as its id tells."""
    parts = vault_id.split("/")
    return Vault(vault_id, parts[8], parts[2], parts[4], region="")


def _late(scene: Scene, one: Under) -> bool:
    """Return whether the task ends here whatever Azure says: so Azure need not answer."""
    return scene.now - one.task.accepted_at > scene.intent.restore.limits.wait


def _others(intent: FleetPolicy, one: Under) -> bool:
    """Return whether the task might go to another account than it has, and than those that were too slow."""
    place = intent.restore.places.get(one.task.region)
    pool = set(one.task.accounts or (place.accounts if place else ())) & set(place.accounts if place else ())
    return bool(pool - {*one.state.tried, one.state.account_id})


def _unusable(scene: Scene, one: Under) -> str:
    """Look once more at the account itself: what the pool showed may be minutes old."""
    account_id, now_is = one.state.account_id, standing.standing(scene.ports)
    found = scene.ports.restore_accounts.accounts([account_id])
    loads = scene.ports.restore_accounts.load(found, scene.now - LOAD_OF, scene.now) if found else {}
    seen = Seen(
        {account.id: account for account in found},
        dict(loads),
        standing.others_leases(now_is, one.task.key),
        standing.strangers(now_is, one.task.region),
    )
    verdict = next((v for v in judge(one.task.region, seen, scene.intent.restore) if v.account_id == account_id), None)
    if verdict is None:
        return f"it is no longer in the pool of {one.task.region}"
    return "" if verdict.usable else verdict.reason


def _guard(ports: Ports, task: RestoreTask) -> str:
    if task.mode is not Mode.REPLACE:
        return ""
    power = ports.fleet.power(task.item.vm_id)
    if power in STOPPED:
        return ""
    said = "it is gone" if power is None else f"its power state is {power or 'not known'}"
    return f"{said}, and a VM's disks can be replaced only while it is off"


def _operation(ports: Ports, one: Under) -> RestoreOperation | None:
    try:
        task = one.task
        return ports.restores.operation(task.item.vault_id, one.state.operation_id, task.secondary_region)
    except FleetError:
        return None


def _job(scene: Scene, one: Under, *, at_once: bool) -> RestoreJob | None:
    """Return the task's job as the watcher last saw it; one that is to be cancelled also before lists show it."""
    known = standing.job(scene.ports, one.state.job_id)
    if known is None:
        return _detail(scene.ports, one) if at_once else None
    if known.detailed_at and scene.now - known.detailed_at <= PROGRESS_COUNTS_FOR:
        return known.job
    return replace(known.job, progress=None, bytes_moved=None, bytes_total=None)


def _overload(scene: Scene, one: Under, job: RestoreJob | None) -> str:
    """Return what others do to the account of a copy whose progress is known; "" for nothing, or nothing known."""
    if job is None or job.terminal or job.progress is None:
        return ""
    try:
        found = scene.ports.restore_accounts.accounts([one.state.account_id])
        loads = scene.ports.restore_accounts.load(found, scene.now - LOAD_OF, scene.now)
    except FleetError:
        return ""
    limits = scene.intent.restore.account_limits
    return next((said for load in loads.values() if (said := overload(load, limits))), "")


def _detail(ports: Ports, one: Under) -> RestoreJob | None:
    try:
        return ports.restores.job(one.state.job_id, one.task.item.vault_id)
    except FleetError:
        return None

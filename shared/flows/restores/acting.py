"""How is an order sent, once? And a job cancelled. What comes back is an observation, whatever it is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from shared.errors import FleetError, Permanent, Transient
from shared.flows.restores import leases, looking, rows
from shared.flows.restores.looking import Scene
from shared.flows.restores.rows import Under
from shared.model.restores import Mode
from shared.rules.restore_case import Answer, Observed, Sent
from shared.rules.restore_table import Action
from shared.rules.restore_tasks import order

QUOTA = "restores"
SLOW = timedelta(minutes=2)
"""Who has been at work for longer sends nothing any more: others have taken the order for lost by then, or will."""


def act(scene: Scene, one: Under, action: Action, seen: Observed) -> Observed | None:
    """Do what the table says once the state is written; return what was learnt, None where there is nothing to judge.

    Raises Transient where a pre-check is not answered.
    """
    match action:
        case Action.VALIDATE:
            objections = looking.pre_check(scene, one)
            return replace(seen, objections=objections, guard="" if objections else _spend(scene, one))
        case Action.SEND:
            return Observed(cancel=seen.cancel, others=seen.others, sent=_send(scene, one))
        case Action.READ_JOBS:
            jobs = looking.jobs_since(scene, one)
            return None if jobs is None else replace(seen, jobs=jobs)
        case Action.CANCEL:
            _cancel(scene, one)
    return None


def _spend(scene: Scene, one: Under) -> str:
    """Take one of the VM's restores of the day before its order is sent, once an order; it is never given back."""
    most, ledger = scene.intent.restore.limits.restores_per_vm_day, scene.ports.ledger
    spent, key = f"claims-{scene.now:%Y-%m-%d}", f"restore|{one.task.key}|{one.state.attempts}"
    if ledger.read(spent, key) is not None:
        return ""
    if not ledger.spend(QUOTA, one.task.item.vm_id, scene.now.date(), most):
        return f"all {most} restores of a day that it may have were begun today"
    ledger.write(spent, key, {"at": scene.now.isoformat()})
    return ""


def _send(scene: Scene, one: Under) -> Sent:
    if obstacle := _too_late(scene, one):
        return Sent(Answer.NOT_BEGUN, text=obstacle)
    confirmed = one.task.item.vm_id if one.task.mode is Mode.REPLACE and one.task.production else ""
    try:
        operation = scene.ports.restores.trigger(order(one.task, one.state, scene.intent.restore), confirmed)
    except Transient as problem:
        return Sent(Answer.NOT_BEGUN if problem.refused else Answer.LOST, text=str(problem))
    except Permanent as problem:
        return Sent(Answer.REFUSED, code=problem.code, text=str(problem))
    return Sent(Answer.ACCEPTED, operation)


def _too_late(scene: Scene, one: Under) -> str:
    """Return why the order may not be sent after all: asked right before it is, since Azure takes no condition."""
    written: Mapping[str, str] | None = scene.ports.ledger.read(rows.TASKS, one.task.key)
    if written != one.row:
        return "somebody else has taken this step"
    if not leases.ours(scene.ports.ledger, one):
        return "its account went to another restore"
    return "it took too long to come here" if scene.ports.now() - scene.now > SLOW else ""


def _cancel(scene: Scene, one: Under) -> None:
    """Ask for the cancel; whether it was heard is seen by the job, and it is asked for again where it was not."""
    try:
        scene.ports.restores.cancel(one.state.job_id)
    except FleetError:
        return

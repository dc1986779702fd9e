"""What is next for one restore? It is looked at, one row of the table decides, and the one action is done."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.errors import BadMessage, Transient
from shared.flows.restores import acting, ending, leases, pool, rows, standing
from shared.flows.restores.looking import Scene, observe
from shared.flows.restores.rows import Under
from shared.flows.set_aside import set_aside
from shared.messages.restore_tasks import Turn, turn_from_json, turn_to_json
from shared.model.intent import FleetPolicy
from shared.model.restore_tasks import Step
from shared.ports import Ports
from shared.rules.restore_steps import Next, next_step
from shared.rules.restore_table import Action
from shared.telemetry import Event, tell

QUEUE = "restore-tasks"
WOKEN = frozenset({Step.WAITING, Step.RUNNING, Step.MOVING, Step.CANCELLING})
"""Steps at which a message that comes before its time may have news: it costs no call to Azure."""
POSTPONED = timedelta(minutes=2)
MOST_ROWS = 12
"""Of the table in one go: more would be a circle."""


def receive(ports: Ports, intent: FleetPolicy, text: str, now: datetime) -> None:
    """Take the next step of the task that a message names; one that cannot be followed is set aside."""
    try:
        advance(ports, intent, turn_from_json(text).key, now)
    except BadMessage as problem:
        set_aside(ports, QUEUE, problem, text, now)


def advance(ports: Ports, intent: FleetPolicy, key: str, now: datetime) -> Step | None:
    """Take a task's next step, if it is time; return where it stands then, None where it is not under way.

    Copies of a message change nothing: each step is taken by whoever replaces the row first, and only that one does
    what follows. Raises BadMessage for a row that cannot be read, Transient or Permanent where storage does not answer.
    """
    one = rows.find(ports.ledger, key)
    if one is None:
        return None
    scene = Scene(ports, intent, now)
    if not one.state.step.over:
        early = now < one.state.due
        if early and one.state.step not in WOKEN:
            return one.state.step
        moved = _steps(scene, one, early=early)
        if moved is None:
            return one.state.step
        one = moved
    if one.state.step.over:
        ending.finish(scene, one)
    else:
        look_at(ports, key, max(timedelta(), one.state.due - now))
    tell(Event.RESTORE_MOVED, at=now, task=key, step=one.state.step, reason=one.state.reason)
    return one.state.step


def look_at(ports: Ports, key: str, delay: timedelta = timedelta()) -> None:
    """Have the task looked at after the delay."""
    ports.queues.send(QUEUE, turn_to_json(Turn(key)), delay.total_seconds())


def wake_next(scene: Scene) -> int:
    """Have those looked at that an account is free for, now that one was given back; return how many."""
    if not any(one.state.step is Step.WAITING for one in rows.under_way(scene.ports.ledger).values()):
        return 0
    pool.refresh(scene, standing.standing(scene.ports))
    now_is = standing.standing(scene.ports)
    found = standing.turns(scene.ports, scene.intent, now_is, scene.now)
    ready = [turn for turn in found.values() if turn.account_id]
    for turn in ready:
        look_at(scene.ports, turn.key)
    return len(ready)


def _steps(scene: Scene, one: Under, *, early: bool) -> Under | None:
    """Follow the table while what is next is due at once; None where nothing was written, or by somebody else."""
    moved, seen = None, None
    for _ in range(MOST_ROWS):
        try:
            if seen is None:
                if reason := _not_now(scene, one):
                    return _postponed(scene, one, reason)
                seen = observe(scene, one)
            following = next_step(one.task, one.state, seen, scene.intent.restore.limits, scene.now)
            if early and moved is None and following.state.step is one.state.step:
                return None
            written = _written(scene, one, following)
            if written is None:
                return moved
            one = moved = written
            seen = acting.act(scene, one, following.action, seen)
        except Transient as problem:
            return _postponed(scene, one, str(problem))
        if seen is None and (one.state.step.over or one.state.due > scene.now):
            break
    return moved


def _not_now(scene: Scene, one: Under) -> str:
    """Return why a task that is being checked stays where it is, "" where it goes on: to its end, if need be."""
    late = scene.now - one.task.accepted_at > scene.intent.restore.limits.wait
    if one.state.step is not Step.CHECKING or late or rows.cancelled(scene.ports.ledger, one.task):
        return ""
    return standing.closed(scene.ports, one, scene.now)


def _written(scene: Scene, one: Under, following: Next) -> Under | None:
    """Write the next state; take the account that it names, or give back the one that it had."""
    had = one.state.account_id
    after = rows.move(scene.ports.ledger, one, following.state)
    if after is None:
        return None
    if following.action is Action.LEASE:
        return leases.take(scene.ports.ledger, after, scene.now) or after
    if following.action is Action.RELEASE and had:
        leases.give_back(scene.ports.ledger, had, one.task.key)
        wake_next(scene)
    return after


def _postponed(scene: Scene, one: Under, reason: str) -> Under | None:
    state = replace(one.state, due=scene.now + POSTPONED, reason=reason)
    return rows.move(scene.ports.ledger, one, state)

"""What if an accepted operation does not end? Its item stays busy for hours, and then it ends one way or the other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from local.world.failures import failure
from local.world.state import Operation
from local.world.world import World


@dataclass(frozen=True, slots=True)
class Stuck:
    """How an operation is stuck: for how long, and whether it then fails, with which code.

    With `effect_in_time` the write has its effect when it usually has; only the operation does not end.
    """

    span: timedelta
    failure: str = ""
    effect_in_time: bool = False


def stick(world: World, operation: Operation, how: Stuck) -> None:
    """Let the operation, which a write of an item has just begun, go on; until it ends the item takes no other."""
    usual, arguments = world.take_back("configured", operation.id)
    change: Callable[[], None] = arguments[1]
    until = world.now + how.span
    world.jobs[operation.job_id].due = until
    if how.effect_in_time:
        world.at(usual, "then", _changed, change)
        change = _nothing
    if how.failure:
        world.at(until, "then", _fail, operation.id, how.failure)
    else:
        world.at(until, "configured", operation.id, change)


def _changed(_: World, change: Callable[[], None]) -> None:
    change()


def _fail(world: World, operation_id: str, code: str) -> None:
    operation = world.operations[operation_id]
    operation.status, operation.ended_at, operation.error = "Failed", world.now, (code, failure(code).text)
    job = world.jobs[operation.job_id]
    job.status, job.ended_at, job.error = "Failed", world.now, code


def _nothing() -> None:
    return None

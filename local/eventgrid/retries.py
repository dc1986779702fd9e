"""When does Event Grid try again? Its published schedule, what an answer's status adds to it, and when it gives up."""

import random
from datetime import timedelta

from local.post import TIMED_OUT

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
_STEPS = (
    10 * _SECOND, 30 * _SECOND, _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR,
)  # fmt: skip
_THEN = 12 * _HOUR
_DELIVERED = {200, 201, 202, 203, 204}
_NEVER = {400, 403, 413}
_NEVER_AT_AN_ADDRESS = {*_NEVER, 401}
_LEAST = {401: 5 * _MINUTE, 404: 5 * _MINUTE, 408: 2 * _MINUTE, 503: 30 * _SECOND}
_OUTCOMES = {
    TIMED_OUT: "TimedOut",
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    408: "TimedOut",
    413: "RequestEntityTooLarge",
    429: "Busy",
    503: "Busy",
}
_PROBATION = {"TimedOut": 10 * _SECOND, "Busy": 10 * _SECOND, "NotFound": 5 * _MINUTE, "Unauthorized": 5 * _MINUTE}
_SUSPICIOUS = 10
"""After so many failures in a row an endpoint is taken for broken, and everything to it waits longer and longer."""
_LONGEST_HOLD = 3 * _HOUR


def delivered(status: int) -> bool:
    """Say whether an answer of this status ends a delivery."""
    return status in _DELIVERED


def outcome(status: int) -> str:
    """Return Event Grid's word for a failed attempt."""
    return _OUTCOMES.get(status, "GenericError")


def wait(attempts: int, status: int, *, to_function: bool, draw: random.Random) -> timedelta | None:
    """Return how long to wait after so many attempts, the last of which had this status; None: not again.

    Event Grid adds a little chance to every step.
    """
    if status in (_NEVER if to_function else _NEVER_AT_AN_ADDRESS):
        return None
    step = _STEPS[attempts - 1] if attempts <= len(_STEPS) else _THEN
    return max(step, _LEAST.get(status, step)) * draw.uniform(1.0, 1.1)


def hold(status: int, failures: int) -> timedelta:
    """Return for how long also new events are held after the last of so many failures in a row."""
    if failures >= _SUSPICIOUS:
        doubled: int = 2 ** min(failures - _SUSPICIOUS, 10)
        return min(10 * _MINUTE * doubled, _LONGEST_HOLD)
    return _PROBATION.get(outcome(status), timedelta())

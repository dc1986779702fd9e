"""Which restores lie still, and what of them may be forgotten? Poison is rejected with a reason; old rows go."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.flows.restores import advance, fan_out, rows, standing
from shared.flows.restores.rejected import reject
from shared.ports import Ports
from shared.telemetry import Event, tell

QUEUES = (fan_out.QUEUE, fan_out.PRODUCTION, advance.QUEUE)
POISON = "-poison"
STUCK = timedelta(hours=1)
"""The watcher wakes tasks whose look is two minutes late: one that is late by so much cannot be woken."""
ENDED_KEPT = timedelta(days=14)
REQUESTS_KEPT = timedelta(days=90)
"""A second message with the id of an older request is a new one."""


def tidy(ports: Ports, now: datetime, most: int) -> int:
    """Reject up to `most` poison messages of each queue, wake and tell of what is stuck; return how many messages."""
    for key, one in rows.under_way(ports.ledger).items():
        if now > one.state.due + STUCK:
            text = f"{one.state.step} since {one.state.since:%Y-%m-%d %H:%MZ}: {one.state.reason}"
            tell(Event.ALERT, code="restore-stuck", subject=key, text=text)
            advance.look_at(ports, key)
    return sum(_reject_poison(ports, queue, now, most) for queue in QUEUES)


def forget_old(ports: Ports, now: datetime) -> int:
    """Drop what was over long ago, and what was seen for restores that are over; return how many rows."""
    under = ports.ledger.rows(rows.TASKS)
    old = [(rows.ENDED, key) for key, row in ports.ledger.rows(rows.ENDED).items() if _before(row, now - ENDED_KEPT)]
    old += [
        (kind, key)
        for kind in (fan_out.REQUESTS, rows.CANCELS)
        for key, row in ports.ledger.rows(kind).items()
        if _before(row, now - REQUESTS_KEPT)
    ]
    for kind in () if under else (standing.JOBS, standing.POOL, standing.VAULTS):
        old += [(kind, key) for key in ports.ledger.rows(kind)]
    for kind, key in old:
        ports.ledger.drop(kind, key)
    return len(old)


def _reject_poison(ports: Ports, queue: str, now: datetime, most: int) -> int:
    reason = f"message: it failed five times, or could not be decoded; the log of {queue} around this time says why"
    return ports.queues.empty(queue + POISON, lambda text: reject(ports, queue, [reason], text, now), most)


def _before(row: Mapping[str, str], limit: datetime) -> bool:
    return datetime.fromisoformat(row["at"]) < limit

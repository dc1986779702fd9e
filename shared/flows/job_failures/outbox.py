"""What is still to be announced? Each failure is written down first, then published, then waits for its answer.

A crash between any two of these leaves a row that the next tick finds: events are doubled, never lost.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.messages.jobs import TriageRequest, job_event, triage_to_json
from shared.model.failures import History
from shared.ports import Ports

OUTBOX = "outbox"
TRIAGE = "job-triage"
"""The queue of those who answer failures."""
TICK = timedelta(minutes=5)
"""How often the watcher runs."""
ANSWERED_WITHIN = TICK - timedelta(minutes=1)
"""An event that has no answer after this has been lost on its way: whoever should answer it is asked directly."""
ASKED_AGAIN = timedelta(minutes=15)
"""A worker that died holds its message for ten minutes; asking sooner would only double the work."""
_NEW, _SENT, _ASKED = "new", "sent", "asked"


def note(ports: Ports, request: TriageRequest, vm_id: str, now: datetime) -> bool:
    """Write down a failure that is to be announced; False where it is there already."""
    row = {"vault": request.vault_id, "vm": vm_id, "state": _NEW, "at": now.isoformat()}
    return ports.ledger.claim(OUTBOX, request.failure_id, row)


def waiting(ports: Ports) -> dict[str, Mapping[str, str]]:
    """Return what is written down and not answered yet, by failure."""
    return ports.ledger.rows(OUTBOX)


def announce(ports: Ports, rows: Mapping[str, Mapping[str, str]], now: datetime) -> int:
    """Publish what of the waiting `rows` was not published yet; return how many."""
    new = {key: row for key, row in rows.items() if row["state"] == _NEW}
    events = [job_event(TriageRequest(row["vault"], key), row["vm"], now) for key, row in new.items()]
    if events:
        ports.events.publish(events)
    for key in new:
        _mark(ports, key, _SENT, now)
    return len(new)


def settle(ports: Ports, rows: Mapping[str, Mapping[str, str]], known: History, now: datetime) -> int:
    """Forget what of the waiting `rows` was answered, and ask for what was not; return how many were asked for."""
    answered, asked = {attempt.failure_id for attempt in known.attempts}, 0
    for key, row in rows.items():
        if key in answered:
            ports.ledger.drop(OUTBOX, key)
        elif _overdue(row, now):
            ports.queues.send(TRIAGE, triage_to_json(TriageRequest(row["vault"], key)))
            _mark(ports, key, _ASKED, now)
            asked += 1
    return asked


def _overdue(row: Mapping[str, str], now: datetime) -> bool:
    since = now - datetime.fromisoformat(row["at"])
    return (row["state"] == _SENT and since >= ANSWERED_WITHIN) or (row["state"] == _ASKED and since >= ASKED_AGAIN)


def _mark(ports: Ports, key: str, state: str, now: datetime) -> None:
    row = ports.ledger.read(OUTBOX, key)
    if row is not None:
        ports.ledger.write(OUTBOX, key, {**row, "state": state, "at": now.isoformat()})

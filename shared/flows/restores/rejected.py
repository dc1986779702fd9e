"""What becomes of a request that is not carried out? It goes to a queue of its own, with each field and reason."""

import json
from collections.abc import Sequence
from datetime import datetime

from shared.flows.set_aside import MOST_REASONS
from shared.ports import Ports
from shared.telemetry import Event, tell

QUEUE = "restore-rejected"
KEPT_CHARACTERS = 4000
"""Of a rejected message: enough to recognise it by, and it fits beside its reasons."""
LONGEST_REASON = 1000


def reject(ports: Ports, source: str, reasons: Sequence[str], text: str, now: datetime) -> None:
    """Tell why a message from the queue `source` is not carried out; each reason begins with the field."""
    told = [reason[:LONGEST_REASON] for reason in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        told.append(f"message: {len(reasons) - MOST_REASONS} more reasons are left out; mend these first")
    rejected = {"version": 1, "queue": source, "reasons": told, "message": _printable(text[:KEPT_CHARACTERS])}
    ports.queues.send(QUEUE, json.dumps(rejected))
    tell(Event.RESTORE_REJECTED, at=now, queue=source, reasons=told)


def _printable(text: str) -> str:
    return text.encode(errors="replace").decode()

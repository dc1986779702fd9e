"""What becomes of a request that is not carried out? It goes to a queue of its own, with each field and reason."""

import json
from collections.abc import Sequence
from datetime import datetime

from shared.flows.set_aside import MOST_REASONS
from shared.ports import Ports
from shared.telemetry import Event, tell

QUEUE = "restore-rejected"
KEPT_CHARACTERS = (4000, 400, 0)
"""Of a rejected message, as many as fit beside its reasons: enough to recognise it by."""
LONGEST_REASON = 500
MOST_BYTES = 48 * 1024


def reject(ports: Ports, source: str, reasons: Sequence[str], text: str, now: datetime) -> None:
    """Tell why a message from the queue `source` is not carried out; each reason begins with the field."""
    told = [reason[:LONGEST_REASON] for reason in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        told.append(f"message: {len(reasons) - MOST_REASONS} more reasons are left out; mend these first")
    ports.queues.send(QUEUE, _body(source, told, text))
    tell(Event.RESTORE_REJECTED, at=now, queue=source, reasons=told)


def _body(source: str, told: list[str], text: str) -> str:
    body = ""
    for kept in KEPT_CHARACTERS:
        message = text[:kept].encode(errors="replace").decode()
        body = json.dumps({"version": 1, "queue": source, "reasons": told, "message": message}, ensure_ascii=False)
        if len(body.encode()) <= MOST_BYTES:
            break
    return body

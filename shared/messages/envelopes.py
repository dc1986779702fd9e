"""What does an event say of itself? CloudEvents 1.0 and Event Grid's own schema as one noun, or why not."""

import json
from datetime import datetime

from shared.errors import BadMessage
from shared.model.events import Envelope

LONGEST = 65_536
"""Characters of an event that is read; longer ones are not ours, and would not fit into a queue message."""
_CLOUD = {"id": "id", "source": "source", "type": "type", "subject": "subject", "at": "time"}
_GRID = {"id": "id", "source": "topic", "type": "eventType", "subject": "subject", "at": "eventTime"}
_OPTIONAL = frozenset({"subject", "at"})


def envelope_from_json(text: str) -> Envelope:
    """Return the event of either schema, or raise BadMessage with every reason. Other fields are passed over."""
    if len(text) > LONGEST:
        raise BadMessage([f"event: has {len(text)} characters; expected at most {LONGEST}"])
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise BadMessage([f"event: not JSON: {failure}"]) from failure
    if not isinstance(document, dict):
        raise BadMessage([f"event: found {type(document).__name__}; expected an object"])
    names = _CLOUD if "specversion" in document else _GRID
    reasons = []
    if names is _CLOUD and document["specversion"] != "1.0":
        reasons.append(f"specversion: found {document['specversion']!r:.80}; expected '1.0'")
    found = {field: document.get(name) for field, name in names.items()}
    for field, name in names.items():
        value = found[field]
        absent = value is None and field in _OPTIONAL
        if not absent and (not isinstance(value, str) or not value.strip()):
            reasons.append(f"{name}: found {str(value)[:80]!r}; expected text")
    at = _instant(found["at"], names["at"], reasons)
    data = document.get("data")
    if not isinstance(data, dict):
        reasons.append(f"data: found {type(data).__name__}; expected an object")
    if reasons or not isinstance(data, dict):
        raise BadMessage(reasons)
    return Envelope(str(found["id"]), str(found["source"]), str(found["type"]), str(found["subject"] or ""), at, data)


def _instant(value: object, name: str, reasons: list[str]) -> datetime | None:
    """Return the instant; the libraries' own readers refuse offsets or read them as UTC."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        reasons.append(f"{name}: found {value[:80]!r}; expected an instant such as 2026-01-01T00:00:00Z")
        return None
    if at.tzinfo is None:
        reasons.append(f"{name}: found {value[:80]!r}, which has no UTC offset")
        return None
    return at

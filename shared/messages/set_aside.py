"""How are words kept that could not be followed? As a JSON document whose name follows from them."""

import json
from datetime import datetime
from hashlib import sha256

from shared.errors import BadMessage
from shared.model.events import SetAside


def key_of(entry: SetAside) -> str:
    """Return the entry's key: the same words from the same source have the same one."""
    return f"{entry.source}-{sha256(entry.text.encode(errors='replace')).hexdigest()[:16]}"


def set_aside_to_json(entry: SetAside) -> str:
    """Return the document."""
    return json.dumps(
        {"source": entry.source, "reasons": entry.reasons, "at": entry.at.isoformat(), "text": entry.text}, indent=1
    )


def set_aside_from_json(text: str) -> SetAside:
    """Return the entry of a document, or raise BadMessage."""
    try:
        found = json.loads(text)
        at = datetime.fromisoformat(found["at"])
        return SetAside(str(found["source"]), tuple(map(str, found["reasons"])), str(found["text"]), at)
    except (ValueError, KeyError, TypeError) as failure:
        raise BadMessage([f"set aside: not readable: {failure!r}"]) from failure

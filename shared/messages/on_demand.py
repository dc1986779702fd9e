"""How is a backup on demand kept, and how is its turn told? Rows as documents, and hints that name one by its key."""

import json
from functools import cache
from typing import TYPE_CHECKING

from shared.errors import BadMessage
from shared.messages.jobs import object_in, version_of
from shared.model.on_demand import OnDemandBackup

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1
LONGEST_KEY = 1600
"""Characters: an ARM id has up to 1,024, and a failure's id 600."""


def hint_to_json(key: str) -> str:
    """Return the message {"version": 1, "key": ...}: all else stands in the ledger."""
    return json.dumps({"version": VERSION, "key": key})


def hint_from_json(text: str) -> str:
    """Return the key of a hint, or raise BadMessage with every reason. Other fields are passed over."""
    document, reasons = object_in(text, "backup request"), list[str]()
    version_of(document, VERSION, reasons)
    key = document.get("key")
    if not isinstance(key, str) or "|" not in key or not key.isprintable() or len(key) > LONGEST_KEY:
        reasons.append(f"key: found {str(key)[:80]!r}; expected <purpose>|<what it is for>")
    if reasons or not isinstance(key, str):
        raise BadMessage(reasons)
    return key


def on_demand_to_json(backup: OnDemandBackup) -> str:
    """Return the document {"version": 1, "backup": {...}}."""
    return json.dumps({"version": VERSION, "backup": _adapter().dump_python(backup, mode="json")}, allow_nan=False)


def on_demand_from_json(text: str) -> OnDemandBackup:
    """Return the backup of a document, or raise BadMessage."""
    document, reasons = object_in(text, "backup on demand"), list[str]()
    version_of(document, VERSION, reasons)
    if reasons:
        raise BadMessage(reasons)
    try:
        return _adapter().validate_python(document.get("backup"))
    except ValueError as failure:
        raise BadMessage([f"backup on demand: not readable: {failure}"]) from failure


@cache
def _adapter() -> "TypeAdapter[OnDemandBackup]":
    """Pydantic is imported on first use: it is slow to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(OnDemandBackup)

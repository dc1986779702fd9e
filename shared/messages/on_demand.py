"""How is a backup on demand kept, and how is its turn told? Rows as documents, and hints that name one by its key."""

import json

from shared.errors import BadMessage
from shared.messages.jobs import object_in, version_of
from shared.messages.kept import Kept
from shared.model.on_demand import OnDemandBackup

VERSION = 1
BACKUP = Kept[OnDemandBackup]("backup", "backup on demand", OnDemandBackup)
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

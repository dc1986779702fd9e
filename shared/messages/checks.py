"""How is a check of one VM or vault asked for? As versioned JSON, read back with every reason at once."""

import json
from dataclasses import dataclass
from datetime import datetime

from shared.errors import BadMessage
from shared.messages.ids import SHAPES, arm_id

CHECK_VERSION = 1


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Which VM or vault is to be checked: exactly one lower-cased ARM id, the other is "".

    A look at or after `changed_at` (UTC) is enough for it; None: only one of its own is.
    """

    vm_id: str = ""
    vault_id: str = ""
    changed_at: datetime | None = None


def check_request_to_json(request: CheckRequest) -> str:
    """Return the message: {"version": 1, "vm_id": ...} or {"version": 1, "vault_id": ...}, with "changed_at" if any."""
    named = {"vm_id": request.vm_id} if request.vm_id else {"vault_id": request.vault_id}
    since = {"changed_at": request.changed_at.isoformat()} if request.changed_at else {}
    return json.dumps({"version": CHECK_VERSION, **named, **since})


def check_request_from_json(text: str) -> CheckRequest:
    """Return the request of a message, or raise BadMessage with every reason. Other fields are passed over."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise BadMessage([f"check request: not JSON: {failure}"]) from failure
    if not isinstance(document, dict):
        raise BadMessage([f"check request: found {type(document).__name__}; expected an object"])
    reasons = []
    if document.get("version") != CHECK_VERSION or isinstance(document.get("version"), bool):
        reasons.append(f"version: found {document.get('version')!r:.80}; expected {CHECK_VERSION}")
    named = {name: document[name] for name in SHAPES if name in document}
    if len(named) != 1:
        reasons.append(f"found {' and '.join(named) or 'neither vm_id nor vault_id'}; expected exactly one of the two")
    ids = {name: arm_id(name, found, reasons) for name, found in named.items()}
    changed_at = _instant(document.get("changed_at"), reasons)
    if reasons:
        raise BadMessage(reasons)
    return CheckRequest(**ids, changed_at=changed_at)


def _instant(found: object, reasons: list[str]) -> datetime | None:
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        reasons.append(f"changed_at: found {found!r:.80}; expected an ISO 8601 instant with its offset")
        return None
    return at

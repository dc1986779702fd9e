"""How is a failed backup's retry asked for? As versioned JSON, read back with every reason at once."""

import json
from dataclasses import dataclass
from typing import Literal

from shared.errors import BadMessage
from shared.messages.ids import arm_id
from shared.messages.jobs import FAILURE_ID, object_in, version_of
from shared.model.on_demand import Purpose

VERSION = 1
MOST_RETRIES = 2


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """The retry `number` (1 or 2) of a failed backup: `failure_id` as `Failure.id`, ids lower-cased."""

    vault_id: str
    vm_id: str
    failure_id: str
    number: int

    @property
    def key(self) -> str:
        """Name the request by what it means: a second delivery finds what the first did."""
        return f"{self.failure_id}|{self.number}"

    @property
    def wanted_key(self) -> str:
        """Name the backup that is wanted."""
        return f"{Purpose.RETRY}|{self.key}"


def kind_of(text: str) -> Literal["retry", "hint", "asked"]:
    """Return what a message of the queue is: a retry, a hint at what was decided, or what an operator asks for.

    Raises BadMessage where it is no JSON object.
    """
    names = object_in(text, "backup request").keys()
    if names & {"failure_id", "number", "vault_id", "vm_id"}:
        return "retry"
    return "hint" if "key" in names else "asked"


def backup_to_json(request: BackupRequest) -> str:
    """Return the message."""
    return json.dumps(
        {
            "version": VERSION,
            "vault_id": request.vault_id,
            "vm_id": request.vm_id,
            "failure_id": request.failure_id,
            "number": request.number,
        }
    )


def backup_from_json(text: str) -> BackupRequest:
    """Return the request of a message, or raise BadMessage with every reason. Other fields are passed over."""
    document, reasons = object_in(text, "backup request"), list[str]()
    version_of(document, VERSION, reasons)
    vault_id = arm_id("vault_id", document.get("vault_id"), reasons)
    vm_id = arm_id("vm_id", document.get("vm_id"), reasons)
    failure_id, number = document.get("failure_id"), document.get("number")
    if not isinstance(failure_id, str) or not FAILURE_ID.fullmatch(failure_id.lower()):
        reasons.append(f"failure_id: found {str(failure_id)[:200]!r}; expected the id of a failure")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MOST_RETRIES:
        reasons.append(f"number: found {str(number)[:20]!r}; expected 1 or {MOST_RETRIES}")
    if reasons or not isinstance(failure_id, str) or not isinstance(number, int):
        raise BadMessage(reasons)
    return BackupRequest(vault_id, vm_id, failure_id.lower(), number)

"""How does a backup that went wrong cross the process border? Events on the topic, and requests for its triage.

Nothing in them is believed: they name what to look at, and the vault is read anew.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from shared.errors import BadMessage
from shared.messages.ids import arm_id
from shared.model.events import Envelope
from shared.model.failures import Kind

VERSION = 1
TYPES = {kind: f"nightshift.job.{kind}.v1" for kind in Kind}
"""The CloudEvents type of each kind of failure."""
FAILURE_ID = re.compile(r"[\w./;:()-]{1,600}:(" + "|".join(Kind) + ")")


@dataclass(frozen=True, slots=True)
class TriageRequest:
    """Which failure of which vault is to be looked at: `failure_id` as `Failure.id`, `vault_id` lower-cased."""

    vault_id: str
    failure_id: str


def job_event(request: TriageRequest, vm_id: str, at: datetime) -> Envelope:
    """Return the event that announces a failure. Its source and id follow from what it is about, whoever makes it."""
    kind = Kind(request.failure_id.rpartition(":")[2])
    data = {"version": VERSION, "failure_id": request.failure_id, "vault_id": request.vault_id}
    return Envelope(request.failure_id, request.vault_id, TYPES[kind], vm_id or request.vault_id, at, data)


def triage_from_event(event: Envelope) -> TriageRequest:
    """Return what a job event asks for, or raise BadMessage with every reason."""
    reasons = []
    if event.type not in TYPES.values():
        reasons.append(f"type: found {event.type[:80]!r}; expected one of {', '.join(sorted(TYPES.values()))}")
    request = _request(event.data, reasons)
    if not reasons and (event.id, event.source.lower()) != (request.failure_id, request.vault_id):
        reasons.append("id and source: expected the data's failure_id and vault_id")
    if reasons:
        raise BadMessage(reasons)
    return request


def triage_to_json(request: TriageRequest) -> str:
    """Return the message {"version": 1, "vault_id": ..., "failure_id": ...}."""
    return json.dumps({"version": VERSION, "vault_id": request.vault_id, "failure_id": request.failure_id})


def triage_from_json(text: str) -> TriageRequest:
    """Return the request of a message, or raise BadMessage with every reason. Other fields are passed over."""
    reasons: list[str] = []
    request = _request(object_in(text, "triage request"), reasons)
    if reasons:
        raise BadMessage(reasons)
    return request


def object_in(text: str, what: str) -> dict[str, object]:
    """Return the JSON object in `text`; raise BadMessage where there is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise BadMessage([f"{what}: not JSON: {failure}"]) from failure
    if not isinstance(document, dict):
        raise BadMessage([f"{what}: found {type(document).__name__}; expected an object"])
    return document


def version_of(document: dict[str, object], expected: int, reasons: list[str]) -> None:
    """Add a reason where the document is of another version."""
    found = document.get("version")
    if found != expected or isinstance(found, bool):
        reasons.append(f"version: found {found!r:.80}; expected {expected}")


def _request(document: object, reasons: list[str]) -> TriageRequest:
    fields = dict(document) if isinstance(document, dict) else {}
    version_of(fields, VERSION, reasons)
    vault_id = arm_id("vault_id", fields.get("vault_id"), reasons)
    failure_id = fields.get("failure_id")
    if not isinstance(failure_id, str) or not FAILURE_ID.fullmatch(failure_id.lower()):
        reasons.append(f"failure_id: found {str(failure_id)[:200]!r}; expected <job id>:<kind of failure>")
        return TriageRequest(vault_id, "")
    return TriageRequest(vault_id, failure_id.lower())

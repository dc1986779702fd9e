"""How does an operator ask for a backup? As versioned JSON, read strictly, with every reason at once.

A message may come from anybody who can reach the queue: nothing in it is followed before all of it has its shape, and
whether its VM is ours is judged against the fleet.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.errors import BadMessage
from shared.messages.restore_fields import INSTANT, LABEL, REQUEST, VM_ID, VM_NAME, Fields, Shape
from shared.messages.restore_schema import DIALECT
from shared.messages.restores import strict_object
from shared.model.on_demand import LONGEST_KEPT, AskedBackup

VERSION = 1
FIELDS = ("version", "id", "vm", "reason", "requester", "retain_until", "not_after", "refused_at")
_DATE = r"\d{4}-\d{2}-\d{2}"
VM = Shape(
    f"{VM_ID.pattern}|{VM_NAME.pattern}", 1024, "a VM by its ARM id, or by a name that is unique in scope",
    "copy the id from the portal's JSON view or from `az vm show --query id`",
)  # fmt: skip
UNTIL = Shape(
    f"{_DATE}|{INSTANT.pattern}", 40, "a date such as 2026-12-31 or an instant such as 2026-12-31T22:00:00Z",
    "a date is kept to its end, UTC; an instant has its UTC offset",
)  # fmt: skip


def asked_from_json(text: str, least: timedelta, now: datetime) -> AskedBackup:
    """Return what a message asks for at `now`, its point to be kept for at least so long.

    Raises BadMessage with every reason: the field, what was found, what was expected and what to do.
    """
    document, reasons = strict_object(text), list[str]()
    fields = Fields(document, reasons)
    if document.get("version") != VERSION or not isinstance(document["version"], int) or document["version"] is True:
        fields.wrong("version", str(VERSION), "write the message for this version")
    fields.only(*FIELDS)
    found = fields.text("id", REQUEST), fields.text("vm", VM), fields.text("reason", LABEL)
    requester = fields.text("requester", LABEL)
    until = _retained(fields, least, now)
    not_after = _instant(fields, "not_after", INSTANT) if fields.has("not_after") else None
    if not_after is not None and not_after <= now:
        fields.wrong("not_after", f"an instant after {now:%Y-%m-%dT%H:%MZ}", "leave it out: then it may wait a day")
    refused_at = _instant(fields, "refused_at", INSTANT) if fields.has("refused_at") else None
    if reasons or until is None:
        raise BadMessage(reasons)
    vm = found[1].lower() if found[1].startswith("/") else found[1]
    return AskedBackup(
        id=found[0],
        vm=vm,
        reason=found[2],
        requester=requester,
        retain_until=until,
        not_after=not_after,
        refused_at=refused_at,
    )


def named_in(text: str) -> tuple[str, datetime | None]:
    """Return the id that a message names, "" for none that could be one, and which refusal it takes back."""
    document = strict_object(text)
    fields, asked_id = Fields(document, []), document.get("id")
    return str(asked_id) if REQUEST.fits(asked_id) else "", _instant(fields, "refused_at", INSTANT)


def asked_to_json(asked: AskedBackup) -> str:
    """Return the message."""
    body = {
        "version": VERSION,
        "id": asked.id,
        "vm": asked.vm,
        "reason": asked.reason,
        "requester": asked.requester,
        "retain_until": asked.retain_until.isoformat(),
    }
    instants = {"not_after": asked.not_after, "refused_at": asked.refused_at}
    return json.dumps(body | {name: at.isoformat() for name, at in instants.items() if at is not None})


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of what operators may send to the queue of backups."""
    shapes = {
        "id": (REQUEST, "Names the request: a second message with it finds the first."),
        "vm": (VM, "The VM, by its ARM id, or by a name that is unique in scope."),
        "reason": (LABEL, "What for; it stands in lists and reports."),
        "requester": (LABEL, "Who asks. A label: who may ask is decided by the queue."),
        "retain_until": (UNTIL, "Until when the point is kept; a date counts to its end, UTC."),
        "not_after": (INSTANT, "Until when it may wait for its start; absent: a day."),
        "refused_at": (INSTANT, "Set by the app where it sets a refused request aside: which refusal is taken back."),
    }
    properties = {name: {**shape.schema, "description": words} for name, (shape, words) in shapes.items()}
    return {
        "$schema": DIALECT,
        "title": "A backup that an operator asks for",
        "type": "object",
        "additionalProperties": False,
        "required": ["version", *FIELDS[1:6]],
        "properties": {"version": {"const": VERSION}, **properties},
    }


def _retained(fields: Fields, least: timedelta, now: datetime) -> datetime | None:
    until = _instant(fields, "retain_until", UNTIL)
    if until is None:
        return None
    if until <= now:
        fields.wrong("retain_until", f"a time after now, {now:%Y-%m-%dT%H:%MZ}", "choose a later one")
    elif until < now + least:
        days = least // timedelta(days=1)
        advice = "that is shorter than the guard limits.on_demand_least_days; keep it longer"
        fields.wrong("retain_until", f"at least {days} days from now, {now + least:%Y-%m-%dT%H:%MZ}", advice)
    elif until > now + LONGEST_KEPT:
        fields.wrong("retain_until", "at most 99 years from now", "Azure keeps none for longer; choose an earlier one")
    return until


def until_from(text: str) -> datetime | None:
    """Return a date's end or an instant, in UTC; None where there is no such time."""
    try:
        if re.fullmatch(_DATE, text, re.A):
            return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1)
        return datetime.fromisoformat(text).astimezone(UTC) if UNTIL.fits(text) else None
    except (ValueError, OverflowError):
        return None


def _instant(fields: Fields, name: str, shape: Shape) -> datetime | None:
    """Return the field as a UTC instant, a date as its end; None where it is absent or wrong."""
    text = fields.text(name, shape)
    found = until_from(text) if text else None
    if text and found is None:
        fields.wrong(name, shape.expected, "there is no such time")
    return found

"""What may be published? CloudEvents, checked as Event Grid checks them before it answers."""

import json
import re
from datetime import datetime
from typing import Any

type Json = dict[str, Any]

MOST_BYTES = 1_048_576
"""Of one event, and of one request."""
MOST_EVENTS = 5_000
_BATCH = "application/cloudevents-batch+json"
_SINGLE = "application/cloudevents+json"
_REQUIRED = ("id", "source", "type", "specversion")
_KNOWN = {*_REQUIRED, "time", "subject", "datacontenttype", "dataschema", "data", "data_base64"}
_EXTENSION = re.compile(r"[a-z0-9]{1,20}")


class Unacceptable(Exception):
    """Event Grid's refusal of a request: status, the code of its detail, and the reason."""

    def __init__(self, status: int, detail: str, reason: str) -> None:
        super().__init__(f"{status} {detail}: {reason}")
        self.status = status
        self.detail = detail
        self.reason = reason

    def body(self) -> Json:
        """Return the refusal as Event Grid words it."""
        code = {400: "BadRequest", 401: "Unauthorized", 404: "NotFound", 413: "PayloadTooLarge"}[self.status]
        return {
            "error": {
                "code": code,
                "message": self.reason,
                "details": [{"code": self.detail, "message": self.reason}],
            }
        }


def read(content_type: str, raw: bytes) -> list[Json]:
    """Return the events of a request to a topic whose input is CloudEvents 1.0; raise Unacceptable.

    All or none: one bad event refuses the whole array.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in {_BATCH, _SINGLE}:
        reason = f"This resource takes events in the schema 'CloudEventV10', as {_BATCH} or {_SINGLE}; got '{kind}'."
        raise Unacceptable(400, "InvalidContentType", reason)
    if len(raw) > MOST_BYTES:
        raise Unacceptable(413, "PayloadTooLarge", f"The request has {len(raw)} bytes; the most is {MOST_BYTES}.")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Unacceptable(400, "InputJsonInvalid", f"The request is no JSON: {error}.") from None
    events = body if kind == _BATCH else [body]
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise Unacceptable(400, "InputJsonInvalid", f"{kind} expects {'an array' if kind == _BATCH else 'an object'}.")
    if len(events) > MOST_EVENTS:
        raise Unacceptable(413, "PayloadTooLarge", f"The request has {len(events)} events; the most is {MOST_EVENTS}.")
    for number, event in enumerate(events):
        if problem := _problem(event):
            raise Unacceptable(400, "InputJsonInvalid", f"Event {number} is no CloudEvent: {problem}.")
    return events


def _problem(event: Json) -> str:
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            return f"'{name}' must be a text and not empty"
    if event["specversion"] != "1.0":
        return f"'specversion' is '{event['specversion']}', expected '1.0'"
    if strange := [name for name in event if name not in _KNOWN and not _EXTENSION.fullmatch(name)]:
        return f"'{strange[0]}' is no name of an extension attribute: lower-case letters and digits, at most 20"
    if "data" in event and "data_base64" in event:
        return "'data' and 'data_base64' exclude each other"
    return _problem_with_time(event.get("time"))


def _problem_with_time(time: object) -> str:
    if time is None:
        return ""
    try:
        instant = datetime.fromisoformat(time) if isinstance(time, str) else None
    except ValueError:
        instant = None
    return "" if instant and instant.tzinfo else f"'time' is {time!r}, expected an RFC 3339 instant"

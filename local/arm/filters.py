"""What does a `$filter` ask for? The OData-like filters of Recovery Services and of the activity log."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from local.clock import parse
from local.world.state import Refused

_TERM = re.compile(r"^\s*(\w+)\s+(eq|ge|le)\s+'([^']*)'\s*$")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_DATE = "%Y-%m-%d %I:%M:%S %p"


def terms(query: Mapping[str, str]) -> dict[str, str]:
    """Return a Recovery Services filter by lower-cased key. A key that a list does not know is ignored, as in Azure.

    Raises Refused (400) for text that is no filter.
    """
    return {key.lower(): value for key, _, value in _split(query.get("$filter", ""))}


def date(found: Mapping[str, str], key: str) -> datetime | None:
    """Return a date of the filter, which must be in the 12-hour form "2026-03-02 10:30:00 PM"; else Refused (400)."""
    text = found.get(key.lower())
    if text is None:
        return None
    try:
        return datetime.strptime(text, _DATE).replace(tzinfo=UTC)
    except ValueError:
        raise Refused(
            400,
            "BMSUserErrorInvalidInput",
            f"Input provided for the call is invalid: {key} is not in the format {_DATE}.",
        ) from None


def span(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    """Return the eventTimestamp range of an activity log filter; Refused (400) where it has none."""
    bounds: dict[str, datetime] = {}
    for key, operator, value in _split(query.get("$filter", "")):
        if key.lower() == "eventtimestamp":
            bounds[operator] = parse(value)
    if "ge" not in bounds:
        raise Refused(400, "BadRequest", "The $filter must hold a lower bound of eventTimestamp.")
    return bounds["ge"], bounds.get("le", datetime.max.replace(tzinfo=UTC))


def _split(text: str) -> list[tuple[str, str, str]]:
    if not text.strip():
        return []
    found = [_TERM.match(part) for part in _AND.split(text)]
    if not all(found):
        raise Refused(
            400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid: the $filter cannot be read."
        )
    return [(match[1], match[2], match[3]) for match in found if match]

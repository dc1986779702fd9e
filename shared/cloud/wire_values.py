"""How does Azure write texts, numbers, instants and durations? Total readers: None or "" where there is nothing."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

type Wire = Mapping[str, object]

_ISO_DURATION = re.compile(
    r"^P(?:(?P<days>\d{1,6})D)?(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,6}(?:\.\d+)?)S)?)?$",
    re.ASCII,
)
_NET_DURATION = re.compile(
    r"^(?:(?P<days>\d{1,6})\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{2}):(?P<seconds>\d{2}(?:\.\d+)?)$", re.ASCII
)


def text(value: object) -> str:
    """Return the value where it is text, else ""."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int | None:
    """Return the value where it is a whole number, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def real(value: object) -> float | None:
    """Return the value where it is a number of any kind, else None."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def truth(value: object) -> bool | None:
    """Return the value where it is true or false, by itself or as a word in any case, else None."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(text(value).lower())


def mapping(value: object) -> Wire:
    """Return the value where it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def entries(value: object) -> Sequence[object]:
    """Return the value where it is a JSON array, else an empty one."""
    return value if isinstance(value, list | tuple) else ()


def instant(value: object) -> datetime | None:
    """Return the UTC instant of an ISO text with any number of fraction digits, with or without zone (then UTC).

    None where there is none: the service writes the year 1 for "not yet".
    """
    try:
        at = datetime.fromisoformat(text(value))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year > 1 else None


def duration(value: object) -> timedelta | None:
    """Return the duration of an ISO 8601 text ("PT41M14.8S") or a .NET one ("1.02:03:04.5"), else None."""
    words = text(value)
    found = _ISO_DURATION.match(words) or _NET_DURATION.match(words)
    if found is None or not any(found.groups()):
        return None
    parts = found.groupdict(default="0")
    return timedelta(
        days=int(parts["days"]),
        hours=int(parts["hours"]),
        minutes=int(parts["minutes"]),
        seconds=float(parts["seconds"]),
    )

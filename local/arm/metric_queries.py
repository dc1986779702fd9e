"""What does a call of Azure Monitor ask for? Its span, grain, metrics and dimensions, or why they cannot be read."""

import math
import re
from collections.abc import Collection
from datetime import datetime, timedelta

from local.arm.messages import Call
from local.clock import parse
from local.world.state import Refused

RESOURCE = "microsoft.resourceid"
"""The dimension that gives each resource a series of its own."""
_GRAIN = re.compile(r"^PT?(\d+)([MHD])$")
_UNITS = {"M": timedelta(minutes=1), "H": timedelta(hours=1), "D": timedelta(days=1)}
_EACH = re.compile(r"^([\w.]+)\s+eq\s+'\*'$", re.IGNORECASE)
_MOST_POINTS = 20000
_DEFAULT_TOP = 10


def parameters(call: Call) -> dict[str, str]:
    """Return the parameters by lower-cased name; a POST may send them in its body instead, `filter` without the $."""
    body = {name.lower(): str(value) for name, value in call.request.body.items()}
    if "filter" in body:
        body["$filter"] = body.pop("filter")
    return {**body, **{name.lower(): value for name, value in call.request.query.items()}}


def names(query: dict[str, str], known: Collection[str], otherwise: str) -> list[str]:
    """Return the metrics that are asked for as `known` spells them. Raises Refused for any other."""
    spelt = {name.lower(): name for name in known}
    asked = [name.strip() for name in query.get("metricnames", otherwise).split(",")]
    if strangers := [name for name in asked if name.lower() not in spelt]:
        raise Refused(400, "BadRequest", f"Failed to find metric configuration for metric: {', '.join(strangers)}.")
    return [spelt[name.lower()] for name in asked]


def dimensions(query: dict[str, str], known: Collection[str]) -> list[str]:
    """Return, in lower case, the dimensions by whose values series are split. Raises Refused for any other filter."""
    terms = re.split(r"\s+and\s+", query.get("$filter", "").strip(), flags=re.IGNORECASE)
    found = [match[1].lower() if (match := _EACH.match(term)) else "" for term in terms if term]
    if set(found) - {name.lower() for name in known}:
        raise Refused(400, "BadRequest", f"The local Azure cannot read the filter {query['$filter']!r}.")
    return found


def top(query: dict[str, str]) -> int:
    """Return how many series are shown. Raises Refused for what is no number."""
    try:
        return int(query.get("top") or _DEFAULT_TOP)
    except ValueError:
        raise Refused(400, "BadRequest", f"Detected invalid TopN value: {query['top']}.") from None


def timespan(call: Call, query: dict[str, str]) -> tuple[datetime, datetime]:
    """Return the span, by itself the last hour. Raises Refused."""
    text = query.get("timespan")
    if not text:
        return call.world.now - timedelta(hours=1), call.world.now
    try:
        since, until = text.split("/")
        return parse(since), parse(until)
    except ValueError:
        raise Refused(400, "BadRequest", f"Detected invalid time interval input: {text}.") from None


def grain(query: dict[str, str]) -> timedelta:
    """Return the time between two points. Raises Refused."""
    text = query.get("interval") or "PT1M"
    match = _GRAIN.match(text)
    if match is None:
        raise Refused(400, "BadRequest", f"Detected invalid time grain input: {text}.")
    return int(match[1]) * _UNITS[match[2]]


def instants(query: dict[str, str], since: datetime, until: datetime) -> list[datetime]:
    """Return where each point begins. Raises Refused for too many."""
    step = grain(query)
    count = max(0, math.ceil((until - since) / step))
    if count > _MOST_POINTS:
        raise Refused(400, "BadRequest", "The timespan holds too many intervals; ask for a coarser grain.")
    return [since + step * number for number in range(count)]

"""What does a Resource Graph query ask for? The simple pipelines over virtual machines that a fleet needs."""

import re
from typing import Any

from local.world.state import Json, Refused

_WHERE = re.compile(r"^where\s+(\w+)\s*(=~|==)\s*'([^']*)'$", re.IGNORECASE)
_PROJECT = re.compile(r"^project\s+(.+)$", re.IGNORECASE)
_ORDER = re.compile(r"^order\s+by\s+(\w+)(?:\s+(asc|desc))?$", re.IGNORECASE)
_LIMIT = re.compile(r"^(?:limit|take)\s+(\d+)$", re.IGNORECASE)


def answer(query: str, rows: list[Json], options: Json, page_size: int) -> Json:
    """Return the answer's body: objects of `rows` after where, project, order and limit, one page from $skipToken.

    Raises Refused (400) for any other operator.
    """
    stages = [stage.strip() for stage in query.split("|")]
    if stages[0].lower() != "resources":
        raise _unreadable(stages[0])
    for stage in stages[1:]:
        rows = _apply(stage, rows)
    size = min(int(options.get("$top") or page_size), page_size)
    first = int(options.get("$skipToken") or 0)
    shown = rows[first : first + size]
    body: Json = {
        "totalRecords": len(rows),
        "count": len(shown),
        "data": shown,
        "facets": [],
        "resultTruncated": "false",
    }
    if first + size < len(rows):
        body["$skipToken"] = str(first + size)
    return body


def _apply(stage: str, rows: list[Json]) -> list[Json]:
    if match := _WHERE.match(stage):
        column, operator, value = match.groups()
        if operator == "==":
            return [row for row in rows if row.get(column) == value]
        return [row for row in rows if str(row.get(column)).lower() == value.lower()]
    if match := _PROJECT.match(stage):
        columns = [column.strip() for column in match[1].split(",")]
        return [{column: row.get(column) for column in columns} for row in rows]
    if match := _ORDER.match(stage):
        column, descending = match[1], (match[2] or "desc").lower() == "desc"
        return sorted(rows, key=lambda row: _key(row.get(column)), reverse=descending)
    if match := _LIMIT.match(stage):
        return rows[: int(match[1])]
    raise _unreadable(stage)


def _key(value: Any) -> str:
    return str(value).lower()


def _unreadable(stage: str) -> Refused:
    return Refused(400, "InvalidQuery", f"Query is invalid: the local Azure cannot read {stage!r}.")

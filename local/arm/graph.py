"""What does a Resource Graph query ask for? The simple pipelines over a fleet's resources and backup jobs."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from local.arm.conditions import condition, order
from local.world.state import Json, Refused

_WHERE = re.compile(r"^where\s+(.+)$", re.IGNORECASE | re.DOTALL)
_PROJECT = re.compile(r"^project\s+(.+)$", re.IGNORECASE | re.DOTALL)
_COLUMN = re.compile(r"^(?:(\w+)\s*=\s*)?([\w.]+)$")
_ORDER = re.compile(r"^(?:order|sort)\s+by\s+([\w.]+)(?:\s+(asc|desc))?$", re.IGNORECASE)
_LIMIT = re.compile(r"^(?:limit|take)\s+(\d+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table[Record]:
    """Records, and what each column reads in one. Only the rows that are shown are ever made.

    `inner` reads what lies deeper, properties.status for instance, without the rest of the row.
    """

    records: Sequence[Record]
    columns: Mapping[str, Callable[[Record], Any]]
    inner: Mapping[str, Callable[[Record], Any]] | None = None

    def reader(self, column: str) -> Callable[[Record], Any]:
        """Return what `column` reads, after dots inside another one; None of what is not there, as in Azure."""
        known = self.columns.get(column) or (self.inner or {}).get(column)
        if known is not None:
            return known
        first, *others = column.split(".")
        outer = self.columns.get(first)
        return lambda record: _inside(outer(record) if outer else None, others)

    def row(self, record: Record) -> Json:
        """Return a record as an object."""
        return {column: read(record) for column, read in self.columns.items()}


def table_of(query: str) -> str:
    """Return the name of the table that a query reads, in lower case."""
    return query.split("|")[0].strip().lower()


def answer[Record](query: str, table: Table[Record], options: Json, page_size: int, now: datetime) -> Json:
    """Return the answer's body: objects of `table` after where, project, order and limit, one page from $skipToken.

    `now` is what `ago` counts from. Raises Refused (400) for any other operator.
    """
    for stage in query.split("|")[1:]:
        table = _apply(stage.strip(), table, now)
    total = len(table.records)
    size = min(int(options.get("$top") or page_size), page_size)
    first = int(options.get("$skipToken") or 0)
    shown = [table.row(record) for record in table.records[first : first + size]]
    body: Json = {
        "totalRecords": total,
        "count": len(shown),
        "data": shown,
        "facets": [],
        "resultTruncated": "false",
    }
    if first + size < total:
        body["$skipToken"] = str(first + size)
    return body


def unreadable(stage: str) -> Refused:
    """Return the refusal of a part of a query."""
    return Refused(400, "InvalidQuery", f"Query is invalid: the local Azure cannot read {stage!r}.")


def _apply[Record](stage: str, table: Table[Record], now: datetime) -> Table[Record]:
    if match := _WHERE.match(stage):
        try:
            holds = condition(match[1], table.reader, now)
        except ValueError:
            holds = None
        if holds is None:
            raise unreadable(stage)
        return replace(table, records=[record for record in table.records if holds(record)])
    if match := _PROJECT.match(stage):
        return _project(stage, match[1], table)
    if match := _ORDER.match(stage):
        read, descending = table.reader(match[1]), (match[2] or "desc").lower() == "desc"
        return replace(table, records=sorted(table.records, key=lambda one: order(read(one)), reverse=descending))
    if match := _LIMIT.match(stage):
        return replace(table, records=table.records[: int(match[1])])
    raise unreadable(stage)


def _project[Record](stage: str, columns: str, table: Table[Record]) -> Table[Record]:
    """Keep the columns that are named; one from inside another is called after its path, with underscores."""
    matches = [_COLUMN.match(column.strip()) for column in columns.split(",")]
    if not all(matches):
        raise unreadable(stage)
    named = {match[1] or match[2].replace(".", "_"): table.reader(match[2]) for match in matches if match}
    return replace(table, columns=named, inner=None)


def _inside(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value

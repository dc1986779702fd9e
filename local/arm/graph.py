"""What does a Resource Graph query ask for? The simple pipelines over virtual machines that a fleet needs."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.world.state import Json, Refused

_WHERE = re.compile(r"^where\s+(\w+)\s*(=~|==)\s*'([^']*)'$", re.IGNORECASE)
_PROJECT = re.compile(r"^project\s+(.+)$", re.IGNORECASE)
_ORDER = re.compile(r"^order\s+by\s+(\w+)(?:\s+(asc|desc))?$", re.IGNORECASE)
_LIMIT = re.compile(r"^(?:limit|take)\s+(\d+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table[Record]:
    """Records, and what each column reads in one. Only the rows that are shown are ever made."""

    records: Sequence[Record]
    columns: Mapping[str, Callable[[Record], Any]]

    def reader(self, column: str) -> Callable[[Record], Any]:
        """Return what `column` reads; None of a column that is not there, as in Azure."""
        return self.columns.get(column, lambda _: None)

    def row(self, record: Record) -> Json:
        """Return a record as an object."""
        return {column: read(record) for column, read in self.columns.items()}


def answer[Record](query: str, table: Table[Record], options: Json, page_size: int) -> Json:
    """Return the answer's body: objects of `table` after where, project, order and limit, one page from $skipToken.

    Raises Refused (400) for any other operator.
    """
    stages = [stage.strip() for stage in query.split("|")]
    if stages[0].lower() != "resources":
        raise _unreadable(stages[0])
    for stage in stages[1:]:
        table = _apply(stage, table)
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


def _apply[Record](stage: str, table: Table[Record]) -> Table[Record]:
    if match := _WHERE.match(stage):
        read, value, lowered = table.reader(match[1]), match[3], match[3].lower()
        if match[2] == "==":
            return replace(table, records=[record for record in table.records if read(record) == value])
        return replace(table, records=[record for record in table.records if str(read(record)).lower() == lowered])
    if match := _PROJECT.match(stage):
        columns = [column.strip() for column in match[1].split(",")]
        return replace(table, columns={column: table.reader(column) for column in columns})
    if match := _ORDER.match(stage):
        read, descending = table.reader(match[1]), (match[2] or "desc").lower() == "desc"
        return replace(
            table, records=sorted(table.records, key=lambda record: str(read(record)).lower(), reverse=descending)
        )
    if match := _LIMIT.match(stage):
        return replace(table, records=table.records[: int(match[1])])
    raise _unreadable(stage)


def _unreadable(stage: str) -> Refused:
    return Refused(400, "InvalidQuery", f"Query is invalid: the local Azure cannot read {stage!r}.")

"""Which load does this file hold? Text with `timestamp,value` rows to a series on a grid; all complaints at once."""

import csv
import gzip
import io
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from shared.errors import BadMessage
from shared.model.load import LoadSeries

SUFFIXES = (".csv", ".csv.gz")
COLUMNS = {"timestamp", "value"}
MOST_BYTES = 64 * 2**20
"""Of one file, unpacked: three weeks of every minute are 1 MB."""
MOST_SPAN = timedelta(days=400)
"""A longer series has a wild timestamp in it."""
STRAY = 100
"""One row in so many may be out of order or unreadable: it is left out. With more, times or values are not trusted."""
LONGEST_STEP = 60
"""Minutes between values: a window of hours cannot be judged from less than hourly ones."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    at: datetime | None
    value: float | None
    unreadable: bool


def unpacked(name: str, raw: bytes) -> str:
    """Return the text of a `.csv` or `.csv.gz` file; BadMessage where it is neither, or too big."""
    try:
        if name.endswith(".gz"):
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
                raw = packed.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise BadMessage([f"{name}: holds more than {MOST_BYTES // 2**20} MiB; expected one machine's load"])
        return raw.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise BadMessage([f"{name}: cannot be unpacked: {error}"]) from error
    except UnicodeDecodeError as error:
        raise BadMessage([f"{name}: is not UTF-8 text: {error.reason} at byte {error.start}"]) from error


def holds_series(text: str) -> bool:
    """Tell whether the first line names the columns `timestamp` and `value`."""
    return set(_columns(text)) >= COLUMNS


def series_from(vm_id: str, text: str) -> LoadSeries:
    """Return the series of a text that `holds_series`: half-hourly means, or hourly values as they are.

    Timestamps are ISO 8601, ascending, UTC where they do not say otherwise. Values that are empty, negative or no
    number are missing ones. BadMessage lists all that makes times or values untrustworthy, by kind, with lines.
    """
    rows = _rows(text)
    kept, complaints = _in_order(rows)
    complaints += _too_many("value", "a number of at least 0", [row.line for row in rows if row.unreadable], len(rows))
    if not complaints:
        complaints = _span_complaints(kept)
    if complaints:
        raise BadMessage([f"{vm_id}: {complaint}" for complaint in complaints])
    return _on_grid(vm_id, kept)


def _columns(text: str) -> list[str]:
    head = text.partition("\n")[0]
    return [name.strip().strip('"').lower() for name in head.split(",")]


def _rows(text: str) -> list[_Row]:
    columns = _columns(text)
    at, value = columns.index("timestamp"), columns.index("value")
    body = text.partition("\n")[2].splitlines()
    return [_row(line, cells, at, value) for line, cells in enumerate(_cells(body), start=2) if cells]


def _cells(lines: Sequence[str]) -> list[list[str]]:
    """Split each line by itself, so that a stray quote spoils one row and not the file."""
    found: list[list[str]] = []
    for line in lines:
        try:
            found.append(next(csv.reader([line]), []))
        except csv.Error:
            found.append([""])
    return found


def _row(line: int, cells: list[str], at: int, value: int) -> _Row:
    instant = _instant(cells[at]) if at < len(cells) else None
    written = cells[value].strip() if value < len(cells) else ""
    number = _number(written)
    return _Row(line, instant, number, unreadable=bool(written) and number is None)


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _in_order(rows: Sequence[_Row]) -> tuple[list[tuple[datetime, float | None]], list[str]]:
    """Return the rows whose times go forward, and complaints where too many do not."""
    kept: list[tuple[datetime, float | None]] = []
    unread, backwards = [], []
    for row in rows:
        if row.at is None:
            unread.append(row.line)
        elif kept and row.at <= kept[-1][0]:
            backwards.append(row.line)
        else:
            kept.append((row.at, row.value))
    return kept, [
        *_too_many("timestamp", "ISO 8601, like 2026-03-02T12:30:00Z", unread, len(rows)),
        *_too_many(
            "timestamp", "later than in the row before: sort the rows, export them in UTC", backwards, len(rows)
        ),
    ]


def _too_many(column: str, expected: str, lines: Sequence[int], rows: int) -> list[str]:
    if len(lines) * STRAY <= rows:
        return []
    more = f" and {len(lines) - 1:,} more" if len(lines) > 1 else ""
    return [f"{column} in line {lines[0]}{more}: expected {expected}"]


def _span_complaints(kept: Sequence[tuple[datetime, float | None]]) -> list[str]:
    if len(kept) < 2:
        return [f"holds {len(kept)} rows: expected at least two"]
    if kept[-1][0] - kept[0][0] > MOST_SPAN:
        return [f"reaches from {kept[0][0].date()} to {kept[-1][0].date()}: expected at most {MOST_SPAN.days} days"]
    if (minutes := _minutes_apart(kept)) > LONGEST_STEP:
        return [f"values are {minutes:.0f} minutes apart: expected at most {LONGEST_STEP}"]
    return []


def _minutes_apart(kept: Sequence[tuple[datetime, float | None]]) -> float:
    return median((later[0] - earlier[0]).total_seconds() / 60 for earlier, later in pairwise(kept))


def _on_grid(vm_id: str, kept: Sequence[tuple[datetime, float | None]]) -> LoadSeries:
    step = 30 if _minutes_apart(kept) <= 30 else LONGEST_STEP
    first = kept[0][0]
    begins = first.replace(minute=first.minute // step * step, second=0, microsecond=0)
    steps: list[list[float]] = [[] for _ in range((kept[-1][0] - begins) // timedelta(minutes=step) + 1)]
    for at, value in kept:
        if value is not None:
            steps[(at - begins) // timedelta(minutes=step)].append(value)
    return LoadSeries(vm_id, begins, step, tuple(sum(step) / len(step) if step else None for step in steps))

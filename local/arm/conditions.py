"""Which records does a `where` of Resource Graph keep? Comparisons of columns with texts, numbers and instants."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from local.clock import parse

type Reader = Callable[[Any], Any]
type Readers = Callable[[str], Reader]

_VALUE = r"""'[^']*'|"[^"]*"|\([^)]*\)|datetime\([^)]*\)|ago\(\s*\d+[smhd]\s*\)|-?\d+(?:\.\d+)?"""
_CONDITION = re.compile(
    rf"\s*(?:todatetime\(\s*([\w.]+)\s*\)|([\w.]+))\s*(==|=~|!=|!~|>=|<=|>|<|in~|in\b)\s*({_VALUE})\s*(and\b|or\b|$)",
    re.IGNORECASE,
)
_TEXT = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_AGO = re.compile(r"ago\(\s*(\d+)([smhd])\s*\)", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": eq, "=~": eq, "!=": ne, "!~": ne, ">=": ge, "<=": le, ">": gt, "<": lt,
}  # fmt: skip


def condition(text: str, read: Readers, now: datetime) -> Callable[[Any], bool] | None:
    """Return what decides of a record whether conditions joined by `and` and `or` hold; None for an unreadable text.

    `read` gives the reader of a column. A record without a value holds no comparison of size.
    """
    groups: list[list[Callable[[Any], bool]]] = [[]]
    place = 0
    while place < len(text):
        match = _CONDITION.match(text, place)
        if match is None:
            return None
        groups[-1].append(_one(read(match[1] or match[2]), match[3].lower(), match[4], now))
        if match[5].lower() == "or":
            groups.append([])
        place = match.end()
    if not all(groups):
        return None
    return _any_of([_all_of(group) for group in groups])


def _all_of(conditions: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    return conditions[0] if len(conditions) == 1 else lambda record: all(holds(record) for holds in conditions)


def _any_of(conditions: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    return conditions[0] if len(conditions) == 1 else lambda record: any(holds(record) for holds in conditions)


def order(value: object) -> tuple[float, str]:
    """Return what a value is ordered by: instants by time, whatever their fractions; all else as texts without case."""
    at = _instant(value)
    return (at.timestamp(), "") if at else (0.0, str(value).lower())


def _one(read: Reader, operator: str, value: str, now: datetime) -> Callable[[Any], bool]:
    if operator.startswith("in"):
        fold = str.lower if operator == "in~" else str
        texts = {fold(single or double) for single, double in _TEXT.findall(value)}
        return lambda record: fold(str(read(record))) in texts
    compare, wanted = _COMPARISONS[operator], _value(value, now)
    if isinstance(wanted, datetime):
        return lambda record: (at := _instant(read(record))) is not None and compare(at, wanted)
    if isinstance(wanted, float):
        return lambda record: isinstance(got := read(record), int | float) and compare(got, wanted)
    if "~" in operator:
        return lambda record: compare(str(read(record)).lower(), wanted.lower())
    return lambda record: compare(read(record), wanted)


def _value(text: str, now: datetime) -> str | float | datetime:
    if match := _TEXT.fullmatch(text):
        return match[1] if match[1] is not None else match[2]
    if match := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[match[2].lower()]: int(match[1])})
    if text.lower().startswith("datetime("):
        return parse(text[len("datetime(") : -1].strip(" '\""))
    return float(text)


def _instant(value: object) -> datetime | None:
    return _read(value) if isinstance(value, str) and value[:4].isdigit() else None


@lru_cache(maxsize=65536)
def _read(text: str) -> datetime | None:
    try:
        return parse(text)
    except ValueError:
        return None

"""How are numbers and instants written? One way for page, charts and digest; every instant is UTC."""

from datetime import date, datetime


def number(value: float | None) -> str:
    """Return the number with thousands marked and at most three decimals; a dash for None."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def counted(count: int, noun: str) -> str:
    """Return "1 backup" or "2 backups"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def day(value: date) -> str:
    """Return "1 December 2026"."""
    return f"{value.day} {value:%B %Y}"


def instant(value: datetime) -> str:
    """Return "1 Dec 04:30"."""
    return f"{value.day} {value:%b %H:%M}"

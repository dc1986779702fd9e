"""How are numbers and instants written? One way for page, charts and digest; every instant is UTC."""

from datetime import date, datetime, timedelta

from shared.model.azure import SLOT_MINUTES, START_LATENESS


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


def share(probability: float) -> str:
    """Return the probability as a whole percentage; what is neither never nor always is not rounded to it."""
    if 0 < probability < 0.01:
        return "less than 1 %"
    if 0.99 < probability < 1:
        return "more than 99 %"
    return f"{100 * probability:.0f} %"


def spaced(gap_minutes: int) -> str:
    """Return the least time between the end of one backup and the start of the next: "30 min apart", or overlapping."""
    return f"{gap_minutes:,} min apart" if gap_minutes >= 0 else f"{-gap_minutes:,} min overlap"


def late_basis(delays_measured: int) -> str:
    """Return what the peak of late starts rests on: how many starts were seen, or what Azure documents."""
    if delays_measured:
        return f"by {counted(delays_measured, 'start')} seen"
    return f"by Azure's documented lateness of up to {START_LATENESS // timedelta(hours=1)} h"


def clock(slot: int | None) -> str:
    """Return the UTC half-hour 0..47 as "22:30"; a dash for None."""
    if slot is None:
        return "\N{EN DASH}"
    minutes = slot * SLOT_MINUTES
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def day(value: date) -> str:
    """Return "1 December 2026"."""
    return f"{value.day} {value:%B %Y}"


def instant(value: datetime) -> str:
    """Return "1 Dec 04:30"."""
    return f"{value.day} {value:%b %H:%M}"


def dated(value: datetime) -> str:
    """Return "1 Dec 2026 04:30", for what may be years away."""
    return f"{value.day} {value:%b %Y %H:%M}"


def size(count: float) -> str:
    """Return the bytes as "850 B", "12 MB" or "1.3 TB", in powers of a thousand."""
    units = ("B", "kB", "MB", "GB", "TB")
    rank = 0
    while round(count) >= 1000 and rank < len(units) - 1:
        count, rank = count / 1000, rank + 1
    return f"{count:.1f} {units[rank]}" if rank and count < 10 else f"{count:,.0f} {units[rank]}"

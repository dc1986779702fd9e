"""How steadily was something looked at? Looks that follow each other too slowly, kept as gaps."""

from collections.abc import Iterable
from datetime import datetime, timedelta

type Gap = tuple[datetime, datetime]

LATE = 1.5
"""So many intervals after the last look, one has fallen out."""
KEPT = timedelta(days=3)
"""How long a gap is remembered: longer than the time between two morning reports."""
MOST = 100
"""Gaps that are remembered at most, the newest."""


def with_look(gaps: Iterable[Gap], last: datetime | None, now: datetime, every: timedelta) -> tuple[Gap, ...]:
    """Return the gaps to remember after a look at `now`; the one before was at `last` (None: there was none)."""
    found = [*gaps, (last, now)] if last is not None and now - last > LATE * every else list(gaps)
    return tuple(gap for gap in found if gap[1] > now - KEPT)[-MOST:]


def gaps_between(gaps: Iterable[Gap], since: datetime, until: datetime) -> tuple[Gap, ...]:
    """Return the parts of the gaps that lie between two instants."""
    parts = ((max(begin, since), min(end, until)) for begin, end in gaps)
    return tuple((begin, end) for begin, end in parts if begin < end)

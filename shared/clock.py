"""What time is it? The one replaceable source of time; only tests and the local Azure replace it."""

from collections.abc import Callable
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """Return the current UTC instant."""
    return _source()


def set_source(source: Callable[[], datetime] | None) -> None:
    """Replace the source of time; None restores the system clock. Never called in production."""
    global _source
    _source = source or _system

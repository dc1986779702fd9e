"""What time is it in the local Azure? Simulated instants as text, the one real clock, and one that runs with it."""

from collections.abc import Callable
from datetime import UTC, datetime


def real_now() -> datetime:
    """Return the real UTC instant.

    Token lifetimes use it, since real libraries judge those by their own clocks, and a clock that runs by itself.
    """
    return datetime.now(UTC)


class Running:
    """A simulated clock that runs by itself, `speed` times as fast as the real one, from `start` on."""

    def __init__(self, start: datetime, speed: float, real: Callable[[], datetime] = real_now) -> None:
        """Start the clock. Raises ValueError for a speed that is not above zero."""
        if not speed > 0:
            raise ValueError(f"speed: expected a number above 0, got {speed}")
        self.speed = speed
        self._real = real
        self._began, self._start = real(), start

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self._start + (self._real() - self._began) * self.speed

    def jump(self, to: datetime) -> None:
        """Go on from `to`, where that is ahead; a clock never goes back."""
        self._began, self._start = self._real(), max(self.now(), to)


def parse(text: str) -> datetime:
    """Return the UTC instant of an ISO 8601 text; a text without a zone is read as UTC.

    Raises ValueError.
    """
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def iso(instant: datetime) -> str:
    """Return the instant as Azure Backup writes it, e.g. 2024-04-28T06:40:53.412578Z."""
    text = instant.astimezone(UTC).isoformat().replace("+00:00", "")
    return (text.rstrip("0") if "." in text else text) + "Z"

"""What time is it in the local Azure? Simulated instants as text, and the one real clock."""

from datetime import UTC, datetime


def real_now() -> datetime:
    """Return the real UTC instant. Only token lifetimes use it: real libraries judge those by their own clocks."""
    return datetime.now(UTC)


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

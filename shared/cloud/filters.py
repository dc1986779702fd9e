"""How does the backup service read a filter? Equalities joined by "and", dates on a 12-hour clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta


def all_of(conditions: Mapping[str, str]) -> str:
    """Return the filter that holds where all conditions do."""
    return " and ".join(f"{name} eq '{value}'" for name, value in conditions.items())


def floor(at: datetime) -> str:
    """Return the whole second in which `at` lies; the service reads dates as UTC."""
    return at.strftime("%Y-%m-%d %I:%M:%S %p")


def ceiling(at: datetime) -> str:
    """Return the first whole second that is not before `at`."""
    return floor(at + timedelta(seconds=1) if at.microsecond else at)

"""What is said between systems? Events on a topic, and words of others that could not be followed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event: `source` and `id` name it, `at` is its UTC instant or None, `data` what it carries."""

    id: str
    source: str
    type: str
    subject: str
    at: datetime | None
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SetAside:
    """Somebody else's words that could not be followed: where they came from, why not, and what they were."""

    source: str
    reasons: tuple[str, ...]
    text: str
    at: datetime

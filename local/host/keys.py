"""Who may call the app over HTTP? Whoever shows a key of the right kind; the keys are made anew at each start."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

HEADER = "x-functions-key"
QUERY = "code"
"""Where a caller may show a key."""


class Level(StrEnum):
    """Which key an address asks for."""

    ANONYMOUS = "anonymous"
    FUNCTION = "function"
    ADMIN = "admin"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Keys:
    """The app's keys: `functions` opens all its routes, `eventgrid` the webhook, `master` everything.

    Azure keeps them in storage, where all instances find them, and has keys of single functions besides.
    """

    master: str
    functions: str
    eventgrid: str

    @classmethod
    def fresh(cls) -> "Keys":
        """Return keys that nobody knows yet."""
        return cls(*(secrets.token_urlsafe(24) for _ in range(3)))

    def of(self, level: Level) -> str:
        """Return the key that opens addresses of this level, "" where none is needed."""
        match level:
            case Level.ANONYMOUS:
                return ""
            case Level.FUNCTION:
                return self.functions
            case Level.SYSTEM:
                return self.eventgrid
            case Level.ADMIN:
                return self.master

    def admit(self, level: Level, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Say whether a request with these headers and this query may reach an address of this level."""
        shown = headers.get(HEADER) or query.get(QUERY) or ""
        good = {self.master, self.of(level)}
        return level is Level.ANONYMOUS or any(secrets.compare_digest(shown.encode(), key.encode()) for key in good)

    def body(self) -> dict[str, str]:
        """Return the keys by the names that Azure gives them, as JSON values."""
        return {"master": self.master, "functions": self.functions, "eventgrid_extension": self.eventgrid}

"""Who has taken what? The Ledger port in this process's memory, safe between threads."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType


class MemoryLedger:
    """Rows by kind and lower-cased key; each keeps the key as it was written. No row changes once it is there."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, dict[str, tuple[str, Mapping[str, str]]]] = defaultdict(dict)
        self._spent: dict[tuple[str, str, date], int] = {}
        self._lock = threading.Lock()

    def copy(self) -> "MemoryLedger":
        """Return a ledger of its own that holds the same."""
        other = MemoryLedger()
        for kind, rows in self._rows.items():
            other._rows[kind] = dict(rows)
        other._spent = dict(self._spent)
        return other

    def read(self, kind: str, key: str) -> Mapping[str, str] | None:
        """Return the row, or None."""
        with self._lock:
            found = self._rows[kind].get(key.lower())
            return None if found is None else found[1]

    def rows(self, kind: str) -> dict[str, Mapping[str, str]]:
        """Return all rows of a kind by key."""
        with self._lock:
            return dict(self._rows[kind].values())

    def claim(self, kind: str, key: str, values: Mapping[str, str]) -> bool:
        """Insert the row; False, and nothing changes, where it is there already."""
        with self._lock:
            if key.lower() in self._rows[kind]:
                return False
            self._rows[kind][key.lower()] = (key, MappingProxyType(dict(values)))
            return True

    def write(self, kind: str, key: str, values: Mapping[str, str]) -> None:
        """Insert or replace the row."""
        with self._lock:
            self._rows[kind][key.lower()] = (key, MappingProxyType(dict(values)))

    def swap(self, kind: str, key: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
        """Replace the row only while it says `before`; False, and nothing changes, where it does not."""
        with self._lock:
            found = self._rows[kind].get(key.lower())
            if found is None or found[1] != before:
                return False
            self._rows[kind][key.lower()] = (key, MappingProxyType(dict(after)))
            return True

    def drop(self, kind: str, key: str) -> None:
        """Remove the row if it is there."""
        with self._lock:
            self._rows[kind].pop(key.lower(), None)

    def spend(self, quota: str, subject: str, day: date, limit: int) -> bool:
        """Take one from the day's quota; False when `limit` are taken."""
        with self._lock:
            taken = self._spent.get((quota, subject.lower(), day), 0)
            if taken >= limit:
                return False
            self._spent[quota, subject.lower(), day] = taken + 1
            return True

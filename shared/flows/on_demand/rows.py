"""Where does each backup on demand stand? Rows of the ledger, in which every step is taken by one conditional write."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from shared.errors import BadMessage
from shared.messages.on_demand import BACKUP
from shared.model.on_demand import OnDemandBackup
from shared.ports import Ledger
from shared.telemetry import Event, tell

WANTED = "wanted"


@dataclass(frozen=True, slots=True)
class Row:
    """A backup with the row that says so: whoever replaces exactly this row takes its next step.

    `next_at` is when a message looks at it again, None where none is known to be on its way.
    """

    row: Mapping[str, str]
    value: OnDemandBackup

    @property
    def key(self) -> str:
        """The key of what is wanted."""
        return self.value.wanted.key

    @property
    def next_at(self) -> datetime | None:
        """When it is looked at again."""
        return datetime.fromisoformat(self.row["next"]) if self.row.get("next") else None


def claim(ledger: Ledger, value: OnDemandBackup) -> bool:
    """Write down what is wanted; False, and nothing changes, where it is there already."""
    return ledger.claim(WANTED, value.wanted.key, {"number": "1", "json": BACKUP.to_json(value)})


def find(ledger: Ledger, key: str) -> Row | None:
    """Return the row of this key, None where there is none. Raises BadMessage for a row that is unreadable."""
    row = ledger.read(WANTED, key)
    return None if row is None else Row(row, _value(row["json"]))


def move(ledger: Ledger, one: Row, value: OnDemandBackup, next_at: datetime | None = None) -> Row | None:
    """Write where it stands now; None, and nothing changes, where somebody else has taken the step."""
    row = {"number": str(int(one.row["number"]) + 1), "json": BACKUP.to_json(value)}
    row |= {"next": next_at.isoformat()} if next_at else {}
    return replace(one, row=row, value=value) if ledger.swap(WANTED, one.key, one.row, row) else None


def everything(ledger: Ledger) -> dict[str, Row]:
    """Return all rows by key. One that cannot be read is an alert, and left where it is."""
    found = {}
    for key, row in ledger.rows(WANTED).items():
        try:
            found[key] = Row(row, _value(row["json"]))
        except BadMessage as problem:
            tell(Event.ALERT, code="backup-unreadable", subject=key, text=str(problem))
    return found


_value = lru_cache(maxsize=4096)(BACKUP.from_json)

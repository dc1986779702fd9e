"""Where does each look stand? What the ledger keeps of promises, of looks at points, and of the last night's look."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from shared.errors import BadMessage
from shared.messages import retention as kept
from shared.model.retention import Joined, Terms, VmRetention
from shared.ports import Ledger
from shared.rules.promises import terms_of
from shared.telemetry import Event, tell

VERSIONS = "policy-versions"
"""By policy id what it said over time."""
MEMBERSHIPS = "memberships"
"""By VM id where it was over time."""
LOOKS = "retention"
"""By VM id the last look at its points."""
NIGHTLY = "retention-night"
FLEET = "fleet"
"""The one row of the last nightly look."""

REST = "retention-rest"
"""One row: until when nobody's points are due."""

type Row = Mapping[str, str]


@dataclass(frozen=True)
class Promised:
    """The rows that tell what was promised: of policies, and of VMs."""

    versions: Mapping[str, Row]
    memberships: Mapping[str, Row]

    def policy(self, policy_id: str) -> tuple[Terms, ...]:
        """Return what a policy said over time, the oldest first."""
        return _read(_versions, policy_id, self.versions.get(policy_id)) or ()

    def joined(self, vm_id: str) -> tuple[Joined, ...]:
        """Return where a VM was over time, the oldest first."""
        return _read(_memberships, vm_id, self.memberships.get(vm_id)) or ()

    def history(self, vm_id: str) -> tuple[Terms, ...]:
        """Return what held for a VM over time, the oldest first."""
        joined = self.joined(vm_id)
        return terms_of(joined, {one.policy_id: self.policy(one.policy_id) for one in joined if one.policy_id})


def promised(ledger: Ledger) -> Promised:
    """Read all that is known of promises."""
    return Promised(ledger.rows(VERSIONS), ledger.rows(MEMBERSHIPS))


def standing(ledger: Ledger) -> dict[str, VmRetention]:
    """Return the last look at each VM's points, by its id."""
    looks = {key: look_of(key, row) for key, row in ledger.rows(LOOKS).items()}
    return {key: seen for key, seen in looks.items() if seen is not None}


def look_of(vm_id: str, row: Row | None) -> VmRetention | None:
    """Return the look that a row of LOOKS tells of; a row that cannot be read is an alert, and as good as none."""
    return _read(_look, vm_id, row)


def keep(ledger: Ledger, seen: VmRetention) -> None:
    """Remember a look at a VM's points."""
    ledger.write(LOOKS, seen.vm_id, {"at": seen.checked_at.isoformat(), "json": kept.LOOK.to_json(seen)})


def rest(ledger: Ledger, until: datetime) -> None:
    """Remember that nobody's points are due before the UTC instant."""
    ledger.write(REST, FLEET, {"until": until.isoformat()})


def rests(ledger: Ledger, now: datetime) -> bool:
    """Return whether nobody's points are due yet."""
    row = ledger.read(REST, FLEET)
    return row is not None and now < datetime.fromisoformat(row["until"])


def wake(ledger: Ledger) -> None:
    """Let points be looked at again: there is news of the fleet."""
    ledger.drop(REST, FLEET)


def looked_at(rows: Mapping[str, Row]) -> dict[str, datetime]:
    """Return when each VM's points were looked at last, from the rows of LOOKS."""
    return {key: datetime.fromisoformat(row["at"]) for key, row in rows.items()}


def _read[T](reader: Callable[[str], T], key: str, row: Row | None) -> T | None:
    if row is None:
        return None
    try:
        return reader(row["json"])
    except BadMessage as problem:
        tell(Event.ALERT, code="retention-unreadable", subject=key, text=str(problem))
        return None


_versions = lru_cache(maxsize=4096)(kept.VERSIONS.from_json)
_memberships = lru_cache(maxsize=4096)(kept.MEMBERSHIPS.from_json)
_look = lru_cache(maxsize=4096)(kept.LOOK.from_json)
"""The same rows are read again by every look and every report, and change rarely."""

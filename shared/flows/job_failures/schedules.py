"""Since when does each policy start when it does? As far as looks at it tell: somebody may edit it at any time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.model.azure import BackupPolicy
from shared.ports import Ledger

SCHEDULES = "schedules"


@dataclass(frozen=True, slots=True)
class Schedule:
    """`since` is when a policy was first seen to start as it does; `changed` tells that it had another start before."""

    since: datetime
    changed: bool = False


def seen(ledger: Ledger, policies: Iterable[BackupPolicy], now: datetime) -> Mapping[str, Schedule]:
    """Return by id what is known of the policies' schedules, and remember what is new."""
    rows, found = ledger.rows(SCHEDULES), {}
    for policy in policies:
        row, starts = rows.get(policy.id), _starts(policy)
        if row is None or row["starts"] != starts:
            row = {"starts": starts, "since": now.isoformat(), "changed": "yes" if row else ""}
            ledger.write(SCHEDULES, policy.id, row)
        found[policy.id] = Schedule(datetime.fromisoformat(row["since"]), bool(row["changed"]))
    return found


def _starts(policy: BackupPolicy) -> str:
    runs = f" {policy.hourly.every}/{policy.hourly.hours}" if policy.hourly else ""
    return f"{policy.frequency} {policy.start} {policy.time_zone} {','.join(policy.run_days)}{runs}"

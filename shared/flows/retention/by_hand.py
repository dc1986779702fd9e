"""Who started backups by hand? Kept from the activity log, which forgets: no list of points or jobs tells that."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.errors import Permanent
from shared.model.azure import Change
from shared.model.intent import FleetPolicy
from shared.model.plan import Finding
from shared.ports import Ledger, Ports

BY_HAND = "backups-by-hand"
KEPT = timedelta(days=400)
"""As long as it may matter whether a monthly point was made by its schedule."""
FIRST = timedelta(days=1)
BEFORE = timedelta(hours=1)
"""The log shows what happened some minutes later, so each look begins before the last one ended."""


def note_by_hand(ports: Ports, intent: FleetPolicy, before: datetime | None, now: datetime) -> tuple[Finding, ...]:
    """Remember who started backups since the look before; return a finding for each log that may not be read.

    Raises Transient where one cannot be read now.
    """
    since, unread = before - BEFORE if before else now - FIRST, []
    for subscription in intent.scope.subscriptions:
        try:
            found = ports.fleet.backups_by_hand(subscription, since, now)
        except Permanent as problem:
            text = f"who starts backups by hand is not known, so a run that one of them cost may be missed: {problem}"
            unread.append(Finding("log-unreadable", f"/subscriptions/{subscription}", text))
            continue
        for one in found:
            row = {"item": one.resource_id, "at": one.at.isoformat(), "actor": one.actor}
            ports.ledger.claim(BY_HAND, f"{one.resource_id}|{one.at.isoformat()}", row)
    return tuple(unread)


def by_hand_known(ledger: Ledger) -> Mapping[str, Sequence[Change]]:
    """Return the backups that were started by hand, by the lower-cased id of their item."""
    found: defaultdict[str, list[Change]] = defaultdict(list)
    for row in ledger.rows(BY_HAND).values():
        found[row["item"]].append(Change(row["item"], "backup", row["actor"], datetime.fromisoformat(row["at"])))
    return found


def forget_old(ledger: Ledger, now: datetime) -> int:
    """Drop what does not matter any more; return how many rows."""
    old = [key for key, row in ledger.rows(BY_HAND).items() if datetime.fromisoformat(row["at"]) < now - KEPT]
    for key in old:
        ledger.drop(BY_HAND, key)
    return len(old)

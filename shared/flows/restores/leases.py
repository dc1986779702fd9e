"""Who has which account? A row for each, with a fencing number that rises whenever it is taken.

A task writes down the account before it takes the lease, and the lease is read before the tasks are: so a lease whose
task does not name the account, by then, was given up for good.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.errors import BadMessage
from shared.flows.restores import rows
from shared.flows.restores.rows import Under
from shared.model.restore_tasks import AccountLease
from shared.ports import Ledger
from shared.rules.restore_steps import LEASE

LEASES = "restore-accounts"


def leases(ledger: Ledger) -> tuple[tuple[AccountLease, ...], dict[str, Under]]:
    """Return the leases that count, and all tasks under way. Those of tasks that cannot be read count."""
    taken = ledger.rows(LEASES)
    under = rows.under_way(ledger)
    found = [_lease(one.holds, key, taken.get(one.holds)) for key, one in under.items() if one.holds]
    lost = {account_id: row for account_id, row in taken.items() if row["task"] and row["task"] not in under}
    found += [
        _lease(account_id, row["task"], row)
        for account_id, row in lost.items()
        if ledger.read(rows.TASKS, row["task"]) is not None
    ]
    return tuple(found), under


def take(ledger: Ledger, one: Under, now: datetime) -> Under | None:
    """Take the account that the task has written down; None where somebody else has it, or has taken the step."""
    account_id, key = one.state.account_id, one.task.key
    before = ledger.read(LEASES, account_id)
    if before is not None and before["task"] not in {"", key} and _holds(ledger, before["task"], account_id):
        return None
    fence = int(before["fence"]) + 1 if before else 1
    after = {"task": key, "fence": str(fence), "until": (now + LEASE).isoformat()}
    won = ledger.claim(LEASES, account_id, after) if before is None else ledger.swap(LEASES, account_id, before, after)
    return rows.move(ledger, one, replace(one.state, fence=fence)) if won else None


def ours(ledger: Ledger, one: Under) -> bool:
    """Return whether the task still has its account, by its fencing number."""
    row = ledger.read(LEASES, one.state.account_id)
    return row is not None and row["task"] == one.task.key and row["fence"] == str(one.state.fence)


def give_back(ledger: Ledger, account_id: str, key: str) -> None:
    """Let others have the account, if the task has it."""
    row = ledger.read(LEASES, account_id)
    if row is not None and row["task"] == key:
        ledger.swap(LEASES, account_id, row, {**row, "task": ""})


def _holds(ledger: Ledger, key: str, account_id: str) -> bool:
    try:
        one = rows.find(ledger, key)
    except BadMessage:
        return True
    return one is not None and one.holds == account_id


def _lease(account_id: str, key: str, row: Mapping[str, str] | None) -> AccountLease:
    ours = row if row is not None and row["task"] == key else {"fence": "0", "until": _NOT_YET}
    return AccountLease(account_id, key, int(ours["fence"]), datetime.fromisoformat(ours["until"]))


_NOT_YET = "1970-01-01T00:00:00+00:00"

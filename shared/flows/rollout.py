"""Which of the due moves may happen tonight? Counted from the ledger's moves; what has to wait is said once a plan."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from shared.flows.enforcement import Due, vault_of
from shared.flows.look import ENROLLED, PLACEMENTS, VERIFIED
from shared.model.intent import FleetPolicy
from shared.model.plan import Plan
from shared.ports import Ledger, Ports
from shared.rules import rollout as rules

WAITS = "waits"


def tonight(
    ports: Ports, intent: FleetPolicy, due: Due, tried: AbstractSet[str], now: datetime
) -> tuple[Due, dict[str, str]]:
    """Return what of `due` may happen now, and by VM id why the other moves wait. Azure is not asked.

    `tried` are the VMs that could not be moved at an earlier tick of this plan.
    """
    moved = _moved(ports.ledger)
    waiting: dict[str, str] = {}
    for vault_id in sorted({move.vault_id for move in due.moves}):
        here = [move for move in due.moves if move.vault_id == vault_id]
        seen = rules.trial(due.plan, vault_id, moved[vault_id], intent, now)
        going = rules.chosen(here, seen, intent.rollout, tried)
        why = rules.reason(seen, intent.rollout, vault_id.rsplit("/", 1)[-1])
        waiting |= {move.vm_id: why for move in here if move.vm_id not in going}
    return replace(due, moves=tuple(move for move in due.moves if move.vm_id not in waiting)), waiting


def unsaid(ports: Ports, made: Plan, waiting: Mapping[str, str]) -> dict[str, str]:
    """Return what was not said of these VMs under this plan before, and remember that it is said now."""
    known = ports.ledger.rows(WAITS) if waiting else {}
    rows = {vm_id: {"plan": made.made_at.isoformat(), "reason": why} for vm_id, why in waiting.items()}
    news = {vm_id: row for vm_id, row in rows.items() if known.get(vm_id) != row}
    for vm_id, row in news.items():
        ports.ledger.write(WAITS, vm_id, row)
    return {vm_id: row["reason"] for vm_id, row in news.items()}


def _moved(ledger: Ledger) -> defaultdict[str, dict[str, rules.Moved]]:
    """Return every move of the ledger, by vault id and VM id."""
    found: defaultdict[str, dict[str, rules.Moved]] = defaultdict(dict)
    for vm_id, row in ledger.rows(PLACEMENTS).items():
        if row.get("how") == ENROLLED:
            continue
        move = rules.Moved(datetime.fromisoformat(row["at"]), row["state"] == VERIFIED)
        found[vault_of(row["policy"])][vm_id] = move
    return found

"""How did restores go lately? Tasks and results of the ledger, for the morning report."""

from datetime import datetime

from shared.errors import BadMessage
from shared.flows.restores import rows, standing
from shared.flows.restores.rows import Under
from shared.messages.restore_tasks import result_from_json
from shared.model.intent import FleetPolicy
from shared.model.restore_history import RestoreHistory
from shared.model.restore_tasks import RestoreResult
from shared.ports import Ports
from shared.rules import restore_history
from shared.rules.restore_progress import progress
from shared.telemetry import Event, tell


def histories(ports: Ports, intent: FleetPolicy, since: datetime, now: datetime) -> tuple[RestoreHistory, ...]:
    """Return the restores under way, and those that ended since the UTC instant. Reads storage only, never Azure."""
    over = rows.over(ports.ledger)
    now_is = standing.standing(ports)
    under = {key: one for key, one in now_is.under.items() if key not in over}
    turns = standing.turns(ports, intent, now_is, now) if under else {}
    found = [restore_history.ended(one.task, one.state, _result(one)) for one in over.values()]
    for key, one in under.items():
        seen = progress(one.task, one.state, now_is.jobs.get(one.state.job_id), turns.get(key), now)
        found.append(restore_history.under_way(one.task, one.state, seen))
    return restore_history.lately(found, since)


def _result(one: Under) -> RestoreResult | None:
    try:
        return result_from_json(one.row["result"])
    except BadMessage as problem:
        tell(Event.ALERT, code="restore-unreadable", subject=one.task.key, text=str(problem))
        return None

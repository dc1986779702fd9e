"""Where does each restore stand? Rows of the ledger, in which every step is taken by one conditional write."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from shared.errors import BadMessage
from shared.messages.restore_tasks import state_from_json, state_to_json, task_from_json, task_to_json
from shared.model.restore_tasks import RestoreState, RestoreTask, Step
from shared.ports import Ledger
from shared.telemetry import Event, tell

TASKS = "restore-tasks"
"""What is under way or not told yet: it is read every minute."""
ENDED = "restore-ended"
CANCELS = "restore-cancels"
"""Who wants a request (its id), or one task of it (its key), to stop."""
HOLDING = frozenset(Step) - {Step.WAITING, Step.DONE, Step.FAILED, Step.CANCELLED}
"""Steps at which a task has its account."""


@dataclass(frozen=True, slots=True)
class Under:
    """A task under way, with the row that says so: whoever replaces exactly this row takes its next step."""

    row: Mapping[str, str]
    task: RestoreTask
    state: RestoreState

    @property
    def holds(self) -> str:
        """The account that it has, "" for none."""
        return self.state.account_id if self.state.step in HOLDING else ""


def accept(ledger: Ledger, task: RestoreTask, state: RestoreState) -> bool:
    """Write down a new task; False where it is there already, or was."""
    row = {"number": "1", "task": task_to_json(task), "state": state_to_json(state)}
    if not ledger.claim(TASKS, task.key, row):
        return False
    if ledger.read(ENDED, task.key) is None:
        return True
    ledger.drop(TASKS, task.key)
    return False


def under_way(ledger: Ledger) -> dict[str, Under]:
    """Return what is under way by key. A row that cannot be read is an alert, and left where it is."""
    return _readable(ledger, TASKS)


def over(ledger: Ledger) -> dict[str, Under]:
    """Return what ended lately, by key."""
    return _readable(ledger, ENDED)


def of_request(found: Mapping[str, Under], request_id: str) -> dict[str, Under]:
    """Return those of a request; ids are told apart without case."""
    return {key: one for key, one in found.items() if one.task.request_id.lower() == request_id.lower()}


def find(ledger: Ledger, key: str) -> Under | None:
    """Return the task of this key, None where it is not under way. Raises BadMessage for a row that is unreadable."""
    row = ledger.read(TASKS, key)
    return None if row is None else _under(row)


def move(ledger: Ledger, one: Under, state: RestoreState) -> Under | None:
    """Write the task's next state; None, and nothing changes, where somebody else has taken the step."""
    row = {**one.row, "number": str(int(one.row["number"]) + 1), "state": state_to_json(state)}
    return replace(one, row=row, state=state) if ledger.swap(TASKS, one.task.key, one.row, row) else None


def end(ledger: Ledger, one: Under, result: str, now: datetime) -> None:
    """Put the task among those that are over and told, with its result's document."""
    ledger.write(ENDED, one.task.key, {**one.row, "result": result, "at": now.isoformat()})
    ledger.drop(TASKS, one.task.key)


def cancelled(ledger: Ledger, task: RestoreTask) -> bool:
    """Return whether somebody wants the task to stop."""
    return any(ledger.read(CANCELS, key) is not None for key in (task.request_id, task.key))


def _readable(ledger: Ledger, kind: str) -> dict[str, Under]:
    found = {}
    for key, row in ledger.rows(kind).items():
        try:
            found[key] = _under(row)
        except BadMessage as problem:
            tell(Event.ALERT, code="restore-unreadable", subject=key, text=str(problem))
    return found


def state_of(row: Mapping[str, str]) -> RestoreState:
    """Return the state that a row of TASKS or ENDED holds. Raises BadMessage where it cannot be read."""
    return _state(row["state"])


def _under(row: Mapping[str, str]) -> Under:
    return Under(row, _task(row["task"]), _state(row["state"]))


_task = lru_cache(maxsize=1024)(task_from_json)
_state = lru_cache(maxsize=1024)(state_from_json)

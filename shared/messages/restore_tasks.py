"""How are restores kept and announced? Tasks and states as documents, turns as messages, results as events."""

import json
from dataclasses import dataclass

from shared.errors import BadMessage
from shared.messages.jobs import object_in, version_of
from shared.messages.kept import Kept
from shared.model.events import Envelope
from shared.model.restore_tasks import RestoreResult, RestoreState, RestoreTask, Step
from shared.model.restores import PooledAccount, RestoreJob

VERSION = 1
TYPES = {step: f"nightshift.restore.{step}.v1" for step in Step if step.over}
"""The CloudEvents type of each end."""
_TASK = Kept[RestoreTask]("task", "restore task", RestoreTask)
_STATE = Kept[RestoreState]("state", "restore state", RestoreState)
_RESULT = Kept[RestoreResult]("result", "restore result", RestoreResult)
_JOB = Kept[RestoreJob]("job", "restore job", RestoreJob)
_ACCOUNT = Kept[PooledAccount]("account", "restore account", PooledAccount)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: the key of a task (`RestoreTask.key`). All else stands in the ledger."""

    key: str


def turn_to_json(turn: Turn) -> str:
    """Return the message {"version": 1, "key": ...}."""
    return json.dumps({"version": VERSION, "key": turn.key})


def turn_from_json(text: str) -> Turn:
    """Return the turn of a message, or raise BadMessage with every reason. Other fields are passed over."""
    document, reasons = object_in(text, "restore task"), list[str]()
    version_of(document, VERSION, reasons)
    key = document.get("key")
    if not isinstance(key, str) or "|" not in key:
        reasons.append(f"key: found {str(key)[:80]!r}; expected <request>|<item's id>")
    if reasons or not isinstance(key, str):
        raise BadMessage(reasons)
    return Turn(key.lower())


def task_to_json(task: RestoreTask) -> str:
    """Return the task's document {"version": 1, "task": {...}}."""
    return _TASK.to_json(task)


def task_from_json(text: str) -> RestoreTask:
    """Return the task of a document, or raise BadMessage."""
    return _TASK.from_json(text)


def state_to_json(state: RestoreState) -> str:
    """Return the state's document {"version": 1, "state": {...}}."""
    return _STATE.to_json(state)


def state_from_json(text: str) -> RestoreState:
    """Return the state of a document, or raise BadMessage."""
    return _STATE.from_json(text)


def job_to_json(job: RestoreJob) -> str:
    """Return the job's document {"version": 1, "job": {...}}."""
    return _JOB.to_json(job)


def job_from_json(text: str) -> RestoreJob:
    """Return the job of a document, or raise BadMessage."""
    return _JOB.from_json(text)


def account_to_json(account: PooledAccount) -> str:
    """Return the document {"version": 1, "account": {...}} of an account with its load."""
    return _ACCOUNT.to_json(account)


def account_from_json(text: str) -> PooledAccount:
    """Return the account of a document, or raise BadMessage."""
    return _ACCOUNT.from_json(text)


def result_to_json(result: RestoreResult) -> str:
    """Return the result's document {"version": 1, "result": {...}}."""
    return _RESULT.to_json(result)


def result_from_json(text: str) -> RestoreResult:
    """Return the result of a document, or raise BadMessage."""
    return _RESULT.from_json(text)


def result_event(result: RestoreResult) -> Envelope:
    """Return the event that announces a result. Its source and id follow from what it is about, whoever makes it."""
    vault_id = result.item_id.lower().partition("/backupfabrics/")[0]
    subject = result.vm_id or result.item_id
    return Envelope(
        result.key, vault_id, TYPES[result.step], subject, result.ended_at, json.loads(result_to_json(result))
    )

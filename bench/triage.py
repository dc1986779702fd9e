"""What is to be done about each of these jobs? Azure's answers in a file, read and judged as in production.

A file holds a list of jobs, an answer `{"value": [...]}`, or one job. Each is judged by itself, at its end, as the
scheduled backup of a VM whose window is the whole day: what the code of an error means does not depend on more.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.document import BadDocument, read_json
from shared.cloud.wire import any_job_from
from shared.errors import Permanent
from shared.model.azure import SLOT_MINUTES, BackupPolicy, Frequency, Job, PolicyType, Retention, Vm
from shared.model.failures import Failure
from shared.model.intent import FleetPolicy, Scope, TagMatch, Tier, Window
from shared.rules import job_failures
from shared.rules.error_codes import code_of
from shared.rules.job_outcomes import outcome
from shared.rules.retries import Context
from shared.rules.slots import slot_of

DONE, BAD_INPUT = 0, 2
_KEPT = Retention(30)
_ANY = TagMatch("any", ("any",))
_TIER = Tier("any", _ANY, "day", PolicyType.STANDARD, _KEPT, instant_restore_days=2, rpo=timedelta(days=2))
INTENT = FleetPolicy(
    "", Scope(subscriptions=()), day_starts=12, tiers=(_TIER,), windows={"day": Window("day", 0, 1440, "UTC")}
)


def triage(path: Path) -> int:
    """Print one line of JSON for each job of the file; one that cannot be read says why in its line."""
    try:
        rows = _rows(path)
    except BadDocument as bad:
        for error in bad.errors:
            print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    for line in _lines(rows):
        print(json.dumps(line))
    return DONE


def _rows(path: Path) -> list[Any]:
    document = read_json(path)
    if isinstance(document, dict):
        document = document.get("value", [document])
    if not isinstance(document, list):
        raise BadDocument([f'{path}: must hold a list of jobs, an object with the list "value", or one job'])
    return document


def _lines(rows: list[Any]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            yield {"row": number, "error": "is no JSON object, so it is no job"}
            continue
        try:
            yield {"row": number, "name": _name(row), **_judged(any_job_from(row))}
        except Permanent as unreadable:
            yield {"row": number, "name": _name(row), "error": str(unreadable)}


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or str(row.get("id") or "").rpartition("/")[2])


def _judged(job: Job) -> dict[str, Any]:
    about = {"vm": job.vm_name, "operation": job.operation, "status": job.status}
    policy = _policy(job)
    came = outcome(job, None, policy)
    if not isinstance(came, Failure):
        reason = "it is still running" if job.running else "it completed"
        return about | {"family": None, "response": "ignore", "reason": reason}
    vm = Vm(came.vm_id, came.vm_name, "", "", "", {"any": "any"})
    verdict = job_failures.triage(
        came, (), Context(intent=INTENT, vm=vm, policy=policy), came.ended_at or came.started_at
    )
    return about | {
        "kind": came.kind,
        "code": code_of(came).name,
        "number": came.code,
        "family": verdict.family,
        "response": verdict.response,
        "reason": verdict.reason,
        "retry_at": verdict.retry_at.isoformat() if verdict.retry_at else None,
        "needs_human": verdict.needs_human,
        "what_to_do": list(verdict.runbook.steps),
    }


def _policy(job: Job) -> BackupPolicy:
    """Return a daily policy that the job may be the run of: the next one is a day away."""
    start = slot_of(job.started_at) * SLOT_MINUTES
    return BackupPolicy("", "", "", PolicyType.STANDARD, Frequency.DAILY, "UTC", start, _KEPT, instant_restore_days=2)

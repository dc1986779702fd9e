"""How did a restore end? What became of it, how long its parts took, and what it left behind."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from shared.model.restore_tasks import Leftover, RestoreResult, RestoreState, RestoreTask, Step
from shared.model.restores import Mode, RestoreJob

_COPY = re.compile("transfer|copy", re.IGNORECASE)


def result_of(
    task: RestoreTask, state: RestoreState, jobs: Sequence[RestoreJob], leftovers: Sequence[Leftover]
) -> RestoreResult:
    """Return the result of a task that is over; `jobs` are its own as they were last seen, in their order."""
    made = state.step is Step.DONE
    return RestoreResult(
        request_id=task.request_id,
        item_id=task.item.id,
        vm_id=task.item.vm_id,
        step=state.step,
        reason=state.reason,
        mode=task.mode,
        point_id=task.point.id,
        point_at=task.point.at,
        accepted_at=task.accepted_at,
        ended_at=state.since,
        account_id=state.account_id,
        group_id=task.group_id,
        vm_name=_vm_name(task, jobs) if made else "",
        jobs=tuple(dict.fromkeys([*state.past_jobs, *([state.job_id] if state.job_id else [])])),
        phases=phases(task, state, jobs),
        leftovers=tuple(leftovers),
        region=task.secondary_region,
        bytes_moved=next((job.bytes_moved for job in jobs if job.id == state.job_id), None),
    )


def phases(task: RestoreTask, state: RestoreState, jobs: Sequence[RestoreJob]) -> tuple[tuple[str, float], ...]:
    """Return the minutes that it waited, and that its last job copied and built, as far as they are known."""
    last = next((job for job in reversed(jobs) if job.id == state.job_id), None)
    if last is None:
        return (("wait", _minutes(task.accepted_at, state.since)),)
    found = [("wait", _minutes(task.accepted_at, last.started_at))]
    ended = last.ended_at or state.since
    copied = next((one for one in last.tasks if _COPY.search(one.name) and one.started_at and one.ended_at), None)
    if copied is None or copied.started_at is None or copied.ended_at is None:
        return (*found, ("job", _minutes(last.started_at, ended)))
    return (
        *found,
        ("copy", _minutes(copied.started_at, copied.ended_at)),
        ("build", _minutes(copied.ended_at, ended)),
    )


def leftovers_of(
    state: RestoreState, jobs: Sequence[RestoreJob], disks: Mapping[str, Sequence[str]]
) -> tuple[Leftover, ...]:
    """Return what its jobs left behind: staging containers, and what those made that did not end well.

    `disks` are the ids of those that each job made, by its id.
    """
    found = []
    for job in jobs:
        well = state.step is Step.DONE and job.id == state.job_id
        if job.staging:
            account = job.account or state.account_id.rpartition("/")[2]
            why = "the restore was staged there, and Azure does not delete it"
            found.append(Leftover("container", f"{account}/{job.staging}", why))
        if not job.terminal:
            found.append(Leftover("job", job.id, "it may still be at work: nobody follows it any more"))
        if not well:
            made = f"job {job.id.rpartition('/')[2]} made it and ended as {job.status}"
            found += [Leftover("disk", disk, made) for disk in disks.get(job.id, ())]
    return tuple(found)


def file_name(task: RestoreTask) -> str:
    """Return the name of the task's result within its request: the VM's, and a mark that tells namesakes apart."""
    vm = re.sub(r"[^A-Za-z0-9-]", "-", task.item.vm_id.rpartition("/")[2] or task.item.name).strip("-")
    return f"{vm[:64] or 'item'}-{sha256(task.item.id.lower().encode()).hexdigest()[:8]}"


def _vm_name(task: RestoreTask, jobs: Sequence[RestoreJob]) -> str:
    if task.mode is Mode.DISKS:
        return ""
    own = task.item.vm_id.rpartition("/")[2] if task.mode is Mode.REPLACE else task.vm_name
    return (jobs[-1].target_vm if jobs and task.mode is Mode.NEW_VM else "") or own


def _minutes(since: datetime, until: datetime) -> float:
    return round(max(timedelta(), until - since) / timedelta(minutes=1), 1)

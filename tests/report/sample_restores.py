"""Which restores does the report of a sample day tell of? Every way to stand, one that moved, and one that waits."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.model.restore_history import RestoreHistory, Stretch
from shared.model.restore_tasks import Leftover, Step
from shared.model.restores import Mode
from shared.rules.restore_history import TO_DO

MINUTE = timedelta(minutes=1)


def restore(vm: str, accepted_at: datetime, **changes: Any) -> RestoreHistory:
    """Return a restore that waits."""
    vm_id = f"/subscriptions/s/resourcegroups/rg-apps/providers/microsoft.compute/virtualmachines/{vm}"
    found = RestoreHistory(
        request_id="bring-back-1",
        vm=vm,
        vm_id=vm_id,
        item_id=f"{vm_id}/item",
        mode=Mode.DISKS,
        step=Step.WAITING,
        reason="all 3 accounts are in use (place 1, about 25 minutes)",
        accepted_at=accepted_at,
        stretches=(Stretch(Step.WAITING, accepted_at, None, "", "it has just been accepted"),),
    )
    return replace(found, **changes)


def course(*parts: tuple[Step, int, str], begins: datetime, open_end: bool = False) -> tuple[Stretch, ...]:
    """Return stretches of so many minutes that follow each other; the last has no end where it is open."""
    found, at = [], begins
    for index, (step, minutes, account) in enumerate(parts):
        until = None if open_end and index == len(parts) - 1 else at + minutes * MINUTE
        found.append(Stretch(step, at, until, account, f"{step} because"))
        at += minutes * MINUTE
    return tuple(found)


def sample_restores(now: datetime) -> tuple[RestoreHistory, ...]:
    """Return five restores as they stand at `now`, all asked for two hours before."""
    begins = now - 120 * MINUTE
    wait, check, run = Step.WAITING, Step.CHECKING, Step.RUNNING
    return (
        restore(
            "vm-db-03",
            begins,
            step=Step.DONE,
            reason="it is restored",
            ended_at=begins + 82 * MINUTE,
            stretches=course((wait, 2, ""), (check, 10, "strestore01"), (run, 70, "strestore01"), begins=begins),
            bytes_moved=412_000_000_000,
            rate=98_000_000.0,
            share=1.0,
            leftovers=(Leftover("container", "strestore01/vm-db-03-1", "the restore was staged there"),),
        ),
        restore(
            "vm-queue-04",
            begins,
            step=Step.RUNNING,
            reason="it is restored to strestore03",
            stretches=course(
                (wait, 2, ""),
                (check, 8, "strestore02"),
                (run, 30, "strestore02"),
                (Step.MOVING, 4, "strestore02"),
                (wait, 5, ""),
                (check, 8, "strestore03"),
                (run, 63, "strestore03"),
                begins=begins,
                open_end=True,
            ),
            share=0.7,
            rate=61_000_000.0,
            ends_at=now + 27 * MINUTE,
        ),
        restore(
            "vm-files-06",
            begins,
            step=Step.FAILED,
            reason="its job failed: UserErrorTargetGone: the group is gone",
            ended_at=begins + 40 * MINUTE,
            stretches=course((wait, 2, ""), (check, 8, "strestore05"), (run, 30, "strestore05"), begins=begins),
            to_do=TO_DO,
        ),
        restore(
            "vm-web-08",
            begins,
            step=Step.CANCELLED,
            reason="it was cancelled in the queue",
            ended_at=begins + 15 * MINUTE,
            stretches=course((wait, 15, ""), begins=begins),
        ),
        restore("vm-web-16", begins),
    )

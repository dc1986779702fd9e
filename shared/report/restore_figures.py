"""How many restores were there, and how do they stand? Counted once, for page, JSON and digest."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.restore_history import RestoreHistory
from shared.model.restore_tasks import Step


@dataclass(frozen=True, slots=True)
class RestoreFigures:
    """Restores by how they stand; `unanswered` counts those of the failed that nobody has asked for again.

    `moved` counts those whose data went to more than one account, `leftovers` the things that they left behind.
    """

    restores: int
    done: int
    failed: int
    unanswered: int
    cancelled: int
    under_way: int
    waiting: int
    moved: int
    leftovers: int


def restore_figures(restores: Sequence[RestoreHistory]) -> RestoreFigures:
    """Return the numbers of the restores."""
    steps = [one.step for one in restores]
    return RestoreFigures(
        restores=len(restores),
        done=steps.count(Step.DONE),
        failed=steps.count(Step.FAILED),
        unanswered=sum(one.step is Step.FAILED and not one.answered for one in restores),
        cancelled=steps.count(Step.CANCELLED),
        under_way=sum(not step.over and step is not Step.WAITING for step in steps),
        waiting=steps.count(Step.WAITING),
        moved=sum(len(one.accounts) > 1 for one in restores),
        leftovers=sum(len(one.leftovers) for one in restores),
    )

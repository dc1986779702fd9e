"""How did each restore go, and which of them is left to people? What is kept of it, as the morning hears it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from shared.model.plan import Finding
from shared.model.restore_history import RestoreHistory, Stretch
from shared.model.restore_tasks import Passage, RestoreResult, RestoreState, RestoreTask, Step
from shared.rules.restore_progress import Progress
from shared.rules.slots import instant_text

TO_DO = (
    "Read the reason; look at the named job in the vault where there is one.",
    "Send a new request with an id of its own once the cause is mended.",
    "Delete what the result lists as left over.",
)
"""What a person does about a restore that failed."""
LONGEST_REASON = 300
"""Letters of a reason in a finding."""


def under_way(task: RestoreTask, state: RestoreState, seen: Progress) -> RestoreHistory:
    """Return the history of a task that is not over, or not told of yet; `seen` is how far it is."""
    found = _history(task, state)
    if state.step.over:
        return found
    return replace(found, reason=seen.reason, rate=seen.rate, share=seen.share, ends_at=seen.ends_at)


def ended(task: RestoreTask, state: RestoreState, result: RestoreResult | None) -> RestoreHistory:
    """Return the history of a task that is over; `result` is None where it cannot be read."""
    found = _history(task, state)
    if result is None:
        return found
    return replace(found, bytes_moved=result.bytes_moved, rate=_rate(result), leftovers=result.leftovers)


def lately(found: Sequence[RestoreHistory], since: datetime) -> tuple[RestoreHistory, ...]:
    """Return those under way and those that ended at or after the UTC instant, in the order of their requests.

    One that failed is answered by any later request for the same item, and by one that was done later.
    """
    newest: dict[str, datetime] = {}
    for one in found:
        item, answers_at = one.item_id.lower(), _answers_at(one)
        newest[item] = max(answers_at, newest.get(item, answers_at))
    kept = [
        _answered(one, newest[one.item_id.lower()]) for one in found if one.ended_at is None or one.ended_at >= since
    ]
    return tuple(sorted(kept, key=lambda one: (one.accepted_at, one.request_id, one.vm, one.item_id)))


def left_to_people(found: Iterable[RestoreHistory]) -> tuple[Finding, ...]:
    """Return a finding for each restore that failed and that nobody has answered."""
    return tuple(_failed(one) for one in found if one.to_do)


def _history(task: RestoreTask, state: RestoreState) -> RestoreHistory:
    return RestoreHistory(
        request_id=task.request_id,
        vm=task.item.vm_id.rpartition("/")[2] or task.item.name,
        vm_id=task.item.vm_id,
        item_id=task.item.id,
        mode=task.mode,
        step=state.step,
        reason=state.reason,
        accepted_at=task.accepted_at,
        region=task.secondary_region,
        point_at=task.point.at,
        ended_at=state.since if state.step.over else None,
        stretches=_stretches(state),
        share=1.0 if state.step is Step.DONE else 0.0,
    )


def _stretches(state: RestoreState) -> tuple[Stretch, ...]:
    here = Passage(state.step, state.since, state.account_id.rpartition("/")[2], state.reason)
    trail = state.trail or (here,)
    spans = [Stretch(one.step, one.at, after.at, one.account, one.why) for one, after in pairwise(trail)]
    last = trail[-1]
    return (*spans, *(() if last.step.over else (Stretch(last.step, last.at, None, last.account, last.why),)))


def _rate(result: RestoreResult) -> float | None:
    """Return the bytes a second of the last job's copy, or of the whole job where its parts are not known."""
    minutes = dict(result.phases)
    copied = minutes.get("copy") or minutes.get("job")
    return result.bytes_moved / (60 * copied) if result.bytes_moved is not None and copied else None


def _answers_at(one: RestoreHistory) -> datetime:
    """Return the instant before which its item's failures are answered by it."""
    return one.ended_at if one.step is Step.DONE and one.ended_at is not None else one.accepted_at


def _answered(one: RestoreHistory, newest: datetime) -> RestoreHistory:
    if one.step is not Step.FAILED or one.ended_at is None:
        return one
    again = newest > one.ended_at
    return replace(one, answered=again, to_do=() if again else TO_DO)


def _failed(one: RestoreHistory) -> Finding:
    ended_at = f" at {instant_text(one.ended_at)}" if one.ended_at else ""
    reason = one.reason if len(one.reason) <= LONGEST_REASON else f"{one.reason[:LONGEST_REASON]}..."
    return Finding(
        "restore-failed",
        one.vm_id or one.item_id,
        f"{one.vm}: its restore failed{ended_at} (request {one.request_id}): {reason}; nobody has asked for it again",
    )

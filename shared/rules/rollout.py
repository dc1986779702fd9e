"""How many of a vault's VMs may be moved tonight, and which? A canary first, then a share a night."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from shared.model.intent import FleetPolicy, Rollout
from shared.model.plan import Action, Plan, VmPlan
from shared.rules.due_runs import first_over


@dataclass(frozen=True, slots=True)
class Moved:
    """One VM that was sent to another policy: when, and whether it was seen there."""

    at: datetime
    verified: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """What a vault's moves have shown so far.

    `planned` counts the vault's VMs that have a place in the plan. `on_trial` are the VMs moved this night, and those
    whose first run since their move no plan has seen yet. `proven` where a plan has seen such a run.
    """

    planned: int
    on_trial: frozenset[str]
    proven: bool


def trial(made: Plan, vault_id: str, moved: Mapping[str, Moved], intent: FleetPolicy, now: datetime) -> Trial:
    """Return what the moves of one vault, by VM id, have shown to the newest plan."""
    lines = {line.vm_id: line for line in made.vms if line.vault_id == vault_id}
    unseen = {vm_id for vm_id, move in moved.items() if _over(lines.get(vm_id), move) > made.made_at}
    tonight = {vm_id for vm_id, move in moved.items() if intent.night_of(move.at) == intent.night_of(now)}
    return Trial(
        planned=sum(line.action is not Action.HOLD for line in lines.values()),
        on_trial=frozenset(unseen | tonight),
        proven=any(move.verified and vm_id not in unseen for vm_id, move in moved.items()),
    )


def allowance(rollout: Rollout, planned: int, proven: bool) -> int:
    """Return how many VMs of a vault may be on trial at once: the canary, then a share that is no smaller."""
    return max(rollout.first, int(rollout.share * planned)) if proven else rollout.first


def chosen(due: Iterable[VmPlan], seen: Trial, rollout: Rollout, tried: AbstractSet[str]) -> frozenset[str]:
    """Return the ids of the due VMs of one vault that may be moved now.

    The shortest backups go first: they risk least, and a failed run leaves most of the night to repeat it. VMs in
    `tried` could not be moved at an earlier tick; they go last, so that they do not keep the others waiting. A VM on
    trial whose move was lost on the way may be sent once more.
    """
    due = tuple(due)
    again = {line.vm_id for line in due if line.vm_id in seen.on_trial}
    room = max(0, allowance(rollout, seen.planned, seen.proven) - len(seen.on_trial))
    fresh = [line for line in due if line.vm_id not in again]
    fresh.sort(key=lambda line: (line.vm_id in tried, line.minutes, line.vm_id))
    return frozenset(again | {line.vm_id for line in fresh[:room]})


def reason(seen: Trial, rollout: Rollout, vault: str) -> str:
    """Return why a due VM of the vault waits."""
    most = allowance(rollout, seen.planned, seen.proven)
    return (
        f"roll-out: at most {most} VMs of {vault} tonight"
        if seen.proven
        else f"canary: first {most} of {vault} tonight"
    )


def _over(line: VmPlan | None, move: Moved) -> datetime:
    return first_over(line.current_slot if line else None, line.minutes if line else 0.0, move.at)

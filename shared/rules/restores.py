"""Which restore goes to which account, and what do the others wait for? Longest first, each to one of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.model.restore_tasks import RestoreState, RestoreTask
from shared.rules.restore_accounts import AccountVerdict, usable
from shared.rules.restore_order import CLOSE_ENOUGH, follow, serve

type Waiting = tuple[RestoreTask, RestoreState]
"""A task that waits for an account, with its state."""


@dataclass(frozen=True, slots=True)
class Running:
    """What holds accounts at the UTC instant `now`: the expected minutes until each is free again, by id.

    `may_start` more restores may run at once. Who has waited for `patience` goes before longer restores, so that the
    short ones come to their turn too. `order` is that of an earlier look, as keys: it is kept while none is better,
    since orders that are made anew and anew undo each other's exchanges.
    """

    now: datetime
    minutes_left: Mapping[str, float]
    may_start: int
    patience: timedelta = timedelta(hours=12)
    order: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """An account for a task, or its place in the queue: `position` is 0 with an account, else 1 and up.

    `wait_minutes` is the expected wait, None where no account that will be free again suits.
    """

    key: str
    account_id: str
    reason: str
    position: int = 0
    wait_minutes: float | None = None


def spread(
    waiting: Sequence[Waiting], verdicts: Mapping[str, Sequence[AccountVerdict]], running: Running
) -> list[Turn]:
    """Return a turn for each task that waits, in the order in which they are served.

    `verdicts` are by region. No account is given twice, and none that its verdict does not call usable.
    """
    free = {region: usable(found) for region, found in verdicts.items()}
    ends = {region: _free_at(found, running.minutes_left) for region, found in verdicts.items()}
    left, given, turns = running.may_start, dict[str, float](), list[Turn]()
    queue: list[Waiting] = []
    for task, state in _served(waiting, ends, running):
        fit = [one for one in free.get(task.region, ()) if one.account_id not in given and suits(task, state, one)]
        if fit and left > 0:
            left -= 1
            given[fit[0].account_id] = task.minutes
            turns.append(Turn(task.key, fit[0].account_id, _why(fit[0], len(fit))))
        else:
            queue.append((task, state))
    ends = {
        region: {**found, **{name: given[name] for name in found.keys() & given.keys()}}
        for region, found in ends.items()
    }
    if left <= 0 and queue:
        soonest = min([*running.minutes_left.values(), *given.values()], default=0.0)
        ends = {region: {name: max(at, soonest) for name, at in found.items()} for region, found in ends.items()}
    return turns + _queue(queue, verdicts, ends, full=left <= 0)


def suits(task: RestoreTask, state: RestoreState, verdict: AccountVerdict) -> bool:
    """Return whether the task may go to the account, apart from whether it is free."""
    named = not task.accounts or verdict.account_id in task.accounts
    return named and (verdict.keyed or not task.secondary) and verdict.account_id not in state.tried


def _served(waiting: Sequence[Waiting], free: Mapping[str, Mapping[str, float]], running: Running) -> list[Waiting]:
    """Return the tasks in the order in which they are served: who has waited too long, then each region's own order."""
    ranked: list[tuple[tuple[bool, int, float, str], Waiting]] = []
    for region in {task.region for task, _ in waiting}:
        here = sorted((one for one in waiting if one[0].region == region), key=lambda one: one[0].key)
        for rank, place in enumerate(_order(here, list(free.get(region, {}).values()) or [0.0], running.order)):
            task = here[place][0]
            ranked.append(((False, rank, -task.minutes, task.key), here[place]))
    served = [one for _, one in sorted(ranked, key=lambda pair: pair[0])]
    late = [one for one in served if running.now - one[0].accepted_at >= running.patience]
    first = {one[0].key for one in late}
    oldest = sorted(late, key=lambda one: one[0].accepted_at)
    return oldest + [one for one in served if one[0].key not in first]


def _order(here: Sequence[Waiting], free_at: Sequence[float], before: Sequence[str]) -> Sequence[int]:
    """Return the places of tasks in the order in which they are served: the earlier order, or a better one.

    In the earlier order those that are new come last, the longest first.
    """
    minutes, ranks = [task.minutes for task, _ in here], {key: rank for rank, key in enumerate(before)}
    known = [(ranks.get(task.key, len(ranks)), -task.minutes, place) for place, (task, _) in enumerate(here)]
    kept = follow([place for _, _, place in sorted(known)], minutes, free_at)
    if ranks and kept.makespan <= CLOSE_ENOUGH * (sum(minutes) + sum(free_at)) / len(free_at):
        return kept.order
    anew = serve(minutes, free_at)
    return kept.order if ranks and kept.makespan <= CLOSE_ENOUGH * anew.makespan else anew.order


def _why(verdict: AccountVerdict, choices: int) -> str:
    name = verdict.account_id.rpartition("/")[2]
    return f"{name} is the least loaded of {choices} free accounts" if choices > 1 else f"{name} is the free account"


def _free_at(verdicts: Sequence[AccountVerdict], minutes_left: Mapping[str, float]) -> dict[str, float]:
    """Return the minutes until each account is free, of those where that is known."""
    known = [one.account_id for one in verdicts if one.usable or one.account_id in minutes_left]
    return {account_id: max(0.0, minutes_left.get(account_id, 0.0)) for account_id in known}


def _queue(
    queue: Sequence[Waiting],
    verdicts: Mapping[str, Sequence[AccountVerdict]],
    free: Mapping[str, Mapping[str, float]],
    *,
    full: bool,
) -> list[Turn]:
    """Let those that wait follow each other onto the accounts that become free, and say when each is expected to."""
    ends = {region: dict(found) for region, found in free.items()}
    turns = []
    for position, (task, state) in enumerate(queue, start=1):
        pool = verdicts.get(task.region, ())
        fit = [one.account_id for one in pool if one.account_id in ends[task.region] and suits(task, state, one)]
        if not fit:
            turns.append(Turn(task.key, "", _nothing(task, state, pool), position))
            continue
        account_id = min(fit, key=lambda one: (ends[task.region][one], one))
        wait = ends[task.region][account_id]
        ends[task.region][account_id] += task.minutes
        what = "as many restores run as may at once" if full else "every account that suits it is in use"
        turns.append(Turn(task.key, "", f"{what}; {position - 1} wait before it", position, wait))
    return turns


def _nothing(task: RestoreTask, state: RestoreState, pool: Sequence[AccountVerdict]) -> str:
    """Say why no account that we know the end of suits: with the first of the accounts' own reasons."""
    fit = [one for one in pool if suits(task, state, one)]
    if not pool:
        return f"the region {task.region} has no pool of accounts"
    if task.secondary and not any(one.keyed for one in pool):
        return f"no account of {task.region} takes account keys, by which the secondary region restores"
    if not fit:
        return "no account of the pool that it may use was not too slow for it before"
    told = next((one for one in fit if one.busy), fit[0])
    others = f", and {len(fit) - 1} others are not free either" if len(fit) > 1 else ""
    return f"{told.account_id.rpartition('/')[2]}: {told.reason}{others}"

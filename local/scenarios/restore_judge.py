"""Did every restore end as it must? Judged from the world's restores and jobs, and from what people were told."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from local.scenarios.restore_fleet import Asked
from local.world import World
from local.world.resources import Restore
from shared.model.events import Envelope
from shared.rules.restore_order import lower_bound
from shared.rules.restore_watching import own_interval

DONE, FAILED, CANCELLED = (f"nightshift.restore.{word}.v1" for word in ("done", "failed", "cancelled"))
MOST_JOBS = 2


@dataclass
class Ends:
    """What became of the tasks of one run, or of many; `wrong` says what must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    makespan_ratio: float = 0.0
    reads_an_hour: int = 0

    def add(self, other: "Ends") -> None:
        """Count another run too."""
        self.counts += other.counts
        self.wrong += other.wrong
        self.makespan_ratio = max(self.makespan_ratio, other.makespan_ratio)
        self.reads_an_hour = max(self.reads_an_hour, other.reads_an_hour)


def judge(world: World, asked: Sequence[Asked], events: Iterable[Envelope], alerts: Iterable[str]) -> Ends:
    """Return what became of all that was asked for."""
    ends, told = Ends(), dict[str, str]()
    for event in events:
        before = told.setdefault(event.id, event.type)
        if before != event.type:
            ends.wrong.append(f"{event.id} ended as {before} and as {event.type}")
    wanted = {key for one in asked for key in one.tasks}
    cancelled, alerted = {key for one in asked for key in one.cancels}, set(alerts)
    for key in sorted(wanted):
        end = told.pop(key, "")
        ends.counts[end.split(".")[2] if end else "vanished"] += 1
        if why := _unfounded(world, key, end, cancelled=key in cancelled, alerted=f"restore|{key}" in alerted):
            ends.counts["vanished"] += bool(end)
            ends.wrong.append(f"{key}: {why}")
    ends.wrong += [f"{key} was never asked for and ended as {end}" for key, end in told.items()]
    ends.counts["jobs_started"] = len(world.restores)
    ends.counts["jobs_in_pair"] = sum(
        world.jobs[one.job_id].operation == "CrossRegionRestore" for one in world.restores.values()
    )
    _count_pairs(world, ends)
    return ends


def makespan_ratio(world: World, began: datetime, accounts: int) -> float:
    """Return the time from the request to the last end, less one reading interval for each restore of an account.

    As a ratio to what no course of these jobs ends before.
    """
    jobs = [world.jobs[one.job_id] for one in world.restores.values()]
    minutes = [(job.ended_at - job.started_at).total_seconds() / 60 for job in jobs if job.ended_at]
    last = max((job.ended_at for job in jobs if job.ended_at), default=began)
    on_one = max(Counter(one.account_id for one in world.restores.values()).values(), default=0)
    interval = own_interval(len(world.vaults)).total_seconds() / 60
    taken = (last - began).total_seconds() / 60 - on_one * interval
    return taken / lower_bound(minutes, accounts) if minutes else 1.0


def _unfounded(world: World, key: str, end: str, *, cancelled: bool, alerted: bool) -> str:
    """Return why an end is not the truth, "" where it is."""
    of_item = [one for one in world.restores.values() if one.item_id == key.partition("|")[2]]
    completed = [one for one in of_item if world.jobs[one.job_id].status == "Completed"]
    running = [one for one in of_item if one.phase != "over"]
    if len(of_item) > MOST_JOBS:
        return f"{len(of_item)} jobs were begun for it"
    match end:
        case "":
            return "it has no end"
        case _ if running:
            return f"it ended as {end}, and a job of it runs"
        case _ if end == DONE and not completed:
            return "it is told as done, and no job of it completed"
        case _ if end == FAILED and not alerted:
            return "it failed, and nobody was told"
        case _ if end == CANCELLED and not cancelled:
            return "it was cancelled, and nobody wanted that"
        case _ if end != DONE and completed:
            return f"a job of it completed, and it is told as {end}"
    return ""


def _count_pairs(world: World, ends: Ends) -> None:
    for one, other in combinations(world.restores.values(), 2):
        if not _overlap(world, one, other):
            continue
        if one.account_id == other.account_id:
            ends.counts["shared_accounts"] += 1
            ends.wrong.append(f"two jobs on {one.account_id}: {one.job_id}, {other.job_id}")
        if one.item_id == other.item_id:
            ends.counts["double_jobs"] += 1
            ends.wrong.append(f"two jobs of {one.item_id}: {one.job_id}, {other.job_id}")


def _overlap(world: World, one: Restore, other: Restore) -> bool:
    first, second = world.jobs[one.job_id], world.jobs[other.job_id]
    ends = [job.ended_at or world.now for job in (first, second)]
    return max(first.started_at, second.started_at) < min(ends)

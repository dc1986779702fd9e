"""Was a VM ever too long without a run? Gaps between runs, and between tagged runs, that nobody made by hand.

Read from the world's jobs and from what people did, never from what the app says of itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from local.scenarios.hand import Act, Hand
from local.world import World
from local.world.state import Job

PERIODS = {"weekly": timedelta(days=7), "monthly": timedelta(days=31), "yearly": timedelta(days=366)}
"""The longest time between two runs of a class, where nobody touches anything."""
STRETCH = 1.5
"""Up to so many periods a gap is a shift; beyond that one tagged run is missing."""
WITHOUT_TIER = timedelta(hours=50)
"""A VM that no tier speaks for is promised nothing; yet no write makes more than one day's run disappear."""
LONG = timedelta(hours=20)
"""A first backup that takes so long is still running when the next run is due, and stands for that one as well."""

type Tags = Mapping[str, Sequence[tuple[datetime, str]]]
"""Each VM's tier tags (by its id, lower-cased) with the instants from which they counted, oldest first."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A VM's time without a run: `kind` is "run", or the retention class whose tag no run carried."""

    item_id: str
    kind: str
    begins: datetime
    ends: datetime

    def __str__(self) -> str:
        name = self.item_id.rsplit(";", 1)[-1]
        return f"{name}: no {self.kind} {self.begins:%Y-%m-%d %H:%M} to {self.ends:%Y-%m-%d %H:%M}"


def runs_overdue(world: World, hand: Hand, tags: Tags, rpos: Mapping[str, timedelta]) -> list[Gap]:
    """Return the gaps between a VM's runs, failed ones included, that are longer than every RPO it had meanwhile."""
    found = []
    for item_id, jobs in _scheduled(world).items():
        acts = _acts_on(world, hand, item_id)
        vm_id = world.items[item_id].vm_id.lower()
        starts = [job.started_at for job in jobs]
        for (_, ends), job in zip(_between(starts, world, item_id), jobs, strict=False):
            begins = _counts_from(job)
            allowed = max(rpos.get(tag, WITHOUT_TIER) for tag in _tags_in(tags[vm_id], begins, ends))
            if ends - begins > allowed and not _anybody(acts, begins, ends):
                found.append(Gap(item_id, "run", begins, ends))
    return found


def tags_missed(world: World, hand: Hand) -> list[Gap]:
    """Return the gaps between a VM's tagged runs in which one is missing."""
    found = []
    for item_id, jobs in _scheduled(world).items():
        acts = _acts_on(world, hand, item_id)
        for name, period in PERIODS.items():
            tagged = [job.scheduled_for for job in jobs if name in job.tags and job.scheduled_for]
            for begins, ends in _between(tagged, world, item_id):
                if ends - begins > STRETCH * period and not _anybody(acts, begins, ends):
                    found.append(Gap(item_id, f"{name} run", begins, ends))
    return found


def _scheduled(world: World) -> dict[str, list[Job]]:
    """Return each item's scheduled backups, however they ended, oldest first."""
    found: dict[str, list[Job]] = {}
    for job in sorted(world.jobs.values(), key=lambda job: job.started_at):
        if job.scheduled_for is not None and job.item_id in world.items:
            found.setdefault(job.item_id, []).append(job)
    return found


def _between(instants: Sequence[datetime], world: World, item_id: str) -> list[tuple[datetime, datetime]]:
    """Return the times between runs, and the one since the last where backups still run."""
    running = world.items[item_id].active
    return list(pairwise([*instants, *([world.now] if running and instants else [])]))


def _counts_from(job: Job) -> datetime:
    return job.ended_at if job.ended_at is not None and job.ended_at - job.started_at > LONG else job.started_at


def _acts_on(world: World, hand: Hand, item_id: str) -> list[Act]:
    """Return what people did to the item's protection, its policy or its machine; tags stop no run."""
    vm_id = world.items[item_id].vm_id.lower()
    return [act for act in hand.acts if item_id in act.members or (act.kind == "delete" and act.subject == vm_id)]


def _anybody(acts: Sequence[Act], begins: datetime, ends: datetime) -> bool:
    return any(begins <= act.at <= ends for act in acts)


def _tags_in(tags: Sequence[tuple[datetime, str]], begins: datetime, ends: datetime) -> list[str]:
    """Return the tags that counted at some time of [begins, ends]; the oldest counted before it was noted."""
    first_of_next = [*(at for at, _ in tags[1:]), ends]
    noted = zip([begins, *(at for at, _ in tags[1:])], first_of_next, tags, strict=True)
    return [tag for since, until, (_, tag) in noted if since <= ends and until >= begins]

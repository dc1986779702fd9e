"""Was every lost long-term point made up for once, and kept as long? The app's backups by the world's own jobs."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.memory.sending import CALLER
from local.scenarios.retention_judge import DAY, IN_TIME, MADE_UP_FOR, Heard, name, told
from local.world import World
from local.world.lost_points import COLLISION, GOOD, Loss
from local.world.on_demand import BACKUP
from local.world.state import Job

LATE = timedelta(days=6, hours=22)
"""So long after a weekly run the next one has begun, or is about to; windows move by some hours."""
FIRST_DAYS = 2
"""Days after which the app knows the fleet."""


@dataclass(slots=True)
class Fills:
    """What was made up for: `good` losses once and kept as long as was promised."""

    good: int = 0
    twice: list[str] = field(default_factory=list)
    wrong_expiry: list[str] = field(default_factory=list)
    not_filled: list[str] = field(default_factory=list)
    too_late: list[str] = field(default_factory=list)
    for_nothing: list[str] = field(default_factory=list)


def fills(world: World, losses: Sequence[Loss], heard: Heard, others: Collection[str] = ()) -> Fills:
    """Hold the backups that the app asked for against the long-term points that were lost, by item and by expiry.

    `others` are the VMs for which it asks for backups anyway. A weekly point that is named when the next weekly run has
    come is named too late: that one stands for it.
    """
    found, ours = Fills(), defaultdict[str, list[Job]](list)
    for job in asked_by_us(world):
        if job.vm_id not in others:
            ours[job.item_id].append(job)
    wanted = [loss for loss in losses if loss.long_term]
    for loss in wanted:
        mine = [
            job for job in ours[loss.item_id] if _nearest(job, wanted) is loss and job.status in {*GOOD, "InProgress"}
        ]
        if len(mine) > 1:
            found.twice.append(f"{told(loss)}: {len(mine)} backups")
        found.wrong_expiry += [f"{told(loss)}: {_off(job, loss)}" for job in mine if not _fits(job, loss)]
        found.good += len(mine) == 1 and _fits(mine[0], loss)
        if not mine and loss.why in MADE_UP_FOR and loss.known_at + IN_TIME <= min(world.now, loss.keep_until):
            late = loss.tags <= {"daily", "weekly"} and all(one.first_at >= loss.slot + LATE for one in heard.of(loss))
            (found.too_late if late else found.not_filled).append(told(loss))
    for jobs in ours.values():
        for_nothing = [job for job in jobs if _nearest(job, wanted) is None]
        found.for_nothing += [f"{job.vm_name} {job.started_at:%Y-%m-%d %H:%M}" for job in for_nothing]
    return found


def asked_by_us(world: World) -> list[Job]:
    """Return the backups that the app asked for, oldest first."""
    ours = {
        (one.resource_id.lower(), one.at) for one in world.activity if one.operation == BACKUP and one.caller == CALLER
    }
    jobs = (job for job in world.jobs.values() if job.user_triggered and (job.item_id, job.started_at) in ours)
    return sorted(jobs, key=lambda job: (job.started_at, job.id))


def days_short(world: World, vm_ids: Collection[str], span: tuple[datetime, datetime], least: int) -> list[str]:
    """Return the days of a span that begins at noon in which one of the VMs got fewer points than `least`."""
    begins, ends = span
    made = Counter[tuple[str, int]]()
    for job in world.jobs.values():
        if job.vm_id in vm_ids and job.operation == "Backup" and job.status in GOOD:
            made[job.vm_id, (job.started_at - begins) // DAY] += 1
    last = (min(ends, world.now - DAY) - begins) // DAY
    days = ((vm_id, number) for vm_id in sorted(vm_ids) for number in range(FIRST_DAYS, last))
    return [
        f"{name(vm_id)} {begins + number * DAY:%Y-%m-%d}: {made[vm_id, number]}"
        for vm_id, number in days
        if made[vm_id, number] < least
    ]


def collisions(losses: Sequence[Loss], world: World) -> list[str]:
    """Return the scheduled runs that a backup of the app's kept from starting."""
    ours = defaultdict[str, list[Job]](list)
    for job in asked_by_us(world):
        ours[job.item_id].append(job)
    met = [loss for loss in losses if loss.why == COLLISION]
    return [
        told(loss)
        for loss in met
        if any(
            job.started_at <= loss.known_at and (job.ended_at or world.now) >= loss.slot for job in ours[loss.item_id]
        )
    ]


def _nearest(job: Job, losses: Sequence[Loss]) -> Loss | None:
    """Return the loss that a backup makes up for: the item's last one known of whose promise ends nearest to it."""
    known = [loss for loss in losses if loss.item_id == job.item_id and loss.known_at <= job.started_at]
    return min(known, key=lambda loss: abs(_late(job, loss)), default=None)


def _late(job: Job, loss: Loss) -> timedelta:
    return (job.expires or job.started_at) - loss.keep_until


def _off(job: Job, loss: Loss) -> str:
    return f"kept until {job.expires:%Y-%m-%d %H:%M}, {_late(job, loss) / DAY:+.1f} days"


def _fits(job: Job, loss: Loss) -> bool:
    """Return whether a backup is kept as long as the lost point, give or take a day, in months of either reckoning."""
    kept = job.expires or job.started_at
    return loss.keep_until - DAY <= kept <= _by_calendar(loss) + DAY


def _by_calendar(loss: Loss) -> datetime:
    """Return until when the point is kept in months and years of the calendar, which this world does not reckon in."""
    days = (loss.keep_until - loss.slot).days
    if "yearly" in loss.tags and days % 365 == 0:
        return loss.slot.replace(year=loss.slot.year + days // 365)
    if "monthly" in loss.tags and days % 30 == 0:
        months = loss.slot.month - 1 + days // 30
        first = loss.slot.replace(year=loss.slot.year + months // 12, month=months % 12 + 1, day=1)
        return first + (loss.slot.day - 1) * DAY
    return loss.keep_until

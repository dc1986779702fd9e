"""Did every bad run become an incident, and one alert in time? What the app said, against the world's own records."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.scenarios.bad_runs import GOOD, BadRun, asked_by_us, jobs_by_item, last_good, made_up_for
from local.world import World
from local.world.state import Job
from shared.model.failures import Alert, Incident, Response
from shared.rules.error_codes import NOT_STARTED
from shared.rules.error_table import MOST_RETRIES

MINUTE = timedelta(minutes=1)
IN_TIME, LEASE = timedelta(minutes=20), timedelta(minutes=10)
"""Until somebody is told, at most; and how much longer each killed worker may make it."""

type Sent = Sequence[tuple[Alert, datetime]]
"""The alerts that were posted, with their instants, in order."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long it took until somebody was told of a bad run that needed that; None: nobody was."""

    run: BadRun
    minutes: float | None
    kills: int

    def __str__(self) -> str:
        return f"{self.run}: {self.minutes} minutes, {self.kills} kills"

    @property
    def too_long(self) -> bool:
        """Return whether it was longer than may be, each kill on the way counted."""
        return self.minutes is None or self.minutes * MINUTE > IN_TIME + self.kills * LEASE


def without_incident(runs: Sequence[BadRun], world: World, incidents: Sequence[Incident]) -> list[BadRun]:
    """Return the bad runs that are in no incident, and that no later backup had made up for in time to need none."""
    jobs = jobs_by_item(world)
    known = [failure for incident in incidents for failure in incident.failures]
    seen = {failure.job_id or (failure.vm_id, failure.started_at) for failure in known}
    return [
        run
        for run in runs
        if (run.job.id if run.job else (run.vm_id, run.started_at)) not in seen
        and not made_up_for(jobs[run.item.id.lower()], run.started_at, run.knowable + IN_TIME)
    ]


def conflicting(told: Sent, world: World) -> list[str]:
    """Return the alerts that tell once more, under another key, of one VM's cause in one state.

    An incident ends with a backup that leaves a point, and that of a run which had not started with any that begins;
    what is told of the same VM, cause and state after that is of another.
    """
    jobs, found = jobs_by_item(world), []
    items = {item.vm_id.lower(): key for key, item in world.items.items()}
    last: dict[tuple[str, str, str], tuple[str, datetime]] = {}
    for alert, _ in told:
        for covered in alert.covers:
            vm_id, cause, opened, state = covered.split("|")
            opened_at = datetime.strptime(opened.upper(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            before = last.get((vm_id, cause, state))
            if before and before[0] != alert.key and not _ended(cause, jobs[items[vm_id]], before[1], opened_at):
                found.append(f"{covered}: {before[0]} and {alert.key}")
            last[vm_id, cause, state] = (alert.key, opened_at)
    return found


def _ended(cause: str, jobs: Sequence[Job], first: datetime, second: datetime) -> bool:
    begins, ends = sorted((first, second))
    by_any = cause.endswith(f"/{NOT_STARTED.name}")
    return any((by_any or job.status in GOOD) and begins <= job.started_at <= ends for job in jobs)


def repeated(told: Sent) -> int:
    """Count the alerts that were sent again, for nobody new."""
    sent: set[tuple[str, tuple[str, ...]]] = set()
    count = 0
    for alert, _ in told:
        count += (alert.key, alert.covers) in sent
        sent.add((alert.key, alert.covers))
    return count


def waits(runs: Sequence[BadRun], world: World, told: Sent, kills: Sequence[datetime]) -> list[Wait]:
    """Return how long people waited for word of each bad run that needed them.

    It needs them from when it was `knowable` (its job had ended and showed; a run without a job was 2 h 45 min past its
    time), if its code is for a person to mend, or if as many backups as the code is worth had been started again for
    the VM since its last good one. Left out are those of which somebody had been told before: of the same VM and cause,
    since its last good backup; and those that a later backup had made up for before word was due.
    """
    jobs, ours = jobs_by_item(world), asked_by_us(world)
    heard: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for alert, at in told:
        for covered in alert.covers:
            vm_id, cause, _, state = covered.split("|")
            if state != "resolved":
                heard[vm_id, cause].append(at)
    found = []
    for run in runs:
        key = run.item.id.lower()
        good = last_good(jobs[key], run.started_at)
        tried = [job for job in jobs[key] if (key, job.started_at) in ours and good < job.started_at <= run.started_at]
        times = [at for at in heard[run.vm_id, f"{run.code.family}/{run.code.name}".lower()] if at > good]
        first = min(times, default=None)
        if not _needs_human(run, len(tried)) or (first is not None and first <= run.knowable):
            continue
        killed = bisect_left(kills, first or world.now) - bisect_left(kills, run.knowable)
        due = run.knowable + IN_TIME + killed * LEASE
        if first is None and (made_up_for(jobs[key], run.started_at, due) or world.now < due):
            continue
        found.append(Wait(run, (first - run.knowable) / MINUTE if first else None, killed))
    return found


def _needs_human(run: BadRun, tried: int) -> bool:
    if run.code.response in {Response.USER_FIX, Response.STOP}:
        return True
    again = run.job is not None and run.code.response is Response.RETRY
    return again and tried >= min(run.code.retries, MOST_RETRIES)

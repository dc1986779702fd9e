"""When does a policy start its runs, the last one and the next? Hourly to weekly schedules, in any zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.model.azure import BackupPolicy, Frequency
from shared.rules.slots import DAY
from shared.rules.start_delay import LONGEST_DELAY
from shared.rules.tagged_days import WEEKDAYS
from shared.rules.windows_zones import WINDOWS_ZONES

HOUR = timedelta(hours=1)
REACH = 9
"""Local days to look back and ahead: a weekly schedule has a run in them, whatever the zone."""


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """One run of a policy: the UTC instants that its start may be, sorted.

    Azure does not move VM backups at clock changes, and the direction of the drift is undocumented: so a policy in a
    zone with clock changes has one possible start for each offset of the year, of which one is real.
    """

    starts: tuple[datetime, ...]

    @property
    def earliest(self) -> datetime:
        """The first instant that the start may be."""
        return self.starts[0]

    @property
    def latest(self) -> datetime:
        """The last instant that the start may be."""
        return self.starts[-1]

    def explains(self, started: datetime) -> bool:
        """Return whether a job that started at the UTC instant may be this run."""
        return self.earliest <= started < self.latest + LONGEST_DELAY


def runs_around(policy: BackupPolicy, instant: datetime) -> tuple[ScheduledRun, ...]:
    """Return the runs of some days around the UTC instant, in their order; () where the schedule is not known.

    Those of an hourly schedule are all here; `vaulted_runs` has the ones that reach the vault.
    """
    if policy.frequency is Frequency.HOURLY:
        return _hourly_runs(policy, instant)
    name = _zone(policy)
    if policy.start is None or name is None:
        return ()
    return _runs(instant.date(), policy.start, name, _weekdays(policy))


def run_on(policy: BackupPolicy, day: date) -> ScheduledRun | None:
    """Return the run of a date in the policy's zone; None where it has none, or its schedule is not known."""
    name = _zone(policy)
    if policy.start is None or name is None:
        return None
    weekdays = _weekdays(policy)
    if weekdays is not None and WEEKDAYS[day.weekday()].lower() not in weekdays:
        return None
    return _run(day, policy.start, name)


def is_known(policy: BackupPolicy) -> bool:
    """Return whether it is known when the policy starts its runs."""
    return _zone(policy) is not None


def vaulted_runs(policy: BackupPolicy, instant: datetime) -> tuple[ScheduledRun, ...]:
    """Return those of the runs around the UTC instant whose points reach the vault; of an hourly day, the last one.

    Which run that is may not be certain: then it has the starts of both.
    """
    if policy.frequency is not Frequency.HOURLY or policy.hourly is None:
        return runs_around(policy, instant)
    last = {hour * HOUR for hour in policy.hourly.last_runs}
    days = _days_runs(policy, instant)
    return tuple(ScheduledRun(tuple(sorted({start + hour for start in day.starts for hour in last}))) for day in days)


def last_run(policy: BackupPolicy, until: datetime) -> ScheduledRun | None:
    """Return the last run that has its start behind it at the UTC instant, whichever it is; None where not known."""
    return next((run for run in reversed(runs_around(policy, until)) if run.latest <= until), None)


def next_run(policy: BackupPolicy, after: datetime) -> ScheduledRun | None:
    """Return the first run whose start is still to come after the UTC instant, whichever it is; None: not known."""
    return next((run for run in runs_around(policy, after) if run.earliest > after), None)


def scheduled_start(policy: BackupPolicy, started: datetime) -> datetime | None:
    """Return the scheduled start of a job that started at the UTC instant; None where no run explains it."""
    runs = (run for run in runs_around(policy, started) if run.explains(started))
    return next((max(start for start in run.starts if start <= started) for run in runs), None)


def _zone(policy: BackupPolicy) -> str | None:
    """Return the IANA zone of a schedule that is known, else None."""
    if policy.frequency not in {Frequency.DAILY, Frequency.WEEKLY} or policy.start is None:
        return None
    return "UTC" if policy.time_zone == "UTC" else WINDOWS_ZONES.get(policy.time_zone)


def _weekdays(policy: BackupPolicy) -> frozenset[str] | None:
    """Return the lower-cased days of a weekly schedule; None where it runs on every day."""
    return frozenset(day.lower() for day in policy.run_days) if policy.frequency is Frequency.WEEKLY else None


def _hourly_runs(policy: BackupPolicy, instant: datetime) -> tuple[ScheduledRun, ...]:
    hours = [hour * HOUR for hour in policy.hourly.runs] if policy.hourly else []
    days = _days_runs(policy, instant)
    runs = (ScheduledRun(tuple(start + hour for start in day.starts)) for day in days for hour in hours)
    return tuple(sorted(runs, key=lambda run: run.starts))


def _days_runs(policy: BackupPolicy, instant: datetime) -> tuple[ScheduledRun, ...]:
    """Return the first run of each day."""
    name = "UTC" if policy.time_zone == "UTC" else WINDOWS_ZONES.get(policy.time_zone)
    return () if policy.start is None or name is None else _runs(instant.date(), policy.start, name, None)


@lru_cache(maxsize=1024)
def _runs(around: date, start: int, zone: str, weekdays: frozenset[str] | None) -> tuple[ScheduledRun, ...]:
    """Return the runs of some days, every day's without `weekdays`. Many VMs run by few schedules."""
    reach = 2 if weekdays is None else REACH
    days = (around + ahead * DAY for ahead in range(-reach, reach + 1))
    return tuple(
        _run(day, start, zone) for day in days if weekdays is None or WEEKDAYS[day.weekday()].lower() in weekdays
    )


@lru_cache(maxsize=16384)
def _run(day: date, start: int, zone: str) -> ScheduledRun:
    local = datetime.combine(day, time(), UTC) + timedelta(minutes=start)
    return ScheduledRun(tuple(sorted(local - offset for offset in _offsets(zone, day.year))))


@lru_cache(maxsize=1024)
def _offsets(zone_name: str, year: int) -> frozenset[timedelta]:
    """Return the offsets from UTC that the zone has in a year, even one of a month only, as in Morocco."""
    zone = ZoneInfo(zone_name)

    def offsets() -> Iterator[timedelta]:
        for month in range(1, 13):
            for day in (1, 15):
                yield datetime(year, month, day, 12, tzinfo=zone).utcoffset() or timedelta()

    return frozenset(offsets())

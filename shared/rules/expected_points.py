"""Which recovery points should a VM have now? Every run that was promised, and is still to be kept."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from shared.model.azure import BackupPolicy, TaggedRetention
from shared.model.retention import CLASSES, Expected, Terms
from shared.rules.promises import Promise, promises, version
from shared.rules.safe_moments import BEFORE_START
from shared.rules.scheduled_runs import ScheduledRun, run_on
from shared.rules.slots import DAY
from shared.rules.start_delay import LONGEST_DELAY
from shared.rules.tagged_days import first_tagged_day

JUDGED_AFTER = LONGEST_DELAY + timedelta(hours=2)
"""So long after its start a run has left its point, if it ever does: it starts late, and its snapshot takes a while."""
_LEAST_DAYS = {"Days": (1, 0), "Weeks": (7, 0), "Months": (30, 2), "Years": (365, 0)}
"""Days of a unit, and days less for all of them: months are never less than that, whichever they are."""


def expected(history: Sequence[Terms], now: datetime) -> tuple[Expected, ...]:
    """Return the points that should be there at the UTC instant, the oldest first.

    Each comes from the promise that held when its run was due, and is expected as long as that promised at least; an
    approved loss counts for older points too, as Azure applies it to them. Classes that have expired are left out.
    """
    made = promises(history)
    found: list[Expected] = []
    for place, promise in enumerate(made):
        if promise.policy is not None:
            approved = [one.policy for one in made[place + 1 :] if one.loss and one.policy]
            found += _of(promise, promise.policy, approved, now)
    return tuple(sorted(found, key=lambda one: one.due))


def classes_of(policy: BackupPolicy, run: ScheduledRun) -> tuple[str, ...]:
    """Return the classes that a policy's run carries, the shortest first.

    Where the start of a run is one of several that fall on different UTC days, a class counts only if all carry it.
    """
    days = {start.date() for start in run.starts}
    return tuple(name for name in CLASSES if all(carries(policy, name, day) for day in days))


def carries(policy: BackupPolicy, name: str, day: date) -> bool:
    """Return whether the policy's runs of a UTC date carry a class."""
    if name == "daily":
        return policy.retention.daily_days is not None
    kept = tagged(policy, name)
    return kept is not None and first_tagged_day(kept.when, day) == day


def least_kept(policy: BackupPolicy, name: str) -> timedelta:
    """Return how long the policy keeps points of a class at least; zero where it has none."""
    if name == "daily":
        return timedelta(days=policy.retention.daily_days or 0)
    kept = tagged(policy, name)
    days, less = _LEAST_DAYS.get(kept.unit, (0, 0)) if kept else (0, 0)
    return timedelta(days=max(0, kept.count * days - less)) if kept else timedelta()


def tagged(policy: BackupPolicy, name: str) -> TaggedRetention | None:
    """Return the policy's weekly, monthly or yearly retention."""
    found: TaggedRetention | None = getattr(policy.retention, name)
    return found


def _of(promise: Promise, policy: BackupPolicy, approved: Sequence[BackupPolicy], now: datetime) -> Iterator[Expected]:
    """Yield the points of one promise; its first run may be left out by Azure, if it was due soon after the change."""
    since, until = promise.since + BEFORE_START, now - JUDGED_AFTER
    if promise.until is not None:
        until = min(until, promise.until)
    kept = {name: min([least_kept(one, name) for one in (policy, *approved)]) for name in CLASSES}
    for day in _days(policy, kept, since, until, now):
        run = run_on(policy, day)
        if run is None or run.earliest < since or run.latest >= until:
            continue
        classes = [name for name in classes_of(policy, run) if run.earliest + kept[name] > now]
        if classes:
            keep_until = run.earliest + max(kept[name] for name in classes)
            yield Expected(run.earliest, tuple(classes), keep_until, policy.name, version(policy))


def _days(
    policy: BackupPolicy, kept: dict[str, timedelta], since: datetime, until: datetime, now: datetime
) -> list[date]:
    """Return the local dates whose runs may still be kept, sorted: all of late, and of older ones the tagged."""
    last = until.date() + DAY
    found = set(_from(max(since, now - kept["daily"]).date() - DAY, last))
    for name in CLASSES[1:]:
        class_days, day = tagged(policy, name), max(since, now - kept[name]).date() - DAY
        while class_days and (near := first_tagged_day(class_days.when, day)) and near <= last:
            found.update((near - DAY, near, near + DAY))
            day = near + DAY
    return sorted(found)


def _from(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY

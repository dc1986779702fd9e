"""Which points does a VM have after years of backups? Runs made and points kept exactly as its policies say.

What the rules take as possible is one thing here: a zone's clock is followed, or never; months are those of the
calendar; and a policy's retention counts for older points too, from the moment on at which the VM is under it.
"""

from calendar import month_name, monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from shared.model.azure import BackupPolicy, Frequency, ProtectedItem, RecoveryPoint, Retention, TaggedRetention
from shared.model.on_demand import OnDemandBackup, Purpose, Stage, Wanted
from shared.model.retention import Cause, Expected, Gap, Joined, Mark, Terms
from shared.rules.expected_points import expected
from shared.rules.held_points import Asked, Found, held
from shared.rules.promises import terms_of, version
from shared.rules.slots import DAY
from shared.rules.tagged_days import WEEKDAYS
from shared.rules.windows_zones import WINDOWS_ZONES
from tests.rules.fleet import VAULT_ID, item, policy, vm_id

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NAMES = ("daily", "weekly", "monthly", "yearly")
LONG = Retention(
    30,
    TaggedRetention(12, "Weeks", ("Sunday",)),
    TaggedRetention(12, "Months", ("First Sunday",)),
    TaggedRetention(7, "Years", ("January First Sunday",)),
)
ENDS = Retention(
    14,
    TaggedRetention(5, "Weeks", ("Wednesday", "Saturday")),
    TaggedRetention(7, "Months", ("Day Last", "Day 15")),
    TaggedRetention(3, "Years", ("February Day Last", "March Day 1")),
)
SUNDAYS = Retention(None, TaggedRetention(10, "Weeks", ("Sunday",)), TaggedRetention(6, "Months", ("Last Sunday",)))
VM: ProtectedItem = item("app", policy())


@dataclass(frozen=True, slots=True)
class Stay:
    """A time under a policy, from `at` on (None: no backups). The log tells nothing of it where it is `unseen`."""

    at: datetime
    policy: BackupPolicy | None
    actor: str = "ann"
    approved: str = ""
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A point: when its run was due, when it began, and the classes that it carries."""

    due: datetime
    at: datetime
    classes: tuple[str, ...]


def day(year: int, month: int, number: int, hour: float = 0) -> datetime:
    return datetime(year, month, number, tzinfo=UTC) + hour * HOUR


def history_of(stays: Sequence[Stay]) -> tuple[Terms, ...]:
    """What looks at 16:00 UTC each day note of the stays; a stay in the policy of the one before is an edit of it."""
    joined: list[Joined] = []
    versions: dict[str, tuple[Terms, ...]] = {}
    for stay in stays:
        since, unsure_from = stay.at, None
        if stay.unseen:
            since = stay.at.replace(hour=16, minute=0) + (DAY if stay.at.hour >= 16 else timedelta())
            unsure_from = since - DAY if joined else None
        place = stay.policy.id if stay.policy else ""
        if stay.policy and (place in versions or not stay.unseen):
            edited = Terms(since, stay.policy, stay.actor, unsure_from=unsure_from)
            versions[place] = (*versions.get(place, ()), edited)
        elif stay.policy:
            versions[place] = (Terms(joined[0].since if joined else since, stay.policy),)
        if not joined or joined[-1].policy_id != place:
            actor = "" if stay.unseen else stay.actor
            joined.append(Joined(since, place, actor, stay.approved, unsure_from))
    return terms_of(joined, versions)


def made(stays: Sequence[Stay], now: datetime, follows: bool = True, seed: int = 0) -> list[Made]:
    """The points that are there at `now`, the oldest first."""
    found = []
    for stay, following in zip(stays, [*stays[1:], None], strict=True):
        until = min(following.at, now) if following else now
        if stay.policy is not None:
            found += [one for one in _runs(stay.policy, stay.at, until, follows, seed) if one.at < now]
    return [one for one in found if _is_kept(one, stays, now)]


def points(found: Sequence[Made]) -> list[RecoveryPoint]:
    return [point(one.at) for one in found]


def point(at: datetime, consistency: str = "AppConsistent", **tiers: str) -> RecoveryPoint:
    """A point in the vault; `tiers` are others, as InstantRP="Valid"."""
    return RecoveryPoint(f"point-{at:%Y%m%d%H%M}", at, consistency, tuple((tiers or {"HardenedRP": "Valid"}).items()))


def look(stays: Sequence[Stay], there: Sequence[Made], now: datetime, asked: Asked | None = None) -> tuple[Found, ...]:
    history = history_of(stays)
    return held(expected(history, now), points(there), history, asked or Asked())


def missing(found: Sequence[Found]) -> list[tuple[datetime, tuple[str, ...]]]:
    """When the runs were due whose points are not there, and what they carry."""
    return [(one.expected.due, one.expected.classes) for one in found if one.mark is not Mark.PRESENT]


def wanted(due: datetime, *classes: str, by: BackupPolicy | None = None, keep: timedelta = 84 * DAY) -> Expected:
    by = by or policy()
    return Expected(due, classes or ("daily",), due + keep, by.name, version(by))


def gap(due: datetime, *classes: str, cause: Cause = Cause.AGENT, mark: Mark = Mark.MISSING, **fields) -> Gap:
    return Gap(wanted(due, *classes, **fields), cause, "because", mark)


def on_demand(
    key: str, sent: datetime | None, keep: timedelta = 84 * DAY, stage: Stage = Stage.COMPLETED
) -> OnDemandBackup:
    at = sent or day(2026, 1, 1)
    asked_for = Wanted(
        key=key,
        purpose=Purpose.GAP,
        vm_id=vm_id("app"),
        vault_id=VAULT_ID,
        reason="because",
        requester="ann",
        asked_at=at,
        keep_until=at + keep,
        not_before=at,
        not_after=at + DAY,
    )
    return OnDemandBackup(wanted=asked_for, vm="app", stage=stage, said="so", at=at, sent_at=sent)


def weekly(name: str = "Sundays", start: int = 22 * 60, **fields) -> BackupPolicy:
    fields = {"frequency": Frequency.WEEKLY, "run_days": ("Sunday",), "kept": SUNDAYS} | fields
    return policy(name, start, **fields)


def keeping(one: BackupPolicy, name: str = "", **classes) -> BackupPolicy:
    """The policy with some classes replaced; under another name it is another one."""
    kept = replace(one.retention, **classes)
    other = policy(name, one.start) if name else one
    return replace(one, id=other.id, name=other.name, retention=kept)


def _runs(one: BackupPolicy, since: datetime, until: datetime, follows: bool, seed: int) -> Iterator[Made]:
    zone = ZoneInfo("UTC" if one.time_zone == "UTC" else WINDOWS_ZONES[one.time_zone])
    local, start = since.date() - DAY, (one.start or 0) * MINUTE
    while local <= until.date() + DAY:
        if one.frequency is Frequency.DAILY or WEEKDAYS[local.weekday()] in one.run_days:
            wall = datetime.combine(local, time()) + start
            offset = zone.utcoffset(wall if follows else datetime.combine(date(local.year, 1, 1), time(12)))
            due = wall.replace(tzinfo=UTC) - (offset or timedelta())
            if since <= due < until:
                late = Random(f"{seed}|{due}").uniform(0, 119) * MINUTE
                yield Made(due, due + late, _tags(one, due.date()))
        local += DAY


def _tags(one: BackupPolicy, on: date) -> tuple[str, ...]:
    kept = one.retention
    classes = {"weekly": kept.weekly, "monthly": kept.monthly, "yearly": kept.yearly}
    found = ["daily"] if kept.daily_days else []
    return (*found, *(name for name, each in classes.items() if each and any(_falls(one, on) for one in each.when)))


@cache
def _falls(entry: str, on: date) -> bool:
    """Whether a tag such as "Sunday", "First Sunday", "Day Last" or "March Day 1" falls on the date."""
    month, _, rest = entry.partition(" ")
    if month in month_name:
        return on.month == [*month_name].index(month) and _falls(rest, on)
    length, nth = monthrange(on.year, on.month)[1], (on.day + 6) // 7
    if entry.startswith("Day "):
        return on.day == (length if entry == "Day Last" else int(entry[4:]))
    week = {"First": nth == 1, "Second": nth == 2, "Third": nth == 3, "Fourth": nth == 4, "Last": on.day > length - 7}
    return on.strftime("%A") == entry.split()[-1] and (" " not in entry or week[entry.split()[0]])


def _is_kept(one: Made, stays: Sequence[Stay], now: datetime) -> bool:
    for stay, following in zip(stays, [*stays[1:], None], strict=True):
        until = min(following.at, now) if following else now
        if stay.policy is None or until <= one.due:
            continue
        if max([_expires(one, stay.policy, name) for name in one.classes], default=one.at) <= until:
            return False
    return True


def _expires(one: Made, under: BackupPolicy, name: str) -> datetime:
    if name == "daily":
        return one.at + timedelta(days=under.retention.daily_days or 0)
    kept: TaggedRetention | None = getattr(under.retention, name)
    if kept is None:
        return one.at
    if kept.unit == "Weeks":
        return one.at + 7 * kept.count * DAY
    months = one.at.month - 1 + kept.count * (12 if kept.unit == "Years" else 1)
    year, month = one.at.year + months // 12, months % 12 + 1
    return one.at.replace(year=year, month=month, day=min(one.at.day, monthrange(year, month)[1]))

"""When is a slot? Half-hour UTC starts, local windows turned into them, and the policies' own start times."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.model.azure import SLOT_MINUTES, SLOTS_PER_DAY, START_LATENESS, BackupPolicy, Frequency
from shared.model.intent import Blackout, Window
from shared.rules.windows_zones import WINDOWS_ZONES

SLOT = timedelta(minutes=SLOT_MINUTES)
DAY = timedelta(days=1)
LATENESS_SLOTS = START_LATENESS // SLOT
"""Half hours that a backup may start late."""


def at(day: date, slot: int) -> datetime:
    """Return the UTC instant at which `slot` starts on the UTC date `day`."""
    return datetime.combine(day, time(), UTC) + slot * SLOT


def slot_of(instant: datetime) -> int:
    """Return the slot that holds the UTC instant."""
    return (instant.hour * 60 + instant.minute) // SLOT_MINUTES


def next_start(slot: int, after: datetime) -> datetime:
    """Return the first start of a daily slot strictly after the UTC instant `after`."""
    start = at(after.date(), slot)
    return start if start > after else start + DAY


def last_start(slot: int, until: datetime) -> datetime:
    """Return the last start of a daily slot at or before the UTC instant `until`."""
    start = at(until.date(), slot)
    return start if start <= until else start - DAY


def clock_text(slot: int) -> str:
    """Return the slot as "HH:MM"."""
    return f"{slot * SLOT_MINUTES // 60:02d}:{slot * SLOT_MINUTES % 60:02d}"


def instant_text(instant: datetime) -> str:
    """Return the UTC instant as "04 Mar 22:30 UTC"."""
    return f"{instant:%d %b %H:%M} UTC"


def zone_of(window: Window, region: str) -> ZoneInfo:
    """Return the window's zone in an Azure region."""
    return ZoneInfo(window.zones.get(region, window.zone))


def window_span(window: Window, region: str, night: date) -> tuple[datetime, datetime]:
    """Return the UTC instants [begin, end) of the window that opens on the local date `night`.

    A clock change inside the window makes it shorter or longer, as the local clock does. A window that the clock
    jumps over keeps its length and follows the jump: a VM must start sometime.
    """
    zone = zone_of(window, region)
    midnight = datetime.combine(night, time())
    end_minutes = window.end if window.end > window.start else window.end + SLOTS_PER_DAY * SLOT_MINUTES
    begin = _shown_first(midnight + timedelta(minutes=window.start), zone)
    end = _shown_first(midnight + timedelta(minutes=end_minutes), zone)
    return begin, end if end > begin else begin + timedelta(minutes=end_minutes - window.start)


def _shown_first(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the zone's clock first shows `local` or, where it jumps over it, a later time."""
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    while (instant - SLOT).astimezone(zone).replace(tzinfo=None) >= local:
        instant -= SLOT
    return instant


def window_slots(window: Window, region: str, night: date) -> tuple[int, ...]:
    """Return the UTC slots that start inside the window of the local date `night`, sorted.

    Zones off the half hour (Nepal) lose the part of a slot that would start too early.
    """
    begin, end = window_span(window, region, night)
    past_slot = timedelta(minutes=begin.minute % SLOT_MINUTES, seconds=begin.second)
    start = begin if not past_slot else begin + SLOT - past_slot
    found: set[int] = set()
    while start < end and len(found) < SLOTS_PER_DAY:
        found.add(slot_of(start))
        start += SLOT
    return tuple(sorted(found))


def day_shift(slot: int, window: Window, region: str, night: date) -> int:
    """Return the UTC date minus the local date of a run at `slot` in the window's night: -1, 0 or 1."""
    begin, _ = window_span(window, region, night)
    run = next_start(slot, begin - timedelta(seconds=1))
    return (run.date() - run.astimezone(zone_of(window, region)).date()).days


def start_slots(policy: BackupPolicy, on: date) -> tuple[int, ...]:
    """Return the UTC slots at which the day's run may start whose point reaches the vault; empty where unknown.

    That is a daily policy's one run, and the last one of an hourly policy. `on` is a UTC date around which it is asked.

    Azure does not move VM backups at clock changes and the direction of the drift is undocumented, so a policy
    in a zone with clock changes has one slot per offset of the year, even if it is for a month as in Morocco; the
    first is the one in force on `on`.
    A start off the half hour (Nepal) counts as both slots around it.
    """
    if policy.frequency is Frequency.HOURLY and policy.hourly is not None:
        return _slots(policy, policy.hourly.last_runs, on)
    return first_slots(policy, on)


def first_slots(policy: BackupPolicy, on: date) -> tuple[int, ...]:
    """Return the UTC slots at which the day's first run may start, as `start_slots` does for the last one."""
    known = policy.frequency is Frequency.DAILY or policy.hourly is not None
    return _slots(policy, (0,), on) if known else ()


def _slots(policy: BackupPolicy, hours: Iterable[int], on: date) -> tuple[int, ...]:
    """Return the slots of the runs so many hours after the policy's start, without doubles."""
    name = "UTC" if policy.time_zone == "UTC" else WINDOWS_ZONES.get(policy.time_zone)
    if policy.start is None or name is None:
        return ()
    starts = [(policy.start + hour * 60) % (SLOTS_PER_DAY * SLOT_MINUTES) for hour in hours]
    return tuple(dict.fromkeys(slot for start in starts for slot in _utc_slots(start, name, on)))


@lru_cache(maxsize=4096)
def _utc_slots(start: int, zone_name: str, on: date) -> tuple[int, ...]:
    if zone_name == "UTC":
        return (start // SLOT_MINUTES,)
    zone = ZoneInfo(zone_name)
    found: dict[int, None] = {}
    for day in (on, *(date(on.year, month, day) for month in range(1, 13) for day in (1, 15))):
        instant = datetime.combine(day, time(start // 60, start % 60), zone).astimezone(UTC)
        latest = instant + timedelta(minutes=-instant.minute % SLOT_MINUTES)
        found |= dict.fromkeys((slot_of(instant), slot_of(latest)))
    return tuple(found)


def local_dates(windows: Iterable[Window], now: datetime) -> frozenset[date]:
    """Return the dates that clocks in the windows' zones show at the UTC instant `now`."""
    zones = {name for window in windows for name in (window.zone, *window.zones.values())}
    return frozenset(now.astimezone(ZoneInfo(name)).date() for name in zones)


def blackout_on(blackouts: Iterable[Blackout], days: Collection[date]) -> Blackout | None:
    """Return the first blackout that holds any of `days`, or None."""
    return next((blackout for blackout in blackouts for day in days if blackout.first <= day <= blackout.last), None)

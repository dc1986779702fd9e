"""Does every local night keep its run, through clock changes and any sequence of permitted moves?"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import BackupPolicy, PolicyType, Retention, TaggedRetention
from shared.model.intent import Tier, Window
from shared.rules.safe_moments import Passage, obstacle
from shared.rules.slot_policies import slot_policy
from shared.rules.slots import at, day_shift, window_slots, window_span
from shared.rules.tagged_days import WEEKDAYS, first_tagged_day
from tests.rules.fleet import VAULT_ID, tier, window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = 2 * HOUR
CHANGES = {
    "Europe/Amsterdam": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),
    "Pacific/Auckland": (date(2026, 9, 27), date(2026, 4, 5)),
}
STEADY = ["Asia/Kolkata", "Asia/Kathmandu", "UTC", "America/Sao_Paulo", "Pacific/Kiritimati", "Etc/GMT+12"]
zones = st.sampled_from([*CHANGES, *STEADY])


def hours(first: int, length: int) -> str:
    """Hours from the half hour `first` of the day, `length` half hours long."""
    return "-".join(f"{slot // 2 % 24:02d}:{slot % 2 * 30:02d}" for slot in (first, first + length))


@st.composite
def nights(draw, longest=46):
    """A window, and a night that is often beside a clock change of its zone."""
    zone = draw(zones)
    change = draw(st.sampled_from(CHANGES.get(zone, (date(2026, 3, 29),))))
    night = draw(
        st.integers(-2, 2).map(lambda days: change + days * DAY) | st.dates(date(2026, 1, 1), date(2027, 1, 1))
    )
    return window(hours(draw(st.integers(0, 47)), draw(st.integers(1, longest))), zone), night


def shown(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def runs(slot: int, begin: datetime, end: datetime) -> list[datetime]:
    """Every run of a daily UTC slot in [begin, end)."""
    days = range((end - begin).days + 2)
    return [run for day in days if begin <= (run := at(begin.date() + day * DAY, slot)) < end]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(nights())
def test_every_allowed_start_runs_exactly_once_inside_the_window_on_the_local_clock(case):
    one, night = case
    begin, end = window_span(one, "", night)
    midnight = datetime.combine(night, datetime.min.time())
    opens = midnight + timedelta(minutes=one.start)
    closes = midnight + timedelta(minutes=one.end if one.end > one.start else one.end + 1440)
    for slot in window_slots(one, "", night):
        (run,) = runs(slot, begin, end)
        jumped_over = shown(begin, one.zone) >= closes
        assert opens <= shown(run, one.zone) < closes or jumped_over


@settings(max_examples=300, deadline=None, derandomize=True)
@given(nights())
def test_the_windows_of_successive_nights_neither_meet_nor_leave_one_out(case):
    one, night = case
    spans = [window_span(one, "", night + days * DAY) for days in (-1, 0, 1)]
    assert all(begin < end for begin, end in spans)
    assert all(closed <= opened for (_, closed), (opened, _) in pairwise(spans))
    assert all(window_slots(one, "", night + days * DAY) for days in (-1, 0, 1) if one.zone != "Asia/Kathmandu")


@pytest.mark.parametrize("zone", CHANGES)
@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.data())
def test_a_start_that_follows_the_clock_runs_once_a_local_night_whenever_a_permitted_hour_moves_it(zone, data):
    """A VM keeps its local hour: its slot of before the clock change is moved to the one of after it."""
    local = data.draw(st.integers(0, 47))
    minutes = data.draw(st.integers(5, 300))
    change = data.draw(st.sampled_from(CHANGES[zone]))
    one = window(hours(local, 1), zone)
    (before,), (after,) = (window_slots(one, "", change + days * DAY) for days in (-4, 4))
    old, new = (
        slot_policy(VAULT_ID, tier(retention=Retention(30)), PolicyType.STANDARD, s, 0) for s in (before, after)
    )
    now = at(change, 0) + data.draw(st.integers(-48, 72)) * HOUR
    first, last = at(change, 0) - 5 * DAY, at(change, 0) + 6 * DAY
    point = runs(before, first, now)[-1]
    if obstacle(Passage(old, new, minutes, point, 48 * HOUR), now) is not None:
        return
    found = [*runs(before, first, now), *runs(after, now, last)]
    for days in range(-3, 4):
        middle, _ = window_span(one, "", change + days * DAY)
        # A clock change moves the run by an hour until its policy follows; half a day either side is one night's.
        assert sum(middle - 12 * HOUR <= run < middle + 12 * HOUR for run in found) == 1


@settings(max_examples=200, deadline=None, derandomize=True)
@given(nights(longest=20), st.data())
def test_moved_between_two_nights_both_have_their_run_in_the_window(case, data):
    """The plans of two nights in a row, which differ beside a clock change, each with a start of its own choice."""
    one, night = case
    tonight, tomorrow = (window_slots(one, "", night + days * DAY) for days in (0, 1))
    if not tonight or not tomorrow:
        return
    before, after = data.draw(st.sampled_from(tonight)), data.draw(st.sampled_from(tomorrow))
    (begin, end), (opens, closes) = (window_span(one, "", night + days * DAY) for days in (0, 1))
    old, new = policy_at(tier(), one, before, night), policy_at(tier(), one, after, night + DAY)
    (run,) = runs(before, begin, end)
    for hour in range(int((opens - end) / HOUR)):
        now = end + hour * HOUR
        if obstacle(Passage(old, new, 60, run, 60 * HOUR), now) is None:
            first, second = [*runs(before, begin, now), *runs(after, now, closes)]
            assert begin <= first < end
            assert opens <= second < closes


def policy_at(owner: Tier, one: Window, slot: int, night: date) -> BackupPolicy:
    return slot_policy(VAULT_ID, owner, PolicyType.STANDARD, slot, day_shift(slot, one, "", night))


@cache
def tagged_dates(when: tuple[str, ...]) -> frozenset[date]:
    """Return the UTC dates of some years whose run carries a tag."""
    found, day = set(), first_tagged_day(when, date(2025, 11, 1))
    while day < date(2031, 1, 1):
        found.add(day)
        day = first_tagged_day(when, day + DAY)
    return frozenset(found)


@dataclass
class History:
    """A VM's runs while its policy changes; `tagged` has the runs that carried a tag, by class."""

    policy: BackupPolicy
    since: datetime
    minutes: int
    rpo: timedelta
    starts: list[datetime] = field(default_factory=list)
    tagged: dict[str, list[datetime]] = field(default_factory=lambda: {"weekly": [], "monthly": [], "yearly": []})
    moves: int = 0

    def until(self, now: datetime) -> None:
        """Let the runs of the policy in force happen."""
        for run in runs(self.policy.start // 30, self.since, now):
            self.starts.append(run)
            for name, found in self.tagged.items():
                kept = getattr(self.policy.retention, name)
                if kept and run.date() in tagged_dates(kept.when):
                    found.append(run)
        self.since = now

    def try_to_move(self, target: BackupPolicy, now: datetime, late: timedelta) -> None:
        self.until(now)
        last = self.starts[bisect_right(self.starts, now) - 1] + late
        if obstacle(Passage(self.policy, target, self.minutes, last, self.rpo), now) is None:
            self.policy, self.moves = target, self.moves + 1


def attempts(seed: int, count: int, longest_wait: int) -> list[tuple[int, int, int]]:
    """Return hours to wait, the number of a start and the minutes that the last point was late, many times over."""
    drawn = Random(seed)
    return [(drawn.randint(1, longest_wait), drawn.randrange(1000), drawn.randint(0, 120)) for _ in range(count)]


def lived(owner: Tier, one: Window, first: date, minutes: int, attempts: list[tuple[int, int, int]]) -> History:
    """Return the history of a VM whose every attempt waits some hours, chooses a start and may find its point late."""
    now = at(first, 0)
    begun = now - 4 * DAY
    history = History(policy_at(owner, one, window_slots(one, "", first)[0], first), begun, minutes, owner.rpo)
    for wait, choice, late in attempts:
        now += wait * HOUR
        night = shown(now, one.zone).date()
        allowed = window_slots(one, "", night)
        target = policy_at(owner, one, allowed[choice % len(allowed)], night)
        history.try_to_move(target, now, timedelta(minutes=late))
    history.until(now + 10 * DAY)
    return history


local_zones = st.sampled_from([zone for zone in [*CHANGES, *STEADY] if zone != "Asia/Kathmandu"])
some_weekdays = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=6, unique=True).map(tuple)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    zone=local_zones,
    hour=st.integers(0, 47),
    length=st.integers(1, 47),
    week=some_weekdays,
    day=st.integers(-20, 0),
    rpo=st.integers(24, 72),
    minutes=st.integers(5, 300),
    seed=st.integers(0, 10**6),
    change=st.integers(0, 1),
)
def test_through_any_sequence_of_permitted_moves_no_vm_is_without_a_run_or_a_weekly_day(
    zone, hour, length, week, day, rpo, minutes, seed, change
):
    first = CHANGES.get(zone, (date(2026, 3, 29), date(2026, 10, 25)))[change] + day * DAY
    owner = tier(retention=Retention(30, TaggedRetention(12, "Weeks", week)), rpo=rpo * HOUR)
    one = window(hours(hour, length), zone)
    history = lived(owner, one, first, minutes, attempts(seed, 160, 9))
    assert all(later - sooner <= max(owner.rpo, DAY) for sooner, later in pairwise(history.starts))
    assert not missed_weekdays(history, week, zone)


def missed_weekdays(history: History, week: tuple[str, ...], zone: str) -> list[date]:
    """The local weekdays without a tagged run of theirs; a clock change may put a run an hour beside its day."""
    begin, end = shown(history.starts[0], zone).date() + 2 * DAY, shown(history.starts[-1], zone).date() - 2 * DAY
    local = [shown(run, zone) for run in history.tagged["weekly"]]
    days = [begin + number * DAY for number in range((end - begin).days)]
    return [
        day
        for day in days
        if WEEKDAYS[day.weekday()] in week
        and not any(midnight(day) - HOUR <= run < midnight(day) + 25 * HOUR for run in local)
    ]


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


MONTH_DAYS = ["First Sunday", "Last Friday", "Day 1", "Day 15", "Day 28", "Day Last"]
LONGEST_MONTH = 40 * DAY
"""31 days, and up to nine more where the UTC day is another: the first Monday is the 1st, the first Sunday the 7th."""


@settings(max_examples=60, deadline=None, derandomize=True)
@given(local_zones, st.integers(0, 47), st.sampled_from(MONTH_DAYS), st.integers(5, 300), st.integers(0, 10**6))
def test_through_any_sequence_of_permitted_moves_no_month_loses_its_run(zone, hour, entry, minutes, seed):
    """Attempts of every few hours for half a year, in a window that often holds midnight in UTC and at the place."""
    kept = Retention(30, None, TaggedRetention(12, "Months", (entry,)))
    one = window(hours(hour, 46), zone)
    history = lived(tier(retention=kept, rpo=72 * HOUR), one, date(2026, 1, 20), minutes, attempts(seed, 500, 18))
    assert all(later - sooner <= LONGEST_MONTH for sooner, later in pairwise(history.tagged["monthly"]))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    zone=local_zones,
    hour=st.integers(0, 47),
    entry=st.sampled_from(MONTH_DAYS),
    month=st.sampled_from(["January", "February", "December"]),
    minutes=st.integers(5, 300),
    seed=st.integers(0, 10**6),
)
def test_through_any_sequence_of_permitted_moves_no_year_loses_its_run(zone, hour, entry, month, minutes, seed):
    """Attempts of every few hours around one new year, then rarely until after the next."""
    kept = Retention(30, None, None, TaggedRetention(7, "Years", (f"{month} {entry}",)))
    owner = tier(retention=kept, rpo=72 * HOUR)
    tries = [*attempts(seed, 200, 24), *attempts(seed, 150, 110), *attempts(seed, 200, 24), *attempts(seed, 150, 110)]
    history = lived(owner, window(hours(hour, 46), zone), date(2025, 12, 5), minutes, tries)
    assert len(history.tagged["yearly"]) >= 2
    assert all(later - sooner <= 375 * DAY for sooner, later in pairwise(history.tagged["yearly"]))

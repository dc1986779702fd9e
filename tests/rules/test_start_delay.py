"""Are start delays learned from what the schedule started, and the peak told that they make in 99 of 100 nights?"""

from datetime import UTC, datetime, timedelta
from math import ceil
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.start_delay import ENOUGH_RUNS, FEW, by_minute, learn, peak_p99, uniform

SCHEDULED = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
DOCUMENTED = uniform(120)


def late(*minutes: float) -> list[tuple[datetime, datetime]]:
    return [(SCHEDULED, SCHEDULED + timedelta(minutes=each)) for each in minutes]


def test_enough_runs_are_believed_and_sorted():
    learned = learn(late(*range(29, -1, -1)))
    assert learned.minutes == tuple(map(float, range(30)))
    assert learned.measured == ENOUGH_RUNS == 30


def test_too_few_runs_leave_the_documented_lateness():
    for number in (0, 1, 29):
        learned = learn(late(*[5.0] * number))
        assert (learned.minutes, learned.measured) == (DOCUMENTED, 0)
    assert (min(DOCUMENTED), max(DOCUMENTED), len(DOCUMENTED)) == (0.5, 119.5, 120)


def test_what_the_schedule_did_not_start_says_nothing():
    learned = learn([*late(*[7.0] * 30), *late(-0.1, -600.0, 240.0, 1440.0)])
    assert (set(learned.minutes), learned.measured) == ({7.0}, 30)
    assert learn(late(*[7.0] * 29, -1.0, 240.0)).measured == 0
    assert learn(late(*[0.0] * 15, *[239.9] * 15)).measured == 30


def test_delays_are_shared_out_by_minute():
    assert by_minute([0.0, 0.9, 2.5, 2.5]) == [0.5, 0.0, 0.5]
    assert sum(by_minute(DOCUMENTED)) == pytest.approx(1.0)
    assert uniform(0.2) == (0.5,)


def test_nothing_runs_at_once_where_nothing_runs():
    assert peak_p99([], [], DOCUMENTED) == 0


def test_without_delays_the_peak_is_the_planned_one():
    starts, durations = [0, 0, 1, 2, 46], [1, 2, 2, 1, 3]
    assert peak_p99(starts, durations, [0.0]) == 3
    assert peak_p99([4] * 5, [1] * 5, [0.0]) == 5


def test_one_delay_of_all_runs_leaves_the_peak():
    starts, durations = [0, 0, 1, 2, 46], [1, 2, 2, 1, 3]
    assert peak_p99(starts, durations, [77.0]) == peak_p99(starts, durations, [0.0])


def test_what_runs_past_midnight_meets_the_next_days_runs():
    assert peak_p99([44, 1], [8, 1], [0.0]) == 2
    assert peak_p99([44, 4], [8, 1], [0.0]) == 1
    assert peak_p99([47, 47], [48, 48], [239.0]) == 2


def test_the_order_of_the_backups_changes_nothing():
    random = Random(4)
    runs = [(random.randrange(48), random.randint(1, 6)) for _ in range(120)]
    shuffled = random.sample(runs, len(runs))
    one, two = (peak_p99(*zip(*each, strict=True), DOCUMENTED) for each in (runs, shuffled))
    assert one == two


def test_runs_one_after_the_other_meet_when_the_first_is_late():
    assert peak_p99([0, 1], [1, 1], DOCUMENTED) == 2
    assert peak_p99([0, 20], [1, 1], DOCUMENTED) == 1


@pytest.mark.parametrize("seed", range(3))
def test_the_peak_is_that_of_the_99th_of_100_nights_drawn_another_way(seed):
    random = Random(seed)
    runs = [(random.choice([44, 46, 0]), random.randint(1, 5)) for _ in range(40)]
    nights = sorted(night(runs, random) for _ in range(1_500))
    asked = peak_p99(*zip(*runs, strict=True), DOCUMENTED)
    assert nights[ceil(0.975 * 1_500) - 1] <= asked <= nights[ceil(0.998 * 1_500) - 1]
    assert asked > nights[750]


def night(runs: list[tuple[int, int]], random: Random) -> int:
    """The most runs at once in one night, at the moments at which one begins."""
    drawn = [(start * 30 + random.randrange(120), duration * 30) for start, duration in runs]
    return max(sum((begin - other) % 1440 < length for other, length in drawn) for begin, _ in drawn)


def test_a_rare_delay_does_not_set_the_peak():
    delays = sorted([10.0] * 255 + [130.0])
    assert peak_p99([0, 4], [1, 1], delays) == 1
    assert peak_p99([0, 4], [1, 1], sorted([10.0] * 230 + [130.0] * 26)) == 2


@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 47), st.integers(1, 48)), min_size=1, max_size=8),
    st.integers(0, 239),
)
def test_few_runs_and_many_are_counted_alike(runs, delay):
    on_ring = [sum((slot - start) % 48 < duration for start, duration in runs) for slot in range(48)]
    times = FEW // len(runs) + 1
    few, many = (peak_p99(*zip(*each, strict=True), [float(delay)]) for each in (runs, runs * times))
    assert (few, many) == (max(on_ring), times * max(on_ring))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 47), st.integers(1, 48)), min_size=1, max_size=12),
    st.lists(st.floats(0, 239), min_size=1, max_size=6),
)
def test_the_peak_lies_between_one_and_everyone_whatever_the_delays(runs, delays):
    starts, durations = zip(*runs, strict=True)
    peak = peak_p99(starts, durations, sorted(delays))
    assert 1 <= peak <= len(runs)
    assert peak == peak_p99(starts, durations, sorted(delays))

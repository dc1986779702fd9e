"""Is a night's peak the same whether every minute is looked at, or only the starts and ends?"""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.start_delay import FEW, peak_p99, uniform

NIGHTS = settings(max_examples=5, deadline=None, derandomize=True)
SLOT = st.tuples(st.integers(0, 47), st.integers(1, 48))


def planned_peak(starts: list[int], durations: list[int]) -> int:
    """Count by slots what runs at once where nothing is late."""
    load = [0] * 48
    for start, duration in zip(starts, durations, strict=True):
        for slot in range(start, start + duration):
            load[slot % 48] += 1
    return max(load)


@NIGHTS
@given(st.lists(SLOT, min_size=1, max_size=12))
def test_backups_that_are_never_late_peak_as_planned_however_many_there_are(runs):
    starts, durations = [start for start, _ in runs], [duration for _, duration in runs]
    once = peak_p99(starts, durations, (0.0,))
    many = FEW // len(runs) + 1
    assert once == planned_peak(starts, durations)
    assert peak_p99(starts * many, durations * many, (0.0,)) == many * once


def test_backups_that_all_run_around_the_clock_are_all_counted():
    assert peak_p99([0, 10, 47], [48, 48, 48], uniform(120)) == 3


def test_many_backups_that_are_equally_late_peak_as_planned():
    starts, durations = [46] * (FEW // 2) + [1] * FEW, [3] * (FEW // 2) + [1] * FEW
    assert peak_p99(starts, durations, (45.0,)) == FEW
    assert peak_p99(starts, [4] * (FEW // 2) + [1] * FEW, (45.0,)) == FEW // 2 + FEW


def test_one_backup_ends_as_the_next_one_starts():
    assert peak_p99([0, 4, 44], [4, 40, 4], (30.0,)) == 1

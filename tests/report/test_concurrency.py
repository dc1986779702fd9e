"""Are the peaks those that a minute-by-minute count finds?"""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.model.night import Run
from shared.report.concurrency import busiest_by_slot, curve, peak, peak_by_region

BEGINS = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _run(start: int, minutes: int, region: str, ended: bool) -> Run:
    since = BEGINS + start * MINUTE
    return Run("vm", "vm", "vault", region, since, since + minutes * MINUTE if ended else None, "Completed")


RUNS = st.lists(
    st.builds(_run, st.integers(-60, 1500), st.integers(0, 300), st.sampled_from(["north", "south"]), st.booleans()),
    max_size=12,
)


def _running(runs: list[Run], minute: int) -> int:
    at = BEGINS + minute * MINUTE
    return sum(run.started_at <= at and (run.ended_at is None or at < run.ended_at) for run in runs)


@given(RUNS)
def test_the_peak_of_a_region_is_the_highest_count_of_any_minute(runs: list[Run]) -> None:
    for region, highest in peak_by_region(runs).items():
        here = [run for run in runs if run.region == region]
        assert highest == max(_running(here, minute) for minute in range(-60, 1801))


@given(RUNS)
def test_regional_peaks_add_up_even_when_they_fall_at_different_hours(runs: list[Run]) -> None:
    north, south = ([run for run in runs if run.region == region] for region in ("north", "south"))
    assert peak(runs) == peak(north) + peak(south) == sum(peak_by_region(runs).values())


@given(RUNS)
def test_the_curve_tells_the_count_at_every_step(runs: list[Run]) -> None:
    for instant, count in curve(runs):
        assert count == _running(runs, (instant - BEGINS) // MINUTE)


@given(RUNS)
def test_a_half_hour_is_as_busy_as_its_busiest_minute(runs: list[Run]) -> None:
    expected = [max(_running(runs, minute) for minute in range(slot * 30, slot * 30 + 30)) for slot in range(48)]
    assert busiest_by_slot(runs, BEGINS) == expected


def test_a_run_that_ends_when_the_next_begins_does_not_overlap_it() -> None:
    assert peak([_run(0, 30, "north", True), _run(30, 30, "north", True)]) == 1


def test_nothing_ran_means_no_peak() -> None:
    assert (peak([]), peak_by_region([]), curve([])) == (0, {}, [])

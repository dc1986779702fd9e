"""Is each kind of load called what it is, and nothing claimed that the past does not carry?"""

import math
import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.load import STEPS, LoadClass, LoadProfile, LoadSeries
from shared.rules.load import classify
from tests.rules.loads import NOW, hill, noisy, office, series

DAY = timedelta(days=1)


def kind(load: LoadSeries, hours: float = 4) -> LoadClass:
    return classify(load, hours, NOW).kind


def test_a_daily_rhythm_is_predictable_and_its_forecast_is_quiet_when_it_is() -> None:
    profile = classify(series(noisy(office)), 4, NOW)
    assert profile.kind is LoadClass.PREDICTABLE
    assert (profile.judged_days, profile.windows_correct, profile.load_accurate) == (21, 21, 21)
    assert profile.expected is not None
    assert len(profile.expected) == 48
    assert profile.expected[4] < 10
    assert profile.expected[28] > 45
    assert profile.reason == "quiet hours were foreseen on all 21 judged days, from its usual day"


@pytest.mark.parametrize("hour", range(0, 24, 5))
def test_the_forecast_is_by_utc_slot_whenever_the_look_is(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=30)
    profile = classify(series(noisy(office, 0.2), step=30, until=now), 4, now)
    assert profile.expected is not None
    assert max(range(48), key=lambda slot: profile.expected[slot]) == 28  # type: ignore[index]


def test_a_week_with_a_busy_sunday_night_is_predictable_from_its_weekdays() -> None:
    shape = noisy(lambda at: 4 + 50 * hill(at, peak=2 if at.weekday() == 6 else 14))
    profile = classify(series(shape), 4, NOW)
    assert profile.kind is LoadClass.PREDICTABLE
    assert "weekday" in profile.reason


def test_fewer_than_seven_judged_days_are_too_few() -> None:
    told = [classify(series(noisy(office), days=days), 4, NOW) for days in (6, 7, 9, 10)]
    assert [profile.kind for profile in told[:3]] == ["unknown", "unpredictable", "predictable"]
    assert told[0].reason == "6 of the last 21 days were measured, 7 are needed"


@pytest.mark.parametrize("level", [0.0, 3.0, 45.0, 79.0])
def test_a_level_load_is_flat(level: float) -> None:
    profile = classify(series(noisy(lambda at: level + 3 * hill(at))), 4, NOW)
    assert profile.kind is LoadClass.FLAT
    assert "points above the quietest" in profile.reason


def test_a_rhythm_of_under_five_points_is_flat_and_one_of_more_is_not() -> None:
    assert kind(series(lambda at: 20 + 4.9 * (at.hour < 12))) is LoadClass.FLAT
    assert kind(series(lambda at: 20 + 5.1 * (at.hour < 12))) is LoadClass.PREDICTABLE


def test_one_step_in_three_weeks_leaves_a_load_flat() -> None:
    assert kind(series(lambda at: 40 if at < NOW - 5 * DAY - timedelta(hours=6) else 46)) is LoadClass.FLAT


def test_a_load_that_is_busy_at_its_quietest_is_saturated() -> None:
    profile = classify(series(noisy(lambda at: 86 + 8 * hill(at))), 4, NOW)
    assert (profile.kind, profile.reason) == (LoadClass.SATURATED, "even the quietest window runs at 86 % of the CPU")


def test_a_level_of_eighty_per_cent_is_saturated_and_less_is_not() -> None:
    assert kind(series(lambda _: 80.0)) is LoadClass.SATURATED
    assert kind(series(lambda _: 79.9)) is LoadClass.FLAT


def test_bursts_that_nothing_announces_make_a_load_unpredictable() -> None:
    draw = random.Random(4)
    bursts = {NOW - timedelta(hours=draw.randrange(28 * 24)) for _ in range(60)}
    assert kind(series(lambda at: 5 + 60 * (at in bursts))) is LoadClass.UNPREDICTABLE


def test_few_bursts_on_a_level_load_give_it_no_hours_of_its_own() -> None:
    bursts = {(NOW - days * DAY).replace(hour=hour) for days, hour in ((3, 2), (9, 8), (15, 19))}
    load = series(lambda at: 5 + 80 * (at in bursts))
    profile = classify(load, 2, NOW)
    assert profile.kind is LoadClass.UNPREDICTABLE
    assert "jumps" in profile.reason


def test_a_window_that_only_seemed_quiet_breaks_the_promise() -> None:
    """The chosen window is right each day; another that looked the same is not, and the planner might have used it."""
    struck = {(NOW - days * DAY).replace(hour=22) for days in (2, 4, 8, 11)}
    load = series(lambda at: (5 if at.hour >= 20 else 40) - (at.hour < 6) * 35.5 + 50 * (at in struck))
    profile = classify(load, 2, NOW)
    assert profile.kind is LoadClass.UNPREDICTABLE
    assert profile.windows_correct == profile.load_accurate == profile.judged_days
    assert "a window that seemed as quiet was not on" in profile.reason


def test_what_counts_something_else_is_scaled_to_its_own_p99_and_never_saturated() -> None:
    requests = classify(series(noisy(lambda at: 40 * office(at), 10)), 4, NOW)
    assert requests.kind is LoadClass.PREDICTABLE
    assert requests.expected is not None
    assert 90 < max(requests.expected) < 110
    assert requests.points == pytest.approx(100 / 2200, rel=0.05)
    assert kind(series(lambda _: 5000.0)) is LoadClass.FLAT


def test_a_counter_that_rests_nearly_always_is_scaled_all_the_same() -> None:
    profile = classify(series(lambda at: 1e9 * (at == NOW - 5 * DAY)), 4, NOW)
    assert profile.kind in {LoadClass.FLAT, LoadClass.UNPREDICTABLE}
    assert math.isfinite(profile.points)


def test_what_comes_after_the_look_changes_nothing() -> None:
    past = series(noisy(office))
    hours = tuple(random.Random(1).uniform(0, 5000) for _ in range(200))
    assert classify(replace(past, values=past.values + hours), 4, NOW) == classify(past, 4, NOW)


def test_a_better_forecast_than_the_baselines_is_used_where_it_wins() -> None:
    assert "from its usual day" in classify(series(noisy(office, 2.5), step=15), 4, NOW).reason
    rising = classify(series(lambda at: office(at) + 30 + (at - NOW) / DAY), 4, NOW)
    assert (rising.kind, "from the day before" in rising.reason) == (LoadClass.PREDICTABLE, True)


def test_gaps_are_passed_over() -> None:
    load = series(lambda at: None if (NOW - at).days in {3, 4, 12} or at.hour == 9 else noisy(office)(at))
    profile = classify(load, 4, NOW)
    assert profile.kind is LoadClass.PREDICTABLE
    assert profile.judged_days == 18
    assert profile.expected is not None
    assert profile.expected[18] == max(profile.expected), "an unmeasured hour counts as busy"


def test_a_machine_that_was_not_measured_lately_is_unknown() -> None:
    profile = classify(series(lambda at: None if at > NOW - 3 * DAY else noisy(office)(at)), 4, NOW)
    assert (profile.kind, profile.expected) == (LoadClass.UNKNOWN, None)
    assert profile.reason == "none of the last 3 days was measured"


def test_a_machine_that_was_measured_now_and_then_has_no_forecast() -> None:
    measured = {1, 15, 16, 17, 18, 19, 20}
    load = series(lambda at: noisy(office)(at) if (NOW - at - timedelta(hours=1)).days in measured else None)
    profile = classify(load, 4, NOW)
    assert (profile.kind, profile.expected, profile.days) == (LoadClass.UNPREDICTABLE, None, 7)
    assert "nothing to forecast from" in profile.reason


def test_a_flat_machine_that_was_off_most_of_last_week_has_no_forecast_either() -> None:
    measured = {1, 15, 16, 17, 18, 19, 20}
    load = series(lambda at: 7.0 if (NOW - at - timedelta(hours=1)).days in measured else None)
    profile = classify(load, 4, NOW)
    assert (profile.kind, profile.expected) == (LoadClass.FLAT, None)


@pytest.mark.parametrize(
    "values",
    [(), (5.0,), (None,) * 700, (math.nan,) * 700, (math.inf,) * 700, (-3.0,) * 700, (1e300,) * 700, (5.0,) * 30],
    ids=["empty", "one", "nothing", "nan", "inf", "negative", "absurd", "short"],
)
def test_bad_input_is_unknown_with_a_reason(values: tuple[float | None, ...]) -> None:
    load = LoadSeries("vm", NOW - timedelta(hours=len(values)), 60, values)
    profile = classify(load, 4, NOW)
    assert (profile.kind, profile.expected, profile.judged_days) == (LoadClass.UNKNOWN, None, 0)
    assert profile.reason


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(
        st.tuples(st.one_of(st.none(), st.floats(), st.floats(0, 100)), st.integers(1, 400)), min_size=1, max_size=8
    ),
    step=st.sampled_from(STEPS[2:]),
    hours=st.floats(0.1, 24),
    ahead=st.integers(-2000, 2000),
)
def test_no_series_crashes_it(pieces: list[tuple[float | None, int]], step: int, hours: float, ahead: int) -> None:
    values = tuple(value for value, count in pieces for _ in range(count * 60 // step))
    profile = classify(LoadSeries("vm", NOW - 20 * DAY, step, values), hours, NOW + timedelta(minutes=ahead))
    assert isinstance(profile, LoadProfile)
    assert profile.reason
    assert profile.windows_correct <= profile.judged_days <= 21
    if profile.expected is not None:
        assert len(profile.expected) == 48
        assert all(math.isfinite(value) and value >= 0 for value in profile.expected)
    if profile.kind is LoadClass.PREDICTABLE:
        assert profile.judged_days >= 7
        assert profile.windows_correct == profile.load_accurate == profile.judged_days


@pytest.mark.parametrize("hours", [0, -1, 24.5, math.nan])
def test_hours_that_are_no_window_of_a_day_are_refused(hours: float) -> None:
    with pytest.raises(ValueError, match="hours"):
        classify(series(office), hours, NOW)


@pytest.mark.parametrize(
    ("begins", "step", "message"),
    [
        (NOW, 45, "step_minutes must be one of"),
        (datetime(2026, 3, 2, 12), 60, "must be in UTC"),  # noqa: DTZ001
        (NOW + timedelta(minutes=10), 60, "on a whole step of the hour"),
    ],
)
def test_a_series_off_the_grid_is_refused(begins: datetime, step: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LoadSeries("vm", begins, step, (1.0,))

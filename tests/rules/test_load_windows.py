"""Are windows, bounds and judgements what Seagull's definitions say?"""

from datetime import timedelta

import pytest

from shared.model.load import LoadSeries
from shared.rules.load.days import Day, by_slot, days_before, from_slot, points_per_unit
from shared.rules.load.forecasts import last_week, usual_day, usual_weekday, yesterday
from shared.rules.load.judging import best_record, judge
from shared.rules.load.windows import accurate, slots_of, spread, window_means
from tests.rules.loads import NOW, series


def day(level: float = 20, **hours: float | None) -> Day:
    """A level day; `h3=50` sets both half hours of 03:00."""
    return tuple(hours.get(f"h{slot // 2}", level) for slot in range(48))


def judged(forecast: Day, true: Day, hours: float = 2):  # type: ignore[no-untyped-def]
    found = judge(forecast, true, slots_of(hours))
    assert found is not None
    return found


@pytest.mark.parametrize(("hours", "slots"), [(0.5, 1), (0.6, 2), (2, 4), (2.5, 5), (24, 48)])
def test_a_window_takes_whole_half_hours(hours: float, slots: int) -> None:
    assert slots_of(hours) == slots
    assert len(window_means(day(), slots)) == 49 - slots


def test_means_and_spread_are_those_of_windows_inside_the_day() -> None:
    told = day(10, h23=90, h0=0)
    assert window_means(told, 2)[0] == 0
    assert window_means(told, 2)[46] == 90
    assert spread(told, 4) == (5, 50)


def test_a_window_that_was_hardly_measured_has_no_mean() -> None:
    told = day(10, h3=None, h4=None)
    means = window_means(told, 4)
    assert [means[start] for start in (3, 4, 6, 8, 9)] == [10, None, None, None, 10]
    assert window_means(day(10, h3=None), 8)[0] == 10


@pytest.mark.parametrize(("forecast", "expected"), [(30, True), (30.1, False), (15, True), (14.9, False)])
def test_a_forecast_may_be_ten_points_above_and_five_below(forecast: float, expected: bool) -> None:
    assert accurate([forecast], [20.0]) is expected


def test_nine_values_of_ten_make_a_forecast_accurate() -> None:
    assert accurate([20.0] * 9 + [90.0], [20.0] * 10)
    assert not accurate([20.0] * 8 + [90.0] * 2, [20.0] * 10)
    assert not accurate([None], [20.0])


def test_the_quietest_forecast_window_is_chosen_and_its_regret_measured() -> None:
    told = judged(day(30, h3=5, h4=5), day(30, h3=11, h4=13, h15=4, h16=4))
    assert (told.start, told.regret) == (6, 8)
    assert (told.window_correct, told.dependable) == (True, True)


def test_a_window_more_than_ten_points_above_the_best_is_wrong() -> None:
    assert judged(day(30, h3=5, h4=5), day(30, h3=15, h4=13, h15=4, h16=4)).window_correct
    assert not judged(day(30, h3=5, h4=5), day(30, h3=15, h4=15, h15=4, h16=4)).window_correct


def test_load_is_judged_inside_the_chosen_window() -> None:
    assert judged(day(60, h3=5, h4=5), day(30, h3=5, h4=5)).load_accurate
    assert not judged(day(60, h3=5, h4=5), day(60, h3=5, h4=15)).load_accurate


def test_a_promise_covers_every_window_that_seemed_as_quiet() -> None:
    promised = day(30, h3=5, h4=5, h15=8, h16=8)
    kept, broken = day(30, h3=5, h4=5, h15=14, h16=14), day(30, h3=5, h4=5, h15=20, h16=20)
    assert judged(promised, kept).dependable
    assert not judged(promised, broken).dependable
    assert judged(promised, broken).window_correct


def test_a_day_that_was_hardly_measured_is_not_judged() -> None:
    assert judge(day(), day(20, h1=None, h2=None), 4) is not None
    assert judge(day(), day(20, h1=None, h2=None, h3=None), 4) is None


def test_forecasts_come_from_the_days_they_name() -> None:
    days = [day(level) for level in range(22)]
    assert yesterday(days) == day(21)
    assert last_week(days) == day(15)
    assert usual_day(days) == day(19)
    assert usual_weekday(days) == pytest.approx([8 + 7 / 3] * 48)
    assert (yesterday([]), last_week(days[:6]), usual_day(days[:2]), usual_weekday(days[:13])) == (None,) * 4


def test_one_wild_day_does_not_move_what_is_usual() -> None:
    assert usual_day([day(20)] * 6 + [day(99)]) == day(20)


def test_a_day_that_was_not_measured_forecasts_nothing() -> None:
    lost = day(None)  # type: ignore[arg-type]
    assert yesterday([day(), lost]) is None
    assert usual_day([day(20), day(20), day(20), lost]) == day(20)


def test_no_day_is_forecast_from_itself_or_from_later_ones() -> None:
    days = [day(20, h3=2, h4=2) for _ in range(20)]
    record = best_record([*days, day(60, h3=60, h4=60)], 4)
    assert record is not None
    assert [judgement.right for judgement in record.judgements] == [True] * (len(record.judgements) - 1) + [False]


def test_where_two_forecasts_do_equally_well_the_baseline_is_used() -> None:
    record = best_record([day(20, h3=2)] * 20, 4)
    assert record is not None
    assert record.name == "the day before"


@pytest.mark.parametrize("step", [5, 15, 30, 60])
def test_a_series_becomes_days_that_end_at_the_look(step: int) -> None:
    days = days_before(series(lambda at: at.hour, days=3.4, step=step), NOW)
    assert len(days) == 3
    assert [row[:2] for row in days] == [(12, 12)] * 3
    assert days[0][24:26] == (0, 0)


def test_half_hours_are_the_means_of_what_was_measured_in_them() -> None:
    values = (1.0, None, 3.0, 5.0, -1.0, float("nan")) * 48
    (told,) = days_before(LoadSeries("vm", NOW - timedelta(days=1), 5, values), NOW)
    assert set(told) == {3.0}


def test_an_hour_that_is_not_over_is_not_looked_at() -> None:
    load = series(lambda _: 7.0, until=NOW + timedelta(hours=1))
    assert days_before(load, NOW + timedelta(minutes=30))[-1] == (7.0,) * 47 + (None,)
    assert days_before(load, NOW + timedelta(minutes=60))[-1] == (7.0,) * 48


def test_at_most_four_weeks_are_looked_at() -> None:
    assert len(days_before(series(lambda _: 1.0, days=40), NOW)) == 28


def test_a_day_turns_into_slots_and_back() -> None:
    now = NOW.replace(hour=16, minute=30)
    told = tuple(float(position) for position in range(48))
    assert by_slot(told, now)[33] == 0
    assert from_slot(by_slot(told, now), now) == told


def test_per_cent_stay_and_counts_are_scaled() -> None:
    assert points_per_unit([day(100)]) == 1
    assert points_per_unit([day(200)] * 9) == 0.5

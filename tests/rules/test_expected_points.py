"""Is each point expected that was promised and is still to be kept, and no other?"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.model.azure import Frequency, Retention, TaggedRetention
from shared.rules.expected_points import JUDGED_AFTER, carries, classes_of, expected, least_kept, tagged
from shared.rules.promises import version
from shared.rules.scheduled_runs import run_on
from shared.rules.slots import DAY
from tests.rules.fleet import policy
from tests.rules.retaining import ENDS, LONG, MINUTE, Stay, day, history_of, keeping, weekly

GOLD = policy("Gold", 22 * 60, kept=LONG)
FIRST = day(2025, 1, 2, 12)
NOW = day(2026, 3, 4, 12)


def dues(stays: list[Stay], now=NOW, name: str = "daily") -> list:
    return [one.due for one in expected(history_of(stays), now) if name in one.classes]


def gold(*stays: Stay, now=NOW, name: str = "daily") -> list:
    return dues([Stay(FIRST, GOLD), *stays], now, name)


def test_the_last_thirty_days_have_a_daily_point_each() -> None:
    assert gold() == [day(2026, 2, 2, 22) + number * DAY for number in range(30)]


def test_a_run_is_expected_to_have_left_its_point_six_hours_after_it_was_due() -> None:
    due = day(2026, 3, 4, 22)
    assert gold(now=due + JUDGED_AFTER)[-1] == due - DAY
    assert gold(now=due + JUDGED_AFTER + MINUTE)[-1] == due
    assert timedelta(hours=6) == JUDGED_AFTER


def test_tagged_points_are_expected_for_as_long_as_each_class_is_kept() -> None:
    assert gold(name="weekly")[0] == day(2025, 12, 14, 22)
    assert len(gold(name="weekly")) == 12
    assert gold(name="monthly")[:2] == [day(2025, 4, 6, 22), day(2025, 5, 4, 22)]
    assert gold(name="yearly") == [day(2025, 1, 5, 22), day(2026, 1, 4, 22)]
    [first] = [one for one in expected(history_of([Stay(FIRST, GOLD)]), NOW) if one.due == day(2025, 4, 6, 22)]
    assert (first.classes, first.keep_until) == (("monthly",), first.due + 358 * DAY)
    assert (first.policy, first.version, first.long_term) == ("Gold", version(GOLD), True)


def test_a_point_of_several_classes_is_kept_by_the_longest() -> None:
    one = next(each for each in expected(history_of([Stay(FIRST, GOLD)]), NOW) if each.due == day(2026, 3, 1, 22))
    assert one.classes == ("daily", "weekly", "monthly")
    assert one.keep_until == one.due + 358 * DAY
    daily = next(each for each in expected(history_of([Stay(FIRST, GOLD)]), NOW) if each.due == day(2026, 3, 2, 22))
    assert (daily.classes, daily.long_term) == (("daily",), False)


@pytest.mark.parametrize(
    ("now", "name", "found"),
    [
        (
            day(2028, 3, 1, 12),
            "yearly",
            [day(2026, 3, 1, 22), day(2027, 2, 28, 22), day(2027, 3, 1, 22), day(2028, 2, 29, 22)],
        ),
        (day(2028, 3, 1, 12), "monthly", [day(2028, 1, 31, 22), day(2028, 2, 15, 22), day(2028, 2, 29, 22)]),
        (day(2026, 5, 1, 12), "monthly", [day(2026, 3, 31, 22), day(2026, 4, 15, 22), day(2026, 4, 30, 22)]),
    ],
)
def test_month_ends_and_leap_days_carry_their_tags(now, name, found) -> None:
    ends = policy("Ends", 22 * 60, kept=ENDS)
    assert dues([Stay(FIRST, ends)], now, name)[-len(found) :] == found


def test_before_a_vm_was_protected_nothing_is_expected_nor_of_a_run_within_the_hour() -> None:
    assert dues([Stay(day(2026, 3, 1, 12), GOLD)]) == [day(2026, 3, number, 22) for number in (1, 2, 3)]
    assert dues([Stay(day(2026, 3, 1, 21), GOLD)])[0] == day(2026, 3, 1, 22)
    assert dues([Stay(day(2026, 3, 1, 21.5), GOLD)])[0] == day(2026, 3, 2, 22)
    assert expected((), NOW) == ()


def test_after_a_move_the_old_runs_until_then_and_the_new_ones_from_then_on_are_expected() -> None:
    found = gold(Stay(day(2026, 3, 2, 12), policy("Early", 20 * 60, kept=LONG)))
    assert found[-4:] == [day(2026, 2, 28, 22), day(2026, 3, 1, 22), day(2026, 3, 2, 20), day(2026, 3, 3, 20)]


def test_a_vm_that_moved_twice_in_a_day_is_expected_to_run_where_it_came_to_stand() -> None:
    moves = [
        Stay(day(2026, 3, 2, 9), policy("Noon", 12 * 60, kept=LONG)),
        Stay(day(2026, 3, 2, 11.5), policy("Late", 23 * 60)),
    ]
    assert gold(*moves)[-2:] == [day(2026, 3, 2, 23), day(2026, 3, 3, 23)]


def test_a_raise_counts_for_points_from_then_on() -> None:
    raised = keeping(GOLD, daily_days=60)
    assert len(gold(Stay(NOW - 10 * DAY, raised))) == 30
    assert len(gold(Stay(NOW - 40 * DAY, raised))) == 40


def test_an_unapproved_weakening_takes_nothing_away_and_an_approved_one_does_for_older_points_too() -> None:
    weaker = keeping(GOLD, "Weaker", daily_days=10, weekly=None)
    changed = NOW - 3 * DAY
    assert gold(Stay(changed, weaker)) == gold()
    assert gold(Stay(changed, weaker), name="weekly") == gold(name="weekly")
    assert len(gold(Stay(changed, weaker, approved="eve"))) == 10
    assert gold(Stay(changed, weaker, approved="eve"), name="weekly") == []
    assert gold(Stay(changed, weaker, approved="eve"), name="monthly") == gold(name="monthly")


def test_stopped_backups_stay_expected_unless_that_was_approved() -> None:
    stopped = NOW - 3 * DAY
    assert gold(Stay(stopped, None)) == gold()
    assert gold(Stay(stopped, None, approved="the VM is gone")) == gold()[:-3]


def test_a_weaker_policy_at_another_hour_is_expected_to_keep_the_promise_at_its_hours() -> None:
    found = gold(Stay(day(2026, 3, 2, 12), replace(keeping(GOLD, "Weaker", daily_days=10), start=2 * 60)))
    assert found[-2:] == [day(2026, 3, 3, 2), day(2026, 3, 4, 2)]
    assert len(found) == 30


def test_a_zone_with_clock_changes_has_a_run_each_day() -> None:
    berlin = policy("Berlin", 3 * 60, kept=LONG, time_zone="W. Europe Standard Time")
    for now in (day(2026, 4, 2, 12), day(2026, 10, 30, 12)):
        found = dues([Stay(FIRST, berlin)], now)
        assert found == [found[0] + number * DAY for number in range(len(found))]
        assert found[0].hour == 1
        assert len(found) in {29, 30}


def test_a_local_day_may_be_the_utc_day_before_or_after() -> None:
    kiribati = policy("Kiribati", 30, kept=LONG, time_zone="Line Islands Standard Time")
    assert dues([Stay(FIRST, kiribati)], name="weekly")[-1] == day(2026, 3, 1, 10.5)
    chicago = policy("Chicago", 22 * 60, kept=LONG, time_zone="Central Standard Time")
    assert dues([Stay(FIRST, chicago)], name="weekly")[-1] == day(2026, 3, 1, 3)


def test_where_midnight_falls_between_possible_starts_only_classes_that_both_days_carry_are_sure() -> None:
    berlin = policy(start=60, kept=LONG, time_zone="W. Europe Standard Time")
    sunday, monday = run_on(berlin, date(2026, 3, 8)), run_on(berlin, date(2026, 3, 9))
    assert classes_of(berlin, sunday) == classes_of(berlin, monday) == ("daily",)
    both = keeping(berlin, weekly=replace(LONG.weekly, when=("Saturday", "Sunday")))
    assert classes_of(both, sunday) == ("daily", "weekly")


def test_a_weekly_schedule_is_expected_on_its_days_only() -> None:
    found = expected(history_of([Stay(FIRST, weekly())]), NOW)
    assert {one.due.weekday() for one in found} == {6}
    assert {one.classes for one in found} == {("weekly",), ("weekly", "monthly"), ("monthly",)}
    assert len(dues([Stay(FIRST, weekly())], name="weekly")) == 10


@pytest.mark.parametrize(
    "unknown",
    [policy(start=None, frequency=Frequency.HOURLY), policy(frequency=Frequency.UNKNOWN), policy(time_zone="Nowhere")],
    ids=["hourly", "unknown", "nowhere"],
)
def test_of_a_schedule_that_is_not_known_nothing_is_expected(unknown) -> None:
    assert expected(history_of([Stay(FIRST, unknown)]), NOW) == ()


def test_a_class_is_kept_for_its_least_days_whichever_months_these_are() -> None:
    assert [least_kept(GOLD, name).days for name in ("daily", "weekly", "monthly", "yearly")] == [30, 84, 358, 2555]
    assert least_kept(policy(kept=Retention(None)), "daily") == timedelta()
    assert least_kept(policy(kept=Retention(7)), "weekly") == timedelta()
    odd = policy(kept=Retention(7, weekly=TaggedRetention(3, "Fortnights", ("Sunday",))))
    assert least_kept(odd, "weekly") == timedelta()
    assert dues([Stay(FIRST, odd)], name="weekly") == []
    assert least_kept(policy(kept=Retention(7, weekly=TaggedRetention(10, "Days", ("Sunday",)))), "weekly").days == 10


def test_a_policy_says_which_of_its_runs_carry_a_class() -> None:
    assert carries(GOLD, "daily", date(2026, 3, 2))
    assert not carries(weekly(), "daily", date(2026, 3, 1))
    assert carries(GOLD, "weekly", date(2026, 3, 1))
    assert not carries(GOLD, "weekly", date(2026, 3, 2))
    assert not carries(weekly(), "yearly", date(2026, 1, 4))
    assert tagged(GOLD, "monthly") == LONG.monthly


def test_a_tag_of_a_day_that_no_year_has_is_expected_never() -> None:
    never = keeping(GOLD, yearly=TaggedRetention(7, "Years", ("February Day 30",)))
    assert dues([Stay(FIRST, never)], name="yearly") == []


def test_points_of_two_promises_come_in_their_order() -> None:
    found = [
        one.due for one in expected(history_of([Stay(FIRST, GOLD), Stay(NOW - 5 * DAY, policy("Early", 60))]), NOW)
    ]
    assert found == sorted(found)
    assert len(found) == len(set(found))
    assert found[-1] - found[-2] == DAY

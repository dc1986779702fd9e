"""Are points read as what they are, and each expected one found, or missed, whatever happened around it?"""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import BackupPolicy, Change, Frequency
from shared.model.on_demand import Stage
from shared.model.retention import Mark, Terms
from shared.rules.expected_points import expected
from shared.rules.held_points import Asked, classes_at, gap_key, held, is_good, made_by
from shared.rules.safe_moments import Passage, next_safe_tick
from shared.rules.slot_policies import slot_policy
from shared.rules.slots import DAY
from tests.rules.fleet import VAULT_ID, YEARLY, change, policy, tier, vm_id
from tests.rules.retaining import (
    ENDS,
    HOUR,
    LONG,
    MINUTE,
    Stay,
    day,
    history_of,
    keeping,
    look,
    made,
    missing,
    on_demand,
    point,
    wanted,
    weekly,
)

JUDGED = settings(max_examples=40, deadline=None, derandomize=True)
SUNDAY = day(2026, 3, 8, 22)
POLICY = policy(kept=LONG)
SINCE = day(2026, 1, 1)
HISTORY = (Terms(SINCE, POLICY),)
WEEKLY = wanted(SUNDAY, "daily", "weekly")
POLICIES = [
    policy("Long", 22 * 60, kept=LONG),
    policy("Ends", 30, kept=ENDS),
    policy("Berlin", 3 * 60, kept=LONG, time_zone="W. Europe Standard Time"),
    policy("Berlin-1", 60, kept=ENDS, time_zone="W. Europe Standard Time"),
    policy("New-York", 20 * 60, kept=ENDS, time_zone="Eastern Standard Time"),
    policy("Kiribati", 30, kept=LONG, time_zone="Line Islands Standard Time"),
    policy("Morocco", 22 * 60, kept=ENDS, time_zone="Morocco Standard Time"),
    weekly(),
    weekly("Berlin-Sundays", 22 * 60, time_zone="W. Europe Standard Time"),
]
NOWS = [
    day(2026, 3, 29, 12),
    day(2026, 10, 25, 12),
    day(2028, 2, 29, 23),
    day(2028, 3, 1, 5),
    day(2028, 7, 1, 3),
    day(2027, 1, 4, 8),
]


def stays_of(one: BackupPolicy, now: datetime, moves: list[tuple[int, int, str]]) -> list[Stay]:
    """A life under the policy, with raises of its retention and moves to slot policies, at moments that are safe."""
    stays = [Stay(day(2025, 2, 1, 12), one)]
    for days, number, what in sorted(moves):
        current, at = stays[-1].policy, stays[0].at + days * DAY + number * HOUR
        if at >= now or at <= stays[-1].at + 2 * DAY:
            continue
        if what == "raise":
            days_kept = current.retention.daily_days
            raised = keeping(
                current, daily_days=days_kept and days_kept + number, yearly=current.retention.yearly or YEARLY
            )
            stays.append(Stay(at, raised, unseen=number % 3 == 0))
        elif current.frequency is Frequency.DAILY:
            target = slot_policy(
                VAULT_ID, tier(retention=current.retention), current.policy_type, number * 2, number % 3 - 1
            )
            tick = next_safe_tick(Passage(current, target, 60.0, at - HOUR, 72 * HOUR), at)
            if tick is not None:
                stays.append(Stay(tick, target, unseen=number % 5 == 0))
    return stays


def _classes_of(due: datetime, stays: list[Stay]) -> tuple[str, ...]:
    return next(each.classes for each in made(stays, due + DAY) if each.due == due)


lives = st.builds(
    stays_of,
    st.sampled_from(POLICIES),
    st.sampled_from(NOWS),
    st.lists(st.tuples(st.integers(5, 1100), st.integers(0, 23), st.sampled_from(["raise", "move"])), max_size=6),
)


@JUDGED
@given(lives, st.sampled_from(NOWS), st.booleans(), st.integers(0, 9))
def test_runs_made_and_points_kept_as_the_policies_say_never_make_a_gap(stays, now, follows, seed):
    found = look(stays, made(stays, now, follows, seed), now)
    assert missing(found) == []


@JUDGED
@given(lives, st.sampled_from(NOWS), st.booleans(), st.integers(0, 999))
def test_any_point_that_is_dropped_makes_exactly_its_gap(stays, now, follows, number):
    there = made(stays, now, follows)
    wanted_now = expected(history_of(stays), now)
    if not wanted_now:
        return
    one = wanted_now[number % len(wanted_now)]
    left = [each for each in there if not one.due <= each.due <= one.due + HOUR]
    assert len(left) == len(there) - 1
    assert missing(look(stays, left, now)) == [(one.due, one.classes)]


@pytest.mark.parametrize("one", [one for one in POLICIES if one.name != "Berlin-1"], ids=lambda one: one.name)
def test_after_three_years_what_is_kept_is_what_is_expected_but_for_a_day_or_two_of_months(one):
    now, stays = day(2028, 3, 1, 5), [Stay(day(2025, 2, 1, 12), one)]
    there = {each.due for each in made(stays, now) if each.at < now - 8 * HOUR}
    known = {e.due + shift * HOUR for e in expected(history_of(stays), now) for shift in (0, 1)}
    assert all({"monthly", "yearly"}.intersection(_classes_of(due, stays)) for due in there - known)
    assert len(there - known) <= 2


def found_of(*starts: datetime, history=HISTORY, asked: Asked | None = None, one=WEEKLY) -> Mark:
    [found] = held([one], [point(at) for at in starts], history, asked or Asked())
    return found.mark


def by_hand(*starts: datetime) -> Asked:
    return Asked(by_hand=[Change("item", "backup", "ann", at) for at in starts])


def test_a_point_of_the_run_is_there():
    assert found_of(SUNDAY) is Mark.PRESENT
    assert found_of(SUNDAY + 239 * MINUTE) is Mark.PRESENT


def test_a_daily_point_may_come_from_anything_within_its_day_and_a_weekly_one_from_its_run_only():
    later = SUNDAY + 5 * HOUR
    assert found_of(later) is Mark.MISSING
    assert found_of(later, one=wanted(SUNDAY)) is Mark.PRESENT
    assert found_of(SUNDAY + DAY, one=wanted(SUNDAY)) is Mark.MISSING
    assert found_of(SUNDAY - MINUTE, one=wanted(SUNDAY)) is Mark.MISSING


def test_one_point_does_not_stand_for_two_runs():
    moved = SUNDAY + 22 * HOUR
    both = held([wanted(SUNDAY), wanted(moved)], [point(moved + HOUR)], HISTORY, Asked())
    assert [found.mark for found in both] == [Mark.MISSING, Mark.PRESENT]


@pytest.mark.parametrize("hours", [-1, 0.2, 1])
def test_a_backup_by_hand_that_held_the_vm_is_no_weekly_point(hours):
    sent = SUNDAY + hours * HOUR
    assert found_of(sent + MINUTE, asked=by_hand(sent)) is Mark.MISSING


@pytest.mark.parametrize("hours", [-1, -0.5, 1])
def test_a_backup_by_hand_beside_the_scheduled_one_takes_nothing_away(hours):
    sent = SUNDAY + hours * HOUR
    scheduled = SUNDAY + 5 * MINUTE
    assert found_of(*sorted((sent + MINUTE, scheduled)), asked=by_hand(sent)) is Mark.PRESENT


def test_a_backup_of_ours_that_left_no_point_makes_none_of_the_scheduled_one():
    sent = SUNDAY - 30 * MINUTE
    failed = [on_demand("retry", sent, stage=Stage.FAILED)]
    assert found_of(SUNDAY + 5 * MINUTE, asked=Asked(failed, [change("item", "us", sent + MINUTE)])) is Mark.PRESENT
    running = [on_demand("retry", sent, stage=Stage.SENT)]
    assert found_of(SUNDAY + 5 * MINUTE, asked=Asked(running)) is Mark.MISSING


def test_each_backup_that_was_asked_for_makes_one_point():
    starts = [SUNDAY + minutes * MINUTE for minutes in (-3, -1, 30, 61)]
    assert made_by(SUNDAY, starts) == starts[1]
    assert made_by(SUNDAY + 2 * HOUR, starts) is None
    assert by_hand(SUNDAY, SUNDAY + 10 * MINUTE).made(starts) == {starts[1], starts[2]}
    ours = Asked([on_demand("x", SUNDAY)], [change("item", "us", SUNDAY + MINUTE)])
    assert ours.made(starts) == {starts[1]}


def fill(sent: datetime | None, stage: Stage = Stage.COMPLETED, keep=84 * DAY, number: int = 1):
    return on_demand(f"{gap_key(vm_id('app'), SUNDAY)}|{number}", sent, keep, stage)


def test_a_backup_that_makes_up_for_the_point_fills_the_gap_while_its_own_is_there():
    later = SUNDAY + 12 * HOUR
    [found] = held([WEEKLY], [point(later)], HISTORY, Asked([fill(later)]))
    assert (found.mark, found.filled_at) == (Mark.FILLED, later)
    assert found_of(asked=Asked([fill(later)])) is Mark.MISSING
    assert found_of(later, asked=Asked([fill(later, keep=70 * DAY)])) is Mark.MISSING


def test_a_backup_that_is_asked_for_is_waited_for():
    assert found_of(asked=Asked([fill(None, Stage.WAITING)])) is Mark.ASKED
    assert found_of(asked=Asked([fill(SUNDAY + DAY, Stage.SEEN)])) is Mark.ASKED
    assert found_of(asked=Asked([fill(SUNDAY + DAY, Stage.FAILED)])) is Mark.MISSING
    assert found_of(asked=Asked([on_demand("cadence", SUNDAY + DAY, stage=Stage.WAITING)])) is Mark.MISSING


def test_a_backup_for_another_reason_stands_for_the_point_where_it_is_kept_as_long():
    sent = SUNDAY + 6 * HOUR
    assert found_of(sent, asked=Asked([on_demand("retry", sent)])) is Mark.PRESENT
    assert found_of(sent, asked=Asked([on_demand("retry", sent, keep=30 * DAY)])) is Mark.MISSING
    late = SUNDAY + 25 * HOUR
    assert found_of(late, asked=Asked([on_demand("retry", late)])) is Mark.MISSING


@pytest.mark.parametrize(
    ("tiers", "good"),
    [
        ({}, True),
        ({"InstantRP": "Valid"}, True),
        ({"InstantRP": "Deleted", "HardenedRP": "valid"}, True),
        ({"ArchivedRP": "Rehydrated"}, True),
        ({"InstantRP": "Deleted"}, False),
        ({"HardenedRP": "Invalid"}, False),
    ],
)
def test_a_point_is_good_in_any_tier_that_can_be_restored_from(tiers, good):
    one = point(SUNDAY, **tiers)
    assert is_good(one) is good
    [found] = held([WEEKLY], [one], HISTORY, Asked())
    assert (found.mark is Mark.PRESENT) is good


def test_a_point_that_names_no_tier_is_good():
    assert is_good(replace(point(SUNDAY), tiers=()))


def test_a_point_carries_the_classes_of_the_run_that_explains_it():
    first = day(2026, 3, 1, 22)
    assert classes_at(first, HISTORY) == {"daily", "weekly", "monthly"}
    assert classes_at(first + 3 * HOUR, HISTORY) == {"daily", "weekly", "monthly"}
    assert classes_at(SUNDAY, HISTORY) == {"daily", "weekly"}
    assert classes_at(SUNDAY + DAY, HISTORY) == {"daily"}
    assert classes_at(SUNDAY + 5 * HOUR, HISTORY) == frozenset()
    assert classes_at(day(2025, 1, 5, 22), HISTORY) == {"daily", "weekly", "monthly", "yearly"}


def test_near_midnight_a_point_in_a_local_zone_may_be_of_either_day():
    berlin = (Terms(SINCE, policy(start=60, kept=LONG, time_zone="W. Europe Standard Time")),)
    assert "weekly" in classes_at(day(2026, 3, 8, 0.5), berlin)
    assert "weekly" in classes_at(day(2026, 3, 8, 23.5), berlin)
    assert "weekly" not in classes_at(day(2026, 3, 10, 23.5), berlin)


def test_a_point_after_a_change_is_of_the_new_schedule():
    """Changed on a Sunday at 21:00, an hour before its weekly run, to 23:00 and to no weekly points at all."""
    changed = SUNDAY - HOUR
    weaker = keeping(policy("Weaker", 23 * 60, kept=LONG), weekly=None, monthly=None, yearly=None)
    history = history_of([Stay(SINCE, POLICY), Stay(changed, weaker)])
    assert classes_at(changed + 2.5 * HOUR, history) == {"daily"}
    assert classes_at(changed - DAY + 2.5 * HOUR, history) == {"daily"}
    assert classes_at(changed - 7 * DAY + 2.5 * HOUR, history) == {"daily", "weekly", "monthly"}


def test_a_run_that_was_late_when_its_policy_changed_is_still_of_the_old_one():
    history = history_of([Stay(SINCE, POLICY), Stay(SUNDAY + HOUR, policy("Noon", 12 * 60))])
    assert classes_at(SUNDAY + 2 * HOUR, history) == {"daily", "weekly"}


def test_where_it_is_not_known_when_a_change_was_made_a_point_may_be_of_either():
    noon = policy("Noon", 12 * 60, kept=LONG)
    stays = [Stay(SINCE, POLICY), Stay(day(2026, 3, 8, 10), noon, unseen=True)]
    history = history_of(stays)
    assert history[-1].unsure_from == day(2026, 3, 7, 16)
    assert classes_at(day(2026, 3, 8, 12.5), history) == {"daily", "weekly"}
    assert classes_at(day(2026, 3, 1, 12.5), history) == frozenset()


def test_while_nothing_was_backed_up_no_point_carries_a_class():
    stopped = history_of([Stay(SINCE, POLICY), Stay(SUNDAY - DAY, None)])
    assert classes_at(SUNDAY, stopped) == frozenset()


def test_under_a_schedule_that_is_not_known_a_point_may_be_of_any_run():
    hourly = (Terms(SINCE, policy(start=None, frequency=Frequency.HOURLY, kept=LONG)),)
    assert classes_at(SUNDAY, hourly) == {"daily", "weekly"}
    assert classes_at(SUNDAY + 5 * HOUR, hourly) == {"daily", "weekly"}
    assert classes_at(SUNDAY + 7 * HOUR, hourly) == {"daily"}


def test_a_weekly_schedule_has_weekly_points_on_its_days():
    history = (Terms(SINCE, weekly()),)
    assert classes_at(SUNDAY, history) == {"weekly"}
    assert classes_at(SUNDAY + DAY, history) == frozenset()

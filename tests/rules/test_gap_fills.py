"""Is a lost weekly to yearly point made up for while that helps, for as long as it counts, and not again and again?"""

import pytest

from shared.model.on_demand import Purpose, Stage
from shared.model.retention import Cause, Mark
from shared.rules.gap_fills import MOST_TRIES, fill, next_of_class
from shared.rules.held_points import gap_key, is_for
from shared.rules.slots import DAY
from tests.rules.fleet import VAULT_ID, policy, vm_id
from tests.rules.retaining import ENDS, HOUR, LONG, MINUTE, VM, day, gap, keeping, on_demand, weekly

GOLD = policy("Gold", 22 * 60, kept=LONG)
SUNDAY = day(2026, 3, 8, 22)
LOST = gap(SUNDAY, "daily", "weekly")
NOW = SUNDAY + 10 * HOUR
KEY = gap_key(vm_id("app"), SUNDAY)


def tried(*stages: Stage):
    return [on_demand(f"{KEY}|{number}", NOW, stage=stage) for number, stage in enumerate(stages, 1)]


def test_a_lost_weekly_point_is_asked_for_until_the_next_and_kept_as_long() -> None:
    wanted = fill(LOST, VM, GOLD, (), NOW)
    assert wanted is not None
    assert (wanted.key, wanted.purpose) == (f"{KEY}|1", Purpose.GAP)
    assert (wanted.vm_id, wanted.vault_id, wanted.requester) == (vm_id("app"), VAULT_ID, "nightshift")
    assert wanted.reason == "its weekly point of 08 Mar 22:00 UTC is missing: because"
    assert (wanted.keep_until, wanted.asked_at) == (SUNDAY + 84 * DAY, NOW)
    assert (wanted.not_before, wanted.not_after) == (NOW, SUNDAY + 7 * DAY)


@pytest.mark.parametrize("mark", [Mark.ASKED, Mark.FILLED, Mark.PRESENT])
def test_what_is_asked_for_or_there_is_not_asked_for(mark) -> None:
    assert fill(gap(SUNDAY, "weekly", mark=mark), VM, GOLD, (), NOW) is None


def test_a_daily_point_is_followed_by_the_next_one() -> None:
    assert fill(gap(SUNDAY, "daily"), VM, GOLD, (), NOW) is None
    assert next_of_class(gap(SUNDAY, "daily"), GOLD) is None


def test_the_next_of_the_longest_class_stands_for_what_was_lost() -> None:
    assert fill(LOST, VM, GOLD, (), SUNDAY + 7 * DAY - MINUTE) is not None
    assert fill(LOST, VM, GOLD, (), SUNDAY + 7 * DAY) is None
    first = day(2026, 3, 1, 22)
    assert next_of_class(gap(first, "daily", "weekly", "monthly"), GOLD) == day(2026, 4, 5, 22)
    assert next_of_class(gap(day(2026, 1, 4, 22), "daily", "yearly"), GOLD) == day(2027, 1, 3, 22)
    ends = policy("Ends", 30, kept=ENDS)
    assert next_of_class(gap(day(2028, 1, 31, 0.5), "monthly"), ends) == day(2028, 2, 15, 0.5)
    assert next_of_class(gap(day(2028, 2, 29, 0.5), "monthly", "yearly"), ends) == day(2028, 3, 1, 0.5)


def test_a_class_that_the_policy_lacks_has_no_next_run_and_is_not_asked_for() -> None:
    bare = keeping(GOLD, weekly=None)
    assert next_of_class(LOST, bare) is None
    assert fill(LOST, VM, bare, (), NOW) is None


def test_a_point_that_would_soon_expire_is_not_asked_for() -> None:
    short = weekly("Short", kept=keeping(GOLD, weekly=None, daily_days=None).retention)
    monthly = gap(day(2025, 3, 2, 22), "monthly")
    assert fill(monthly, VM, short, (), day(2026, 3, 1)) is None
    week = keeping(GOLD, daily_days=None, weekly=LONG.weekly.__class__(1, "Weeks", ("Sunday",)))
    assert fill(LOST, VM, week, (), SUNDAY) is not None
    assert fill(LOST, VM, week, (), SUNDAY + MINUTE) is None


def test_what_fails_is_tried_three_times_and_then_left_to_a_person() -> None:
    for count in range(MOST_TRIES):
        wanted = fill(LOST, VM, GOLD, tried(*[Stage.FAILED] * count), NOW)
        assert wanted is not None
        assert wanted.key == f"{KEY}|{count + 1}"
    assert fill(LOST, VM, GOLD, tried(*[Stage.EXPIRED] * MOST_TRIES), NOW) is None


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.SENT, Stage.SEEN, Stage.COMPLETED])
def test_what_is_under_way_or_was_done_is_not_asked_for_again(stage) -> None:
    assert fill(LOST, VM, GOLD, tried(stage), NOW) is None
    assert fill(LOST, VM, GOLD, tried(stage, Stage.FAILED), NOW) is None


def test_backups_for_other_gaps_or_reasons_do_not_count() -> None:
    others = [on_demand(gap_key(vm_id("app"), SUNDAY - 7 * DAY) + "|1", NOW), on_demand("cadence", NOW)]
    assert fill(LOST, VM, GOLD, others, NOW) is not None
    assert [is_for(one, LOST.expected) for one in (*others, *tried(Stage.SENT))] == [False, False, True]


def test_the_reason_names_the_cause() -> None:
    wanted = fill(gap(SUNDAY, "weekly", cause=Cause.COLLISION), VM, GOLD, (), NOW)
    assert wanted is not None
    assert wanted.reason.endswith("is missing: because")

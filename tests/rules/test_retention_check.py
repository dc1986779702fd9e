"""Does a look say what is there, each gap with its cause, and what is odd about the points?"""

from dataclasses import replace

import pytest

from shared.model.azure import Frequency
from shared.model.retention import Cause, Mark, Terms
from shared.rules.gap_causes import Evidence
from shared.rules.held_points import Found
from shared.rules.retention_check import CALENDAR, MOST_GAPS, Case, as_asked, compare, judge, unreadable
from shared.rules.slots import DAY
from tests.rules.fleet import item, policy, vm_id
from tests.rules.retaining import HOUR, LONG, VM, Stay, day, gap, history_of, made, point, points, wanted

GOLD = policy("Gold", 22 * 60, kept=LONG)
FIRST, NOW = day(2025, 1, 2, 12), day(2026, 3, 4, 12)
STAYS = [Stay(FIRST, GOLD)]
HISTORY = history_of(STAYS)
THERE = points(made(STAYS, NOW))
EVIDENCE = Evidence(history=HISTORY, jobs=())


def case(*found, history=HISTORY, **fields) -> Case:
    return Case(item=VM, tier="gold", points=found, history=history, **fields)


def look(*found, history=HISTORY):
    one = case(*found, history=history)
    return judge(one, compare(one, NOW), EVIDENCE, NOW)


def codes(*found, history=HISTORY) -> list[str]:
    return [one.code for one in look(*found, history=history).findings]


def test_a_healthy_vm_has_all_its_points_and_nothing_is_odd() -> None:
    seen = look(*THERE)
    assert (seen.gaps, seen.findings) == ((), ())
    assert seen.counts == (("daily", 30, 30), ("weekly", 12, 12), ("monthly", 12, 12), ("yearly", 2, 2))
    assert (seen.points, seen.oldest, seen.newest) == (len(THERE), THERE[0].at, THERE[-1].at)
    assert seen.consistency == (("AppConsistent", len(THERE)),)
    assert (seen.vm_id, seen.name, seen.vault_id, seen.tier) == (VM.vm_id, "app", VM.vault_id, "gold")
    assert (seen.policy, seen.checked_at) == (VM.policy_name, NOW)


def test_what_is_missing_is_a_gap_with_its_cause_and_is_not_counted() -> None:
    sunday = day(2026, 3, 1, 22)
    seen = look(*(one for one in THERE if not sunday <= one.at < sunday + 3 * HOUR))
    [missing] = seen.gaps
    assert (missing.expected.due, missing.cause, missing.said) == (sunday, Cause.PLATFORM, "no job began for its run")
    assert seen.counts == (("daily", 30, 29), ("weekly", 12, 11), ("monthly", 12, 11), ("yearly", 2, 2))
    assert (sunday.date(), Mark.MISSING, ("daily", "weekly", "monthly")) in seen.calendar


def test_the_calendar_shows_five_weeks_day_by_day() -> None:
    calendar = look(*THERE).calendar
    assert calendar[0][0] == day(2026, 2, 1).date()
    assert [on for on, _, classes in calendar if "daily" in classes] == [
        (day(2026, 2, 2) + number * DAY).date() for number in range(30)
    ]
    assert {mark for _, mark, _ in calendar} == {Mark.PRESENT}
    assert CALENDAR == 35 * DAY


def test_a_point_that_was_made_up_for_counts_and_stays_a_gap_with_its_date() -> None:
    due, filled = day(2026, 3, 1, 22), day(2026, 3, 2, 12)
    found = [Found(wanted(due, "daily", "weekly"), Mark.FILLED, filled), Found(wanted(due + DAY), Mark.ASKED)]
    seen = judge(case(), found, EVIDENCE, NOW)
    assert seen.counts == (("daily", 2, 1), ("weekly", 1, 1))
    assert [(one.mark, one.filled_at) for one in seen.gaps] == [(Mark.FILLED, filled), (Mark.ASKED, None)]


def test_a_vm_without_points_has_no_oldest_and_no_newest_and_its_newest_gaps_are_kept() -> None:
    many = [Found(wanted(day(2025, 6, 1) + number * DAY), Mark.MISSING) for number in range(MOST_GAPS + 9)]
    seen = judge(case(), many, EVIDENCE, NOW)
    assert (seen.points, seen.oldest, seen.newest) == (0, None, None)
    assert [one.expected for one in seen.gaps] == [one.expected for one in many[9:]]


def test_points_that_cannot_be_restored_from_are_none() -> None:
    bad = point(NOW - HOUR, HardenedRP="Invalid")
    seen = look(*THERE, bad)
    assert (seen.points, seen.newest) == (len(THERE), THERE[-1].at)


def test_points_that_stay_snapshots_are_told_of() -> None:
    kept = [point(NOW - days * DAY, InstantRP="Valid") for days in (1, 3, 4)]
    [finding] = look(*kept).findings
    assert (finding.code, finding.subject) == ("points-not-in-vault", VM.vm_id)
    assert finding.text == "2 points of app are snapshots only, the oldest of 28 Feb 12:00 UTC"


@pytest.mark.parametrize(
    "kept",
    [
        point(NOW - 2 * DAY, InstantRP="Valid"),
        point(NOW - 3 * DAY, InstantRP="Valid", HardenedRP="Valid"),
        point(NOW - 3 * DAY, ArchivedRP="Valid"),
        replace(point(NOW - 3 * DAY), tiers=()),
    ],
)
def test_points_in_the_vault_or_on_their_way_or_of_no_tier_are_not_odd(kept) -> None:
    assert codes(kept) == []


def test_hourly_points_may_stay_snapshots_and_so_may_those_of_stopped_backups() -> None:
    kept = point(NOW - 3 * DAY, InstantRP="Valid")
    hourly = (Terms(FIRST, policy(start=None, frequency=Frequency.HOURLY)),)
    stopped = history_of([*STAYS, Stay(NOW - DAY, None)])
    assert [codes(kept, history=history) for history in (hourly, stopped, ())] == [[], [], []]


def test_points_that_became_crash_consistent_are_told_of() -> None:
    crashed = [point(NOW - days * DAY, "CrashConsistent") for days in (1, 2, 3)]
    good = point(NOW - 4 * DAY)
    assert codes(good, *crashed) == ["crash-consistent"]
    assert codes(good, *crashed[:2]) == []
    assert codes(*crashed) == []
    assert codes(point(NOW - HOUR), good, *crashed) == []


def test_points_that_are_to_be_crash_consistent_are_not_odd() -> None:
    crashed = [point(NOW - days * DAY, "CrashConsistent") for days in (1, 2, 3)]
    chosen = history_of([Stay(FIRST, replace(GOLD, snapshot_consistency="OnlyCrashConsistent"))])
    assert codes(point(NOW - 4 * DAY), *crashed, history=chosen) == []


def test_a_vm_whose_points_cannot_be_read_says_so() -> None:
    seen = unreadable(item("app", GOLD), "gold", "no right to", NOW)
    assert (seen.vm_id, seen.policy, seen.points, seen.newest) == (vm_id("app"), "Gold", 0, None)
    [finding] = seen.findings
    assert (finding.code, finding.text) == ("points-unreadable", "the points of app could not be read: no right to")


def test_a_gap_that_a_backup_was_asked_for_is_marked_and_no_other() -> None:
    one, other = gap(day(2026, 3, 1, 22), "weekly"), gap(day(2026, 3, 2, 22))
    seen = as_asked(replace(look(*THERE), gaps=(one, other)), one)
    assert seen.gaps == (replace(one, mark=Mark.ASKED), other)

"""Is every loss between two policies found and named, and nothing else called one? (Safety rules 1 and 2.)"""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.model.azure import BackupPolicy, Frequency, PolicyType, Retention, TaggedRetention
from shared.rules.retention import (
    can_move_type,
    fewer_runs,
    is_daily,
    keeps_less,
    longest_days,
    losses,
    rises,
    same_schedule,
)
from shared.rules.slot_policies import change_text, fingerprint
from tests.rules.fleet import policy

JUDGED = settings(max_examples=200, deadline=None, derandomize=True)
WEEKDAYS = ("Sunday", "Wednesday", "Friday")
RUNS = {
    "weekly": ("Weeks", WEEKDAYS),
    "monthly": ("Months", ("First Sunday", "Day 1", "Day Last")),
    "yearly": ("Years", ("January First Sunday", "July Day 1")),
}


@st.composite
def tagged(draw, name: str) -> TaggedRetention:
    unit, entries = RUNS[name]
    when = draw(st.lists(st.sampled_from(entries), min_size=1, max_size=len(entries), unique=True))
    return TaggedRetention(draw(st.integers(2, 60)), unit, tuple(when))


@st.composite
def policies(draw) -> BackupPolicy:
    kept = Retention(draw(st.integers(8, 400)), **{name: draw(st.none() | tagged(name)) for name in RUNS})
    return policy(
        draw(st.sampled_from(["Legacy", "Archive"])),
        start=draw(st.integers(0, 47)) * 30,
        kept=kept,
        policy_type=draw(st.sampled_from(PolicyType)),
        instant_restore_days=draw(st.integers(2, 5)),
        archive=draw(st.sampled_from([(), ("ArchivedRP: TierAfter 3 Months",)])),
        snapshot_consistency=draw(st.sampled_from(["", "OnlyCrashConsistent"])),
        snapshot_group=draw(st.sampled_from([("", ""), ("rg-snap-", "1")])),
    )


few = st.sampled_from([None, TaggedRetention(2, "Weeks", ("Sunday",)), TaggedRetention(3, "Weeks", ("Sunday",))])
kin = st.builds(lambda days, weekly: policy(kept=Retention(days, weekly)), st.integers(8, 10), few)
"""Policies so alike that many pairs lose nothing."""


def class_of(name: str, one: BackupPolicy) -> TaggedRetention:
    kept = getattr(one.retention, name)
    assume(kept is not None)
    return kept


def keeping(one: BackupPolicy, **classes) -> BackupPolicy:
    return replace(one, retention=replace(one.retention, **classes))


def other_type(one: BackupPolicy) -> PolicyType:
    return PolicyType.ENHANCED if one.policy_type is PolicyType.STANDARD else PolicyType.STANDARD


LOWERED = {
    "daily points: fewer": lambda p: keeping(p, daily_days=p.retention.daily_days - 1),
    "daily points: none": lambda p: keeping(p, daily_days=None),
    "policy type": lambda p: replace(p, policy_type=other_type(p)),
    "schedule: weekly": lambda p: replace(p, frequency=Frequency.WEEKLY, run_days=("Sunday",)),
    "schedule: unknown": lambda p: replace(p, frequency=Frequency.UNKNOWN),
    "instant restore": lambda p: replace(p, instant_restore_days=p.instant_restore_days - 1),
    "archive tiering": lambda p: replace(p, archive=("ArchivedRP: TierAfter 1 Months",)),
    "snapshot consistency": lambda p: replace(p, snapshot_consistency="Other"),
    "snapshot resource group": lambda p: replace(p, snapshot_group=("rg-other-", "")),
    "has backupTier": lambda p: replace(p, unread=("backupTier",)),
}
LOWERED_CLASS = {
    "points: less": lambda kept: replace(kept, count=kept.count - 1),
    "points: other unit": lambda kept: replace(kept, unit="Days"),
    "points: fewer runs": lambda kept: replace(kept, when=kept.when[1:]),
    "points: none": lambda _: None,
}


@JUDGED
@given(policies())
def test_a_policy_compared_with_itself_loses_nothing_and_raises_nothing(one):
    assert losses(one, one) == ()
    assert not rises(one, one)
    assert change_text(one, one) == ""


@pytest.mark.parametrize("field", LOWERED)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(one=policies())
def test_lowering_any_one_field_is_a_loss_that_is_named(field, one):
    lowered = LOWERED[field](one)
    [loss] = losses(one, lowered)
    assert field.split(":")[0] in loss
    assert fingerprint(one) != fingerprint(lowered)
    assert len(change_text(one, lowered).split("; ")) == 1


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("field", LOWERED_CLASS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(one=policies())
def test_lowering_any_one_field_of_a_tagged_class_is_a_loss_that_is_named(name, field, one):
    lowered = keeping(one, **{name: LOWERED_CLASS[field](class_of(name, one))})
    [loss] = losses(one, lowered)
    assert loss.startswith(f"{name} points: ")
    assert fingerprint(one) != fingerprint(lowered)
    assert len(change_text(one, lowered).split("; ")) == 1


@pytest.mark.parametrize("side", [0, 1])
def test_a_field_that_cannot_be_read_is_a_loss_on_either_side(side):
    pair = [policy(), policy()]
    pair[side] = replace(pair[side], name="Odd", unread=("backupTier",))
    assert losses(*pair) == ("policy Odd has backupTier, which this version cannot compare",)


@JUDGED
@given(kin, kin)
def test_what_neither_loses_nor_rises_keeps_the_same_for_the_same_time(one, other):
    assert (not losses(one, other) and not rises(one, other)) == (one.retention == other.retention)


@JUDGED
@given(kin, kin, kin)
def test_two_lossless_steps_make_a_lossless_way(one, two, three):
    assert losses(one, two) or losses(two, three) or losses(one, three) == ()


@JUDGED
@given(policies(), st.integers(1, 50))
def test_keeping_longer_is_no_loss_and_is_a_rise(one, more):
    longer = keeping(one, daily_days=one.retention.daily_days + more)
    assert losses(one, longer) == ()
    assert rises(one, longer)
    assert not rises(longer, one)


@pytest.mark.parametrize("name", RUNS)
@given(one=policies())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_class_that_is_added_or_kept_longer_or_tagged_more_often_is_a_rise(name, one):
    kept = class_of(name, one)
    assert rises(keeping(one, **{name: None}), one)
    assert rises(one, keeping(one, **{name: replace(kept, count=kept.count + 1)}))
    assert rises(one, keeping(one, **{name: replace(kept, when=(*kept.when, "Day 7"))}))


def test_a_class_kept_in_another_unit_counts_as_a_rise_since_it_cannot_be_compared():
    weeks = keeping(policy(), weekly=TaggedRetention(12, "Weeks", ("Sunday",)))
    years = keeping(policy(), weekly=TaggedRetention(2, "Years", ("Sunday",)))
    assert rises(weeks, years)


def test_more_days_of_instant_restore_are_a_rise():
    assert rises(policy(instant_restore_days=2), policy(instant_restore_days=5))


def test_fewer_run_days_of_a_weekly_schedule_are_a_loss():
    often = policy(frequency=Frequency.WEEKLY, run_days=("Sunday", "Wednesday"))
    [loss] = losses(often, replace(often, run_days=("Sunday",)))
    assert loss == "runs: 2 days a week (Sunday, Wednesday) -> 1"
    assert losses(replace(often, run_days=("Sunday",)), often) == ()


def test_the_start_and_the_tagged_days_alone_are_no_loss():
    here, there = policy(start=0), keeping(policy(start=60), weekly=TaggedRetention(12, "Weeks", ("Monday",)))
    assert losses(here, there) == ()
    assert not same_schedule(here, there)
    assert same_schedule(here, replace(there, start=0))


@pytest.mark.parametrize(
    ("kept", "days"),
    [
        (Retention(30), 30),
        (Retention(None), 0),
        (Retention(30, weekly=TaggedRetention(12, "Weeks", ("Sunday",))), 84),
        (Retention(30, monthly=TaggedRetention(12, "Months", ("Day 1",))), 372),
        (Retention(30, yearly=TaggedRetention(10, "Years", ("January Day 1",))), 3660),
        (Retention(30, yearly=TaggedRetention(10, "Decades", ("January Day 1",))), 3660),
        (Retention(500, weekly=TaggedRetention(12, "Weeks", ("Sunday",))), 500),
    ],
)
def test_the_longest_retention_counts_in_days(kept, days):
    assert longest_days(policy(kept=kept)) == days


def test_no_policy_goes_back_to_standard():
    standard, enhanced = PolicyType.STANDARD, PolicyType.ENHANCED
    allowed = [(a, b) for a in PolicyType for b in PolicyType if can_move_type(a, b)]
    assert allowed == [(standard, standard), (standard, enhanced), (enhanced, enhanced)]


def test_only_a_daily_schedule_with_a_start_is_daily():
    assert is_daily(policy())
    assert not is_daily(policy(start=None))
    assert not is_daily(policy(frequency=Frequency.WEEKLY, run_days=("Sunday",)))


@JUDGED
@given(policies(), policies())
def test_in_points_a_policy_keeps_less_only_where_it_would_be_a_loss(one, other):
    assert keeps_less(one, one) == ()
    assert set(keeps_less(one, other)) <= set(losses(one, other))


@pytest.mark.parametrize("field", ["daily points: fewer", "daily points: none"])
@settings(max_examples=25, deadline=None, derandomize=True)
@given(one=policies())
def test_fewer_daily_points_keep_less(field, one):
    [loss] = keeps_less(one, LOWERED[field](one))
    assert loss.startswith("daily points: ")


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("field", LOWERED_CLASS)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(one=policies())
def test_less_of_any_tagged_class_keeps_less(name, field, one):
    [loss] = keeps_less(one, keeping(one, **{name: LOWERED_CLASS[field](class_of(name, one))}))
    assert loss.startswith(f"{name} points: ")


@pytest.mark.parametrize(
    "other",
    [
        replace(policy(), start=60, time_zone="Tokyo Standard Time"),
        replace(policy(), policy_type=PolicyType.ENHANCED, instant_restore_days=1, archive=("x",), unread=("y",)),
        replace(policy(), frequency=Frequency.HOURLY, start=None),
    ],
    ids=["another hour", "snapshots", "hourly"],
)
def test_as_many_runs_that_are_kept_as_long_keep_nothing_less(other):
    assert keeps_less(policy(), other) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (Frequency.HOURLY, Frequency.DAILY, "schedule: Hourly -> Daily"),
        (Frequency.DAILY, Frequency.WEEKLY, "schedule: Daily -> Weekly"),
        (Frequency.WEEKLY, Frequency.UNKNOWN, "schedule: Weekly -> Unknown"),
    ],
)
def test_a_schedule_that_runs_less_often_keeps_less_and_one_that_runs_more_often_does_not(old, new, said):
    often, rarely = policy(frequency=old), policy(frequency=new)
    assert keeps_less(often, rarely) == fewer_runs(often, rarely) == (said,)
    assert keeps_less(rarely, often) == ()


def test_fewer_days_of_a_week_keep_less_and_other_days_do_not():
    twice = policy(frequency=Frequency.WEEKLY, run_days=("Sunday", "Wednesday"))
    once = replace(twice, run_days=("Friday",))
    assert keeps_less(twice, once) == ("runs: 2 days a week -> 1",)
    assert keeps_less(once, replace(once, run_days=("Sunday",))) == keeps_less(once, twice) == ()


@pytest.mark.parametrize("field", LOWERED)
def test_of_an_ordinary_policy_too_each_lowered_field_is_named_and_its_opposite_no_loss(field):
    one = policy(instant_restore_days=5)
    [loss] = losses(one, LOWERED[field](one))
    assert field.split(":")[0] in loss
    if "daily" in field or "instant" in field:
        assert rises(LOWERED[field](one), one)


def test_another_resource_group_for_snapshots_or_a_class_more_is_told_apart():
    one = policy(snapshot_group=("rg-snap-", "1"))
    assert losses(one, replace(one, snapshot_group=("rg-snap-", "2"))) == ("snapshot resource group would change",)
    assert rises(keeping(one, weekly=None), one)
    assert not rises(one, keeping(one, weekly=None))

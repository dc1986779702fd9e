"""Are hourly schedules planned only where a tier asks for them, entered and left safely, and never made less?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import BackupPolicy, Frequency, HourlySchedule, PolicyType, TaggedRetention
from shared.model.intent import PatchWindow, TagMatch, Tier, TierHours
from shared.model.observed import Memory
from shared.model.plan import Action
from shared.rules.backup_windows import plan
from shared.rules.hourly import run_slots
from shared.rules.intent_changes import shortened
from shared.rules.plan_proof import check
from shared.rules.retention import losses, same_schedule
from shared.rules.safe_moments import HORIZON_HOURS, Passage, next_safe_tick, obstacle
from shared.rules.slot_policies import fingerprint, slot_policy
from shared.rules.slots import start_slots
from tests.rules.fleet import (
    NIGHT,
    NOW,
    VAULT_ID,
    followed,
    intent,
    jobs,
    policy,
    seen,
    tier,
    vault,
    vm,
    window,
    written,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FOUR_HOURLY = HourlySchedule(4, 12)
ENHANCED = {"policy_type": PolicyType.ENHANCED, "instant_restore_days": 7}
OFTEN = tier(**ENHANCED, hourly=TierHours(8 * 60, FOUR_HOURLY))
"""Tier "gold" at 08:00, 12:00, 16:00 and 20:00: the last run opens its window."""
ONCE = replace(OFTEN, hourly=None)
THEIRS = policy("Daily", **ENHANCED)
OURS = slot_policy(VAULT_ID, OFTEN, PolicyType.ENHANCED, 40, 0)


def hourly(start: int = 8 * 60, every: int = 4, hours: int = 12, **fields) -> BackupPolicy:
    """A person's hourly policy that keeps what tier "gold" keeps."""
    runs = {"frequency": Frequency.HOURLY, "hourly": HourlySchedule(every, hours)}
    return policy("Hourly", start, **(ENHANCED | runs | fields))


def planned(inside: BackupPolicy, of: Tier = OFTEN, **fields):
    observed = seen(["app"], inside, jobs=jobs("app", 40), **fields)
    made = plan(observed, intent(tiers=(of,)), NOW)
    assert check(made, intent(tiers=(of,)), observed.vms) == []
    return made


# What a plan makes of them.


def test_a_vm_of_an_hourly_tier_gets_its_policy_and_counts_with_the_run_that_moves_its_data():
    made = planned(THEIRS)
    [line], [target] = made.vms, made.policies
    assert (line.action, line.policy, line.slot, line.allowed) == (Action.MOVE, "ns-gold-2000-v2", 40, (40,))
    assert "the last run of its tier's schedule (every 4 h for 12 h), about 40 min" in line.reason
    assert (target.frequency, target.start, target.hourly) == (Frequency.HOURLY, 8 * 60, FOUR_HOURLY)
    assert made.proofs[0].peak == 1
    assert line.due is not None


def test_a_plan_that_was_followed_moves_nobody_again():
    first = planned(THEIRS)
    again = plan(followed(seen(["app"], THEIRS, jobs=jobs("app", 40)), first), intent(tiers=(OFTEN,)), NOW + HOUR)
    [line] = again.vms
    assert (line.action, again.moves, again.edits) == (Action.KEEP, (), ())
    assert line.reason.startswith("stays at 20:00 UTC, the last run of its tier's schedule")


def test_a_vm_of_a_standard_policy_runs_daily_until_it_may_migrate():
    made = planned(policy(instant_restore_days=2))
    [line] = made.vms
    assert [(one.frequency, one.hourly) for one in made.policies] == [(Frequency.DAILY, None)]
    assert line.policy == f"ns-gold-{line.policy[8:12]}"
    assert len(line.allowed) == 20
    wanted = intent(tiers=(OFTEN,), migrate_to_enhanced=("app",))
    [line] = plan(seen(["app"], policy(instant_restore_days=2)), wanted, NOW).vms
    assert (line.action, line.policy) == (Action.MOVE, "ns-gold-2000-v2")


def test_an_equal_hourly_policy_of_a_person_is_left_for_ours_as_a_daily_one_would_be():
    assert planned(hourly()).vms[0].policy == "ns-gold-2000-v2"
    assert same_schedule(hourly(), OURS)


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (hourly(every=4, hours=16), "runs: 5 a day -> 4 a day"),
        (hourly(instant_restore_days=17), "instant restore: 17 -> 7 days"),
        (policy("Weekly", **ENHANCED, frequency=Frequency.WEEKLY, run_days=("Sunday",)), "its schedule is weekly"),
    ],
)
def test_whoever_would_have_less_is_held(inside, why):
    [line] = planned(inside).vms
    assert line.action is Action.HOLD
    assert why in line.reason


def test_a_tier_that_asks_for_no_hours_leaves_hourly_policies_alone_but_counts_their_load():
    [line] = planned(hourly(), ONCE).vms
    assert (line.action, line.slot) == (Action.HOLD, 40)
    assert line.reason.startswith("its schedule is hourly; those are managed only in tiers that have a schedule")


def test_a_tier_that_runs_less_often_than_the_one_in_force_is_not_published():
    assert shortened(intent(tiers=(OFTEN,)), intent(tiers=(ONCE,))) == (
        "tiers.gold: schedule would change from Hourly to Daily; expected at least what is in force: "
        "give the smaller tier a new name",
    )
    assert shortened(intent(tiers=(ONCE,)), intent(tiers=(OFTEN,))) == ()


def test_a_daily_policy_of_ours_of_that_start_becomes_hourly_in_place():
    ours = slot_policy(VAULT_ID, ONCE, PolicyType.ENHANCED, 40, 0)
    made = planned(ours, memory=Memory(written=written(ours)))
    [edit] = made.edits
    assert edit.policy_id == ours.id
    assert "schedule: Daily -> Hourly every 4 h for 12 h" in edit.reason


def test_an_hourly_policy_of_ours_that_a_person_made_daily_is_put_back_but_never_made_less():
    daily = replace(OURS, frequency=Frequency.DAILY, hourly=None, start=20 * 60)
    memory = Memory(written=written(OURS), drift_since={OURS.id: NOW - 2 * DAY})
    [edit] = planned(daily, memory=memory).edits
    assert edit.reason.startswith("drift, put back: schedule: Daily -> Hourly")
    more = replace(OURS, hourly=HourlySchedule(4, 16))
    made = planned(more, memory=Memory(written=written(OURS), drift_since={OURS.id: NOW - 2 * DAY}))
    assert made.edits == ()
    assert "runs: 5 a day -> 4 a day" in made.vms[0].reason
    assert [one.text.split(" -> ")[-1] for one in made.findings] == ["Hourly every 4 h for 16 h"]


@pytest.mark.parametrize(("hours", "stays"), [((11, 13), True), ((21, 22), True), ((3, 5), False)])
def test_patching_that_meets_a_run_of_the_day_keeps_the_vm_where_it_is(hours, stays):
    patching = PatchWindow(TagMatch("backup-tier", ("gold",)), hours[0] * 60, hours[1] * 60, "UTC")
    wanted = intent(tiers=(OFTEN,), patch_windows=(patching,))
    [line] = plan(seen(["app"], THEIRS, jobs=jobs("app", 40)), wanted, NOW).vms
    assert (line.action is Action.HOLD) == stays
    assert ("meets its patching: move one of them" in line.reason) == stays


def test_a_new_vm_is_enrolled_at_its_tiers_hours():
    wanted = intent(tiers=(OFTEN,))
    made = plan(seen((), THEIRS, vms=(vm("new"),)), wanted, NOW)
    [one] = made.enrolments
    assert (one.policy, one.slot) == ("ns-gold-2000-v2", 40)
    assert "20:00 UTC is the day's last run of its tier's schedule, every 4 h for 12 h" in one.reason
    assert check(made, wanted, (vm("new"),)) == []


def test_each_zone_has_its_own_hours_and_its_own_tagged_days():
    wanted = intent(tiers=(OFTEN,), windows={"night": window(zone="America/New_York")})
    made = plan(seen(["app"], THEIRS, vaults=(vault(),)), wanted, NOW)
    [target] = made.policies
    assert (target.name, target.start) == ("ns-gold-0100-v2", 13 * 60)
    assert target.retention.weekly == TaggedRetention(12, "Weeks", ("Monday",))


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.sampled_from(["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu"]),
    st.integers(0, 47).map(lambda slot: slot * 30),
    st.sampled_from([(4, 4), (4, 12), (4, 16), (6, 12), (8, 16), (12, 12)]),
)
def test_the_last_run_of_a_policy_is_where_the_tiers_hours_say_on_every_night(night, zone, start, hours):
    schedule = HourlySchedule(*hours)
    often = replace(OFTEN, hourly=TierHours(start, schedule))
    last = often.hourly.last_start
    opens = replace(window(zone=zone), start=last, end=(last + 8 * 60) % 1440)
    slots = run_slots(often, opens, "westeurope", night)
    assert len(slots) == len(schedule.runs)
    target = slot_policy(VAULT_ID, often, PolicyType.ENHANCED, slots[-1], 0)
    assert start_slots(target, night)[0] == slots[-1]
    assert target.start == slots[0] * 30


# When a VM may enter and leave.


def passage(old: BackupPolicy, new: BackupPolicy, **fields) -> Passage:
    return Passage(old, new, **({"minutes": 60.0, "last_point_at": NOW - HOUR, "rpo": 30 * DAY} | fields))


MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 39).map(lambda slot: slot * 30),
    st.sampled_from([(4, 4), (4, 12), (4, 16), (6, 12), (12, 12)]),
    st.integers(0, 47),
    st.integers(0, 47),
    st.integers(1, 300),
    st.booleans(),
)
def test_no_vm_changes_policy_while_a_run_of_either_day_may_start_or_run(
    start, hours, slot, half_hour, minutes, enters
):
    many, one = hourly(start, *hours), policy("Once", slot * 30, **ENHANCED)
    old, new = (one, many) if enters else (many, one)
    now = MIDNIGHT + half_hour * HOUR / 2
    if obstacle(passage(old, new, minutes=minutes), now) is not None:
        return
    for which, tail in ((old, 2 * HOUR + timedelta(minutes=minutes)), (new, 2 * HOUR)):
        for run in which.hourly.runs if which.hourly else (0,):
            for day in (-1, 0, 1):
                begins = MIDNIGHT + day * DAY + timedelta(minutes=which.start) + run * HOUR
                assert not begins - HOUR <= now <= begins + tail


def test_between_the_runs_of_one_day_nobody_moves_though_there_were_time():
    way = passage(hourly(0, 12, 12), policy("Once", 16 * 60, **ENHANCED))
    assert obstacle(way, MIDNIGHT + 6 * HOUR) == "within 1 h before or 15.0 h after its current start at 00:00 UTC"


def test_the_rpo_is_judged_by_the_runs_that_reach_the_vault():
    late = hourly(16 * 60, 4, 4)
    way = passage(policy("Once", 14 * 60, **ENHANCED), late, last_point_at=MIDNIGHT - 9 * HOUR, rpo=30 * HOUR)
    assert (
        obstacle(way, MIDNIGHT + 8 * HOUR)
        == "31.0 h between its last point and its next run would exceed its RPO of 30.0 h"
    )
    assert obstacle(replace(way, rpo=31 * HOUR), MIDNIGHT + 8 * HOUR) is None


def test_a_schedule_around_the_clock_leaves_no_moment_to_move():
    way = passage(hourly(0, 4, 24), policy("Once", **ENHANCED))
    assert all(obstacle(way, MIDNIGHT + hour * HOUR) for hour in range(HORIZON_HOURS))
    assert next_safe_tick(way, MIDNIGHT) is None


# What is less.


def test_a_daily_schedule_may_become_hourly_and_never_the_other_way_round():
    assert losses(replace(THEIRS, start=1200), hourly()) == ()
    assert losses(hourly(), THEIRS) == ("schedule would change from Hourly to Daily",)
    weekly = policy("Weekly", **ENHANCED, frequency=Frequency.WEEKLY, run_days=("Sunday",))
    assert losses(weekly, hourly()) == ("schedule would change from Weekly to Hourly",)
    assert losses(hourly(), replace(hourly(), hourly=None)) == ("runs: the hours of the target are not known",)


@given(*[st.sampled_from([4, 6, 8, 12, 24]), st.integers(4, 24)] * 2)
def test_fewer_runs_or_longer_intervals_are_a_loss(every, hours, other_every, other_hours):
    old, new = HourlySchedule(every, max(every, hours)), HourlySchedule(other_every, max(other_every, other_hours))
    less = losses(hourly(every=old.every, hours=old.hours), hourly(every=new.every, hours=new.hours))
    assert bool(less) == (
        new.every > old.every
        or len(new.runs) < len(old.runs)
        or len(range(0, new.hours, new.every)) < len(range(0, old.hours, old.every))
    )


@pytest.mark.parametrize(("old", "new"), [(8, 7), (9, 8)])
def test_a_run_that_may_be_at_the_end_of_the_hours_is_not_given_away(old, new):
    assert losses(hourly(hours=old), hourly(hours=new)) != ()
    assert losses(hourly(hours=new), hourly(hours=old)) == ()


def test_the_runs_of_a_day_are_in_the_fingerprint():
    assert "schedule: Hourly every 4 h for 12 h | start: 08:00 UTC" in fingerprint(OURS)
    assert fingerprint(OURS) != fingerprint(replace(OURS, hourly=HourlySchedule(4, 16)))
    assert not same_schedule(OURS, replace(OURS, hourly=HourlySchedule(6, 12)))
    assert run_slots(ONCE, window(), "westeurope", NIGHT) == ()

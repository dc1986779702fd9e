"""Which bugs are planted in hourly schedules, and which test must catch each?"""

from tests.planted.bug import Bug

MOMENTS = "shared/rules/safe_moments.py"
RETENTION = "shared/rules/retention.py"
MEMBERSHIPS = "shared/rules/memberships.py"
SCHEDULED = "shared/rules/scheduled_runs.py"
OVERDUE = "shared/rules/overdue.py"
POLICIES = "shared/rules/slot_policies.py"
BODIES = "shared/cloud/bodies.py"
CHECKS = "shared/fleet_policy/hourly.py"
TESTS = "tests/rules/test_hourly.py"

HOURLY_BUGS = (
    Bug(
        "change policy between the runs of a day",
        MOMENTS,
        "_near(slot, now, _lasts(policy) + after,",
        "_near(slot, now, after,",
        f"{TESTS}::test_between_the_runs_of_one_day_nobody_moves_though_there_were_time",
    ),
    Bug(
        "make an hourly schedule daily",
        RETENTION,
        "(current.frequency, target.frequency) == (Frequency.DAILY, Frequency.HOURLY)",
        "{current.frequency, target.frequency} == {Frequency.DAILY, Frequency.HOURLY}",
        f"{TESTS}::test_a_daily_schedule_may_become_hourly_and_never_the_other_way_round",
    ),
    Bug(
        "run less often",
        RETENTION,
        "    if len(new.runs) < len(old.runs) or",
        "    if",
        f"{TESTS}::test_a_run_that_may_be_at_the_end_of_the_hours_is_not_given_away[8-7]",
    ),
    Bug(
        "take hourly policies of tiers that ask for none",
        MEMBERSHIPS,
        "is_hourly(policy) and tier is not None and tier.hourly is not None",
        "is_hourly(policy)",
        f"{TESTS}::test_a_tier_that_asks_for_no_hours_leaves_hourly_policies_alone_but_counts_their_load",
    ),
    Bug(
        "let standard policies run hourly",
        POLICIES,
        "    hours = in_policies_of(tier, policy_type).hourly\n",
        "    hours = tier.hourly\n",
        f"{TESTS}::test_a_vm_of_a_standard_policy_runs_daily_until_it_may_migrate",
    ),
    Bug(
        "believe that the end of the hours is a run",
        SCHEDULED,
        "for hour in policy.hourly.last_runs}",
        "for hour in policy.hourly.last_runs[:1]}",
        "tests/rules/test_overdue.py::"
        "test_of_an_hourly_day_only_the_end_is_judged_and_only_where_no_reading_of_its_hours_has_a_run",
    ),
    Bug(
        "alarm for every snapshot",
        OVERDUE,
        "in reversed(vaulted_runs(policy, due))",
        "in reversed(runs_around(policy, due))",
        "tests/rules/test_overdue.py::test_a_missed_run_by_day_is_told_by_nobody",
    ),
    Bug(
        "send hours that Azure does not take",
        BODIES,
        '        "" if (policy.start or 0) <= _LAST_WINDOW_START else',
        '        "" if True else',
        "tests/cloud/test_bodies.py::test_doubtful_hours_are_refused_with_their_reason[fields7-19:30 at the latest]",
    ),
    Bug(
        "forget the second season",
        CHECKS,
        "for season in SEASONS if place",
        "for season in SEASONS[1:] if place",
        "tests/fleet_policy/test_hourly.py::test_the_season_in_which_the_first_run_is_latest_counts",
    ),
)

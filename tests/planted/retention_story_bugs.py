"""Which bugs are planted in retention for its story to find, or for the tests that the story led to?"""

from tests.planted.bug import Bug

CAUSES = "shared/rules/gap_causes.py"
FILLS = "shared/rules/gap_fills.py"
KEPT = "shared/rules/on_demand.py"
EXPECTED = "shared/rules/expected_points.py"
CHECK = "shared/rules/retention_check.py"
POINTS = "shared/flows/retention/points.py"
STORY = "tests/scenarios/test_scenarios.py::test_a_story_ends_as_it_must[retention-3-17]"
FLOWS = "tests/flows/test_points.py"

RETENTION_STORY_BUGS = (
    Bug(
        "call a collision what is none",
        CAUSES,
        "    return Verdict(Cause.COLLISION, said)\n",
        "    return Verdict(Cause.PLATFORM, said)\n",
        STORY,
    ),
    Bug(
        "keep what makes up for a point from now on",
        FILLS,
        "keep_until(policy, due, due), next_of_class",
        "keep_until(policy, due, now + timedelta(days=2)), next_of_class",
        STORY,
    ),
    Bug(
        "forget that points were looked at",
        POINTS,
        "    keep(tick.ports.ledger, seen)\n",
        "",
        STORY,
    ),
    Bug(
        "look at no point on a leap day",
        EXPECTED,
        "        if run is None or run.earliest < since",
        "        if run is None or (day.month, day.day) == (2, 29) or run.earliest < since",
        "tests/rules/test_expected_points.py::test_month_ends_and_leap_days_carry_their_tags",
    ),
    Bug(
        "keep a point for months of 31 days",
        KEPT,
        '_DAYS = {"Days": 1, "Weeks": 7}\n_MONTHS = {"Months": 1, "Years": 12}\n',
        '_DAYS = {"Days": 1, "Weeks": 7, "Months": 31}\n_MONTHS = {"Years": 12}\n',
        "tests/rules/test_kept_until.py::test_the_longest_class_counts_in_months_of_the_calendar",
    ),
    Bug(
        "hold runs to terms that may have changed since",
        CHECK,
        "if case.noted_at is None or one.due < case.noted_at",
        "if True",
        f"{FLOWS}::test_a_look_between_a_move_and_the_night_that_notes_it_holds_no_run_to_the_old_terms",
    ),
    Bug(
        "leave it at a backup that came to nothing",
        FILLS,
        "    return frozenset(one.wanted.vm_id for one in over if one.stage is not Stage.COMPLETED)\n",
        "    return frozenset()\n",
        f"{FLOWS}::test_a_fill_that_came_to_nothing_is_asked_for_again_the_next_night",
    ),
)

"""Which bugs are planted in the levelling, in what it says of overlaps and in start delays?"""

from tests.planted.bug import Bug

LEVEL = "shared/rules/leveling/level.py"
REPAIR = "shared/rules/leveling/repair.py"
FLEET = "shared/rules/leveling/fleet.py"
SPACING = "shared/rules/leveling/spacing.py"
OVERLAP = "shared/rules/leveling/overlap.py"
PROOF = "shared/rules/leveling/proof.py"
DELAY = "shared/rules/start_delay.py"
CHECK = "shared/rules/plan_check.py"

LEVEL_BUGS = (
    Bug(
        "mend a plan with more moves than a night has",
        REPAIR,
        "allowance = everyone if problem.max_moves is None else problem.max_moves",
        "allowance = everyone",
        "tests/rules/test_repair.py::test_a_budget_of_nothing_leaves_a_crowded_plan_alone",
    ),
    Bug(
        "plan anew with more moves than a night has",
        LEVEL,
        "    affordable = problem.max_moves is None or moves(fresh) <= forced + problem.max_moves\n",
        "    affordable = True\n",
        "tests/rules/test_repair.py::test_a_budget_of_nothing_leaves_a_crowded_plan_alone",
    ),
    Bug(
        "plan a small fleet anew for one VM that joins",
        LEVEL,
        "near = _within(problem, max(most, fresh.peak + 1))",
        "near = most",
        "tests/rules/test_repair.py::test_a_small_fleet_is_not_planned_anew_for_one_vm_that_joins",
    ),
    Bug(
        "spend moves on policies that must close again",
        "shared/rules/leveling/relief.py",
        "self._offers.known_only = few and ",
        "self._offers.known_only = False and ",
        "tests/rules/test_repair.py::test_few_moves_a_night_reach_the_fresh_peak_though_policies_are_few",
    ),
    Bug(
        "keep one run more even where one move lowers it",
        LEVEL,
        "    if not most < board.peak <= near:\n        return board\n",
        "    return board\n",
        "tests/rules/test_repair.py::test_one_run_more_than_a_fresh_plan_is_lowered_where_that_takes_few_moves",
    ),
    Bug(
        "let an application overlap because it stands so",
        REPAIR,
        "        if start is not None and start in fleet.allowed[job] and board.clear(job, start):",
        "        if start is not None and start in fleet.allowed[job]:",
        "tests/rules/test_repair.py::test_applications_come_apart_whatever_the_budget_and_no_more_jobs_move_than_must",
    ),
    Bug(
        "stay at a start that is no longer allowed",
        REPAIR,
        "start is not None and start in fleet.allowed[job] and",
        "start is not None and",
        "tests/rules/test_repair.py::test_a_start_that_is_no_longer_allowed_is_left_whatever_the_budget",
    ),
    Bug(
        "keep an application apart only while nobody is late",
        FLEET,
        "self.gaps.get(self.separate[job], self.problem.lateness)",
        "self.gaps.get(self.separate[job], 0)",
        "tests/rules/test_leveling.py::test_a_group_is_separated_even_when_everyone_is_late",
    ),
    Bug(
        "take any gap for the widest",
        SPACING,
        "    while kept + 1 < refused:",
        "    while False:",
        "tests/rules/test_spacing.py::test_an_application_in_a_short_window_is_spaced_as_widely_as_it_lets_it",
    ),
    Bug(
        "space an application that may not overlap",
        "shared/rules/leveling/separation.py",
        "for group in fleet.gaps if group not in fleet.problem.may_space]",
        "for group in fleet.gaps if False]",
        "tests/rules/test_spacing.py::test_a_group_is_spaced_only_where_the_problem_says_it_may_be",
    ),
    Bug(
        "take a run that ends in the minute of a start for over",
        OVERLAP,
        "before := ended + ending / 2",
        "before := ended + ending",
        "tests/rules/test_spacing.py::test_two_runs_overlap_with_the_probability_of_the_closed_form",
    ),
    Bug(
        "forget that the next morning's run may meet the last of the night",
        OVERLAP,
        "    return [*line, again] if max(",
        "    return line if max(",
        "tests/rules/test_spacing.py::test_two_runs_a_day_meet_on_both_sides",
    ),
    Bug(
        "sum up one order of equal runs only",
        OVERLAP,
        "+= now[index] * chance",
        "+= chance",
        "tests/rules/test_spacing.py::test_many_equal_runs_are_told_without_counting_their_orders_one_by_one",
    ),
    Bug(
        "go on raising prices that rounding asks for",
        PROOF,
        "        if max(slope) <= 1e-9 * peak:",
        "        if not any(slope):",
        "tests/rules/test_leveling.py::test_the_search_for_a_bound_ends_where_no_price_is_worth_raising",
    ),
    Bug(
        "learn lateness from runs that somebody asked for",
        DELAY,
        "if timedelta() <= delay < LONGEST_DELAY",
        "if timedelta() <= delay",
        "tests/rules/test_start_delay.py::test_what_the_schedule_did_not_start_says_nothing",
    ),
    Bug(
        "learn lateness from a handful of runs",
        DELAY,
        "    if len(minutes) < ENOUGH_RUNS:",
        "    if not minutes:",
        "tests/rules/test_start_delay.py::test_too_few_runs_leave_the_documented_lateness",
    ),
    Bug(
        "tell the peak of a middling night",
        DELAY,
        "math.ceil(0.99 * nights)",
        "math.ceil(0.5 * nights)",
        "tests/rules/test_start_delay.py::test_the_peak_is_that_of_the_99th_of_100_nights_drawn_another_way[0]",
    ),
    Bug(
        "forget what still runs from before midnight",
        DELAY,
        "peak = running = sum(begin > end for begin, end in zip(opened, closed, strict=True))",
        "peak = running = 0",
        "tests/rules/test_start_delay.py::test_what_runs_past_midnight_meets_the_next_days_runs",
    ),
    Bug(
        "believe any gap that a plan claims",
        CHECK,
        "    wrong = [] if gap == claimed else [",
        "    wrong = [] if True else [",
        "tests/rules/test_spacing.py::test_the_checker_refuses_a_false_spacing[wider]",
    ),
    Bug(
        "confirm spacing where an application can be kept apart",
        CHECK,
        '("lateness", 4) or _can_be_apart(problem, crew):',
        '("lateness", 4):',
        "tests/rules/test_spacing.py::test_the_checker_refuses_a_false_spacing[needless]",
    ),
)

"""Are applications kept apart where they can be, else spaced as widely as can be, and told how likely they meet?"""

from collections import Counter
from dataclasses import replace
from itertools import pairwise, permutations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import document
from shared.rules.leveling import Problem, level
from shared.rules.leveling.fleet import muster
from shared.rules.leveling.overlap import overlap_probability
from shared.rules.leveling.spacing import arrange, widest_gap
from shared.rules.plan_check import check
from shared.rules.start_delay import uniform
from tests.rules.leveling_problems import lies, problem_of

JUDGED = settings(max_examples=25, deadline=None, derandomize=True)
NIGHT, DAY, TRIALS = 120, 48, 40_000


def application(*windows: tuple[int, range], **limits) -> Problem:
    """One application: a job of so many slots for each window of allowed starts."""
    rows = [(duration, 1, tuple(sorted(start % DAY for start in starts)), 1, 1, 7) for duration, starts in windows]
    return problem_of(rows, **({"may_space": (7,)} | limits))


def gap_between(problem: Problem, starts: tuple[int, ...]) -> int:
    """The least number of slots between the end of a run and the start of any other."""
    span = problem.slots if problem.cyclic else 10 * problem.slots
    return min(
        (there - here) % span - duration
        for (here, duration), (there, _) in permutations(zip(starts, problem.durations, strict=True), 2)
    )


def widest_there_is(problem: Problem, jobs: list[int]) -> int:
    """The widest gap of all arrangements there are, no more than the lateness."""
    crew = replace(
        problem, durations=[problem.durations[job] for job in jobs], allowed=[problem.allowed[job] for job in jobs]
    )
    usable = [
        [start for start in starts if crew.cyclic or start + duration <= crew.slots]
        for duration, starts in zip(crew.durations, crew.allowed, strict=True)
    ]
    return min(problem.lateness, max(gap_between(crew, starts) for starts in product(*usable)))


@st.composite
def crews(draw, others: bool = False) -> Problem:
    """Two applications of two or three jobs in short windows, and other jobs perhaps."""
    slots, rows = draw(st.sampled_from([12, 24])), []
    for separate in (1, 2):
        crew = st.tuples(st.integers(1, 5), st.just(1), short_windows(slots), st.just(1), st.just(1), st.just(separate))
        rows += draw(st.lists(crew, min_size=2, max_size=3))
    other = st.tuples(st.integers(1, 4), st.integers(1, 2), short_windows(slots), st.just(1), st.just(1), st.just(0))
    rows += draw(st.lists(other, max_size=6)) if others else []
    cyclic = draw(st.booleans())
    rows = [row for row in rows if cyclic or row[2][0] + row[0] <= slots]
    return problem_of(rows, slots=slots, cyclic=cyclic, lateness=draw(st.integers(0, 4)), may_space=(1, 2))


@st.composite
def short_windows(draw, slots: int) -> tuple[int, ...]:
    first, width = draw(st.integers(0, slots - 1)), draw(st.integers(1, 6))
    return tuple(sorted({(first + step) % slots for step in range(width)}))


def members(problem: Problem) -> dict[int, list[int]]:
    jobs = {group: [job for job, own in enumerate(problem.separate) if own == group] for group in (1, 2)}
    return {group: crew for group, crew in jobs.items() if len(crew) > 1}


@JUDGED
@given(crews())
def test_the_gap_is_the_widest_there_is(problem):
    fleet = muster(problem)
    for group, jobs in members(problem).items():
        assert widest_gap(fleet, group) == widest_there_is(problem, jobs)


@JUDGED
@given(crews(others=True))
def test_no_overlap_inside_an_application_could_be_avoided(problem):
    plan = level(problem)
    assert plan.refused == ()
    assert lies(problem, plan) == []
    spaced = {spacing.group: spacing for spacing in plan.spaced}
    for group, jobs in members(problem).items():
        reached = gap_between(
            replace(problem, durations=[problem.durations[job] for job in jobs]),
            tuple(plan.starts[job] for job in jobs),
        )
        assert min(reached, problem.lateness) == widest_there_is(problem, jobs)
        assert (group in spaced) == (reached < problem.lateness)
        if group in spaced:
            assert spaced[group].gap_slots == reached
            assert sorted(spaced[group].jobs) == jobs
            assert [plan.starts[job] for job in spaced[group].jobs] == list(spaced[group].starts)


@JUDGED
@given(crews(others=True), st.randoms(use_true_random=False))
def test_the_order_of_spaced_jobs_changes_nothing(problem, random):
    order = list(range(len(problem.durations)))
    random.shuffle(order)
    columns = ("durations", "loads", "allowed", "separate")
    other = replace(problem, **{name: [getattr(problem, name)[job] for job in order] for name in columns})

    def told(asked: Problem) -> tuple:
        plan = level(asked)
        rows = Counter(zip(*(getattr(asked, name) for name in columns), plan.starts, strict=True))
        return rows, [(one.group, one.starts, one.gap_slots, one.overlap_probability) for one in plan.spaced]

    assert told(problem) == told(other)


@JUDGED
@given(crews(others=True), st.randoms(use_true_random=False))
def test_planning_a_spaced_application_twice_changes_nothing(problem, random):
    standing = [random.choice([None, *starts]) for starts in problem.allowed]
    once = level(replace(problem, standing=standing), 1.2)
    twice = level(replace(problem, standing=once.starts), 1.2)
    assert (twice.starts, twice.spaced) == (once.starts, once.spaced)


def test_an_application_that_can_be_kept_apart_is_not_spaced():
    problem = application((2, range(40, 60)), (2, range(40, 60)), (2, range(40, 60)))
    plan = level(problem)
    assert plan.spaced == ()
    assert gap_between(problem, plan.starts) >= 4
    assert lies(problem, plan) == []


def test_an_application_in_a_short_window_is_spaced_as_widely_as_it_lets_it():
    problem = application((4, range(44, 52)), (4, range(44, 52)))
    plan = level(problem)
    [spacing] = plan.spaced
    assert (spacing.group, spacing.starts, spacing.gap_slots) == (7, (3, 44), 3)
    assert sorted(plan.starts[job] for job in spacing.jobs) == [3, 44]
    assert 0 < spacing.overlap_probability < 0.1
    assert lies(problem, plan) == []


def test_runs_that_must_overlap_are_told_by_how_much():
    problem = application((6, range(4)), (6, range(4)))
    [spacing] = level(problem).spaced
    assert (spacing.starts, spacing.gap_slots) == ((0, 3), -3)
    assert spacing.overlap_probability == pytest.approx(1 - met(0, 180, 90, 180)[1], abs=1e-6)


def test_a_job_that_is_as_long_as_the_day_overlaps_all_its_mates():
    problem = application((48, range(1)), (1, range(10)))
    plan = level(problem)
    assert lies(problem, plan) == []
    assert [spacing.overlap_probability for spacing in plan.spaced] == [1.0]


def test_more_runs_than_a_window_has_starts_are_spaced():
    problem = application(*[(1, range(3))] * 5)
    plan = level(problem)
    assert lies(problem, plan) == []
    assert [spacing.gap_slots for spacing in plan.spaced] == [-1]


def test_the_probability_is_that_of_the_delays_that_were_seen():
    problem = application((4, range(44, 52)), (4, range(44, 52)))
    [documented] = level(problem).spaced
    [punctual] = level(replace(problem, delays=[1.0] * 40)).spaced
    [late] = level(replace(problem, delays=[*[1.0] * 20, *[239.0] * 20])).spaced
    assert (punctual.gap_slots, punctual.overlap_probability) == (documented.gap_slots, 0.0)
    assert late.overlap_probability > documented.overlap_probability


def test_a_group_is_spaced_only_where_the_problem_says_it_may_be():
    problem = application((4, range(6)), (4, range(6)), may_space=(8,))
    [reason] = level(problem).refused
    assert reason == (
        "separation group 7: jobs 0, 1 cannot be kept apart; with 4 slots of lateness each they need 16 slots "
        "and no such starts were found among the allowed ones"
    )


def test_a_standing_application_that_has_the_widest_gap_stays():
    problem = application((4, range(44, 52)), (4, range(44, 52)), standing=[44, 3], max_moves=0)
    assert level(problem).starts == (44, 3)


def test_a_standing_application_that_is_closer_than_it_must_be_is_spaced_whatever_the_budget():
    problem = application((4, range(44, 52)), (4, range(44, 52)), standing=[44, 0], max_moves=0)
    plan = level(problem)
    assert plan.starts == (44, 3)
    assert [spacing.gap_slots for spacing in plan.spaced] == [3]


def test_a_search_that_would_not_end_gives_up_and_tells_no_gap_it_did_not_find():
    starts = tuple(range(0, 48, 2))
    fleet = muster(problem_of([(1, 1, starts, 1, 1, 7)] * 21 + [(2, 1, starts, 1, 1, 7)] * 2, lateness=1))
    gap = widest_gap(fleet, 7)
    assert gap < 1
    assert arrange(replace(fleet, gaps={7: gap}), [(job, fleet.allowed[job]) for job in fleet.mates[7]]) is not None


def met(start: int, length: int, other: int, other_length: int, late: float = NIGHT) -> tuple[float, float]:
    """The probability that two runs overlap and that they do not, each late by anything up to `late` minutes."""

    def beyond(ahead: int) -> float:
        """The probability that one delay exceeds another by `ahead` minutes at least: a corner of a square."""
        side = min(max(late - abs(ahead), 0.0), late)
        corner = side * side / (2 * late * late)
        return corner if ahead >= 0 else 1 - corner

    apart = beyond(start + length - other) + beyond(other + other_length - start)
    return 1 - apart, apart


@pytest.mark.parametrize("ahead", [-210, -90, -30, 0, 15, 30, 60, 90, 120, 150, 180, 240, 300])
@pytest.mark.parametrize(("length", "other"), [(60, 60), (30, 120), (150, 30)])
def test_two_runs_overlap_with_the_probability_of_the_closed_form(ahead, length, other):
    runs = [(600, length), (600 + ahead, other)]
    asked = overlap_probability(runs, uniform(NIGHT))
    assert asked == pytest.approx(met(600, length, 600 + ahead, other)[0], abs=1e-9)


def played(runs: list[tuple[int, int]], delays: tuple[float, ...], day: int | None, seed: int) -> float:
    """The share of nights, drawn by lot, in which two of the runs overlap; delays are blurred within their minute."""
    random, met_in = Random(seed), 0
    first = min(runs)
    again = [(first[0] + day, first[1])] if day is not None else []
    for _ in range(TRIALS):
        began = sorted((start + int(random.choice(delays)) + random.random(), length) for start, length in runs + again)
        met_in += any(start + length > after for (start, length), (after, _) in pairwise(began))
    return met_in / TRIALS


@pytest.mark.parametrize(
    ("runs", "delays", "day"),
    [
        ([(0, 60), (120, 60), (240, 60)], uniform(NIGHT), None),
        ([(0, 90), (90, 30), (150, 60)], uniform(NIGHT), None),
        ([(0, 30), (0, 30), (60, 30)], uniform(NIGHT), None),
        ([(0, 30), (120, 60), (300, 30)], (0.5, 2.5, 2.5, 7.5, 40.5, 100.5), None),
        ([(0, 120), (180, 90), (330, 60)], uniform(NIGHT), 480),
        ([(0, 60), (100, 60), (200, 60)], uniform(60), 300),
    ],
)
def test_three_runs_overlap_as_often_as_in_nights_drawn_by_lot(runs, delays, day):
    asked = overlap_probability(runs, delays, day)
    drawn = played(runs, delays, day, seed=11)
    four_sigma = 4 * (max(drawn * (1 - drawn), 1e-4) / TRIALS) ** 0.5
    assert asked == pytest.approx(drawn, abs=four_sigma)


def test_runs_far_apart_never_meet_and_runs_without_room_always_do():
    assert overlap_probability([(0, 60), (600, 60)], uniform(NIGHT)) == 0.0
    assert overlap_probability([(0, 600), (0, 600), (0, 600)], uniform(NIGHT)) == 1.0
    assert overlap_probability([(0, 60)], uniform(NIGHT)) == 0.0
    assert overlap_probability([(0, 60)], uniform(NIGHT), day=1440) == 0.0


def test_round_the_day_the_next_mornings_run_counts_too():
    runs = [(0, 60), (600, 700)]
    assert overlap_probability(runs, uniform(NIGHT)) == 0.0
    assert overlap_probability(runs, uniform(NIGHT), day=1440) == 0.0
    assert overlap_probability(runs, uniform(NIGHT), day=1340) == pytest.approx(met(600, 700, 1340, 60)[0], abs=1e-9)


def test_two_runs_a_day_meet_on_both_sides():
    runs, pause = [(0, 180), (240, 180)], 60
    # With the second run late by u, neither the first one nor the next day's may be in its way.
    apart = 2 * sum((pause + u + 0.5) / NIGHT / NIGHT for u in range(pause))
    assert overlap_probability(runs, uniform(NIGHT), day=480) == pytest.approx(1 - apart, abs=1e-4)
    assert overlap_probability(runs, uniform(NIGHT)) == pytest.approx(met(*runs[0], *runs[1])[0], abs=1e-9)


def test_many_equal_runs_are_told_without_counting_their_orders_one_by_one():
    runs = [(0, 1)] * 8
    apart = 1.0
    # Eight points on a line of 127 minutes, of which seven minutes must lie between them.
    for _ in range(8):
        apart *= (NIGHT - 7) / NIGHT
    assert 1 - overlap_probability(runs, uniform(NIGHT)) == pytest.approx(apart, abs=0.002)


SHORT = application((4, range(44, 52)), (4, range(44, 52)))
LONG = application((2, range(40, 60)), (2, range(40, 60)))


def claimed(problem: Problem, starts: list[int], claims: list[dict]) -> list[str]:
    """What the checker says of these starts with these claims: they are true in all else."""
    true = level(replace(problem, standing=starts, max_moves=0, lateness=0), 48.0)
    plan = document.plan(replace(true, starts=tuple(starts)), seconds=0.0) | {"spaced": claims}
    columns = zip(problem.durations, problem.loads, problem.allowed, problem.separate, strict=True)
    asked = {"columns": ["duration", "load", "allowed_starts", "separate"], "jobs": [list(row) for row in columns]}
    return check(asked | {"lateness": problem.lateness, "may_space": list(problem.may_space)}, plan)


def test_the_checker_confirms_a_true_spacing():
    assert claimed(SHORT, [44, 3], [{"group": 7, "gap_slots": 3}]) == []


@pytest.mark.parametrize(
    ("problem", "starts", "claims", "lie"),
    [
        (SHORT, [44, 3], [], "jobs 0 and 1 of separation group 7 may overlap"),
        (SHORT, [44, 3], [{"group": 7, "gap_slots": 4}], "separation group 7 has a smallest gap of 3 slots, not 4"),
        (SHORT, [44, 1], [{"group": 7, "gap_slots": 3}], "separation group 7 has a smallest gap of 1 slots, not 3"),
        (
            replace(SHORT, may_space=()),
            [44, 3],
            [{"group": 7, "gap_slots": 3}],
            "separation group 7 is only spaced, which the problem does not allow",
        ),
        (
            LONG,
            [40, 44],
            [{"group": 7, "gap_slots": 2}],
            "separation group 7 is only spaced, but can be kept apart",
        ),
        (LONG, [40, 2], [{"group": 9, "gap_slots": 2}], "separation group 9 is spaced, but has no jobs"),
    ],
    ids=["unclaimed", "wider", "narrower", "forbidden", "needless", "nobody"],
)
def test_the_checker_refuses_a_false_spacing(problem, starts, claims, lie):
    assert lie in claimed(problem, starts, claims)


def test_the_pause_over_midnight_is_a_gap_like_any_other():
    problem = application((30, range(2)), (6, range(36, 38)), lateness=8)
    plan = level(problem)
    [spacing] = plan.spaced
    assert (spacing.starts, spacing.gap_slots) == ((0, 36), 6)
    assert lies(problem, plan) == []


def test_a_plan_in_which_an_application_overlaps_is_not_confirmed_as_apart():
    plan = replace(level(LONG), starts=(40, 41))
    assert "jobs 0 and 1 of separation group 7 may overlap" in lies(LONG, plan)

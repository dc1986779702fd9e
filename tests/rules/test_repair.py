"""Does a standing plan become good again with few moves, within the night's budget, and never less than true?"""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from bench import document
from bench.drift import from_habit, live_through
from bench.problems import Shape, draw_job, windows
from shared.rules.leveling import Problem, level
from shared.rules.leveling.board import Board
from shared.rules.leveling.fleet import muster
from shared.rules.leveling.offers import Terms
from shared.rules.leveling.reach import lowest_peak
from tests.rules.leveling_problems import fleet, lies, moved, problem_of

JUDGED = settings(max_examples=25, deadline=None, derandomize=True)


def disturbed(problem: Problem, number: int, seed: int) -> list[int]:
    """The fresh plan's starts, with some jobs at another of their allowed starts."""
    starts, random = list(level(problem).starts), Random(seed)
    for job in random.sample(range(len(starts)), number):
        starts[job] = random.choice(problem.allowed[job])
    return starts


def solved(problem: Problem, standing: list[int], *, most: int | None = None, moves: int | None = None) -> int:
    """The fewest moves that bring the peak to `most`, or the lowest peak within `moves`: by another solver."""
    model, slots = cp_model.CpModel(), problem.slots
    peak = model.new_int_var(0, sum(problem.loads), "peak")
    running, stays = [[] for _ in range(slots)], []
    for job, starts in enumerate(problem.allowed):
        chosen = {start: model.new_bool_var("") for start in starts}
        model.add_exactly_one(chosen.values())
        stays.append(chosen[standing[job]])
        for start, on in chosen.items():
            for step in range(problem.durations[job]):
                running[(start + step) % slots].append(problem.loads[job] * on)
    for slot in running:
        model.add(sum(slot) <= peak)
    needed = len(stays) - sum(stays)
    if most is None:
        model.add(needed <= moves)
        model.minimize(peak)
    else:
        model.add(peak <= most)
        model.minimize(needed)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.random_seed = 1, 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return int(solver.objective_value)


@pytest.mark.parametrize("seed", range(4))
def test_a_disturbed_plan_is_mended_with_about_the_fewest_moves_there_are(seed):
    problem = fleet(60, seed)
    standing = disturbed(problem, 12, seed)
    plan = level(replace(problem, standing=standing), 1.05)
    most = int(1.05 * plan.fresh_peak)
    assert lies(problem, plan) == []
    assert plan.peak <= most
    assert moved(standing, plan) <= solved(problem, standing, most=most) + 2


@pytest.mark.parametrize("moves", [2, 5, 10, 20])
def test_a_budget_of_moves_brings_the_peak_about_as_low_as_it_can(moves):
    problem = fleet(60, seed=5)
    standing = [starts[0] for starts in problem.allowed]
    plan = level(replace(problem, standing=standing, max_moves=moves))
    best = solved(problem, standing, moves=moves)
    assert lies(problem, plan) == []
    assert moved(standing, plan) <= moves
    assert plan.peak <= max(best + 1, 1.05 * best)


@pytest.mark.parametrize("moves", [0, 3, 12, 60])
def test_no_plan_is_below_the_bound_for_its_number_of_moves(moves):
    problem = fleet(60, seed=6)
    standing = [starts[0] for starts in problem.allowed]
    board = Board(muster(replace(problem, standing=standing)))
    board.restore([standing[index] for index in board.fleet.origin])
    best = solved(problem, standing, moves=moves)
    proved = lowest_peak(board, Terms(frozenset(), moves, best, board), best)
    assert 0.9 * best <= proved <= best


@pytest.mark.no_cover
def test_a_changing_fleet_moves_fewer_vms_than_change_and_stays_as_level_as_a_fresh_plan():
    days = list(live_through(Shape(240), seed=3, days=8))
    assert [day.wrong for day in days] == [[]] * 8
    assert sum(day.moves for day in days) <= sum(day.changes for day in days)
    assert all(day.ratio <= 1.01 or day.above == 1 for day in days)
    assert min(day.ratio for day in days) <= 1.0


@pytest.mark.no_cover
@pytest.mark.parametrize(("vms", "seed"), [(20, 1), (30, 2), (60, 3)])
def test_a_small_fleet_is_not_planned_anew_for_one_vm_that_joins(vms, seed):
    random, shape, raw = Random(seed), Shape(vms), windows(Shape(vms), seed)
    jobs, joined = raw["jobs"], 12
    stands = level(document.problem(raw)[0]).starts
    made, most = 0, 1 + vms // 20
    for _ in range(joined):
        jobs.append(draw_job(random, shape, vault=1))
        asked, _ = document.problem(raw)
        plan = level(replace(asked, standing=[*stands, None], max_moves=50), 1.01)
        assert moved([*stands, None], plan) <= most
        assert plan.peak <= plan.fresh_peak + 1
        made, stands = made + moved([*stands, None], plan), plan.starts
    assert made <= joined


def test_one_run_more_than_a_fresh_plan_is_lowered_where_that_takes_few_moves():
    jobs = [(2, 1, (0, 2, 4, 6), 1, 1, 0)] * 4
    assert level(problem_of(jobs, standing=[0, 0, 4, 6])).starts in {(0, 2, 4, 6), (2, 0, 4, 6)}


def test_the_fresh_peak_is_what_planning_without_standing_starts_reaches():
    problem = fleet(80, seed=7)
    standing = disturbed(problem, 30, seed=7)
    assert level(replace(problem, standing=standing), 1.3).fresh_peak == level(problem).peak


def test_a_budget_of_nothing_leaves_a_crowded_plan_alone():
    problem = fleet(80, seed=8)
    standing = [starts[0] for starts in problem.allowed]
    plan = level(replace(problem, standing=standing, max_moves=0))
    assert plan.starts == tuple(standing)
    assert plan.peak > plan.fresh_peak
    assert lies(problem, plan) == []


def test_new_jobs_find_a_place_beside_any_budget():
    problem = fleet(80, seed=9)
    standing = [None if job % 4 == 0 else start for job, start in enumerate(level(problem).starts)]
    plan = level(replace(problem, standing=standing, max_moves=0), 1.1)
    assert moved(standing, plan) == 0
    assert plan.peak <= 1.1 * plan.fresh_peak


@pytest.mark.no_cover
def test_night_after_night_the_budget_makes_a_fleet_level():
    raw, standing = from_habit(Shape(150), seed=2)
    problem = problem_of([(*row, 0) for row in raw["jobs"]], policies_per_vault=50)
    problem = replace(problem, allowed=[tuple(starts) for starts in problem.allowed])
    peaks = []
    for _ in range(8):
        plan = level(replace(problem, standing=standing, max_moves=25), 1.1)
        assert lies(problem, plan) == []
        assert moved(standing, plan) <= 25
        standing = list(plan.starts)
        peaks.append(plan.peak)
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[-1] <= 1.1 * plan.fresh_peak


@pytest.mark.no_cover
def test_few_moves_a_night_reach_the_fresh_peak_though_policies_are_few():
    raw, standing = from_habit(Shape(100, policies_per_vault=12), 1)
    problem = document.problem(raw)[0]
    for _ in range(6):
        plan = level(replace(problem, standing=standing, max_moves=20), 1.01)
        assert moved(standing, plan) <= 20
        standing = list(plan.starts)
    assert plan.peak <= plan.fresh_peak + 1


def test_a_start_that_is_no_longer_allowed_is_left_whatever_the_budget():
    problem = problem_of([(2, 1, (4, 5), 1, 1, 0), (2, 1, (9, 10), 1, 1, 0)], standing=[7, 9], max_moves=0)
    plan = level(problem)
    assert plan.starts[0] in (4, 5)
    assert plan.starts[1] == 9


def test_applications_come_apart_whatever_the_budget_and_no_more_jobs_move_than_must():
    day = tuple(range(48))
    rows = [(2, 1, day, 1, 1, 7), (2, 1, day, 1, 1, 7), (2, 1, day, 1, 1, 7), (2, 1, day, 1, 1, 0)]
    problem = problem_of(rows, standing=[10, 12, 30, 30], max_moves=0)
    plan = level(problem)
    assert lies(problem, plan) == []
    assert moved([10, 12, 30, 30], plan) == 1


def test_a_placed_job_makes_room_for_a_new_one_of_its_application():
    rows = [(2, 1, (0, 6), 1, 1, 7), (2, 1, (0,), 1, 1, 7)]
    plan = level(problem_of(rows, standing=[0, None], max_moves=0))
    assert plan.starts == (6, 0)


def test_a_vault_comes_under_its_ceiling_whatever_the_budget():
    rows = [(2, 1, tuple(range(20)), 1, 1, 0)] * 6
    standing = [3] * 6
    problem = problem_of(rows, ceilings={1: 2}, standing=standing, max_moves=0)
    plan = level(problem)
    assert lies(problem, plan) == []
    assert moved(standing, plan) == 4


def test_the_ceiling_of_all_jobs_is_reached_whatever_the_budget():
    rows = [(1, 1, tuple(range(20)), vault, 1, 0) for vault in (1, 2, 3)]
    problem = problem_of(rows, ceiling=2, standing=[3] * 3, max_moves=0)
    plan = level(problem)
    assert lies(problem, plan) == []
    assert moved([3] * 3, plan) == 1


def test_a_smaller_number_of_policies_is_reached_whatever_the_budget():
    rows = [(1, 1, tuple(range(20)), 1, 1, 0)] * 6
    standing = [1, 1, 1, 5, 5, 9]
    problem = problem_of(rows, policies_per_vault=2, standing=standing, max_moves=0)
    plan = level(problem)
    assert lies(problem, plan) == []
    assert moved(standing, plan) == 1


def test_a_negative_budget_is_refused():
    [reason] = level(problem_of([(1, 1, (3,), 1, 1, 0)], standing=[3], max_moves=-1)).refused
    assert reason == "max_moves is -1; it must be at least 0"


@st.composite
def standing_problems(draw) -> Problem:
    slots, rows, standing = 24, [], []
    for _ in range(draw(st.integers(1, 24))):
        first, width = draw(st.integers(0, slots - 1)), draw(st.integers(1, 12))
        allowed = tuple(sorted({(first + step) % slots for step in range(width)}))
        application = draw(st.sampled_from([0, 0, 0, 1, 2]))
        rows.append(
            (draw(st.integers(1, 4)), draw(st.integers(1, 2)), allowed, draw(st.integers(1, 2)), 1, application)
        )
        standing.append(draw(st.none() | st.sampled_from(allowed)))
    return problem_of(
        rows,
        slots=slots,
        lateness=1,
        policies_per_vault=draw(st.none() | st.integers(2, 8)),
        ceilings=draw(st.dictionaries(st.integers(1, 2), st.integers(4, 20))),
        standing=standing,
        max_moves=draw(st.none() | st.integers(0, 6)),
    )


@JUDGED
@given(standing_problems(), st.sampled_from([1.0, 1.1, 1.5]))
def test_whatever_stands_the_plan_is_true(problem, tolerance):
    plan = level(problem, tolerance)
    assert plan.refused or lies(problem, plan) == []


@JUDGED
@given(standing_problems(), st.integers(0, 6))
def test_a_standing_plan_that_breaks_no_rule_keeps_within_the_budget(problem, budget):
    standing = [starts[0] for starts in problem.allowed]
    free = replace(problem, separate=None, policies_per_vault=None, ceilings={}, standing=standing, max_moves=budget)
    assert moved(standing, level(free)) <= budget


@JUDGED
@given(standing_problems(), st.randoms(use_true_random=False))
def test_the_order_of_standing_jobs_changes_nothing(problem, random):
    order = list(range(len(problem.durations)))
    random.shuffle(order)
    columns = ("durations", "loads", "allowed", "vaults", "groups", "separate", "standing")
    other = replace(problem, **{name: [getattr(problem, name)[i] for i in order] for name in columns})

    def who_starts_when(asked: Problem) -> Counter:
        plan = level(asked, 1.1)
        return Counter(
            zip(*(getattr(asked, name) for name in columns), plan.starts or [None] * len(order), strict=True)
        )

    assert who_starts_when(problem) == who_starts_when(other)


@JUDGED
@given(standing_problems())
def test_a_mended_plan_is_left_alone_the_next_time(problem):
    once = level(replace(problem, max_moves=None), 1.1)
    if not once.refused:
        assert level(replace(problem, max_moves=None, standing=once.starts), 1.1).starts == once.starts

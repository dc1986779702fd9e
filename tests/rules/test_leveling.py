"""Are the plans of the numeric core feasible, low, stable and honest about what they prove?"""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from shared.rules.leveling import Leveling, Problem, level
from shared.rules.leveling.fleet import muster
from shared.rules.leveling.proof import Payers, ascend, shares
from tests.rules.leveling_problems import fleet, lies, problem_of

JUDGED = settings(max_examples=30, deadline=None, derandomize=True)


@st.composite
def rows(draw, slots: int, most: int = 24, applications: bool = False) -> list[tuple]:
    made = []
    for _ in range(draw(st.integers(0, most))):
        first, width = draw(st.integers(0, slots - 1)), draw(st.integers(1, slots // 2))
        allowed = tuple(sorted({(first + step) % slots for step in range(width)}))
        separate = draw(st.integers(0, 3)) if applications else 0
        made.append((draw(st.integers(1, 5)), draw(st.integers(1, 3)), allowed, draw(st.integers(1, 2)), 1, separate))
    return made


@st.composite
def problems(draw, applications: bool = False) -> Problem:
    slots = draw(st.sampled_from([12, 24, 48]))
    limit = st.none() | st.integers(1, 8)
    return problem_of(
        draw(rows(slots, applications=applications)),
        slots=slots,
        cyclic=draw(st.booleans()),
        vms_per_policy=draw(limit),
        policies_per_vault=draw(limit),
        slots_per_group=draw(limit),
        ceilings=draw(st.dictionaries(st.integers(1, 2), st.integers(3, 30))),
        ceiling=draw(st.none() | st.integers(5, 60)),
        lateness=draw(st.integers(0, 4)),
    )


@JUDGED
@given(problems(applications=True))
def test_every_plan_is_confirmed_and_every_refusal_has_a_reason(problem):
    plan = level(problem)
    if plan.refused:
        assert plan.starts == ()
        assert all(plan.refused)
    else:
        assert lies(problem, plan) == []


@JUDGED
@given(problems(applications=True), st.randoms(use_true_random=False))
def test_ceilings_hold_wherever_there_is_a_plan(problem, random):
    standing = [random.choice([None, *starts]) for starts in problem.allowed]
    for asked in (problem, replace(problem, standing=standing, max_moves=2)):
        plan = level(asked, 2.0)
        load: dict[int, Counter] = {1: Counter(), 2: Counter()}
        for job, start in enumerate(plan.starts):
            for step in range(problem.durations[job]):
                load[problem.vaults[job]][(start + step) % problem.slots] += problem.loads[job]
        assert all(max(load[vault].values(), default=0) <= most for vault, most in problem.ceilings.items())
        everyone = load[1] + load[2]
        assert problem.ceiling is None or max(everyone.values(), default=0) <= problem.ceiling


@JUDGED
@given(rows(48, most=40))
def test_the_peak_is_never_above_everyone_at_the_first_allowed_start(jobs):
    problem = problem_of(jobs)
    load = Counter((row[2][0] + step) % 48 for row in jobs for step in range(row[0]) for _ in range(row[1]))
    assert level(problem).peak <= max(load.values(), default=0)


@JUDGED
@given(problems(applications=True), st.randoms(use_true_random=False))
def test_the_order_of_the_jobs_changes_nothing(problem, random):
    order = list(range(len(problem.durations)))
    random.shuffle(order)
    columns = ("durations", "loads", "allowed", "vaults", "groups", "separate")
    other = replace(problem, **{name: [getattr(problem, name)[i] for i in order] for name in columns})

    def who_starts_when(asked: Problem, plan: Leveling) -> Counter:
        return Counter(zip(*(getattr(asked, name) for name in columns), plan.starts, strict=True))

    one, two = level(problem), level(other)
    assert bool(one.refused) == bool(two.refused)
    if not one.refused:
        assert who_starts_when(problem, one) == who_starts_when(other, two)
        assert (one.peak, one.bound, one.policies) == (two.peak, two.bound, two.policies)


@JUDGED
@given(problems(applications=True))
def test_planning_twice_changes_nothing(problem):
    once = level(problem)
    if not once.refused:
        assert level(replace(problem, standing=once.starts)) == once


@JUDGED
@given(problems(applications=True), st.randoms(use_true_random=False), st.sampled_from([1.0, 1.2, 2.0]))
def test_planning_twice_changes_nothing_from_any_standing_plan(problem, random, tolerance):
    standing = [random.choice([None, *starts]) for starts in problem.allowed]
    once = level(replace(problem, standing=standing), tolerance)
    if not once.refused:
        assert lies(problem, once) == []
        assert level(replace(problem, standing=once.starts), tolerance).starts == once.starts


def test_a_standing_plan_within_tolerance_stays():
    problem = fleet(200, seed=1)
    best = level(problem)
    worse = list(best.starts)
    moved = 0
    for job, start in enumerate(worse):
        if start != problem.allowed[job][0] and moved < 6:
            worse[job], moved = problem.allowed[job][0], moved + 1
    stood = replace(problem, standing=worse)
    tolerance = 1.5
    assert level(stood, tolerance).starts == tuple(worse)


def test_a_standing_plan_far_beyond_tolerance_becomes_good():
    problem = fleet(200, seed=2)
    everyone_first = [starts[0] for starts in problem.allowed]
    plan = level(replace(problem, standing=everyone_first), 1.1)
    assert plan.peak <= 1.1 * level(problem).peak
    assert lies(problem, plan) == []


def test_one_new_job_moves_no_other():
    problem = fleet(200, seed=3, policies_per_vault=20)
    before = level(problem)
    grown = Problem(
        [*problem.durations, 2],
        [*problem.loads, 1],
        [*problem.allowed, (44, 45, 46)],
        [*problem.vaults, 1],
        [*problem.groups, 1],
        standing=[*before.starts, None],
        policies_per_vault=20,
    )
    after = level(grown, 1.05)
    assert after.starts[:-1] == before.starts


def test_equal_jobs_keep_their_standing_starts_in_a_fresh_plan():
    allowed = tuple(range(8))
    crowded = Problem([1] * 8, [1] * 8, [allowed] * 8, standing=[5, 5, 5, 5, 5, 5, 5, 2])
    plan = level(crowded)
    assert plan.peak == 1
    assert sum(start == stood for start, stood in zip(plan.starts, crowded.standing, strict=True)) == 2


def test_a_group_is_separated_even_when_everyone_is_late():
    day = tuple(range(48))
    problem = problem_of([(4, 1, day, 1, 1, 9)] * 6)
    plan = level(problem)
    assert sorted((b - a) % 48 for a, b in zip(sorted(plan.starts), sorted(plan.starts)[1:], strict=False)) == [8] * 5
    assert lies(problem, plan) == []


def test_a_group_that_cannot_be_separated_is_refused_by_name():
    problem = problem_of([(4, 1, tuple(range(6)), 1, 1, 9), (4, 1, tuple(range(6)), 1, 1, 9)])
    [reason] = level(problem).refused
    assert reason.startswith("separation group 9: jobs 0, 1 cannot be kept apart")


def test_ceilings_hold_where_levelling_alone_would_break_them():
    night, wide = tuple(range(4)), tuple(range(12))
    jobs = [(1, 1, night, 1, 1, 0)] * 8 + [(1, 1, wide, 2, 1, 0)] * 24
    free, held = level(problem_of(jobs, slots=12)), level(problem_of(jobs, slots=12, ceilings={2: 2}))
    assert free.peak == 3
    assert lies(problem_of(jobs, slots=12, ceilings={2: 2}), held) == []


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (Problem([2], [1], [()]), "job 0: it has no allowed start"),
        (Problem([49], [1], [(0,)]), "job 0: its duration of 49 slots is longer than the ring of 48"),
        (Problem([0], [1], [(0,)]), "job 0: its duration is 0 slots; it must be at least 1"),
        (Problem([1], [0], [(0,)]), "job 0: its load is 0; it must be at least 1"),
        (Problem([1], [1], [(48,)]), "job 0: an allowed start is outside 0..47"),
        (Problem([4], [1], [(46,)], cyclic=False), "job 0: from every allowed start it runs past slot 48"),
        (Problem([1], [5], [(0,)], ceilings={0: 4}), "job 0: its load of 5 is above the ceiling of vault 0, 4"),
        (Problem([1, 1], [1, 1], [(0,), (0,)], ceiling=1), "the ceiling of 1 cannot be held: the jobs need at least 2"),
        (Problem([1, 1], [1, 1], [(0,), (0,)], ceilings={0: 1}), "vault 0: its ceiling of 1 cannot be held"),
        (Problem([1, 1], [1, 1], [(0,), (9,)], slots_per_group=1), "vault 0, group 0: no plan was found with 1 starts"),
        (Problem([1, 1], [1, 1], [(0,), (9,)], policies_per_vault=1), "vault 0: no plan was found with 1 policies"),
        (
            Problem([1] * 5, [1] * 5, [(0, 9)] * 5, vms_per_policy=2, policies_per_vault=2),
            "vault 0: its jobs need at least 3 policies",
        ),
        (Problem([1, 1], [1], [(0,), (0,)]), "column loads has 1 entries for 2 jobs"),
        (Problem([1], [1], [(0,)], slots=0), "slots is 0; it must be at least 1"),
        (Problem([1], [1], [(0,)], lateness=-1), "lateness is -1 slots"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_words(problem, reason):
    plan = level(problem)
    assert plan.starts == ()
    assert any(reason in told for told in plan.refused), plan.refused


def test_every_impossible_job_is_named():
    refused = level(Problem([2, 1, 60], [1, 1, 1], [(), (3,), (0,)])).refused
    assert [reason.split(":")[0] for reason in refused] == ["job 0", "job 2"]


def test_nothing_to_plan_is_a_plan():
    plan = level(Problem([], [], []))
    assert (plan.starts, plan.peak, plan.bound, plan.policies, plan.refused) == ((), 0, 0.0, 0, ())
    assert lies(Problem([], [], []), plan) == []


def test_a_job_as_long_as_the_ring_is_planned():
    plan = level(Problem([48, 1], [1, 1], [(7,), (0, 1)]))
    assert plan.peak == 2
    assert plan.bound == pytest.approx(1 + 1 / 48, abs=1)


@pytest.mark.parametrize("seed", range(40))
def test_the_search_for_a_bound_ends_where_no_price_is_worth_raising(seed):
    random = Random(seed)
    payers = Payers(muster(problem_of([(1, 1, (slot,), 1, 1, 0) for slot in range(24)])))
    prices = ascend(payers, 2, shares([random.random() if slot < 24 else 0.0 for slot in range(48)]))
    assert sum(prices) == pytest.approx(1.0)
    assert payers.pay(prices)[0] == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(3))
def test_policies_are_packed_to_the_last_place(seed):
    random = Random(seed)
    jobs = [(random.randint(1, 3), 1, tuple(range(16)), 1, 1, 0) for _ in range(40)]
    plan = level(problem_of(jobs, vms_per_policy=10, policies_per_vault=4))
    assert plan.refused == ()
    assert plan.policies == 4


def planted(seed: int) -> Problem:
    """A problem whose limits are exactly what a plan drawn by lot needs, so that there is a plan, barely."""
    random, rows = Random(seed), []
    opened = {(vault, group): random.sample(range(48), random.randint(1, 5)) for vault in (1, 2) for group in (1, 2)}
    starts, taken, load = Counter(), set(), {1: [0] * 48, 2: [0] * 48}
    for _ in range(random.randint(2, 40)):
        vault, group = random.choice(list(opened))
        start, duration = random.choice(opened[vault, group]), random.choice([1, 2, 2, 3, 4])
        around = range(start - random.randint(0, 6), start + random.randint(1, 7))
        late = {(start + step) % 48 for step in range(duration + 4)}
        apart = not late & taken and random.random() < 0.5
        taken |= late if apart else set()
        allowed = tuple(sorted({slot % 48 for slot in (*around, start)}))
        rows.append((duration, 1, allowed, vault, group, int(apart)))
        starts[vault, group, start] += 1
        for step in range(duration):
            load[vault][(start + step) % 48] += 1
    policies = max(sum(who == vault for who, _, _ in starts) for vault in (1, 2))
    ceilings = {vault: 1 + max(by_slot) for vault, by_slot in load.items()}
    return problem_of(rows, policies_per_vault=policies, ceilings=ceilings)


@pytest.mark.parametrize("seed", range(20))
def test_a_problem_that_barely_has_a_plan_is_planned(seed):
    problem = planted(seed)
    plan = level(problem)
    assert plan.refused == ()
    assert lies(problem, plan) == []


def best_peak(problem: Problem) -> int:
    """The smallest peak there is, by a solver that shares nothing with the planner."""
    model, slots = cp_model.CpModel(), problem.slots
    peak = model.new_int_var(0, sum(problem.loads), "peak")
    running = [[] for _ in range(slots)]
    opened: dict[tuple[int, int], cp_model.IntVar] = {}
    for job, starts in enumerate(problem.allowed):
        chosen = {start: model.new_bool_var("") for start in starts}
        model.add_exactly_one(chosen.values())
        for start, on in chosen.items():
            for step in range(problem.durations[job]):
                running[(start + step) % slots].append(problem.loads[job] * on)
            if problem.policies_per_vault is not None:
                cell = opened.setdefault((problem.groups[job], start), model.new_bool_var(""))
                model.add_implication(on, cell)
    for slot in running:
        model.add(sum(slot) <= peak)
    if problem.policies_per_vault is not None:
        model.add(sum(opened.values()) <= problem.policies_per_vault)
    model.minimize(peak)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.random_seed = 1, 1
    solver.parameters.max_deterministic_time = 20.0
    assert solver.solve(model) == cp_model.OPTIMAL
    return int(solver.objective_value)


@pytest.mark.parametrize("limit", [None, 6])
@pytest.mark.parametrize("seed", range(4))
def test_the_peak_is_within_one_of_the_best_and_the_bound_never_above_it(seed, limit):
    random, made = Random(seed), []
    for _ in range(16):
        first, width = random.choice([40, 42, 44]), random.choice([4, 6, 8])
        allowed = tuple(sorted((first + step) % 48 for step in range(width)))
        made.append((random.choice([1, 2, 2, 3, 4]), random.randint(1, 3), allowed, 1, random.randint(1, 2), 0))
    problem = problem_of(made, policies_per_vault=limit)
    plan, best = level(problem), best_peak(problem)
    assert best <= plan.peak <= max(best + 1, 1.1 * best)
    assert plan.bound <= best

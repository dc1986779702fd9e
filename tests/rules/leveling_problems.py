"""Which problems do the tests of the numeric core speak of? Small ones from rows, drawn fleets, and what is wrong."""

from random import Random

from bench import document
from shared.rules.leveling import Leveling, Problem
from shared.rules.plan_check import check

COLUMNS = ("duration", "load", "allowed_starts", "vault", "group", "separate")
LIMITS = ("vms_per_policy", "policies_per_vault", "slots_per_group", "ceilings", "ceiling")
SETTINGS = ("slots", "cyclic", "lateness", "may_space")


def problem_of(rows: list[tuple], **limits) -> Problem:
    """Rows of (duration, load, allowed, vault, group, separate)."""
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in COLUMNS]
    return Problem(*columns, **limits)


def lies(problem: Problem, plan: Leveling) -> list[str]:
    """What the independent checker has against the plan."""
    nothing = [0] * len(problem.durations)
    columns = [problem.durations, problem.loads, problem.allowed]
    columns += [problem.vaults or nothing, problem.groups or nothing, problem.separate or nothing]
    asked = {name: getattr(problem, name) for name in (*LIMITS, *SETTINGS)}
    asked |= {"columns": COLUMNS, "jobs": [list(row) for row in zip(*columns, strict=True)]}
    return check(asked, document.plan(plan, seconds=0.0))


def moved(standing: list[int | None], plan: Leveling) -> int:
    """How many jobs leave the start they had."""
    return sum(stood not in (None, start) for stood, start in zip(standing, plan.starts, strict=True))


def fleet(count: int, seed: int, **limits) -> Problem:
    """Jobs of 1 to 6 slots with 10 to 16 allowed starts around midnight, in two vaults and two groups."""
    random, rows = Random(seed), []
    for _ in range(count):
        first, width = random.choice([40, 42, 44]), random.choice([10, 12, 16])
        allowed = tuple(sorted((first + step) % 48 for step in range(width)))
        rows.append((random.choice([1, 2, 2, 3, 3, 4, 6]), 1, allowed, random.randint(1, 2), random.randint(1, 2), 0))
    return problem_of(rows, **limits)

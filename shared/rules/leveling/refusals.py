"""Why can there be no plan? Every reason that can be told before or after planning, in words."""

from collections import Counter
from collections.abc import Iterator

from shared.rules.leveling.board import Board
from shared.rules.leveling.problem import Problem


def misshapen(problem: Problem) -> list[str]:
    """Return what is wrong with the columns themselves."""
    count = len(problem.durations)
    columns = {
        "loads": problem.loads,
        "allowed": problem.allowed,
        "vaults": problem.vaults,
        "groups": problem.groups,
        "separate": problem.separate,
        "standing": problem.standing,
    }
    reasons = [
        f"column {name} has {len(column)} entries for {count} jobs; give one entry a job"
        for name, column in columns.items()
        if column is not None and len(column) != count
    ]
    limits = {
        "slots": problem.slots,
        "vms_per_policy": problem.vms_per_policy,
        "policies_per_vault": problem.policies_per_vault,
        "slots_per_group": problem.slots_per_group,
    }
    reasons += [
        f"{name} is {value}; it must be at least 1" for name, value in limits.items() if value is not None and value < 1
    ]
    if problem.lateness < 0:
        reasons.append(f"lateness is {problem.lateness} slots; it must be at least 0")
    if problem.max_moves is not None and problem.max_moves < 0:
        reasons.append(f"max_moves is {problem.max_moves}; it must be at least 0")
    if problem.delays and min(problem.delays) < 0:
        reasons.append(f"a start delay is {min(problem.delays)} minutes; it must be at least 0")
    return reasons


def impossible_jobs(problem: Problem) -> list[str]:
    """Return one reason for each job that cannot run at all, whatever the others do."""
    return [
        f"job {index}: {reason}"
        for index in range(len(problem.durations))
        if (reason := _impossible_job(problem, index)) is not None
    ]


def _impossible_job(problem: Problem, index: int) -> str | None:
    duration, load, starts = problem.durations[index], problem.loads[index], problem.allowed[index]
    if duration < 1:
        return f"its duration is {duration} slots; it must be at least 1"
    if duration > problem.slots:
        return f"its duration of {duration} slots is longer than the ring of {problem.slots}"
    if load < 1:
        return f"its load is {load}; it must be at least 1"
    if not starts:
        return "it has no allowed start"
    if min(starts) < 0 or max(starts) >= problem.slots:
        return f"an allowed start is outside 0..{problem.slots - 1}"
    if not problem.cyclic and min(starts) + duration > problem.slots:
        return f"from every allowed start it runs past slot {problem.slots}, where the day ends"
    vault = problem.vaults[index] if problem.vaults is not None else 0
    ceilings = {f"the ceiling of vault {vault}": problem.ceilings.get(vault), "the ceiling": problem.ceiling}
    for name, ceiling in ceilings.items():
        if ceiling is not None and load > ceiling:
            return f"its load of {load} is above {name}, {ceiling}"
    return None


def too_many_jobs(problem: Problem) -> list[str]:
    """Return the vaults whose jobs cannot fit the policies there may be, wherever they start."""
    per, most = problem.vms_per_policy, problem.policies_per_vault
    if most is None:
        return []
    vaults = problem.vaults or [0] * len(problem.durations)
    groups = problem.groups or [0] * len(problem.durations)
    least: Counter[int] = Counter()
    for (vault, _), count in Counter(zip(vaults, groups, strict=True)).items():
        least[vault] += -(-count // per) if per else 1
    return [
        f"vault {vault}: its jobs need at least {count} policies of {per or 'any number of'} jobs; {most} are allowed"
        for vault, count in sorted(least.items())
        if count > most
    ]


def broken_limits(board: Board, proved: float) -> Iterator[str]:
    """Tell which limits the finished board breaks; `proved` is the bound on the peak of all jobs."""
    problem = board.fleet.problem
    if problem.ceiling is not None and board.peak > problem.ceiling:
        how = f"the jobs need at least {proved:.1f}" if proved > problem.ceiling else f"the least found is {board.peak}"
        yield f"the ceiling of {problem.ceiling} cannot be held: {how}"
    for vault, row in sorted(board.vault_load.items()):
        if max(row) > problem.ceilings[vault]:
            reason = f"vault {vault}: its ceiling of {problem.ceilings[vault]} cannot be held: "
            yield reason + f"the least found is {max(row)}"
    most, widest = problem.policies_per_vault, problem.slots_per_group
    if most is not None:
        for vault, count in sorted(board.policies.items()):
            if count > most:
                yield f"vault {vault}: no plan was found with {most} policies; the fewest found are {count}"
    if widest is not None:
        for (vault, group), count in zip(board.fleet.families, board.open_starts, strict=True):
            if count > widest:
                who = f"vault {vault}, group {group}"
                yield f"{who}: no plan was found with {widest} starts; the fewest found are {count}"

"""Which jobs are there, in an order that does not depend on how they were listed? The problem, made ready to place."""

from collections import defaultdict
from dataclasses import dataclass, field

from shared.rules.leveling.problem import Problem


@dataclass(frozen=True, slots=True)
class Fleet:
    """The jobs longest first, equal jobs side by side. A job is its position here, `origin` its index in the problem.

    A family is a (vault, group): the jobs that can share policies. `mates` are the jobs of the same separation group,
    `gaps` how many slots must lie between them where that is less than the lateness.
    """

    problem: Problem
    origin: tuple[int, ...]
    durations: tuple[int, ...]
    loads: tuple[int, ...]
    allowed: tuple[tuple[int, ...], ...]
    vaults: tuple[int, ...]
    family: tuple[int, ...]
    families: tuple[tuple[int, int], ...]
    standing: tuple[int | None, ...]
    separate: tuple[int, ...]
    mates: dict[int, tuple[int, ...]]
    gaps: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.origin)

    def reach(self, job: int) -> int:
        """Return for how many slots from its start no mate may start; 0 or less where the windows ask for overlap."""
        return self.durations[job] + self.gaps.get(self.separate[job], self.problem.lateness)

    def envelope(self, job: int, start: int) -> int:
        """Return the slots that the job keeps its mates out of, at least its start, as bits."""
        problem, length = self.problem, max(1, self.reach(job))
        if not problem.cyclic:
            return ((1 << length) - 1) << start
        ring = (1 << problem.slots) - 1
        bits = ((1 << min(length, problem.slots)) - 1) << start
        return (bits | bits >> problem.slots) & ring

    def collide(self, job: int, start: int, mate: int, there: int) -> bool:
        """Tell whether two mates that start at `start` and `there` come closer than their group may."""
        return self._comes_within(start, there, self.reach(job)) or self._comes_within(there, start, self.reach(mate))

    def _comes_within(self, first: int, second: int, reach: int) -> bool:
        ahead = second - first
        return 0 <= (ahead % self.problem.slots if self.problem.cyclic else ahead) < reach


def muster(problem: Problem) -> Fleet:
    """Sort the jobs into the canonical order and drop starts that would run past the end of a day without a ring."""
    count = len(problem.durations)
    none = [0] * count
    vaults, groups = problem.vaults or none, problem.groups or none
    separate, standing = problem.separate or none, problem.standing or [None] * count
    known: dict[tuple[int, tuple[int, ...]], tuple[int, ...]] = {}
    usable: list[tuple[int, ...]] = []
    for duration, starts in zip(problem.durations, problem.allowed, strict=True):
        key = (duration, starts)
        if key not in known:
            known[key] = tuple(s for s in sorted(set(starts)) if problem.cyclic or s + duration <= problem.slots)
        usable.append(known[key])

    def longest_first(i: int) -> tuple[int, int, int, tuple[int, ...], int, int, int, int]:
        stands = standing[i]
        alike = vaults[i], groups[i], separate[i], -1 if stands is None else stands
        return -problem.durations[i], -problem.loads[i], len(usable[i]), usable[i], *alike

    order = sorted(range(count), key=longest_first)
    families = sorted(set(zip(vaults, groups, strict=True)))
    number = {family: index for index, family in enumerate(families)}
    mates: defaultdict[int, list[int]] = defaultdict(list)
    for job, index in enumerate(order):
        if separate[index]:
            mates[separate[index]].append(job)
    return Fleet(
        problem=problem,
        origin=tuple(order),
        durations=tuple(problem.durations[i] for i in order),
        loads=tuple(problem.loads[i] for i in order),
        allowed=tuple(usable[i] for i in order),
        vaults=tuple(vaults[i] for i in order),
        family=tuple(number[vaults[i], groups[i]] for i in order),
        families=tuple(families),
        standing=tuple(standing[i] for i in order),
        separate=tuple(separate[i] for i in order),
        mates={group: tuple(jobs) for group, jobs in sorted(mates.items()) if len(jobs) > 1},
    )

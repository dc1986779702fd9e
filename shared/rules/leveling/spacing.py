"""How far apart can the jobs of one application start? As late as they may be, or as their short windows allow."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.rules.leveling.fleet import Fleet

# Looks at so many half-finished arrangements of one group. Windows of real applications need a few dozen.
EFFORT = 20_000

type Choices = Sequence[tuple[int, Sequence[int]]]


def space_out(fleet: Fleet) -> Fleet:
    """Return the fleet with the widest gap there is for every group that cannot be kept apart."""
    gaps = {group: gap for group in fleet.mates if (gap := widest_gap(fleet, group)) < fleet.problem.lateness}
    return replace(fleet, gaps=gaps) if gaps else fleet


def widest_gap(fleet: Fleet, group: int) -> int:
    """Return the most slots, up to the lateness, that can lie between the expected runs of any two of the group.

    Below 0 some must overlap. The search gives up after a bounded effort, and then the gap may be too small.
    """
    mates = fleet.mates[group]
    choices = [(mate, fleet.allowed[mate]) for mate in mates]
    # Jobs that all start at the same time overlap by the longest duration, and that is always possible.
    kept, refused = -max(fleet.durations[mate] for mate in mates), fleet.problem.lateness + 1
    gap = fleet.problem.lateness
    while kept + 1 < refused:
        if arrange(replace(fleet, gaps={group: gap}), choices) is None:
            refused = gap
        else:
            kept = gap
        gap = (kept + refused) // 2
    return kept


def arrange(fleet: Fleet, choices: Choices, placed: Iterable[tuple[int, int]] = ()) -> dict[int, int] | None:
    """Choose for each job one of its starts, early ones first, so that all keep their group's gap.

    `choices` are jobs of one group with their starts, `placed` its other jobs with the start they have. Return None
    where nothing fits or the effort is spent.
    """
    taken = points = 0
    for mate, start in placed:
        if fleet.reach(mate) > 0:
            taken |= fleet.envelope(mate, start)
        else:
            points |= 1 << start
    # Fewest starts first: the search fails early where it must fail.
    wide = sorted((c for c in choices if fleet.reach(c[0]) > 0), key=lambda choice: (len(choice[1]), choice[0]))
    narrow = [choice for choice in choices if fleet.reach(choice[0]) <= 0]
    if not _have_room(fleet, [job for job, _ in wide]):
        return None
    options = [
        [(start, span) for start in starts if not (span := fleet.envelope(job, start)) & (taken | points)]
        for job, starts in wide
    ]
    hopeless: set[tuple[int, int]] = set()
    chosen: list[int] = []

    def fits(depth: int, taken: int) -> bool:
        if depth == len(options):
            return all(any(not taken >> start & 1 for start in starts) for _, starts in narrow)
        if (depth, taken) in hopeless or len(hopeless) > EFFORT:
            return False
        for start, span in options[depth]:
            if not taken & span:
                chosen.append(start)
                if fits(depth + 1, taken | span):
                    return True
                chosen.pop()
        hopeless.add((depth, taken))
        return False

    if not fits(0, taken):
        return None
    for (job, _), start in zip(wide, chosen, strict=True):
        taken |= fleet.envelope(job, start)
    seats = {job: start for (job, _), start in zip(wide, chosen, strict=True)}
    return seats | {job: next(start for start in starts if not taken >> start & 1) for job, starts in narrow}


def _have_room(fleet: Fleet, jobs: Sequence[int]) -> bool:
    """Rule out what cannot fit anywhere, and with it searches deeper than the day has slots."""
    if not jobs:
        return True
    overhang = 0 if fleet.problem.cyclic else max(fleet.reach(job) - fleet.durations[job] for job in jobs)
    return sum(fleet.reach(job) for job in jobs) <= fleet.problem.slots + max(0, overhang)

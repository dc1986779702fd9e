"""How likely is it that backups of one application overlap in a night? Summed over every order they can run in."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.model.azure import SLOT_MINUTES
from shared.rules.leveling.fleet import Fleet
from shared.rules.leveling.problem import Spacing
from shared.rules.start_delay import by_minute, uniform

# Orders of runs less likely than this are left out.
UNLIKELY = 1e-9

type Run = tuple[int, int]
"""Scheduled start and length in minutes."""
type Ends = Mapping[int, float]
"""The chance, by minute, that some runs have followed one another and that the last of them ends then."""


@dataclass(frozen=True, slots=True)
class Alike:
    """How many runs have the same start and length."""

    start: int
    length: int
    count: int


def spacings(fleet: Fleet, starts: Sequence[int]) -> tuple[Spacing, ...]:
    """Describe every group that could only be spaced; `starts` are those of the fleet's jobs."""
    return tuple(_spacing(fleet, group, starts) for group in sorted(fleet.gaps))


def overlap_probability(runs: Sequence[Run], delays: Sequence[float], day: int | None = None) -> float:
    """Return the probability that any two of the runs overlap in a night.

    `runs` are (scheduled start, length) in whole minutes; each is late by one of `delays`, a sample in minutes,
    whatever the others are. With a `day` in minutes the first run of the next day counts too.

    Every order in which the runs can follow one another is summed up minute by minute, without chance. For two runs
    and uniform delays the sum is exact; else each delay is blurred within its minute, which changes the result by
    less than 1e-4 where delays are spread over two hours.
    """
    late = by_minute(delays)
    line = _in_line(runs, len(late), day)
    if sum(length for _, length in line) > max(start + length for start, length in line) + len(late) - line[0][0]:
        return 1.0
    kinds = [Alike(start, length, count) for (start, length), count in sorted(Counter(line).items())]
    states: Mapping[tuple[int, ...], Ends] = {(0,) * len(kinds): {line[0][0] - 1: 1.0}}
    for _ in line:
        states = _run_one_more(kinds, states, late)
    apart = sum(sum(ends.values()) for ends in states.values())
    return min(1.0, max(0.0, 1.0 - apart))


def _in_line(runs: Sequence[Run], longest_delay: int, day: int | None) -> list[Run]:
    """Sort the runs by start; round the ring they begin after the widest pause and end with the first one's return."""
    line = sorted(runs)
    if day is None or len(line) < 2:
        return line
    pauses = [start - (before + length) for (before, length), (start, _) in pairwise([*line, (line[0][0] + day, 0)])]
    first = (pauses.index(max(pauses)) + 1) % len(line)
    line = line[first:] + [(start + day, length) for start, length in line[:first]]
    again = line[0][0] + day, line[0][1]
    return [*line, again] if max(map(sum, line)) + longest_delay > again[0] else line


def _run_one_more(
    kinds: Sequence[Alike], states: Mapping[tuple[int, ...], Ends], late: Sequence[float]
) -> dict[tuple[int, ...], Ends]:
    """Return the chances after one more run; a state counts how many of each kind have run."""
    found: defaultdict[tuple[int, ...], defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    for ran, ends in states.items():
        left = [index for index, kind in enumerate(kinds) if ran[index] < kind.count]
        if any(kinds[index].start + len(late) <= min(ends) for index in left):
            continue
        for index in left:
            kind, now = kinds[index], (*ran[:index], ran[index] + 1, *ran[index + 1 :])
            # Any of the alike that have run then may be the last of them.
            for minute, chance in _starts_after(ends, kind.start, late):
                found[now][minute + kind.length] += now[index] * chance
    return {ran: ends for ran, ends in found.items() if sum(ends.values()) > UNLIKELY}


def _starts_after(ends: Ends, start: int, late: Sequence[float]) -> Iterator[tuple[int, float]]:
    """Yield the chance, by minute, that a run scheduled for `start` begins then and the others have ended.

    Of the ends and starts in one minute, half are in that order.
    """
    last = max(ends)
    ended = sum(chance for minute, chance in ends.items() if minute < start)
    for minute, chance in enumerate(late, start):
        ending = ends.get(minute, 0.0) if minute <= last else 0.0
        if chance and (before := ended + ending / 2):
            yield minute, chance * before
        ended += ending


def _spacing(fleet: Fleet, group: int, starts: Sequence[int]) -> Spacing:
    problem = fleet.problem
    mates = sorted(fleet.mates[group], key=lambda mate: (starts[mate], -fleet.durations[mate], fleet.origin[mate]))
    runs = [(starts[mate] * SLOT_MINUTES, fleet.durations[mate] * SLOT_MINUTES) for mate in mates]
    delays = problem.delays or uniform(problem.lateness * SLOT_MINUTES)
    day = problem.slots * SLOT_MINUTES if problem.cyclic else None
    return Spacing(
        group=group,
        jobs=tuple(fleet.origin[mate] for mate in mates),
        starts=tuple(starts[mate] for mate in mates),
        gap_slots=_smallest_gap(runs, day) // SLOT_MINUTES,
        overlap_probability=round(overlap_probability(runs, delays, day), 6),
    )


def _smallest_gap(runs: Sequence[Run], day: int | None) -> int:
    """Return the least pause between a run and the next; `runs` in the order of starts, longer ones first."""
    around = [*runs, (runs[0][0] + day, 0)] if day is not None else runs
    return min(after - (start + length) for (start, length), (after, _) in pairwise(around))

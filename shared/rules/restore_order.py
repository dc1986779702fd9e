"""In which order are restores served, and how good is that? Longest first, mended by exchanges; with a lower bound.

Accounts take one restore at a time, so this is scheduling on parallel machines. An order is all that is decided: who is
next goes to the account that is free first, so that wrong guesses of lengths do little harm.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from itertools import accumulate

CLOSE_ENOUGH = 1.0005
"""Ratio to the bound at which mending ends."""
MOST_EXCHANGES = 400
"""Each takes about a millisecond with a thousand restores."""


@dataclass(frozen=True, slots=True)
class Course:
    """How restores go: the account of each by number, the order in which they begin, and when the last one ends."""

    accounts: tuple[int, ...]
    order: tuple[int, ...]
    makespan: float


def serve(minutes: Sequence[float], free_at: Sequence[float]) -> Course:
    """Return a good course of restores of these lengths on accounts that become free at these minutes, one at least."""
    longest_first = sorted(range(len(minutes)), key=lambda place: (-minutes[place], place))
    first = follow(longest_first, minutes, free_at)
    mended = follow(_mended(first, minutes, free_at), minutes, free_at)
    return min(first, mended, key=lambda course: course.makespan)


def follow(order: Sequence[int], minutes: Sequence[float], free_at: Sequence[float]) -> Course:
    """Return the course where each restore in turn goes to the account that is free first."""
    free = [(at, number) for number, at in enumerate(free_at)]
    heapify(free)
    accounts, last = [0] * len(minutes), 0.0
    for place in order:
        begin, number = free[0]
        heapreplace(free, (begin + minutes[place], number))
        accounts[place], last = number, max(last, begin + minutes[place])
    return Course(tuple(accounts), tuple(order), last)


def course(minutes: Sequence[float], accounts: int, guesses: Sequence[float] | None = None) -> Course:
    """Return how restores go on idle accounts where their lengths are `guesses` (None: known) and then `minutes`."""
    idle = [0.0] * accounts
    planned = serve(minutes if guesses is None else guesses, idle)
    return follow(planned.order, minutes, idle)


def lower_bound(minutes: Sequence[float], accounts: int) -> float:
    """Return minutes that no course on so many idle accounts ends before; 0 for no restores.

    The longest restore; the total shared evenly; and k + 1 of the k x accounts + 1 longest must share an account, which
    takes at least as long as the k + 1 shortest of them.
    """
    falling = sorted(minutes, reverse=True)
    sums = [0.0, *accumulate(falling)]
    shared = [sums[end] - sums[end - 1 - (end - 1) // accounts] for end in range(1, len(falling) + 1, accounts)]
    return max([sums[-1] / accounts, *shared])


def _mended(first: Course, minutes: Sequence[float], free_at: Sequence[float]) -> list[int]:
    """Return an order whose last end is earlier, by exchanges between the account that ends last and others."""
    lanes: list[list[tuple[float, int]]] = [[] for _ in free_at]
    for place, number in enumerate(first.accounts):
        lanes[number].append((minutes[place], place))
    ends = [at + sum(length for length, _ in lane) for at, lane in zip(free_at, lanes, strict=True)]
    for lane in lanes:
        lane.sort()
    enough = max(lower_bound(minutes, len(free_at)), sum(ends) / len(ends)) * CLOSE_ENOUGH
    for _ in range(MOST_EXCHANGES):
        if max(ends) <= enough or not _exchange(lanes, ends):
            break
    begins: list[tuple[float, int]] = []
    for at, lane in zip(free_at, lanes, strict=True):
        for length, place in reversed(lane):
            begins.append((at, place))
            at += length
    return [place for _, place in sorted(begins)]


def _exchange(lanes: list[list[tuple[float, int]]], ends: list[float]) -> bool:
    """Exchange one restore of the account that ends last for a shorter one, or none, of another; False: none helps."""
    last = max(range(len(ends)), key=ends.__getitem__)
    best, found = 0.0, None
    for other, end in enumerate(ends):
        gap = ends[last] - end
        if gap / 2 <= best:
            continue
        for mine, (length, _) in enumerate(lanes[last]):
            wanted = bisect_left(lanes[other], (length - gap / 2, -1))
            for theirs in (wanted - 1, wanted):
                shorter = lanes[other][theirs][0] if 0 <= theirs < len(lanes[other]) else 0.0
                gain = min(length - shorter, gap - (length - shorter))
                if gain > best + 1e-9:
                    best, found = gain, (other, mine, theirs)
    if found is None:
        return False
    other, mine, theirs = found
    given = lanes[last].pop(mine)
    taken = lanes[other].pop(theirs) if 0 <= theirs < len(lanes[other]) else None
    lanes[other].insert(bisect_left(lanes[other], given), given)
    if taken is not None:
        lanes[last].insert(bisect_left(lanes[last], taken), taken)
    moved = given[0] - (taken[0] if taken else 0.0)
    ends[last], ends[other] = ends[last] - moved, ends[other] + moved
    return True

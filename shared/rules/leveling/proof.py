"""How low could the peak possibly be? Slot prices that prove a lower bound for every plan there is.

Any non-negative prices y prove `peak >= sum of w * min over a in allowed of (y over a's window) / sum of y`: the peak
is at least the average load weighted by y, and no plan pays less than each job's cheapest window.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from math import exp, floor

from shared.rules.leveling.fleet import Fleet

BETAS = (4.0, 8.0, 12.0, 18.0, 26.0, 36.0, 50.0, 75.0, 110.0, 160.0)
# How many windows the refinement may price; it is work, not time, so that every machine finds the same bound.
REFINEMENT = 1_500_000

type Shapes = list[tuple[int, tuple[int, ...], int]]


def shapes(fleet: Fleet) -> Shapes:
    """Return (duration, allowed starts, total load) of jobs that pay the same."""
    total: Counter[tuple[int, tuple[int, ...]]] = Counter()
    for duration, allowed, load in zip(fleet.durations, fleet.allowed, fleet.loads, strict=True):
        total[duration, allowed] += load
    return [(duration, allowed, load) for (duration, allowed), load in total.items()]


def bound(kinds: Shapes, prices: Sequence[float]) -> float:
    """Return the lower bound that `prices` prove, rounded down a little so that no rounding overstates it."""
    sums = list(accumulate([*prices, *prices], initial=0.0))
    paid = sum(load * min([sums[s + duration] - sums[s] for s in starts]) for duration, starts, load in kinds)
    return floor(paid / sum(prices) * (1 - 1e-12) * 1e9) / 1e9


def prove(fleet: Fleet, load: Sequence[int]) -> tuple[float, tuple[float, ...]]:
    """Return the best bound found and its prices, starting from the load of a finished plan."""
    slots, peak = len(load), max(load, default=0)
    if not len(fleet) or peak == 0:
        return 0.0, (1.0,) * slots
    kinds = shapes(fleet)
    tried = [tuple(exp(beta * (at / peak - 1)) for at in load) for beta in BETAS]
    best = max(((bound(kinds, prices), prices) for prices in [(1.0,) * slots, *tried]), key=lambda pair: pair[0])
    return refine(kinds, peak, best)


def refine(kinds: Shapes, peak: int, best: tuple[float, tuple[float, ...]]) -> tuple[float, tuple[float, ...]]:
    """Raise the price of slots that the cheapest windows crowd, lower the others, and keep the best bound seen."""
    work = sum(len(starts) for _, starts, _ in kinds)
    rounds = min(400, REFINEMENT // max(1, work))
    prices = list(best[1])
    for turn in range(rounds):
        crowd = cheapest_load(kinds, prices)
        step = 2.0 / (1 + turn) ** 0.7
        prices = [y * exp(step * min(2.0, at / peak - 1)) for y, at in zip(prices, crowd, strict=True)]
        top = max(prices)
        prices = [max(y / top, 1e-9) for y in prices]
        proved = bound(kinds, prices)
        if proved > best[0]:
            best = proved, tuple(prices)
    return best


def cheapest_load(kinds: Shapes, prices: Sequence[float]) -> list[float]:
    """Return the load by slot if every job took its cheapest window, split evenly among equals."""
    slots = len(prices)
    sums = list(accumulate([*prices, *prices], initial=0.0))
    change = [0.0] * (2 * slots + 1)
    for duration, starts, load in kinds:
        start = min(starts, key=lambda s: sums[s + duration] - sums[s])
        change[start] += load
        change[start + duration] -= load
    twice = list(accumulate(change))
    return [twice[t] + twice[t + slots] for t in range(slots)]

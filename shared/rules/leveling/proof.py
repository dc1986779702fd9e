"""How low could the peak possibly be? Slot prices that prove a lower bound for every plan there is.

Any non-negative prices y prove `peak >= sum of w * min over a in allowed of (y over a's window) / sum of y`: the peak
is at least the average load weighted by y, and no plan pays less than each job's cheapest window.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import exp, floor
from operator import itemgetter
from typing import Protocol

from shared.rules.leveling.fleet import Fleet
from shared.rules.leveling.tariff import window_sums

BETAS = (4.0, 12.0, 36.0, 110.0)
# How many windows the refinement may look up: work, not time, so that every machine finds the same bound.
LOOKUPS, ROUNDS = 600_000, 500
# After so many rounds without a better bound the ascent goes back to the best and takes smaller steps.
PATIENCE = 25


class Paying(Protocol):
    """Jobs that pay for the slots they use."""

    def __len__(self) -> int:
        """Return how many windows one look at all of them takes."""

    def pay(self, prices: Sequence[float]) -> tuple[float, list[float]]:
        """Return the bound that prices which sum to 1 prove, and the load by slot that pays so little."""


type Pick = Callable[[Sequence[float]], tuple[float, ...]]


class Payers:
    """The jobs grouped by what they pay: duration, allowed starts, and the load of all that share them."""

    __slots__ = ("_durations", "_kinds", "_slots")

    def __init__(self, fleet: Fleet) -> None:
        """Group the fleet's jobs."""
        total: Counter[tuple[int, tuple[int, ...]]] = Counter()
        for duration, allowed, load in zip(fleet.durations, fleet.allowed, fleet.loads, strict=True):
            total[duration, allowed] += load
        self._slots = fleet.problem.slots
        self._durations = sorted({duration for duration, _ in total})
        # A picker of one entry would return it bare, so a single start is picked twice.
        self._kinds: list[tuple[int, tuple[int, ...], Pick, int]] = [
            (duration, allowed, itemgetter(*allowed, allowed[0]), load) for (duration, allowed), load in total.items()
        ]

    def __len__(self) -> int:
        return len(self._kinds)

    def pay(self, prices: Sequence[float]) -> tuple[float, list[float]]:
        """Return what all jobs pay in their cheapest windows at prices that sum to 1, and the load that makes by slot.

        The first is the bound those prices prove; the second tells which slots are too cheap.
        """
        costs = {duration: window_sums(prices, duration) for duration in self._durations}
        change = [0.0] * (2 * self._slots + 1)
        paid = 0.0
        for duration, allowed, pick, load in self._kinds:
            offers = pick(costs[duration])
            least = min(offers)
            paid += load * least
            start = allowed[offers.index(least)]
            change[start] += load
            change[start + duration] -= load
        twice = list(accumulate(change))
        return paid, [twice[slot] + twice[slot + self._slots] for slot in range(self._slots)]


def prove(fleet: Fleet, load: Sequence[int]) -> tuple[float, tuple[float, ...]]:
    """Return the best bound found and its prices, starting from the load by slot of a good plan."""
    slots, peak = len(load), max(load, default=0)
    if peak == 0:
        return 0.0, (1.0,) * slots
    payers = Payers(fleet)
    tried = [shares([1.0] * slots), *(shares([exp(beta * (at / peak - 1)) for at in load]) for beta in BETAS)]
    first = max(tried, key=lambda prices: payers.pay(prices)[0])
    prices = ascend(payers, peak, first)
    # Rounded down, so that no other order of summing finds it overstated.
    return floor(payers.pay(prices)[0] * (1 - 1e-12) * 1e9) / 1e9, tuple(prices)


def ascend(payers: Paying, peak: int, first: list[float]) -> list[float]:
    """Raise the prices of crowded slots and lower the others; return the prices with the best bound seen.

    Subgradient ascent with Polyak's step: as far as would reach `peak` if the bound were linear.
    """
    prices = best = first
    best_crowd: list[float] = []
    most, reach, idle = 0.0, 1.0, 0
    for _ in range(min(ROUNDS, LOOKUPS // max(1, len(payers)))):
        proved, crowd = payers.pay(prices)
        if proved > most:
            most, best, best_crowd, idle = proved, prices, crowd, 0
        else:
            idle += 1
            if idle == PATIENCE:
                reach, idle = reach * 0.7, 0
                proved, prices, crowd = most, best, best_crowd
        slope = [at - proved if price > 0 or at > proved else 0.0 for price, at in zip(prices, crowd, strict=True)]
        # No price is worth raising any more; what is left of the slope is rounding, and no step to take.
        if max(slope) <= 1e-9 * peak:
            break
        step = reach * (peak - proved) / sum(step * step for step in slope)
        prices = shares([max(0.0, price + step * up) for price, up in zip(prices, slope, strict=True)])
    return best


def shares(prices: list[float]) -> list[float]:
    """Return the prices scaled to sum to 1."""
    total = sum(prices)
    return [price / total for price in prices]

"""How low could so many moves bring the peak at best? The bound of `proof`, for plans that keep most starts.

At prices that sum to 1 every plan with at most k moves peaks at no less than what all jobs pay where they are, less
the k largest savings that a move could bring.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from math import exp
from operator import itemgetter

from shared.rules.leveling.board import Board
from shared.rules.leveling.offers import Terms
from shared.rules.leveling.proof import BETAS, ascend, shares
from shared.rules.leveling.tariff import window_sums


class Movers:
    """The jobs grouped by what they pay and could save: duration, allowed starts, load, and where they start."""

    __slots__ = ("_durations", "_kinds", "_moves", "_slots")

    def __init__(self, board: Board, terms: Terms) -> None:
        """Group the board's jobs; those that are free on the terms may move beside the others."""
        fleet = board.fleet
        self._slots, self._moves = fleet.problem.slots, terms.allowance
        self._durations = sorted(set(fleet.durations))
        jobs = Counter(
            (fleet.durations[job], fleet.allowed[job], fleet.loads[job], start, job in terms.free)
            for job, start in enumerate(board.start)
        )
        # A picker of one entry would return it bare, so a single start is picked twice.
        self._kinds = [(*kind, itemgetter(*kind[1], kind[1][0]), count) for kind, count in jobs.items()]

    def __len__(self) -> int:
        return len(self._kinds)

    def pay(self, prices: Sequence[float]) -> tuple[float, list[float]]:
        """Return the bound that prices which sum to 1 prove, and the load by slot after the moves that save most."""
        costs = {duration: window_sums(prices, duration) for duration in self._durations}
        change = [0.0] * (2 * self._slots + 1)

        def run(start: int, duration: int, load: int) -> None:
            change[start] += load
            change[start + duration] -= load

        paid = 0.0
        savings: list[tuple[float, int, int, int, int, int]] = []
        for duration, allowed, load, start, free, pick, count in self._kinds:
            offers = pick(costs[duration])
            least, here = min(offers), costs[duration][start]
            cheapest = allowed[offers.index(least)]
            paid += count * load * (least if free else here)
            run(cheapest if free else start, duration, count * load)
            if here > least and not free:
                savings.append((load * (here - least), count, start, cheapest, duration, load))
        left = self._moves
        for saved, count, start, cheapest, duration, load in sorted(savings, reverse=True):
            moved = min(count, left)
            left -= moved
            paid -= moved * saved
            run(start, duration, -moved * load)
            run(cheapest, duration, moved * load)
        twice = list(accumulate(change))
        return paid, [twice[slot] + twice[slot + self._slots] for slot in range(self._slots)]


def lowest_peak(board: Board, terms: Terms, reached: int) -> float:
    """Return a peak that no plan on these terms is below, whatever its policies; `reached` is one that there is.

    The plans meant are those that differ from the board in the free jobs and at most `allowance` others.
    """
    if board.peak == 0:
        return 0.0
    movers, flat = Movers(board, terms), [1.0] * len(board.load)
    tried = [shares(flat), *(shares([exp(beta * (at / board.peak - 1)) for at in board.load]) for beta in BETAS)]
    first = max(tried, key=lambda prices: movers.pay(prices)[0])
    return movers.pay(ascend(movers, reached, first))[0]

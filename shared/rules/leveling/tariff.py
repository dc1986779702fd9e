"""What does a half-hour cost now? Prices rise steeply with the load, so that the cheapest window levels the peak."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import exp
from operator import itemgetter

from shared.rules.leveling.board import UNPLACED, Board

# Found by trial on fleets of 100 to 100,000 jobs: a first placement wants prices that still see the valleys, a better
# response wants prices that see little but the peak, and the last one next to nothing else.
PLACING, IMPROVING, POLISHING = 30.0, 60.0, 300.0


class Tariff:
    """Prices as of the last `refresh`; a few placements may share them."""

    __slots__ = ("_board", "_costs", "_every", "_prices", "_ranked", "_since", "_steepness")

    def __init__(self, board: Board, steepness: float = PLACING) -> None:
        """Price the board as it stands, and again after every few placements."""
        self._board, self._steepness = board, steepness
        # A refresh costs about as much as a few placements; some thousand refreshes level as well as one a job.
        self._every = max(1, len(board.fleet) // 4000)
        self.refresh()

    def refresh(self) -> None:
        """Price every slot by its load relative to the peak."""
        self._since = 0
        scale = self._steepness / max(1, self._board.peak)
        self._prices = [exp(scale * load - self._steepness) for load in self._board.load]
        self._costs: dict[tuple[int, ...], list[float]] = {}
        self._ranked: dict[tuple[int, int, tuple[int, ...]], list[int]] = {}

    def tick(self) -> None:
        """Note that the board changed; refresh the prices when it is time."""
        self._since += 1
        if self._since >= self._every:
            self.refresh()

    def costs(self, job: int) -> Sequence[float]:
        """Return what the job's window costs, by start."""
        fleet, duration = self._board.fleet, self._board.fleet.durations[job]
        vault = fleet.vaults[job]
        ceiled = vault in self._board.vault_load
        key = (duration, vault) if ceiled else (duration,)
        if key not in self._costs:
            self._costs[key] = window_sums(self._with_ceiling(vault) if ceiled else self._prices, duration)
        return self._costs[key]

    def cheapest(self, job: int, starts: Iterable[int]) -> int:
        """Return the start with the cheapest window, the first of equals; UNPLACED where there are no starts."""
        return min(starts, key=self.costs(job).__getitem__, default=UNPLACED)

    def place(self, job: int, within_limits: bool = True) -> bool:
        """Put the job on its cheapest start under the ceilings, or where it exceeds them least.

        Return False where the limits on policies and on overlap admit no start; without `within_limits` they are not
        asked.
        """
        board = self._board
        ranked = self._by_cost(job)
        starts = (start for start in ranked if board.admits(job, start)) if within_limits else iter(ranked)
        over = []
        for start in starts:
            excess = board.over_ceiling(job, start)
            if not excess:
                break
            over.append((excess, start))
        else:
            if not over:
                return False
            _, start = min(over, key=itemgetter(0))
        board.put(job, start)
        self.tick()
        return True

    def _by_cost(self, job: int) -> list[int]:
        fleet = self._board.fleet
        key = fleet.durations[job], fleet.vaults[job] if self._board.vault_load else 0, fleet.allowed[job]
        if key not in self._ranked:
            self._ranked[key] = sorted(fleet.allowed[job], key=self.costs(job).__getitem__)
        return self._ranked[key]

    def _with_ceiling(self, vault: int) -> list[float]:
        ceiling, steepness = self._board.fleet.problem.ceilings[vault], self._steepness
        return [
            price + exp(min(steepness, steepness * (at / ceiling - 1)))
            for price, at in zip(self._prices, self._board.vault_load[vault], strict=True)
        ]


def window_sums(prices: Sequence[float], duration: int) -> list[float]:
    """Return the sum of prices over the window of `duration` slots from each start, round the ring."""
    sums = list(accumulate([*prices, *prices], initial=0.0))
    return [sums[start + duration] - sums[start] for start in range(len(prices))]

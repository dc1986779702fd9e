"""What does a half-hour cost now? Prices rise steeply with the load, so that the cheapest window levels the peak."""

from collections.abc import Iterable
from itertools import accumulate
from math import exp

from shared.rules.leveling.board import UNPLACED, Board

# Found by trial on fleets of 100 to 100,000 jobs: flatter prices level too little, steeper ones see only the peak.
STEEPNESS = 30.0
# Dearer than any window can be by its load, so that a ceiling is broken only where nothing else is left.
OVER_CEILING = 1e4


class Tariff:
    """Prices as of the last `refresh`; a few placements may share them."""

    __slots__ = ("_best", "_board", "_every", "_own", "_prefix", "_since")

    def __init__(self, board: Board) -> None:
        """Price the board as it stands, and again after every few placements."""
        self._board = board
        # Refreshing costs about as much as placing five jobs; 4,000 refreshes level as well as one a job.
        self._every = max(1, len(board.fleet) // 4000)
        self.refresh()

    def refresh(self) -> None:
        """Price every slot by its load relative to the peak."""
        board = self._board
        self._since = 0
        scale = STEEPNESS / max(1, board.peak)
        prices = [exp(scale * load - STEEPNESS) for load in board.load]
        self._prefix = list(accumulate(prices + prices, initial=0.0))
        self._own: dict[tuple[int, int], list[float]] = {}
        self._best: dict[tuple[int, tuple[int, ...]], int] = {}

    def prefix(self, job: int) -> list[float]:
        """Return running sums of the prices the job pays, twice round the ring: a window costs `p[s + d] - p[s]`."""
        fleet, board = self._board.fleet, self._board
        vault = fleet.vaults[job]
        if vault not in board.vault_load:
            return self._prefix
        key = vault, fleet.loads[job]
        if key not in self._own:
            ceiling = max(1, fleet.problem.ceilings[vault])
            room = ceiling - fleet.loads[job]
            own = [
                exp(min(STEEPNESS, STEEPNESS * (load / ceiling - 1))) + (OVER_CEILING if load > room else 0.0)
                for load in board.vault_load[vault]
            ]
            sums = accumulate(own + own, initial=0.0)
            self._own[key] = [mine + all_ for mine, all_ in zip(sums, self._prefix, strict=True)]
        return self._own[key]

    def cheapest(self, job: int, starts: Iterable[int]) -> int:
        """Return the start with the cheapest window, the earliest of equals; UNPLACED where there are no starts."""
        sums, duration = self.prefix(job), self._board.fleet.durations[job]
        return min(starts, key=lambda s: sums[s + duration] - sums[s], default=UNPLACED)

    def place(self, job: int, starts: Iterable[int] | None = None) -> bool:
        """Put the job on its cheapest admitted start (of `starts`); return False where there is none."""
        board, fleet = self._board, self._board.fleet
        start = UNPLACED
        if starts is None:
            start = self._cheapest_allowed(job)
            if not board.admits(job, start):
                starts = fleet.allowed[job]
        if starts is not None:
            start = self.cheapest(job, [s for s in starts if board.admits(job, s)])
        if start == UNPLACED:
            return False
        board.put(job, start)
        self.tick()
        return True

    def place_beyond_limits(self, job: int) -> None:
        """Put the job on its cheapest allowed start, whatever that does to the limits."""
        self._board.put(job, self._cheapest_allowed(job))
        self.tick()

    def tick(self) -> None:
        """Note that the board changed; refresh the prices when it is time."""
        self._since += 1
        if self._since >= self._every:
            self.refresh()
        elif self._own:
            self._own = {}

    def _cheapest_allowed(self, job: int) -> int:
        fleet = self._board.fleet
        if self._board.vault_load:
            return self.cheapest(job, fleet.allowed[job])
        key = fleet.durations[job], fleet.allowed[job]
        if key not in self._best:
            self._best[key] = self.cheapest(job, fleet.allowed[job])
        return self._best[key]

"""Can the peak come down further? Better responses for every job, then a walk that empties the overloaded slots."""

from itertools import accumulate
from random import Random

from shared.rules.leveling.board import Board
from shared.rules.leveling.tariff import IMPROVING, Tariff


def even_out(board: Board) -> None:
    """Let every job move once to the start that is cheapest now."""
    tariff = Tariff(board, IMPROVING)
    for job in range(len(board.fleet)):
        left = board.take(job)
        tariff.tick()
        if not tariff.place(job):
            board.put(job, left)


class Walk:
    """A random walk, always the same, over plans: it moves jobs out of overloaded slots until none is left.

    Overload is load above the target peak, and above a vault's ceiling. The best plan seen stays.
    """

    __slots__ = ("_board", "_last_moved", "_random", "_target", "_turn")

    def __init__(self, board: Board, target: int) -> None:
        """Walk towards a peak of at most `target`."""
        self._board, self._target = board, target
        self._random = Random(len(board.fleet))
        self._last_moved = [0] * len(board.fleet)
        self._turn = 0

    def run(self, floor: int, turns: int) -> None:
        """Lower the target until it is `floor` or so many turns have passed; leave the board at the best plan."""
        board = self._board
        best, best_rank = list(board.start), self.rank()
        while self._turn < turns:
            self._turn += 1
            spot = self._overloaded()
            if spot is None:
                best, best_rank = list(board.start), self.rank()
                if board.peak <= floor:
                    return
                self._target = board.peak - 1
                continue
            self._relieve(*spot)
        if self.rank() > best_rank:
            board.restore(best)

    def rank(self) -> tuple[int, int]:
        """What the best plan has least of: load above ceilings, then the peak."""
        board = self._board
        ceilings = board.fleet.problem.ceilings
        over = sum(max(0, at - ceilings[vault]) for vault, row in board.vault_load.items() for at in row)
        return over, board.peak

    def _overloaded(self) -> tuple[int, int | None] | None:
        """Pick a slot above the target, or a vault's slot above its ceiling; None where there is none."""
        board = self._board
        spots: list[tuple[int, int | None]] = [(t, None) for t, at in enumerate(board.load) if at > self._target]
        for vault, row in board.vault_load.items():
            most = board.fleet.problem.ceilings[vault]
            spots += [(t, vault) for t, at in enumerate(row) if at > most]
        return self._random.choice(spots) if spots else None

    def _relieve(self, slot: int, vault: int | None) -> None:
        """Of a few jobs that run in the slot, move the one that lowers the overload most (or raises it least)."""
        board, fleet = self._board, self._board.fleet
        best = None
        for _ in range(20):
            job = int(self._random.random() * len(fleet))
            left = board.start[job]
            if (slot - left) % len(board.load) >= fleet.durations[job] or vault not in (None, fleet.vaults[job]):
                continue
            offer = self._offer(job, left)
            if offer is not None and (best is None or offer < best):
                best = offer
                if offer[0] < 0:
                    break
        if best is not None:
            _, _, _, job, start = best
            board.take(job)
            board.put(job, start)
            self._last_moved[job] = self._turn

    def _offer(self, job: int, left: int) -> tuple[int, int, float, int, int] | None:
        """Return (change of overload, turn it last moved, tie-break, job, start) of the job's best other start."""
        board, fleet = self._board, self._board.fleet
        duration, load = fleet.durations[job], fleet.loads[job]
        board.take(job)
        room = self._target - load
        over = [min(load, at - room) if at > room else 0 for at in board.load]
        own = board.vault_load.get(fleet.vaults[job])
        if own is not None:
            limit = fleet.problem.ceilings[fleet.vaults[job]] - load
            over = [a + (2 * min(load, at - limit) if at > limit else 0) for a, at in zip(over, own, strict=True)]
        sums = list(accumulate(over + over, initial=0))
        staying = sums[left + duration] - sums[left]
        offers = [
            (sums[start + duration] - sums[start] - staying, self._last_moved[job], self._random.random(), job, start)
            for start in fleet.allowed[job]
            if start != left and board.admits(job, start)
        ]
        board.put(job, left)
        return min(offers, default=None)

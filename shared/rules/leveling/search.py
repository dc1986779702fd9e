"""Can the peak come down further? Better responses for every job, then a walk that empties the overloaded slots."""

from itertools import accumulate
from random import Random

from shared.rules.leveling.board import Board
from shared.rules.leveling.tariff import IMPROVING, Tariff

# Of so many jobs drawn by lot the walk weighs those that run in the overloaded slot.
DRAWN = 20
# Every so many turns the walk closes a whole policy in the overloaded slot instead of moving one job.
DISSOLVE_EVERY = 3
# How much more overload a closed policy may leave behind, drawn by lot: a walk that never climbs stays in its valley.
SLACK = (0, 0, 1, 2, 4, 8)


def even_out(board: Board, steepness: float = IMPROVING) -> None:
    """Let every job move once to the start that is cheapest now."""
    tariff = Tariff(board, steepness)
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
            elif self._turn % DISSOLVE_EVERY == 0:
                self._dissolve(*spot)
            else:
                self._relieve(*spot)
        if self.rank() > best_rank:
            board.restore(best)

    def rank(self) -> tuple[int, int]:
        """What the best plan has least of: load above ceilings, then the peak."""
        return self._over_ceilings(), self._board.peak

    def _over_ceilings(self) -> int:
        board = self._board
        ceilings = board.fleet.problem.ceilings
        return sum(max(0, at - ceilings[vault]) for vault, row in board.vault_load.items() for at in row)

    def _overload(self) -> int:
        return sum(max(0, at - self._target) for at in self._board.load) + 2 * self._over_ceilings()

    def _overloaded(self) -> tuple[int, int | None] | None:
        """Pick a slot above the target, or a vault's slot above its ceiling; None where there is none."""
        board = self._board
        spots: list[tuple[int, int | None]] = [(t, None) for t, at in enumerate(board.load) if at > self._target]
        for vault, row in board.vault_load.items():
            most = board.fleet.problem.ceilings[vault]
            spots += [(t, vault) for t, at in enumerate(row) if at > most]
        return self._random.choice(spots) if spots else None

    def _running(self, slot: int, vault: int | None) -> list[int]:
        """Draw jobs that run in the slot (of the vault)."""
        board, fleet = self._board, self._board.fleet
        drawn = [int(self._random.random() * len(fleet)) for _ in range(DRAWN)]
        return [
            job
            for job in drawn
            if (slot - board.start[job]) % len(board.load) < fleet.durations[job] and vault in (None, fleet.vaults[job])
        ]

    def _relieve(self, slot: int, vault: int | None) -> None:
        """Of a few jobs that run in the slot, move the one that lowers the overload most, or raises it least."""
        board = self._board
        best = None
        for job in self._running(slot, vault):
            left = board.take(job)
            added = self._added(job)
            start = self._least(job, left, added)
            board.put(job, left)
            if start is None:
                continue
            offer = added[start] - added[left], self._last_moved[job], self._random.random(), job, start
            if best is None or offer < best:
                best = offer
            if offer[0] < 0:
                break
        if best is not None:
            self._move(best[-2], best[-1])

    def _dissolve(self, slot: int, vault: int | None) -> None:
        """Close the policy of a job that runs in the slot; undo that where the overload grows."""
        board, fleet = self._board, self._board.fleet
        running = self._running(slot, vault)
        if not running:
            return
        first = running[0]
        left, family, before = board.start[first], fleet.family[first], list(board.start)
        overload = self._overload()
        jobs = [job for job, start in enumerate(before) if start == left and fleet.family[job] == family]
        for job in jobs:
            board.take(job)
        for job in jobs:
            start = self._least(job, left, self._added(job))
            if start is None:
                break
            board.put(job, start)
            self._last_moved[job] = self._turn
        else:
            if self._overload() <= overload + self._random.choice(SLACK):
                return
        board.restore(before)

    def _added(self, job: int) -> list[int]:
        """Return the overload that the unplaced job would add, by start."""
        board, fleet = self._board, self._board.fleet
        duration, load = fleet.durations[job], fleet.loads[job]
        room = self._target - load
        over = [min(load, at - room) if at > room else 0 for at in board.load]
        own = board.vault_load.get(fleet.vaults[job])
        if own is not None:
            limit = fleet.problem.ceilings[fleet.vaults[job]] - load
            over = [a + (2 * min(load, at - limit) if at > limit else 0) for a, at in zip(over, own, strict=True)]
        sums = list(accumulate(over + over, initial=0))
        return [sums[start + duration] - sums[start] for start in range(len(over))]

    def _least(self, job: int, left: int, added: list[int]) -> int | None:
        """Return the admitted start other than `left` that adds least, by lot among equals."""
        board = self._board
        starts = [start for start in board.fleet.allowed[job] if start != left and board.admits(job, start)]
        if not starts:
            return None
        least = min(added[start] for start in starts)
        return self._random.choice([start for start in starts if added[start] == least])

    def _move(self, job: int, start: int) -> None:
        self._board.take(job)
        self._board.put(job, start)
        self._last_moved[job] = self._turn

"""Can the peak come down further? Better responses for every job, then a walk that empties the overloaded slots."""

from random import Random

from shared.rules.leveling.board import Board
from shared.rules.leveling.overload import Overload
from shared.rules.leveling.refusals import broken_limits
from shared.rules.leveling.tariff import IMPROVING, Tariff

# Of so many jobs drawn by lot the walk weighs those that run in the overloaded slot.
DRAWN = 20
# Every so many turns the walk closes a whole policy in the overloaded slot instead of moving one job.
DISSOLVE_EVERY = 3
# How much more overload a closed policy may leave behind, drawn by lot: a walk that never climbs stays in its valley.
SLACK = (0, 0, 1, 2, 4, 8)
LEAST_TURNS, TURNS_PER_JOB, TURNS = 800, 20, 8_000


def walk_turns(jobs: int) -> int:
    """Return how many turns a walk over so many jobs is worth."""
    return min(TURNS, LEAST_TURNS + TURNS_PER_JOB * jobs)


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

    __slots__ = ("_board", "_last_moved", "_overload", "_random", "_turn")

    def __init__(self, board: Board, target: int) -> None:
        """Walk towards a peak of at most `target`."""
        self._board, self._overload = board, Overload(board, target)
        self._random = Random(len(board.fleet))
        self._last_moved = [0] * len(board.fleet)
        self._turn = 0

    def run(self, floor: int, turns: int) -> None:
        """Lower the target until it is `floor` or so many turns have passed; leave the board at the best plan.

        A board that breaks no limit and peaks at `floor` already stays as it is.
        """
        board = self._board
        if board.peak <= floor and not any(broken_limits(board, 0.0)):
            return
        best, best_rank = list(board.start), self.rank()
        while self._turn < turns:
            self._turn += 1
            spot = self._overloaded()
            if spot is None:
                best, best_rank = list(board.start), self.rank()
                if board.peak <= floor:
                    return
                self._overload.target = board.peak - 1
            elif self._turn % DISSOLVE_EVERY == 0:
                self._dissolve(*spot)
            else:
                self._relieve(*spot)
        if self.rank() > best_rank:
            board.restore(best)

    def rank(self) -> tuple[int, int]:
        """What the best plan has least of: load above ceilings, then the peak."""
        return self._overload.of_vaults(), self._board.peak

    def _overloaded(self) -> tuple[int, int | None] | None:
        """Pick a slot above the target, or a vault's slot above its ceiling; None where there is none."""
        spots = self._overload.spots()
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
            added = self._overload.added(job)
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
        overload = self._overload.total()
        jobs = [job for job, start in enumerate(before) if start == left and fleet.family[job] == family]
        for job in jobs:
            board.take(job)
        for job in jobs:
            start = self._least(job, left, self._overload.added(job))
            if start is None:
                break
            board.put(job, start)
            self._last_moved[job] = self._turn
        else:
            if self._overload.total() <= overload + self._random.choice(SLACK):
                return
        board.restore(before)

    def _least(self, job: int, left: int, added: list[int]) -> int | None:
        """Return the admitted start other than `left` that adds least, by lot among equals."""
        board = self._board
        starts = [start for start in board.fleet.allowed[job] if start != left]
        # What a start adds is known, whether it is admitted must be asked: so only the cheapest are asked about.
        for least in sorted({added[start] for start in starts}):
            admitted = [start for start in starts if added[start] == least and board.admits(job, start)]
            if admitted:
                return self._random.choice(admitted)
        return None

    def _move(self, job: int, start: int) -> None:
        self._board.take(job)
        self._board.put(job, start)
        self._last_moved[job] = self._turn

"""How does a standing plan become good again with few moves? Mended where it must be, not planned anew."""

from math import ceil

from shared.rules.leveling.board import UNPLACED, Board
from shared.rules.leveling.consolidation import Closer
from shared.rules.leveling.moves import go_home, moved, moves
from shared.rules.leveling.offers import Terms
from shared.rules.leveling.overload import Overload
from shared.rules.leveling.reach import lowest_peak
from shared.rules.leveling.refusals import broken_limits
from shared.rules.leveling.relief import Relief
from shared.rules.leveling.search import Walk, walk_turns
from shared.rules.leveling.separation import seat_groups
from shared.rules.leveling.tariff import Tariff

# How many targets are tried where the allowance is too small for the one that is wanted.
TRIES = 4


def repair(fresh: Board, most: int) -> tuple[Board, int]:
    """Return the standing plan, mended until the limits hold and the peak is at most `most`, and the forced moves.

    First come the moves that limits and overlaps force, then those for the peak: best gain first, within the problem's
    `max_moves`. The work is bounded: limits or peak may remain exceeded.
    """
    board = Board(fresh.fleet)
    _reinstate(board)
    seat_groups(board, Tariff(board))
    _place_new(board, most)
    Closer(board).close_excess()
    problem, everyone = fresh.fleet.problem, len(fresh.fleet)
    if any(broken_limits(board, 0.0)):
        ceiling = sum(fresh.fleet.loads) if problem.ceiling is None else problem.ceiling
        _relieve(board, ceiling, Terms(moved(board), everyone, most, fresh))
    forced = moves(board)
    if board.peak > most:
        allowance = everyone if problem.max_moves is None else problem.max_moves
        _relieve(board, most, Terms(moved(board), allowance, most, fresh))
    go_home(board, max(most, board.peak))
    return board, forced


def _reinstate(board: Board) -> None:
    """Let every job start where it stood, where it may still start there."""
    fleet = board.fleet
    for job, start in enumerate(fleet.standing):
        if start is not None and start in fleet.allowed[job] and board.clear(job, start):
            board.put(job, start)


def _place_new(board: Board, most: int) -> None:
    """Place the other jobs where they exceed the target least, then where they need no policy more."""
    overload, tariff = Overload(board, most), Tariff(board)
    for job in range(len(board.fleet)):
        if board.start[job] != UNPLACED:
            continue
        starts = board.fleet.allowed[job]
        admitted = [start for start in starts if board.admits(job, start)]
        ranks = {
            start: (added, board.needs_policy(job, start), tariff.costs(job)[start])
            for start, added in enumerate(overload.added(job))
        }
        # Beyond the limits where they admit nothing: which policy to close for it is seen when all are placed.
        board.put(job, min(admitted or starts, key=ranks.__getitem__))
        tariff.tick()


def _relieve(board: Board, target: int, terms: Terms) -> None:
    """Lower the peak to the target, or as far as the terms let it."""
    before, relief = list(board.start), Relief(board, target, terms)
    if relief.run():
        return
    if not relief.spent:
        _walk_on(board, target, terms)
    if board.peak > target and terms.allowance < len(board.fleet):
        _stretch(board, before, terms, relief.spent)


def _walk_on(board: Board, target: int, terms: Terms) -> None:
    """Walk towards the target by lot, and keep what that brings where it moves no more jobs than it may."""
    before = list(board.start)
    Walk(board, target).run(target, walk_turns(len(board.fleet)))
    go_home(board, target)
    if sum(terms.cost(job, start) for job, start in enumerate(board.start)) > terms.allowance:
        board.restore(before)


def _stretch(board: Board, before: list[int], terms: Terms, spent: bool) -> None:
    """Find the lowest peak that can be reached with an allowance that is too small for the goal."""
    best, lowest = list(board.start), board.peak
    board.restore(before)
    if board.peak <= lowest:
        best, lowest = before, board.peak
    # Where moves were left over it was not their number that was too small.
    floor = target = ceil(lowest_peak(board, terms, lowest)) if spent else terms.goal + 1
    for _ in range(TRIES):
        if target >= lowest:
            break
        board.restore(before)
        if not Relief(board, target, terms).run():
            floor = target + 1
        if board.peak < lowest:
            best, lowest = list(board.start), board.peak
        target = (floor + lowest) // 2
    board.restore(best)

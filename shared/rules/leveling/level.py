"""When should every backup start? Plans afresh, keeps the standing plan where that is good enough, and proves both."""

from math import ceil

from shared.rules.leveling.board import UNPLACED, Board
from shared.rules.leveling.consolidation import Closer
from shared.rules.leveling.cover import crowd_together
from shared.rules.leveling.fleet import Fleet, muster
from shared.rules.leveling.moves import go_home, moves, relabel
from shared.rules.leveling.overlap import spacings
from shared.rules.leveling.problem import Leveling, Problem, refuse
from shared.rules.leveling.proof import prove
from shared.rules.leveling.refusals import broken_limits, impossible_jobs, misshapen, too_many_jobs
from shared.rules.leveling.repair import repair
from shared.rules.leveling.search import Walk, even_out, walk_turns
from shared.rules.leveling.separation import reasons_against, seat_groups
from shared.rules.leveling.spacing import space_out
from shared.rules.leveling.tariff import POLISHING, Tariff

# Up to this size the walk over single moves is worth its work; bigger fleets are level without it.
SEARCHED = 2_000
# Limits on policies tighten in steps, as multiples of what is allowed in the end: which policies are worth keeping
# shows only once some have gone. Big fleets have so many vaults that fewer steps will do.
NARROWING, NARROWING_FAST = (1.6, 1.3, 1.15, 1.05, 1.0, 1.0), (1.5, 1.2, 1.05, 1.0)
NARROWED_SLOWLY = 20_000


def level(problem: Problem, replan_above: float = 1.0) -> Leveling:
    """Choose a start for every job: hard rules first, then the smallest peak, few policies, few moves.

    Standing starts stay while the plan that keeps them holds every rule and peaks at no more than `replan_above` times
    the fresh plan's peak; where it does not, as few jobs move as are found to mend it. The fresh plan is taken where
    that needs fewer moves, or where mending fails and `max_moves` admits it. The answer depends neither on the order of
    the jobs nor on chance. Never raises: `refused` holds the reasons where there is no plan.
    """
    reasons = misshapen(problem) or [*impossible_jobs(problem), *too_many_jobs(problem)]
    if reasons:
        return refuse(reasons)
    if not problem.durations:
        return Leveling(starts=(), peak=0, bound=0.0, prices=(1.0,) * problem.slots, policies=0)
    fleet = space_out(muster(problem))
    reasons = reasons_against(fleet)
    if reasons:
        return refuse(reasons)
    fresh, proved, prices = _plan_afresh(fleet)
    fresh_peak = fresh.peak
    chosen = _mended(fresh, replan_above) if any(start is not None for start in fleet.standing) else fresh
    wrong = list(broken_limits(chosen, proved))
    if wrong:
        return refuse(wrong)
    starts = [UNPLACED] * len(fleet)
    for job, start in enumerate(chosen.start):
        starts[fleet.origin[job]] = start
    spaced = spacings(fleet, chosen.start)
    return Leveling(tuple(starts), chosen.peak, proved, prices, chosen.policies.total(), fresh_peak, spaced)


def _plan_afresh(fleet: Fleet) -> tuple[Board, float, tuple[float, ...]]:
    """Plan without regard to standing starts; return the board, and the bound with the prices that prove it."""
    board = Board(fleet)
    _fill(board)
    even_out(board)
    proved, prices = prove(fleet, board.load)
    _narrow(board)
    _improve(board, ceil(proved))
    return board, proved, prices


def _fill(board: Board) -> None:
    """Place every job, beyond the limits too: only then is it known which policies are worth keeping."""
    tariff = Tariff(board)
    seat_groups(board, tariff)
    for job, start in enumerate(board.start):
        if start == UNPLACED:
            tariff.place(job, within_limits=False)


def _mended(fresh: Board, replan_above: float) -> Board:
    """Return the standing plan as far as it is good enough, else the fresh one with as few moves as can be."""
    problem = fresh.fleet.problem
    # A fresh plan that breaks a limit is no measure: then only the limits count.
    sound = not any(broken_limits(fresh, 0.0))
    # The margin makes up for factors such as 1.15, which binary fractions miss by a hair.
    most = int(max(1.0, replan_above) * fresh.peak + 1e-6) if sound else sum(fresh.fleet.loads)
    most = most if problem.ceiling is None else min(most, problem.ceiling)
    board, forced = repair(fresh, most)
    mended = not any(broken_limits(board, 0.0))
    if not sound:
        return board
    relabel(fresh)
    go_home(fresh, most)
    if mended and board.peak <= most:
        return min(board, fresh, key=lambda one: (moves(one), one.peak))
    affordable = problem.max_moves is None or moves(fresh) <= forced + problem.max_moves
    return fresh if affordable or not mended else board


def _narrow(board: Board) -> None:
    """Close policies step by step until the limits hold, levelling again after each step."""
    for share in NARROWING if len(board.fleet) <= NARROWED_SLOWLY else NARROWING_FAST:
        board.loosen(share)
        Closer(board).close_excess()
        even_out(board)
    if any(broken_limits(board, 0.0)):
        crowd_together(board)
        Closer(board).close_excess()
        even_out(board)


def _improve(board: Board, floor: int) -> None:
    """Spend a bounded amount of work on a lower peak, then on fewer policies."""
    even_out(board, POLISHING)
    if len(board.fleet) <= SEARCHED or any(broken_limits(board, 0.0)):
        Walk(board, board.peak - 1).run(floor, walk_turns(len(board.fleet)))
    Closer(board).close_spare()

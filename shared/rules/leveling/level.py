"""When should every backup start? Plans afresh, keeps the standing plan where that is good enough, and proves both."""

from math import ceil

from shared.rules.leveling.board import UNPLACED, Board
from shared.rules.leveling.consolidation import Closer
from shared.rules.leveling.cover import crowd_together
from shared.rules.leveling.fleet import muster
from shared.rules.leveling.moves import go_home, relabel
from shared.rules.leveling.problem import Leveling, Problem, refuse
from shared.rules.leveling.proof import prove
from shared.rules.leveling.refusals import broken_limits, impossible_jobs, misshapen, too_many_jobs
from shared.rules.leveling.search import Walk, even_out
from shared.rules.leveling.separation import seat_groups
from shared.rules.leveling.tariff import POLISHING, Tariff

# Up to this size the walk over single moves is worth its work; bigger fleets are level without it.
SEARCHED = 2_000
# Limits on policies tighten in steps, as multiples of what is allowed in the end: which policies are worth keeping
# shows only once some have gone. Big fleets have so many vaults that fewer steps will do.
NARROWING, NARROWING_FAST = (1.6, 1.3, 1.15, 1.05, 1.0, 1.0), (1.5, 1.2, 1.05, 1.0)
NARROWED_SLOWLY = 20_000
LEAST_TURNS, TURNS_PER_JOB, TURNS = 800, 20, 8_000
# A standing plan further above the fresh one than this is not worth repairing job by job.
REPAIRABLE = 1.25


def level(problem: Problem, replan_above: float = 1.0) -> Leveling:
    """Choose a start for every job: hard rules first, then the smallest peak, few policies, few moves.

    Standing starts stay, all of them, where the plan that keeps them holds every rule and peaks at no more than
    `replan_above` times the fresh plan's peak. The answer depends neither on the order of the jobs nor on chance.
    Never raises: `refused` holds the reasons where there is no plan.
    """
    reasons = misshapen(problem) or [*impossible_jobs(problem), *too_many_jobs(problem)]
    if reasons:
        return refuse(reasons)
    if not problem.durations:
        return Leveling(starts=(), peak=0, bound=0.0, prices=(1.0,) * problem.slots, policies=0)
    fleet = muster(problem)
    fresh = Board(fleet)
    wrong = _fill(fresh, within_limits=False)
    if wrong:
        return refuse(wrong)
    even_out(fresh)
    proved, prices = prove(fleet, fresh.load)
    _narrow(fresh)
    _improve(fresh, ceil(proved))
    wrong = list(broken_limits(fresh, proved))
    chosen = fresh
    if any(start is not None for start in fleet.standing):
        kept = _keep(fresh, replan_above)
        if kept is not None:
            chosen, wrong = kept, []
        else:
            relabel(fresh)
            go_home(fresh, fresh.peak)
    if wrong:
        return refuse(wrong)
    starts = [UNPLACED] * len(fleet)
    for job, start in enumerate(chosen.start):
        starts[fleet.origin[job]] = start
    return Leveling(tuple(starts), chosen.peak, proved, prices, chosen.policies.total())


def _fill(board: Board, within_limits: bool) -> list[str]:
    """Place every job that is not placed yet; return why some cannot be.

    An empty board is filled beyond the limits first: only then is it known which policies are worth keeping.
    """
    tariff = Tariff(board)
    reasons = seat_groups(board, tariff)
    if not reasons:
        for job, start in enumerate(board.start):
            if start == UNPLACED and not (within_limits and tariff.place(job)):
                tariff.place(job, within_limits=False)
    return reasons


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
        Walk(board, board.peak - 1).run(floor, _turns(board))
    Closer(board).close_spare()


def _keep(fresh: Board, replan_above: float) -> Board | None:
    """Place the rest around the standing starts; return None where that is not good enough."""
    fleet = fresh.fleet
    board = Board(fleet)
    for job, start in enumerate(fleet.standing):
        if start is not None and start in fleet.allowed[job] and board.clear(job, start):
            board.put(job, start)
    if _fill(board, within_limits=True):
        return None
    Closer(board).close_excess()
    most = int(max(1.0, replan_above) * fresh.peak)
    if board.peak > most or any(broken_limits(board, 0.0)):
        if board.peak > REPAIRABLE * fresh.peak:
            return None
        Walk(board, most).run(most, _turns(board))
        go_home(board, most)
    return None if board.peak > most or any(broken_limits(board, 0.0)) else board


def _turns(board: Board) -> int:
    return min(TURNS, LEAST_TURNS + TURNS_PER_JOB * len(board.fleet))

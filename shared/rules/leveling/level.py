"""When should every backup start? Plans afresh, keeps the standing plan where that is good enough, and proves both."""

from dataclasses import replace
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
# One run more than a fresh plan's is lowered for as many moves as were made to come so close, and so many more: this
# share of the jobs, at least so many. A small fleet would be planned anew for one VM that joins.
LAST_RUN_SHARE, LAST_RUN_LEAST = 0.05, 2


def level(problem: Problem, replan_above: float = 1.0) -> Leveling:
    """Choose a start for every job: hard rules first, then the smallest peak, few policies, few moves.

    Standing starts stay while the plan that keeps them holds every rule and peaks at no more than `replan_above` times
    the fresh plan's peak; where it does not, as few jobs move as are found to mend it. The fresh plan is taken where
    that needs fewer moves, or where mending fails and `max_moves` admits it. One run more than the fresh plan's stays
    where lowering it would take about as many moves as all else. The answer depends neither on the order of the jobs
    nor on chance. Never raises: `refused` holds the reasons where there is no plan.
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
    chosen = _kept(fresh, replan_above) if any(start is not None for start in fleet.standing) else fresh
    wrong = list(broken_limits(chosen, proved))
    if wrong:
        return refuse(wrong)
    spaced = spacings(chosen.fleet, chosen.start)
    policies = chosen.policies.total()
    return Leveling(tuple(_as_listed(chosen)), chosen.peak, proved, prices, policies, fresh_peak, spaced)


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


def _kept(fresh: Board, replan_above: float) -> Board:
    """Return the standing plan as far as it is good enough, else the fresh one with as few moves as can be."""
    problem = fresh.fleet.problem
    # A fresh plan that breaks a limit is no measure: then only the limits count.
    if any(broken_limits(fresh, 0.0)):
        return repair(fresh, _within(problem, sum(fresh.fleet.loads)))[0]
    # The margin makes up for factors such as 1.15, which binary fractions miss by a hair.
    most = _within(problem, int(max(1.0, replan_above) * fresh.peak + 1e-6))
    near = _within(problem, max(most, fresh.peak + 1))
    board, forced = _mended(_copy(fresh.start, fresh.fleet), near)
    if not most < board.peak <= near:
        return board
    return _without_last_run(fresh, board, forced, most) or board


def _within(problem: Problem, peak: int) -> int:
    return peak if problem.ceiling is None else min(peak, problem.ceiling)


def _mended(fresh: Board, most: int) -> tuple[Board, int]:
    """Return the standing plan with a peak of at most `most`, or as near as it comes, and the forced moves."""
    problem = fresh.fleet.problem
    board, forced = repair(fresh, most)
    mended = not any(broken_limits(board, 0.0))
    relabel(fresh)
    go_home(fresh, most)
    if mended and board.peak <= most:
        return min(board, fresh, key=lambda one: (moves(one), one.peak)), forced
    affordable = problem.max_moves is None or moves(fresh) <= forced + problem.max_moves
    return fresh if affordable or not mended else board, forced


def _without_last_run(fresh: Board, board: Board, forced: int, most: int) -> Board | None:
    """Return the plan with the peak lowered to `most`, None where that is not worth its moves.

    The plan that is near enough is taken for the standing one: so tomorrow's answer is the same.
    """
    fleet, made = board.fleet, moves(board)
    worth = made + max(LAST_RUN_LEAST, int(LAST_RUN_SHARE * len(fleet)))
    limit = fleet.problem.max_moves
    left = worth if limit is None else min(worth, limit + forced - made)
    stands = muster(replace(fleet.problem, standing=_as_listed(board), max_moves=max(0, left)))
    # Jobs that differ in nothing but where they stand are at the same places in both orders.
    lower, _ = _mended(_copy(fresh.start, replace(stands, gaps=fleet.gaps)), most)
    if lower.peak > most or moves(lower) > left:
        return None
    starts = _as_listed(lower)
    home = _copy([starts[index] for index in fleet.origin], fleet)
    relabel(home)
    go_home(home, most)
    straight, _ = _mended(_copy(fresh.start, fleet), most)
    return straight if straight.peak <= most and moves(straight) < moves(home) else home


def _copy(starts: list[int], fleet: Fleet) -> Board:
    copy = Board(fleet)
    copy.restore(starts)
    return copy


def _as_listed(board: Board) -> list[int]:
    """Return the starts in the order of the problem's jobs."""
    starts = [UNPLACED] * len(board.fleet)
    for job, start in enumerate(board.start):
        starts[board.fleet.origin[job]] = start
    return starts


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

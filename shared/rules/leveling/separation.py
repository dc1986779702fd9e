"""Where do the jobs of one application start, so that none overlaps another even when each is late? A search."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from shared.rules.leveling.board import UNPLACED, Board
from shared.rules.leveling.fleet import Fleet
from shared.rules.leveling.spacing import Choices, arrange
from shared.rules.leveling.tariff import Tariff

# Before a whole group is seated anew, so many of its placed jobs at most are moved to make room for the others.
MAKE_ROOM = 2
# And so many choices of those are tried.
ROOMS = 200


def seat_groups(board: Board, tariff: Tariff) -> None:
    """Place every job of every separation group, and move as few placed ones for that as can be."""
    for mates in board.fleet.mates.values():
        if any(board.start[mate] == UNPLACED for mate in mates):
            _seat(board, tariff, mates)


def reasons_against(fleet: Fleet) -> list[str]:
    """Return why there is no plan: the groups that cannot be kept apart and may not be spaced instead."""
    return [_reason(fleet, group) for group in fleet.gaps if group not in fleet.problem.may_space]


def _seat(board: Board, tariff: Tariff, mates: tuple[int, ...]) -> None:
    placed = [(mate, board.start[mate]) for mate in mates if board.start[mate] != UNPLACED]
    attempts = (arrange(board.fleet, *attempt) for attempt in _attempts(board, tariff, mates, placed))
    # The last attempt repeats the search that set the group's gap, so there is one that succeeds.
    seats = next(seats for seats in attempts if seats is not None)
    for mate, start in seats.items():
        if board.start[mate] != UNPLACED:
            board.take(mate)
        board.put(mate, start)
        tariff.tick()


def _attempts(
    board: Board, tariff: Tariff, mates: tuple[int, ...], placed: list[tuple[int, int]]
) -> Iterator[tuple[Choices, Sequence[tuple[int, int]]]]:
    """Yield who may be seated where, with who stays: fewest moves first, then cheapest starts first."""
    fleet, missing = board.fleet, [mate for mate in mates if board.start[mate] == UNPLACED]

    def cheapest_first(mate: int) -> tuple[int, list[int]]:
        costs, here = tariff.costs(mate), board.start[mate]
        return mate, sorted(fleet.allowed[mate], key=lambda start: (start != here, costs[start]))

    for number in range(min(MAKE_ROOM, len(placed) - 1) + 1):
        for moving in islice(combinations([mate for mate, _ in placed], number), ROOMS):
            staying = [(mate, start) for mate, start in placed if mate not in moving]
            yield [cheapest_first(mate) for mate in (*missing, *moving)], staying
    yield [cheapest_first(mate) for mate in mates], []
    yield [(mate, fleet.allowed[mate]) for mate in mates], []


def _reason(fleet: Fleet, group: int) -> str:
    mates, lateness = fleet.mates[group], fleet.problem.lateness
    jobs = ", ".join(str(index) for index in sorted(fleet.origin[mate] for mate in mates))
    need = sum(fleet.durations[mate] + lateness for mate in mates)
    return (
        f"separation group {group}: jobs {jobs} cannot be kept apart; with {lateness} slots of lateness each "
        f"they need {need} slots and no such starts were found among the allowed ones"
    )

"""Where do the jobs of one application start, so that none overlaps another even when each is late? A search."""

from shared.rules.leveling.board import UNPLACED, Board
from shared.rules.leveling.tariff import Tariff

# Looks at so many half-finished arrangements of one group. Windows of real applications need a few dozen.
EFFORT = 20_000


def seat_groups(board: Board, tariff: Tariff) -> list[str]:
    """Place every job of every separation group; return, for groups where that cannot be done, the reason."""
    reasons = []
    for group, mates in board.fleet.mates.items():
        if not _seat(board, tariff, mates):
            for mate in mates:
                if board.start[mate] != UNPLACED:
                    board.take(mate)
            if not _seat(board, tariff, mates):
                reasons.append(_reason(board, group, mates))
    return reasons


def _seat(board: Board, tariff: Tariff, mates: tuple[int, ...]) -> bool:
    fleet = board.fleet
    taken = 0
    for mate in mates:
        if board.start[mate] != UNPLACED:
            taken |= fleet.envelope(mate, board.start[mate])
    # Fewest starts first: the search fails early where it must fail.
    missing = [mate for mate in mates if board.start[mate] == UNPLACED]
    missing.sort(key=lambda mate: (len(fleet.allowed[mate]), mate))
    # Rules out what cannot fit anywhere, and with it searches deeper than the day has slots.
    spread = sum(fleet.durations[mate] + fleet.problem.lateness for mate in mates)
    if spread - (0 if fleet.problem.cyclic else fleet.problem.lateness) > fleet.problem.slots:
        return False
    chosen = _arrange(board, tariff, missing, taken)
    if chosen is None:
        return False
    for mate, start in zip(missing, chosen, strict=True):
        board.put(mate, start)
        tariff.tick()
    return True


def _arrange(board: Board, tariff: Tariff, missing: list[int], taken: int) -> list[int] | None:
    """Search depth first, cheapest starts first; return None where nothing fits or the effort is spent."""
    fleet = board.fleet
    choices = []
    for mate in missing:
        starts = sorted(fleet.allowed[mate], key=tariff.costs(mate).__getitem__)
        choices.append([(start, fleet.envelope(mate, start)) for start in starts])
    hopeless: set[tuple[int, int]] = set()
    chosen: list[int] = []

    def fits(depth: int, taken: int) -> bool:
        if depth == len(choices):
            return True
        if (depth, taken) in hopeless or len(hopeless) > EFFORT:
            return False
        for start, envelope in choices[depth]:
            if not taken & envelope:
                chosen.append(start)
                if fits(depth + 1, taken | envelope):
                    return True
                chosen.pop()
        hopeless.add((depth, taken))
        return False

    return chosen if fits(0, taken) else None


def _reason(board: Board, group: int, mates: tuple[int, ...]) -> str:
    fleet = board.fleet
    lateness = fleet.problem.lateness
    jobs = ", ".join(str(index) for index in sorted(fleet.origin[mate] for mate in mates))
    need = sum(fleet.durations[mate] + lateness for mate in mates)
    return (
        f"separation group {group}: jobs {jobs} cannot be kept apart; with {lateness} slots of lateness each "
        f"they need {need} slots and no such starts were found among the allowed ones"
    )

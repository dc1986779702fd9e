"""Who moves, and who need not after all? Jobs that can keep their standing start without making the plan worse."""

from collections import defaultdict

from shared.rules.leveling.board import Board


def moved(board: Board) -> frozenset[int]:
    """Return the jobs that are not where they stood, and those that stood nowhere."""
    return frozenset(job for job, home in enumerate(board.fleet.standing) if board.start[job] != home)


def moves(board: Board) -> int:
    """Count the standing jobs that are not where they stood."""
    return sum(home is not None and board.start[job] != home for job, home in enumerate(board.fleet.standing))


def relabel(board: Board) -> None:
    """Swap starts between jobs that differ in nothing but their allowed starts, so that more of them stay put."""
    fleet = board.fleet
    alike: defaultdict[tuple[int, int, int, int], dict[int, list[int]]] = defaultdict(dict)
    for job, start in enumerate(board.start):
        if start != fleet.standing[job]:
            kind = fleet.durations[job], fleet.loads[job], fleet.family[job], fleet.separate[job]
            alike[kind].setdefault(start, []).append(job)
    for by_start in alike.values():
        for job in [job for jobs in by_start.values() for job in jobs]:
            home, here = fleet.standing[job], board.start[job]
            if home is None or home == here or home not in fleet.allowed[job]:
                continue
            other = next((o for o in by_start.get(home, []) if here in fleet.allowed[o]), None)
            if other is not None:
                board.take(job)
                board.take(other)
                board.put(job, home)
                board.put(other, here)
                by_start[home].remove(other)
                by_start[here].remove(job)
                by_start[here].append(other)


def go_home(board: Board, most: int) -> None:
    """Let jobs return to their standing starts where that takes no policy, holds the limits and peaks at `most`."""
    fleet = board.fleet
    for job, home in enumerate(fleet.standing):
        if home is None or home == board.start[job] or home not in fleet.allowed[job]:
            continue
        left = board.take(job)
        fits = board.clear(job, home) and not board.needs_policy(job, home) and not board.over_ceiling(job, home)
        board.put(job, home if fits else left)
        if board.peak > most:
            board.take(job)
            board.put(job, left)

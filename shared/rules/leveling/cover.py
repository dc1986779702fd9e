"""Which few starts serve every job? For limits so tight that closing policies one by one ends in a dead end."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from shared.rules.leveling.board import Board
from shared.rules.leveling.tariff import Tariff

# Half-finished choices looked at for one family; a greedy choice serves where that is not enough.
EFFORT = 5_000


def crowd_together(board: Board) -> None:
    """Gather the jobs of every vault and family that is over its limit on as few starts as serve them all."""
    fleet, tariff = board.fleet, Tariff(board)
    jobs_of: defaultdict[int, list[int]] = defaultdict(list)
    for job, family in enumerate(fleet.family):
        jobs_of[family].append(job)
    crowded = [family for family in jobs_of if _over_limit(board, family)]
    for family in crowded:
        starts = fewest_starts(fleet.allowed[job] for job in jobs_of[family])
        for job in jobs_of[family]:
            left = board.take(job)
            served = [start for start in fleet.allowed[job] if start in starts and board.clear(job, start)]
            # A policy that is open already costs nothing more.
            roomy = [start for start in served if not board.needs_policy(job, start)]
            start = tariff.cheapest(job, roomy or served) if served else left
            board.put(job, start)
            tariff.tick()


def _over_limit(board: Board, family: int) -> bool:
    vault, _ = board.fleet.families[family]
    most, widest = board.most_policies, board.most_starts
    over_policies = most is not None and board.policies[vault] > most
    return over_policies or (widest is not None and board.open_starts[family] > widest)


def fewest_starts(choices: Iterable[tuple[int, ...]]) -> frozenset[int]:
    """Return as few starts as can be found that hold one of every job's choices."""
    needs = sorted({frozenset(starts) for starts in choices}, key=lambda starts: (len(starts), sorted(starts)))
    # A job that accepts all that another accepts is served with it.
    needs = [need for i, need in enumerate(needs) if not any(other <= need for other in needs[:i])]
    greedy = _greedy(needs)
    effort = EFFORT

    def serve(left: list[frozenset[int]], most: int) -> frozenset[int] | None:
        nonlocal effort
        if not left:
            return frozenset()
        effort -= 1
        if most == 0 or effort < 0:
            return None
        for start in sorted(left[0]):
            rest = serve([need for need in left if start not in need], most - 1)
            if rest is not None:
                return rest | {start}
        return None

    for most in range(1, len(greedy)):
        found = serve(needs, most)
        if found is not None:
            return found
    return greedy


def _greedy(needs: list[frozenset[int]]) -> frozenset[int]:
    chosen: set[int] = set()
    while needs:
        served = Counter(start for need in needs for start in need)
        best = min(served, key=lambda start: (-served[start], start))
        chosen.add(best)
        needs = [need for need in needs if best not in need]
    return frozenset(chosen)

"""Which policies can be closed, and where do their jobs go? Small ones first, to policies that stay open."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from shared.rules.leveling.board import Board
from shared.rules.leveling.tariff import Tariff

type Cells = dict[int, set[int]]
type Fits = Callable[[int, int], bool]


class Closer:
    """Closes policies by moving their jobs to policies that stay open and have room."""

    __slots__ = ("_board", "_cells", "_of_vault", "_per_policy", "_tariff")

    def __init__(self, board: Board) -> None:
        """Look up which job is in which cell."""
        fleet = board.fleet
        self._board, self._tariff = board, Tariff(board)
        self._per_policy = fleet.problem.vms_per_policy or max(1, len(fleet))
        self._cells: Cells = defaultdict(set)
        self._of_vault: dict[int, set[int]] = defaultdict(set)
        for job, start in enumerate(board.start):
            cell = fleet.family[job] * len(board.load) + start
            self._cells[cell].add(job)
            self._of_vault[fleet.vaults[job]].add(cell)

    def close_excess(self) -> None:
        """Close the smallest policies of every vault and family that has more than it may."""
        fleet, board = self._board.fleet, self._board
        widest, most = board.most_starts, board.most_policies
        if widest is not None:
            for family, (vault, _) in enumerate(fleet.families):
                own = {cell for cell in self._of_vault[vault] if cell // len(board.load) == family}
                self._shrink(own, partial(_excess, board.open_starts, family, widest), whole=True)
        if most is not None:
            for vault, cells in sorted(self._of_vault.items()):
                self._shrink(cells, partial(_excess, board.policies, vault, most), whole=False)

    def close_spare(self) -> None:
        """Close every policy whose jobs fit elsewhere without a higher peak and without breaking a ceiling."""
        board, fleet = self._board, self._board.fleet
        peak = board.peak

        def fits(job: int, start: int) -> bool:
            room = peak - fleet.loads[job]
            span = board.spans[fleet.durations[job]][start]
            return not any(board.load[slot] > room for slot in span) and not board.over_ceiling(job, start)

        for cell in sorted(self._cells, key=lambda cell: (self._remainder(cell), cell)):
            if self._cells[cell]:
                self._evacuate(cell, self._remainder(cell), fits)

    def _shrink(self, cells: Iterable[int], excess: Callable[[], int], whole: bool) -> None:
        size = (lambda cell: len(self._cells[cell])) if whole else self._remainder
        stuck: set[int] = set()
        while excess() > 0:
            open_cells = [cell for cell in cells if self._cells[cell] and cell not in stuck]
            if not open_cells:
                return
            open_cells.sort(key=lambda cell: (size(cell), cell))
            # A quarter of the excess at a time: sizes change as the jobs move.
            for cell in open_cells[: max(1, excess() // 4)]:
                if not self._evacuate(cell, size(cell), lambda _job, _start: True):
                    stuck.add(cell)

    def _remainder(self, cell: int) -> int:
        """How many jobs must leave so that the cell needs one policy less."""
        return (len(self._cells[cell]) - 1) % self._per_policy + 1

    def _evacuate(self, cell: int, number: int, fits: Fits) -> bool:
        """Move `number` jobs of the cell to open policies with room, all or none."""
        board, fleet, tariff = self._board, self._board.fleet, self._tariff
        slots = len(board.load)
        family, left = divmod(cell, slots)
        moved: list[tuple[int, int]] = []
        for job in sorted(self._cells[cell], reverse=True)[:number]:
            board.take(job)
            targets = [
                start
                for start in fleet.allowed[job]
                if start != left and not board.needs_policy(job, start) and board.clear(job, start) and fits(job, start)
            ]
            start = tariff.cheapest(job, targets) if targets else left
            board.put(job, start)
            if not targets:
                for other, _ in moved:
                    board.take(other)
                    board.put(other, left)
                return False
            tariff.tick()
            moved.append((job, start))
        for job, start in moved:
            self._cells[cell].discard(job)
            self._cells[family * slots + start].add(job)
        return True


def _excess(counts: Counter[int] | list[int], index: int, most: int) -> int:
    return counts[index] - most

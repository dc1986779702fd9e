"""What would one move be worth? Every move a job may make, with what speaks for it, and what it costs."""

from dataclasses import dataclass
from typing import NamedTuple

from shared.rules.leveling.board import Board
from shared.rules.leveling.overload import Overload
from shared.rules.leveling.tariff import IMPROVING, Tariff


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may move, and where to in the end.

    `free` are the jobs whose moves cost nothing, `allowance` is how many others may be away from their standing start.
    `goal` is the peak that is wanted in the end, `fresh` a fresh plan: its policies are better than others.
    """

    free: frozenset[int]
    allowance: int
    goal: int
    fresh: Board

    def cost(self, job: int, start: int) -> int:
        """Return 1 where the job, started there, counts against the allowance."""
        return int(job not in self.free and start != self.fresh.fleet.standing[job])


class Offer(NamedTuple):
    """A move and what speaks for it, in the order in which that counts; less is better.

    `cost` is 1 where a standing job would leave its start and -1 where it would return; `change` is that of the
    overload, `strain` that of the load above the goal; `strange` is 1 where the job would enter a policy that the fresh
    plan does not have and -1 where it would leave one; `price` tells how crowded it is there compared with here.
    """

    cost: int
    change: int
    strain: int
    strange: int
    price: float
    start: int
    job: int


class Offers:
    """Moves on a board: weighed against one target peak, made, and counted.

    `known_only` forbids to open policies that the fresh plan does not have. `weighed` counts the jobs looked at.
    """

    __slots__ = ("_added", "_away", "_beyond", "_tariff", "board", "known_only", "overload", "terms", "weighed")

    def __init__(self, board: Board, target: int, terms: Terms) -> None:
        """Weigh moves of the board's jobs by what they do to load above `target`."""
        self.board, self.terms = board, terms
        self.overload, self._beyond = Overload(board, target), Overload(board, terms.goal)
        self._tariff = Tariff(board, IMPROVING)
        self._added: dict[tuple[int, int, int, int], tuple[list[int], list[int]]] = {}
        self._away = self._count_away()
        self.known_only, self.weighed = False, 0

    @property
    def left(self) -> int:
        """How many more standing jobs may move."""
        return self.terms.allowance - self._away

    def may_move(self, job: int) -> bool:
        """Tell whether the terms let the job move at all."""
        return self.left > 0 or not self.counts(job)

    def counts(self, job: int) -> bool:
        """Tell whether a move of the job would count: it is where it stood, and not free."""
        return job not in self.terms.free and self.board.start[job] == self.board.fleet.standing[job]

    def of(self, job: int) -> list[Offer]:
        """Return every move of the job that the limits and the terms admit."""
        if not self.may_move(job):
            return []
        self.weighed += 1
        board, terms, prices = self.board, self.terms, self._tariff.costs(job)
        known, first = terms.fresh.count, board.cell(job, 0)
        left = board.take(job)
        added, beyond = self._additions(job, left)
        offers = [
            Offer(
                cost=terms.cost(job, start) - terms.cost(job, left),
                change=added[start] - added[left],
                strain=beyond[start] - beyond[left],
                strange=(not known[first + start]) - (not known[first + left]),
                price=prices[start] - prices[left],
                start=start,
                job=job,
            )
            for start in board.fleet.allowed[job]
            if start != left and board.admits(job, start) and self._may_open(job, start)
        ]
        board.put(job, left)
        return offers

    def best(self, job: int) -> Offer | None:
        """Return the best move of the job."""
        return min(self.of(job), default=None)

    def move(self, job: int, start: int) -> None:
        """Let the job start at `start` from now on."""
        self._away += self.terms.cost(job, start) - self.terms.cost(job, self.board.start[job])
        self.board.take(job)
        self.board.put(job, start)
        self._added.clear()
        self._tariff.tick()

    def restore(self, starts: list[int]) -> None:
        """Undo moves: let the board show `starts`."""
        self.board.restore(starts)
        self._away = self._count_away()
        self._added.clear()

    def is_known(self, job: int, start: int) -> bool:
        """Tell whether the fresh plan has a policy for the job there."""
        return self.terms.fresh.count[self.board.cell(job, start)] > 0

    def _may_open(self, job: int, start: int) -> bool:
        return not self.known_only or self.is_known(job, start) or not self.board.needs_policy(job, start)

    def _additions(self, job: int, left: int) -> tuple[list[int], list[int]]:
        """Return the load above the target and above the goal that the job, taken from `left`, would add by start."""
        fleet = self.board.fleet
        vault = fleet.vaults[job] if self.board.vault_load else 0
        alike = fleet.durations[job], fleet.loads[job], left, vault
        if alike not in self._added:
            added = self.overload.added(job)
            same = self._beyond.target == self.overload.target
            self._added[alike] = added, added if same else self._beyond.added(job)
        return self._added[alike]

    def _count_away(self) -> int:
        return sum(self.terms.cost(job, start) for job, start in enumerate(self.board.start))

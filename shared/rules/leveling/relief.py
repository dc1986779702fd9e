"""Which few moves bring the peak down? Best gain first; where no single move helps, chains of two or three."""

from collections import defaultdict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush, nsmallest
from typing import NamedTuple

from shared.rules.leveling.board import Board
from shared.rules.leveling.offers import Offer, Offers, Terms

# Where no single move helps, pairs are tried, then chains of three: so many first moves, of each so many second ones,
# and the best last one.
CHAINS = ((24,), (24, 6))
# After so many jobs weighed only single moves go on: work, not time, so that every machine finds the same plan.
EFFORT = 250_000


class Chain(NamedTuple):
    """Moves to be made one after the other, with the sums of their `change` and `cost`."""

    change: int
    cost: int
    offers: tuple[Offer, ...]


class Relief:
    """Moves jobs out of overloaded slots while that lowers the overload and the terms admit it."""

    __slots__ = ("_board", "_offers", "_shapes")

    def __init__(self, board: Board, target: int, terms: Terms) -> None:
        """Aim at a peak of at most `target`."""
        self._board, self._offers = board, Offers(board, target, terms)
        # Where policies are few and moves too, a policy that the fresh plan does without costs moves once more.
        problem = board.fleet.problem
        few = problem.policies_per_vault is not None or problem.slots_per_group is not None
        self._offers.known_only = few and terms.allowance < len(board.fleet)
        self._shapes = {d: [sum(1 << slot for slot in span) for span in spans] for d, spans in board.spans.items()}

    def run(self) -> bool:
        """Move jobs, and tell whether no overload is left."""
        while self._offers.overload.total():
            if not (self._move_singles() or any(map(self._move_chain, CHAINS)) or self._close_policy()):
                return False
        return True

    @property
    def spent(self) -> bool:
        """Whether no further standing job may move."""
        return self._offers.left <= 0

    @property
    def _tired(self) -> bool:
        return self._offers.weighed > EFFORT

    def _move_singles(self) -> bool:
        """Make single moves, best first, while one lowers the overload; tell whether any did."""
        alike = list(self._burdening())
        heap = [(offer, kind) for kind, jobs in enumerate(alike) if (offer := self._offers.best(jobs[-1])) is not None]
        heapify(heap)
        moved = False
        while heap and self._offers.overload.total():
            _, kind = heappop(heap)
            # What was offered may have changed since: every move changes the load.
            offer = self._offers.best(alike[kind][-1])
            if offer is None or offer.change >= 0:
                continue
            if heap and _without_price(offer) > _without_price(heap[0][0]):
                heappush(heap, (offer, kind))
                continue
            self._offers.move(alike[kind].pop(), offer.start)
            moved = True
            if alike[kind]:
                heappush(heap, (offer, kind))
        return moved

    def _move_chain(self, widths: tuple[int, ...]) -> bool:
        """Make the best moves that only together lower the overload; tell whether there are any."""
        chain = None if self._tired else self._best_chain(widths)
        if chain is None or chain.change >= 0:
            return False
        for offer in chain.offers:
            self._offers.move(offer.job, offer.start)
        return True

    def _best_chain(self, widths: tuple[int, ...]) -> Chain | None:
        """Return the moves that lower the overload most: of so many best first moves each, and the best last one."""
        best: Chain | None = None
        for first in nsmallest(widths[0] if widths else 1, self._unlike_offers(), key=_by_change):
            chain = Chain(first.change, first.cost, (first,))
            if widths and not self._tired:
                left = self._board.start[first.job]
                self._offers.move(first.job, first.start)
                rest = self._best_chain(widths[1:])
                self._offers.move(first.job, left)
                if rest is not None:
                    chain = Chain(first.change + rest.change, first.cost + rest.cost, (first, *rest.offers))
            best = chain if best is None else min(best, chain)
        return best

    def _unlike_offers(self) -> list[Offer]:
        """Return the best of all offers that would change the load alike."""
        fleet, best = self._board.fleet, dict[tuple[int, int, int, int], Offer]()
        for jobs in self._burdening():
            job = jobs[-1]
            for offer in self._offers.of(job):
                effect = fleet.durations[job], fleet.loads[job], self._board.start[job], offer.start
                best[effect] = min(offer, best.get(effect, offer))
        return list(best.values())

    def _close_policy(self) -> bool:
        """Close what a family has open at a start where the fresh plan has nothing, if the overload does not grow.

        Tell whether that was done. From then on only policies that the fresh plan has are opened: so this ends.
        """
        board, offers = self._board, self._offers
        offers.known_only = True
        before, overload = list(board.start), offers.overload.total()
        for jobs in self._strangers():
            if self._tired:
                break
            if self._evacuate(jobs):
                self._move_singles()
                if offers.overload.total() <= overload:
                    return True
            offers.restore(before)
        return False

    def _strangers(self) -> list[list[int]]:
        """Return the jobs at starts where the fresh plan has no policy for their family, together, fewest first."""
        strange: defaultdict[int, list[int]] = defaultdict(list)
        for job, start in enumerate(self._board.start):
            if not self._offers.is_known(job, start):
                strange[self._board.cell(job, start)].append(job)
        return [jobs for _, jobs in sorted(strange.items(), key=lambda item: (len(item[1]), item[0]))]

    def _evacuate(self, jobs: list[int]) -> bool:
        """Move all the jobs to policies that the fresh plan has; tell whether that was possible."""
        if sum(map(self._offers.counts, jobs)) > self._offers.left:
            return False
        for job in jobs:
            offers = [offer for offer in self._offers.of(job) if self._offers.is_known(job, offer.start)]
            if not offers:
                return False
            self._offers.move(job, min(offers, key=_by_change).start)
        return True

    def _burdening(self) -> Iterator[list[int]]:
        """Yield the jobs that run in an overloaded slot and may move, those together that differ in nothing."""
        board, fleet, free = self._board, self._board.fleet, self._offers.terms.free
        hot: defaultdict[int | None, int] = defaultdict(int)
        for slot, vault in self._offers.overload.spots():
            hot[vault] |= 1 << slot
        alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for job, start in enumerate(board.start):
            duration = fleet.durations[job]
            overloaded = hot[None] | hot.get(fleet.vaults[job], 0)
            if self._shapes[duration][start] & overloaded and self._offers.may_move(job):
                looks = duration, start, fleet.loads[job], fleet.family[job], fleet.allowed[job], fleet.separate[job]
                alike[*looks, fleet.standing[job], job in free].append(job)
        yield from alike.values()


def _by_change(offer: Offer) -> tuple[int, Offer]:
    return offer.change, offer


def _without_price(offer: Offer) -> tuple[int, int, int, int]:
    """Prices change with every move; what differs in them only is as good."""
    return offer.cost, offer.change, offer.strain, offer.strange

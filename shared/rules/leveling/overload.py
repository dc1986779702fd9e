"""How far is the load above where it should be? Overload: load above a target peak, and above a vault's ceiling."""

from itertools import accumulate

from shared.rules.leveling.board import Board

# A ceiling is a hard rule and the target a wish: load above a ceiling counts twice.
CEILING_WEIGHT = 2


class Overload:
    """The overload of a board against one target peak; `target` may be changed at any time."""

    __slots__ = ("_board", "target")

    def __init__(self, board: Board, target: int) -> None:
        """Measure the board against `target`."""
        self._board, self.target = board, target

    def total(self) -> int:
        """Return the overload, slot by slot in sum."""
        return sum(at - self.target for at in self._board.load if at > self.target) + CEILING_WEIGHT * self.of_vaults()

    def of_vaults(self) -> int:
        """Return the load above the vaults' ceilings, slot by slot in sum."""
        ceilings = self._board.fleet.problem.ceilings
        return sum(
            at - ceilings[vault] for vault, row in self._board.vault_load.items() for at in row if at > ceilings[vault]
        )

    def spots(self) -> list[tuple[int, int | None]]:
        """Return the slots above the target, and each vault's slots above its ceiling with the vault."""
        board = self._board
        spots: list[tuple[int, int | None]] = [(slot, None) for slot, at in enumerate(board.load) if at > self.target]
        for vault, row in board.vault_load.items():
            most = board.fleet.problem.ceilings[vault]
            spots += [(slot, vault) for slot, at in enumerate(row) if at > most]
        return spots

    def added(self, job: int) -> list[int]:
        """Return the overload that the unplaced job would add, by start."""
        board, fleet = self._board, self._board.fleet
        duration, load = fleet.durations[job], fleet.loads[job]
        room = self.target - load
        over = [min(load, at - room) if at > room else 0 for at in board.load]
        own = board.vault_load.get(fleet.vaults[job])
        if own is not None:
            limit = fleet.problem.ceilings[fleet.vaults[job]] - load
            over = [
                a + (CEILING_WEIGHT * min(load, at - limit) if at > limit else 0)
                for a, at in zip(over, own, strict=True)
            ]
        sums = list(accumulate(over + over, initial=0))
        return [sums[start + duration] - sums[start] for start in range(len(over))]

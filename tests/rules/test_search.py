"""Does the walk lower a peak where it can, and leave alone what is as low as can be?"""

from shared.rules.leveling.board import Board
from shared.rules.leveling.fleet import muster
from shared.rules.leveling.search import Walk, walk_turns
from tests.rules.leveling_problems import problem_of

ALL_DAY = tuple(range(12))


def board_of(starts: list[int], **limits: object) -> Board:
    board = Board(muster(problem_of([(2, 1, ALL_DAY, 1, 1, 0)] * len(starts), slots=12, **limits)))
    board.restore(starts)
    return board


def walked(board: Board, floor: int) -> Board:
    Walk(board, board.peak - 1).run(floor, walk_turns(len(board.fleet)))
    return board


def test_a_crowd_is_spread_until_the_peak_is_at_the_floor():
    assert walked(board_of([0] * 6), floor=1).peak == 1


def test_a_plan_whose_peak_is_at_the_floor_stays_as_it_is():
    starts = [0, 2, 4, 6, 0, 2, 4]
    assert walked(board_of(starts), floor=2).start == starts


def test_a_vault_above_its_ceiling_is_relieved_although_the_peak_is_at_the_floor():
    board = board_of([0, 0, 4], ceilings={1: 1})
    assert max(walked(board, floor=2).vault_load[1]) == 1

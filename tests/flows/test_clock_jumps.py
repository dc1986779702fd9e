"""What if the host's clock was ahead, and is right again? Its plan is not followed, and the next one is for now."""

from datetime import timedelta

from shared.flows import backup_windows
from shared.model.plan import Outcome
from tests.flows.stage import outcomes, stage

AHEAD = timedelta(days=30)


def test_a_plan_of_a_clock_that_was_ahead_waits_for_the_next_one_which_is_for_now() -> None:
    one = stage()
    now = one.world.now
    ahead = backup_windows.plan_tonight(one.ports, one.intent, now + AHEAD)
    assert ahead is not None
    one.calls.clear()
    idle = backup_windows.enforce(one.ports, one.intent, now + timedelta(days=2)).idle
    assert idle == "nothing is due"
    again = backup_windows.plan_tonight(one.ports, one.intent, now)
    assert again is not None
    assert (again.night, len(again.moves)) == (one.intent.night_of(now), 3)
    dues = [move.due for move in again.moves if move.due]
    assert len(dues) == 3
    assert max(dues) < now + timedelta(days=3)
    one.world.advance_to(max(dues))
    assert outcomes(one.enforce().steps, "membership") == [Outcome.WRITTEN] * 3

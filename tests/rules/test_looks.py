"""Is a look that fell out remembered as a gap, and nothing else?"""

from datetime import UTC, datetime, timedelta

from shared.rules.looks import KEPT, MOST, gaps_between, with_look

EVERY = timedelta(minutes=5)
NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def test_the_first_look_and_looks_in_time_leave_no_gap() -> None:
    assert with_look((), None, NOW, EVERY) == ()
    assert with_look((), ago(5), NOW, EVERY) == ()
    assert with_look((), ago(7.5), NOW, EVERY) == ()


def test_a_look_that_fell_out_leaves_one() -> None:
    assert with_look((), ago(8), NOW, EVERY) == ((ago(8), NOW),)
    assert with_look([(ago(90), ago(80))], ago(20), NOW, EVERY) == ((ago(90), ago(80)), (ago(20), NOW))


def test_old_gaps_are_forgotten_and_their_number_is_bounded() -> None:
    old = (NOW - KEPT - EVERY, NOW - KEPT)
    assert with_look([old, (ago(90), ago(80))], ago(5), NOW, EVERY) == ((ago(90), ago(80)),)
    many = [(ago(number + 10), ago(number)) for number in range(2 * MOST, 0, -1)]
    assert with_look(many, ago(5), NOW, EVERY) == tuple(many[-MOST:])


def test_of_gaps_only_the_part_that_is_asked_for_counts() -> None:
    gaps = [(ago(90), ago(60)), (ago(30), ago(10))]
    assert gaps_between(gaps, ago(70), ago(20)) == ((ago(70), ago(60)), (ago(30), ago(20)))
    assert gaps_between(gaps, ago(60), ago(30)) == ()

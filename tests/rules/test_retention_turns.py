"""Is every VM looked at once a week, suspects sooner, and nobody forgotten?"""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.retention_turns import EARLY, WEEK, Suspicion, turns, waiting
from tests.rules.fleet import NOW
from tests.rules.retaining import DAY, HOUR, MINUTE

JUDGED = settings(max_examples=40, deadline=None, derandomize=True)
NOBODY = Suspicion(NOW - HOUR)


def test_who_was_never_looked_at_comes_first_then_the_longest_ago() -> None:
    looked = {"b": NOW - 8 * DAY, "c": NOW - 9 * DAY, "d": NOW - DAY}
    assert turns(["d", "c", "b", "z", "a"], looked, NOBODY, NOW) == ("a", "z", "c", "b")


def test_a_look_is_due_a_week_after_the_last_one_or_a_little_sooner() -> None:
    assert turns(["a"], {"a": NOW - WEEK + EARLY}, NOBODY, NOW) == ("a",)
    assert turns(["a"], {"a": NOW - WEEK + EARLY + MINUTE}, NOBODY, NOW) == ()


def test_a_suspect_is_looked_at_before_all_others_and_once() -> None:
    looked = {"a": NOW - 2 * DAY, "b": NOW - 9 * DAY, "c": NOW - DAY}
    suspicion = Suspicion(NOW - HOUR, ["a", "b", "c", "gone"])
    assert turns(["a", "b", "c", "d"], looked, suspicion, NOW) == ("b", "d", "a", "c")
    assert turns(["a"], {"a": NOW - HOUR}, Suspicion(NOW - HOUR, ["a"]), NOW) == ()
    assert turns(["a"], {"a": NOW - HOUR - MINUTE}, Suspicion(NOW - HOUR, ["a"]), NOW) == ("a",)
    assert turns(["a"], {}, Suspicion(NOW - HOUR, ["a", "a"]), NOW) == ("a",)


def test_suspects_take_every_other_turn_while_anybody_else_is_due() -> None:
    suspicion = Suspicion(NOW - HOUR, ["s1", "s2", "s3"])
    assert turns(["s1", "s2", "s3", "a", "b"], {}, suspicion, NOW) == ("s1", "a", "s2", "b", "s3")


NAMES = st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=30, unique=True)


@JUDGED
@given(NAMES, st.randoms())
def test_the_order_of_the_list_changes_nothing(names, chance) -> None:
    mixed = chance.sample(names, len(names))
    suspicion = Suspicion(NOW, names[:3])
    assert turns(mixed, {}, suspicion, NOW) == turns(names, {}, suspicion, NOW)


@JUDGED
@given(st.integers(1, 60), st.integers(0, 2**60), st.integers(0, 40))
def test_each_vm_is_looked_at_once_a_week_by_a_fleets_share_of_hours(count, chance, suspected) -> None:
    """Four weeks of hourly ticks that look at one VM each, with as many suspects a night as leave it time."""
    names = [f"vm-{number:02d}" for number in range(count)]
    suspects = names[: min(suspected, (168 - count) // 7)]
    looked, gaps = {}, []
    for hour in range(4 * 168):
        now = NOW + hour * HOUR + timedelta(minutes=(chance >> hour % 60) % 2)
        suspicion = Suspicion(NOW + hour // 24 * DAY, suspects)
        for name in turns(names, looked, suspicion, now)[:1]:
            gaps.append(now - looked.get(name, NOW))
            looked[name] = now
    assert len(looked) == count
    assert max(gaps) <= WEEK + (count + 8) * HOUR
    assert waiting(names, looked, NOW + 28 * DAY) <= count


@JUDGED
@given(st.integers(2, 30), st.integers(1, 29))
def test_nobody_starves_however_many_are_suspected_for_ever(count, suspected) -> None:
    names = [f"vm-{number:02d}" for number in range(count)]
    suspects = names[: min(suspected, count - 1)]
    looked = {}
    for hour in range(4 * count):
        now = NOW + hour * HOUR
        for name in turns(names, looked, Suspicion(now, suspects), now)[:2]:
            looked[name] = now
    assert looked.keys() == set(names)


def test_who_was_not_looked_at_for_more_than_a_week_is_waiting() -> None:
    looked = {"a": NOW - WEEK - HOUR, "b": NOW - WEEK - HOUR - MINUTE}
    assert waiting(["a"], looked, NOW) == 0
    assert waiting(["a", "b", "c"], looked, NOW) == 2

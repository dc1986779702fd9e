"""Are restores served close to the best that accounts allow, with lengths known and with lengths guessed?"""

from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.restore_order import course, follow, lower_bound, serve

LENGTHS = st.lists(st.floats(0.5, 2000), max_size=30)


def drawn(restores: int, seed: int) -> list[float]:
    """Lengths with a long tail, as disks of VMs have: median four hours, some above a day."""
    random = Random(seed)
    return [min(2000.0, max(5.0, random.lognormvariate(5.4, 0.6))) for _ in range(restores)]


@given(LENGTHS, st.integers(1, 8))
def test_each_restore_is_served_once_and_no_account_serves_two_at_once(minutes, accounts) -> None:
    made = course(minutes, accounts)
    assert sorted(made.order) == list(range(len(minutes)))
    assert len(made.accounts) == len(minutes)
    assert all(0 <= number < accounts for number in made.accounts)
    ends = [sum(minutes[place] for place, on in enumerate(made.accounts) if on == number) for number in range(accounts)]
    assert made.makespan == pytest.approx(max(ends, default=0.0))


@given(LENGTHS, st.integers(1, 8))
def test_no_course_ends_before_the_bound(minutes, accounts) -> None:
    assert course(minutes, accounts).makespan >= lower_bound(minutes, accounts) - 1e-6


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 3))
def test_the_bound_is_below_the_best_of_all_assignments(minutes, accounts) -> None:
    best = min(
        max(
            sum(length for length, on in zip(minutes, choice, strict=True) if on == number)
            for number in range(accounts)
        )
        for choice in product(range(accounts), repeat=len(minutes))
    )
    assert lower_bound(minutes, accounts) <= best + 1e-9
    assert best <= course(minutes, accounts).makespan <= 4 / 3 * best + 1e-9


def test_two_of_the_longest_must_share_an_account() -> None:
    assert lower_bound([60, 60, 60], 2) == 120
    assert lower_bound([], 3) == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_thousand_restores_on_fifty_accounts_end_within_a_percent_of_the_bound(seed: int) -> None:
    minutes = drawn(1000, seed)
    assert course(minutes, 50).makespan <= 1.01 * lower_bound(minutes, 50)


@pytest.mark.parametrize("seed", range(5))
def test_guesses_that_are_forty_percent_off_cost_two_percent_at_most(seed: int) -> None:
    minutes, random = drawn(1000, seed), Random(seed)
    guesses = [length * random.uniform(0.6, 1.4) for length in minutes]
    assert course(minutes, 50, guesses).makespan <= 1.02 * lower_bound(minutes, 50)


def test_exchanges_mend_what_longest_first_leaves() -> None:
    minutes = [7.0, 6.0, 5.0, 4.0, 4.0]
    longest_first = follow([0, 1, 2, 3, 4], minutes, [0.0, 0.0])
    assert (longest_first.makespan, serve(minutes, [0.0, 0.0]).makespan) == (15.0, 13.0)


def test_who_is_free_first_is_served_first() -> None:
    assert serve([60.0, 50.0], [30.0, 0.0]).accounts == (1, 0)

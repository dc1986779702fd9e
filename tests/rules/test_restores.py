"""Does every restore get an account of its own, or a reason and an estimate?"""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.restore_accounts import AccountVerdict
from shared.rules.restores import Running, spread
from tests.rules.restoring import NOW, POOL, REGION, state, task


def free(account_id: str, load: float = 0.1) -> AccountVerdict:
    return AccountVerdict(account_id, usable=True, reason="free", load=load, sku="Standard_LRS")


def busy(account_id: str) -> AccountVerdict:
    return AccountVerdict(account_id, usable=False, reason="it is leased to another", busy=True)


def running(may_start: int = 50, **minutes_left: float) -> Running:
    return Running(NOW, {POOL[int(name[2:]) - 1]: left for name, left in minutes_left.items()}, may_start)


POOLS = st.lists(st.booleans(), min_size=len(POOL), max_size=len(POOL)).map(
    lambda usable: [free(name) if can else busy(name) for name, can in zip(POOL, usable, strict=True)]
)
TASKS = st.lists(
    st.tuples(st.floats(1, 900), st.integers(0, 30), st.sets(st.sampled_from(POOL)), st.sets(st.sampled_from(POOL))),
    max_size=12,
).map(
    lambda drawn: [
        (
            task(f"app-{number}", minutes=minutes, accounts=tuple(only), accepted_at=NOW - timedelta(hours=hours)),
            state(tried=tuple(tried)),
        )
        for number, (minutes, hours, only, tried) in enumerate(drawn)
    ]
)


@settings(max_examples=40)
@given(TASKS, POOLS, st.integers(0, 6))
def test_each_task_has_one_turn_and_no_account_is_shared(waiting, pool, may_start) -> None:
    turns = spread(waiting, {REGION: pool}, running(may_start, st1=30))
    given_away = [turn.account_id for turn in turns if turn.account_id]
    assert sorted(turn.key for turn in turns) == sorted(one.key for one, _ in waiting)
    assert len(set(given_away)) == len(given_away) <= may_start
    assert set(given_away) <= {one.account_id for one in pool if one.usable}
    assert all(turn.reason for turn in turns)


@settings(max_examples=40)
@given(TASKS, POOLS)
def test_nobody_goes_where_it_may_not_or_where_it_was_too_slow(waiting, pool) -> None:
    known = {one.key: (one, its) for one, its in waiting}
    for turn in spread(waiting, {REGION: pool}, running()):
        one, its = known[turn.key]
        assert turn.account_id not in its.tried
        assert not turn.account_id or not one.accounts or turn.account_id in one.accounts


@settings(max_examples=40)
@given(TASKS, POOLS)
def test_no_account_that_suits_stays_idle_while_somebody_waits(waiting, pool) -> None:
    turns = spread(waiting, {REGION: pool}, running())
    idle = {one.account_id for one in pool if one.usable} - {turn.account_id for turn in turns}
    for one, its in waiting:
        turn = next(turn for turn in turns if turn.key == one.key)
        if not turn.account_id:
            assert not {name for name in idle if name not in its.tried and (not one.accounts or name in one.accounts)}


@settings(max_examples=40)
@given(TASKS, POOLS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(waiting, pool, random) -> None:
    shuffled = random.sample(waiting, len(waiting))
    assert spread(shuffled, {REGION: pool}, running()) == spread(waiting, {REGION: pool}, running())


def test_the_longest_goes_first_and_to_the_least_loaded() -> None:
    waiting = [(task("short", minutes=10.0), state()), (task("long", minutes=500.0), state())]
    first, second = spread(waiting, {REGION: [free(POOL[0], 0.5), free(POOL[1], 0.1)]}, running())
    assert first.key.endswith(";long")
    assert (first.account_id, second.account_id) == (POOL[1], POOL[0])
    assert first.reason == "st2 is the least loaded of 2 free accounts"


def test_who_waits_knows_its_position_its_reason_and_about_how_long() -> None:
    waiting = [(task(f"app-{minutes}", minutes=float(minutes)), state()) for minutes in (90, 60, 30)]
    turns = spread(waiting, {REGION: [free(POOL[0]), busy(POOL[1])]}, running(st2=25.0))
    assert [(turn.account_id, turn.position, turn.wait_minutes) for turn in turns] == [
        (POOL[0], 0, None),
        ("", 1, 25.0),
        ("", 2, 85.0),
    ]
    assert turns[2].reason == "every account that suits it is in use; 1 wait before it"


def test_who_has_waited_for_half_a_day_goes_before_the_longest() -> None:
    waiting = [
        (task("long", minutes=500.0), state()),
        (task("patient", minutes=5.0, accepted_at=NOW - timedelta(hours=12)), state()),
    ]
    assert spread(waiting, {REGION: [free(POOL[0])]}, running())[0].key.endswith(";patient")


def test_with_as_many_running_as_may_the_free_accounts_wait_too() -> None:
    (turn,) = spread([(task(), state())], {REGION: [free(POOL[0])]}, running(may_start=0, st2=40.0))
    assert (turn.account_id, turn.wait_minutes) == ("", 40.0)
    assert turn.reason == "as many restores run as may at once; 0 wait before it"


def test_without_an_end_in_sight_the_reason_is_the_accounts_own() -> None:
    (turn,) = spread([(task(), state())], {REGION: [busy(POOL[0]), busy(POOL[1])]}, running())
    assert turn.wait_minutes is None
    assert turn.reason == "st1: it is leased to another, and 1 others are not free either"


def test_a_region_without_a_pool_and_a_pool_without_another_account_are_told() -> None:
    (turn,) = spread([(task(region="eastus2"), state())], {REGION: [free(POOL[0])]}, running())
    assert turn.reason == "the region eastus2 has no pool of accounts"
    (turn,) = spread([(task(), state(tried=(POOL[0],)))], {REGION: [free(POOL[0])]}, running())
    assert turn.reason == "no account of the pool that it may use was not too slow for it before"


def waiting_for(*minutes: float, hours: float = 0.0):
    accepted = NOW - timedelta(hours=hours)
    return [(task(f"app-{n}", minutes=length, accepted_at=accepted), state()) for n, length in enumerate(minutes)]


def served(waiting, order: tuple[str, ...] = (), **left: float) -> list[float]:
    minutes = {one.key: one.minutes for one, _ in waiting}
    pool = [busy(POOL[0]), busy(POOL[1])]
    found = Running(NOW, {POOL[0]: left.get("st1", 5.0), POOL[1]: left.get("st2", 5.0)}, 50, order=order)
    return [minutes[turn.key] for turn in spread(waiting, {REGION: pool}, found)]


def test_an_earlier_order_is_kept_while_none_is_better() -> None:
    waiting = waiting_for(30, 40, 20, 50)
    keys = {one.minutes: one.key for one, _ in waiting}
    good, bad = (20, 30, 50, 40), (20, 50, 30, 40)
    assert served(waiting, tuple(keys[length] for length in good)) == list(good)
    assert served(waiting, tuple(keys[length] for length in bad)) != list(bad)
    assert served(waiting) == served(waiting, tuple(keys[length] for length in bad))


def test_who_is_new_comes_after_the_earlier_order_where_that_costs_nothing() -> None:
    waiting = waiting_for(50, 50, 20, 20)
    order = tuple(one.key for one, _ in waiting[:2])
    assert served(waiting, order) == [50, 50, 20, 20]


def test_those_that_have_waited_too_long_keep_their_order_among_themselves() -> None:
    assert served(waiting_for(30, 90, 60, 80, hours=13)) == served(waiting_for(30, 90, 60, 80))


def test_a_secondary_region_restores_to_accounts_that_take_keys_alone() -> None:
    keyless = AccountVerdict(POOL[0], usable=True, reason="free", keyed=False)
    away = task(secondary=True)
    assert [turn.account_id for turn in spread([(task(), state())], {REGION: [keyless]}, running())] == [POOL[0]]
    assert [turn.account_id for turn in spread([(away, state())], {REGION: [keyless, free(POOL[1])]}, running())] == [
        POOL[1]
    ]
    (waits,) = spread([(away, state())], {REGION: [keyless]}, running())
    assert (waits.account_id, "takes account keys" in waits.reason) == ("", True)

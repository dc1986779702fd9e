"""Does a vault's roll-out begin with a canary, go on in shares, and wait for what the last share showed?"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.intent import Rollout
from shared.model.plan import Action, Plan, VmPlan
from shared.rules.rollout import Moved, Trial, allowance, chosen, reason, trial
from tests.rules.fleet import NIGHT, NOW, VAULT_ID, intent, vm_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CANARY = Rollout(first=2, share=0.5)


def line(name: str, minutes: float = 30.0, slot: int | None = 44, action: Action = Action.MOVE) -> VmPlan:
    return VmPlan(
        vm_id=vm_id(name),
        name=name,
        vault_id=VAULT_ID,
        region="westeurope",
        tier="gold",
        action=action,
        reason="",
        slot=slot,
        current_slot=slot,
        policy="ns-gold-2200",
        current_policy="Legacy",
        allowed=(44,),
        duration_slots=1,
        minutes=minutes,
        measured=5,
    )


def plan_of(*lines: VmPlan, made_at=NOW) -> Plan:
    return Plan(NIGHT, made_at, "0123456789ab", lines, (), (), (), ())


def seen(lines, moved, now=NOW, made_at=NOW) -> Trial:
    return trial(plan_of(*lines, made_at=made_at), VAULT_ID, moved, intent(), now)


FLEET = [line(f"app-{number}") for number in range(10)]


def ids(*names: str) -> frozenset[str]:
    return frozenset(vm_id(name) for name in names)


def test_a_vault_begins_with_its_canary() -> None:
    fresh = seen(FLEET, {})
    assert fresh == Trial(planned=10, on_trial=frozenset(), proven=False)
    assert chosen(FLEET, fresh, CANARY, frozenset()) == ids("app-0", "app-1")
    assert reason(fresh, CANARY, "rsv-1") == "canary: first 2 of rsv-1 tonight"


def test_nothing_follows_the_canary_before_a_plan_has_seen_its_runs() -> None:
    moved = {vm_id(f"app-{number}"): Moved(NOW - 8 * HOUR, verified=True) for number in range(2)}
    same_night = seen(FLEET, moved, NOW - 2 * HOUR, NOW - 9 * HOUR)
    next_night = seen(FLEET, moved, NOW, NOW)
    for state in (same_night, next_night):
        assert (state.proven, state.on_trial) == (False, ids("app-0", "app-1"))
        assert chosen(FLEET[2:], state, CANARY, frozenset()) == frozenset()


def test_a_share_follows_when_a_plan_has_seen_the_canarys_runs() -> None:
    moved = {vm_id("app-0"): Moved(NOW - DAY - 8 * HOUR, verified=True)}
    state = seen(FLEET, moved)
    assert (state.proven, state.on_trial) == (True, frozenset())
    assert len(chosen(FLEET[1:], state, CANARY, frozenset())) == 5
    assert reason(state, CANARY, "rsv-1") == "roll-out: at most 5 VMs of rsv-1 tonight"


def test_a_move_that_was_never_seen_there_proves_nothing() -> None:
    state = seen(FLEET, {vm_id("app-0"): Moved(NOW - 5 * DAY, verified=False)})
    assert (state.proven, state.on_trial) == (False, frozenset())


def test_moves_made_this_night_count() -> None:
    long_ago = {vm_id("old"): Moved(NOW - 9 * DAY, verified=True)}
    tonight = {vm_id(f"app-{number}"): Moved(NOW - HOUR / 2, verified=True) for number in range(3)}
    state = seen(FLEET, long_ago | tonight)
    assert len(chosen(FLEET[3:], state, CANARY, frozenset())) == 2


def test_a_moved_vm_that_is_in_no_plan_any_more_is_on_trial_for_a_day() -> None:
    gone = {vm_id("gone"): Moved(NOW - 20 * HOUR, verified=True)}
    assert seen(FLEET, gone).on_trial == ids("gone")
    assert seen(FLEET, {vm_id("gone"): Moved(NOW - 30 * HOUR, verified=True)}).on_trial == frozenset()


def test_the_shortest_backups_go_first_and_those_tried_before_last() -> None:
    lines = [line("slow", 90), line("quick", 5), line("usual", 30)]
    fresh = seen(lines, {})
    assert chosen(lines, fresh, CANARY, frozenset()) == ids("quick", "usual")
    assert chosen(lines, fresh, CANARY, ids("quick")) == ids("usual", "slow")


def test_a_move_lost_on_the_way_takes_no_second_place() -> None:
    moved = {vm_id("app-0"): Moved(NOW - HOUR / 2, verified=False)}
    assert chosen(FLEET, seen(FLEET, moved), CANARY, frozenset()) == ids("app-0", "app-1")


def test_held_vms_make_no_share_larger() -> None:
    held = [replace(one, action=Action.HOLD) for one in FLEET[:6]]
    assert seen([*held, *FLEET[6:]], {}).planned == 4


@given(
    first=st.integers(1, 30),
    share=st.floats(0.01, 1.0),
    planned=st.integers(0, 60),
    due=st.lists(st.tuples(st.integers(0, 59), st.floats(1, 600)), max_size=40, unique_by=lambda pair: pair[0]),
    on_trial=st.sets(st.integers(0, 59), max_size=20),
    proven=st.booleans(),
    order=st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_never_are_more_on_trial_than_one_night_may_move(first, share, planned, due, on_trial, proven, order) -> None:
    rollout, state = Rollout(first, share), Trial(planned, ids(*(f"app-{n}" for n in on_trial)), proven)
    lines = [line(f"app-{number}", minutes) for number, minutes in due]
    going = chosen(lines, state, rollout, frozenset())
    fresh = going - state.on_trial
    most = allowance(rollout, planned, proven)
    assert first <= most <= max(first, share * planned)
    assert len(fresh) <= max(0, most - len(state.on_trial))
    waiting = [one for one in lines if one.vm_id not in going]
    assert not waiting or len(fresh) + len(state.on_trial) >= most
    assert all(one.minutes <= other.minutes for one in lines if one.vm_id in fresh for other in waiting)
    order.shuffle(lines)
    assert chosen(lines, state, rollout, frozenset()) == going


@given(
    first=st.integers(1, 12),
    share=st.floats(0.05, 1.0),
    vms=st.integers(1, 60),
    ticks=st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True),
)
@settings(deadline=None, max_examples=40)
def test_every_vm_is_moved_in_the_end_and_no_night_moves_too_many(first, share, vms, ticks) -> None:
    rollout, fleet = Rollout(first, share), [line(f"app-{number:02d}", number + 1) for number in range(vms)]
    moved: dict[str, Moved] = {}
    made_at = NOW
    for night in range(3 * vms + 6):
        before = len(moved)
        for hour in sorted(ticks):
            now = made_at + hour * HOUR
            state = trial(plan_of(*fleet, made_at=made_at), VAULT_ID, moved, intent(), now)
            due = [one for one in fleet if one.vm_id not in moved]
            moved |= dict.fromkeys(chosen(due, state, rollout, frozenset()), Moved(now, verified=True))
        most = max(first, int(share * vms)) if before else first
        assert len(moved) - before <= most, night
        made_at += DAY
    assert len(moved) == vms

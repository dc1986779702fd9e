"""Do moves stop when they do harm, and only then?"""

from dataclasses import replace
from datetime import datetime, timedelta
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.azure import Job
from shared.model.observed import Memory, Observed
from shared.model.plan import Action, VmPlan
from shared.rules.breaker import LEVEL, SETTLED, Move, Record, Tally, chance, due_runs, judge
from shared.rules.due_runs import Ending
from shared.rules.slots import at
from tests.rules.fleet import NOW, VAULT_ID, item, job, policy, seen, vm_id, written

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OURS = policy("ns-gold-2200", 22 * 60)
THEIRS = policy("Legacy", 23 * 60)
LAST = {OURS.id: at(NOW.date() - DAY, 44), THEIRS.id: at(NOW.date() - DAY, 46)}
"""When each policy's last run was due."""
MOVED_AT = NOW - DAY - 8 * HOUR
RECORD = Record({}, {}, NOW - 14 * DAY)


def line(name: str) -> VmPlan:
    where = (vm_id(name), name, VAULT_ID, "westeurope", "gold", Action.KEEP, "", 44, 44, "", "", (44,))
    return VmPlan(*where, duration_slots=1, minutes=30.0, measured=5)


def run(name: str, start: datetime, status: str) -> Job:
    return replace(job(name, 30), id=f"{name} {start}", started_at=start + HOUR, status=status)


def night(
    moved: dict[str, str], unmoved: dict[str, str], before: str = "Completed"
) -> tuple[Observed, list[VmPlan], Record]:
    """VMs by how their last run ended ("" for missed); `before` is how all runs of the days before the moves ended."""
    jobs = [
        run(name, LAST[where.id], status)
        for group, where in ((moved, OURS), (unmoved, THEIRS))
        for name, status in group.items()
        if status
    ]
    jobs += [run(name, LAST[THEIRS.id] - number * DAY, before) for name in moved for number in range(2, 9) if before]
    items = (*(item(name, OURS) for name in moved), *(item(name, THEIRS) for name in unmoved))
    observed = seen((), items=items, policies=(OURS, THEIRS), jobs=tuple(jobs), memory=Memory(written=written(OURS)))
    record = replace(RECORD, moves={vm_id(name): Move(OURS.id, MOVED_AT) for name in moved})
    return observed, [line(name) for name in (*moved, *unmoved)], record


def group(name: str, bad: int, good: int, how: str = "Failed") -> dict[str, str]:
    return {f"{name}-{n:03d}": how if n < bad else "Completed" for n in range(bad + good)}


def verdict(moved: dict[str, str], unmoved: dict[str, str], before: str = "Completed") -> str:
    observed, lines, record = night(moved, unmoved, before)
    return judge(observed, lines, record, NOW)


def test_moved_vms_that_fail_stop_all_moves_and_the_reason_says_which_and_against_what() -> None:
    assert verdict(group("web", 4, 6), group("old", 1, 39)) == (
        "4 of 10 VMs moved lately in westeurope failed or missed their last run, against 1 of 40 unmoved VMs and "
        "0 of 70 runs before their moves: web-000 failed, web-001 failed, web-002 failed, web-003 failed"
    )


def test_runs_that_never_began_count_as_much_as_failed_ones() -> None:
    reason = verdict(group("web", 7, 3, how=""), group("old", 0, 40))
    assert reason.startswith("7 of 10 VMs moved lately")
    assert reason.endswith("web-000 missed, web-001 missed, web-002 missed, web-003 missed, web-004 missed and 2 more")


@pytest.mark.parametrize(
    ("moved", "unmoved", "before"),
    [
        (group("web", 0, 10), group("old", 5, 35), "Completed"),
        (group("web", 2, 0), group("old", 0, 400), "Completed"),
        (group("web", 5, 5), group("old", 20, 20), "Completed"),
        (group("web", 5, 5), group("old", 0, 40), "Failed"),
        ({}, group("old", 40, 0), "Completed"),
        (group("web", 9, 1), {}, ""),
    ],
    ids=["good", "two bad ones", "a bad night for all", "always bad", "none moved", "nothing to compare with"],
)
def test_moves_go_on_where_nothing_speaks_against_them(moved, unmoved, before) -> None:
    assert verdict(moved, unmoved, before) == ""


@pytest.mark.parametrize("left", [0, 1, 2])
def test_with_hardly_any_unmoved_vm_left_the_runs_before_the_moves_are_compared(left: int) -> None:
    reason = verdict(group("web", 3, 27), group("old", 0, left))
    assert "against 0 of 210 runs before their moves: " in reason


def test_regions_are_judged_apart() -> None:
    observed, lines, record = night(group("web", 3, 0), group("old", 0, 40))
    elsewhere = [replace(one, region="eastus2") if one.name.startswith("old") else one for one in lines]
    reason = judge(observed, elsewhere, record, NOW)
    assert "unmoved" not in reason
    assert "in westeurope" in reason


def one_run(moved_at: datetime = MOVED_AT, now: datetime = NOW, **changes: object) -> list[tuple[bool, Ending]]:
    observed, lines, record = night({"web": "Failed"}, {})
    record = replace(record, moves={vm_id("web"): Move(OURS.id, moved_at)})
    record = replace(record, **{key: value for key, value in changes.items() if key in {"written_at", "since"}})
    observed = replace(observed, **{key: value for key, value in changes.items() if key not in {"written_at", "since"}})
    return [(run.moved, run.ending) for run in due_runs(observed, lines, record, now)]


def test_a_moved_vm_counts_from_its_first_due_run_until_it_has_settled() -> None:
    assert one_run() == [(True, Ending.FAILED)]
    assert one_run(moved_at=LAST[OURS.id]) == []
    assert one_run(moved_at=NOW - SETTLED) == [(True, Ending.FAILED)]
    assert one_run(moved_at=NOW - SETTLED - HOUR) == []


def test_a_run_that_may_still_come_is_not_judged() -> None:
    due = LAST[OURS.id]
    assert one_run(now=due + timedelta(hours=2, minutes=44)) == []
    assert one_run(now=due + timedelta(hours=2, minutes=45)) == [(True, Ending.FAILED)]


def test_runs_that_an_operator_has_looked_at_do_not_count_again() -> None:
    assert one_run(since=LAST[OURS.id]) == []
    assert one_run(since=LAST[OURS.id] - HOUR) == [(True, Ending.FAILED)]


def test_what_people_did_is_not_the_moves_doing() -> None:
    edited = replace(OURS, start=21 * 60)
    elsewhere = replace(item("web", OURS), policy_id=THEIRS.id, policy_name=THEIRS.name)
    assert one_run(policies=(edited, THEIRS)) == []
    assert one_run(items=(elsewhere,)) == []
    assert one_run(items=(item("web", OURS, soft_deleted=True),)) == []


def test_a_run_before_our_own_edit_of_the_policy_does_not_count() -> None:
    assert one_run(written_at={OURS.id: LAST[OURS.id] + HOUR}) == []
    assert one_run(written_at={OURS.id: MOVED_AT}) == [(True, Ending.FAILED)]


def test_a_vm_that_was_never_backed_up_says_nothing_about_moves() -> None:
    assert one_run(items=(item("web", OURS, last_recovery_point_at=None),), jobs=()) == []


def test_a_run_that_is_still_going_on_is_left_out() -> None:
    assert one_run(jobs=(run("web", LAST[OURS.id], "InProgress"),)) == []


def test_the_chance_is_fishers() -> None:
    assert isclose(chance(Tally(3, 3), Tally(0, 7)), 1 / 120)
    assert isclose(chance(Tally(8, 10), Tally(1, 6)), 196 / 8008)
    assert chance(Tally(3, 3), Tally(0, 0)) == 1.0
    assert chance(Tally(0, 5), Tally(5, 5)) == 1.0


tallies = st.integers(0, 60).flatmap(lambda total: st.integers(0, total).map(lambda bad: Tally(bad, total)))


@given(moved=tallies, base=tallies)
@settings(deadline=None)
def test_the_chance_is_one_and_falls_with_every_bad_run(moved: Tally, base: Tally) -> None:
    now = chance(moved, base)
    assert 0 < now <= 1
    if moved.bad * base.total <= base.bad * moved.total:
        assert now > LEVEL
    if moved.bad < moved.total:
        assert chance(replace(moved, bad=moved.bad + 1), base) <= now + 1e-12
    if base.bad:
        assert chance(moved, replace(base, bad=base.bad - 1)) <= now + 1e-12


@given(
    bad=st.integers(0, 12), good=st.integers(0, 12), other_bad=st.integers(0, 20), other_good=st.integers(0, 60),
    order=st.randoms(use_true_random=False),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_moves_stop_only_where_the_moved_do_worse_and_whatever_the_order(
    bad, good, other_bad, other_good, order
) -> None:
    observed, lines, record = night(group("web", bad, good), group("old", other_bad, other_good))
    reason = judge(observed, lines, record, NOW)
    assert not reason or bad >= 3
    if "unmoved" in reason:
        assert bad * (other_bad + other_good) >= other_bad * (bad + good)
    if bad >= 3 and not other_bad and chance(Tally(bad, bad + good), Tally(0, other_good)) < LEVEL:
        assert reason
    order.shuffle(lines)
    jobs = list(observed.jobs)
    order.shuffle(jobs)
    assert judge(replace(observed, jobs=tuple(jobs)), lines, record, NOW) == reason

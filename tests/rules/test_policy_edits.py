"""Is a policy edited only when none of its VMs loses a run by it? (Safety rule 4.)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.model.azure import BackupPolicy, TaggedRetention
from shared.rules.policy_edits import Rider, edit_again, edit_obstacle, same_runs
from shared.rules.safe_moments import Passage
from tests.rules.fleet import KEPT, NOW, policy

OURS = policy("ns-gold-2200", 22 * 60)
LONGER = replace(OURS, retention=replace(KEPT, daily_days=90))
LATER = replace(OURS, start=23 * 60)
MONDAYS = replace(OURS, retention=replace(KEPT, weekly=TaggedRetention(12, "Weeks", ("Monday",))))
AT_RISK = NOW.replace(hour=21, minute=30)
SAFE = NOW.replace(hour=12)


def rider(target: BackupPolicy, name: str = "app", **fields) -> Rider:
    passage = Passage(OURS, target, 60.0, SAFE - timedelta(hours=14), timedelta(hours=48))
    return Rider(name, replace(passage, **{k: v for k, v in fields.items() if k != "busy"}), fields.get("busy", False))


def test_an_edit_that_moves_no_run_may_be_made_at_any_moment_even_under_a_job():
    assert edit_obstacle([rider(LONGER, busy=True)], AT_RISK) == ""


def test_an_edit_of_an_empty_policy_may_be_made_at_any_moment():
    assert edit_obstacle([], AT_RISK) == ""


@pytest.mark.parametrize("target", [LATER, MONDAYS])
def test_an_edit_that_moves_runs_waits_like_a_move(target):
    assert edit_obstacle([rider(target)], AT_RISK).startswith("app: within 1 h before")
    assert edit_obstacle([rider(target)], SAFE) == ""


def test_an_edit_that_moves_runs_waits_for_running_jobs():
    assert edit_obstacle([rider(LATER), rider(LATER, "db", busy=True)], SAFE) == "db: a job is running"


def test_one_vm_that_would_lose_a_run_holds_up_the_edit_for_all():
    late = rider(LATER, "db", last_point_at=SAFE - timedelta(days=3))
    assert edit_obstacle([rider(LATER), late], SAFE).startswith("db: 85.0 h between")


def test_an_edit_of_the_tagged_day_waits_where_the_new_day_has_passed():
    saturdays = replace(OURS, retention=replace(KEPT, weekly=TaggedRetention(12, "Weeks", ("Saturday",))))
    sunday = SAFE.replace(day=8)
    on_sunday = rider(saturdays, last_point_at=sunday - timedelta(hours=14))
    assert edit_obstacle([on_sunday], sunday) == "app: its weekly run of Sun 08 Mar 22:00 UTC would have no successor"


def test_policies_have_the_same_runs_where_starts_and_tagged_days_agree():
    assert same_runs(OURS, LONGER)
    assert not same_runs(OURS, LATER)
    assert not same_runs(OURS, MONDAYS)
    assert not same_runs(OURS, replace(OURS, retention=replace(KEPT, yearly=None)))


def test_an_edit_that_waits_looks_again_when_its_last_vm_is_safe():
    """Guarded until 00:00 and, for the VM that takes five hours, 05:00 UTC."""
    night = NOW.replace(hour=22)
    riders = [rider(LATER), rider(LATER, "db", minutes=300.0), rider(LONGER, "web", minutes=1300.0)]
    assert edit_again(riders, night) == night + timedelta(hours=8)


def test_an_edit_that_no_hour_suits_cannot_say_when_it_looks_again():
    assert edit_again([rider(LATER), rider(LATER, "db", minutes=1400.0)], SAFE) is None


def test_an_edit_that_moves_no_run_need_not_wait():
    assert edit_again([rider(LONGER)], SAFE) is None

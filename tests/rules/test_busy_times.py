"""Is it foreseen which backups run while another one would?"""

from datetime import timedelta

import pytest

from shared.model.on_demand import Purpose, Stage
from shared.model.plan import Action
from shared.rules.busy_times import Busy, Others, busy, most_at_once
from tests.rules.failures import HOUR, MINUTE, at, job
from tests.rules.fleet import VAULT_ID, vm_id
from tests.rules.on_demand import asked, line

REGIONS = {VAULT_ID: "westeurope"}
SLOT_22 = 44


def names(others: Others, begins, hours: float = 1.0) -> list[str]:
    found = busy(others, REGIONS, begins, begins + timedelta(hours=hours))
    return sorted({one.vm_id.rpartition("/")[2] for one in found})


def test_a_running_backup_counts_until_its_expected_end_and_half_an_hour_more_where_that_is_over() -> None:
    runs = Others({vm_id("a"): (job(at(13), "InProgress"),)}, (line("a", None, 90.0),))
    (one,) = busy(runs, REGIONS, at(14), at(15))
    assert (one.begins, one.ends, one.region) == (at(13), at(14.5), "westeurope")
    (one,) = busy(runs, REGIONS, at(16), at(17))
    assert one.ends == at(16.5)


@pytest.mark.parametrize("status", ["Completed", "Failed"])
def test_what_has_ended_and_what_is_no_backup_holds_nothing(status: str) -> None:
    assert (
        names(Others({vm_id("a"): (job(at(13), status), job(at(13), "InProgress", operation="Restore"))}), at(14)) == []
    )


def test_a_run_that_is_due_may_start_two_hours_late() -> None:
    plan = Others({}, (line("a", SLOT_22),))
    assert names(plan, at(-1.5)) == []
    assert names(plan, at(-0.5)) == ["a"]
    assert names(plan, at(2)) == ["a"]
    assert names(plan, at(2.3)) == []
    assert names(plan, at(22.5), hours=3) == ["a"]


def test_a_run_that_came_counts_as_the_job_it_is() -> None:
    over = Others({vm_id("a"): (job(at(0.1)),)}, (line("a", SLOT_22),))
    assert names(over, at(1)) == []
    by_hand = Others({vm_id("a"): (job(at(0.1), user_triggered=True),)}, (line("a", SLOT_22),))
    assert names(by_hand, at(1)) == ["a"]
    assert names(over, at(23.5)) == ["a"]


def test_a_vm_that_is_to_move_may_start_by_either_policy_and_is_one_vm() -> None:
    moving = Others({}, (line("a", 24, current_slot=26, action=Action.MOVE),))
    assert names(moving, at(14)) == ["a"]
    found = busy(moving, REGIONS, at(14), at(18))
    assert (len(found), most_at_once(found, at(14), at(18))) == (2, 1)


def test_a_vm_whose_start_nobody_knows_is_left_out() -> None:
    assert names(Others({}, (line("a", None),)), at(0), hours=24) == []


def test_what_was_just_sent_counts_before_its_job_shows() -> None:
    sent = Others({}, asked=(asked(Purpose.GAP, Stage.SENT, at(14), vm="a"), asked(Purpose.GAP, vm="b")))
    assert names(sent, at(14) + 10 * MINUTE) == ["a"]
    assert names(sent, at(14) + 16 * MINUTE) == []


def test_the_most_at_once_is_at_one_moment() -> None:
    spans = [
        Busy(name, "", "", at(begins), at(ends)) for name, begins, ends in (("a", 0, 1), ("b", 1, 2), ("c", 0.5, 3))
    ]
    assert most_at_once(spans, at(0), at(3)) == 2
    assert most_at_once(spans, at(2), at(3)) == 1
    assert most_at_once([], at(0), at(0) + HOUR) == 0

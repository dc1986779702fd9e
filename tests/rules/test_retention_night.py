"""Does the morning hear of what only people can settle, each reason once?"""

from datetime import timedelta

import pytest

from shared.model.plan import Finding
from shared.model.retention import Cause, Expected, Gap, Mark, RetentionNight, VmRetention
from shared.rules.retention_night import left_to_people
from tests.rules.fleet import NOW, VAULT_ID, vm_id

OLD = Finding("point-too-old", vm_id("db"), "the newest point of db is old")


def gap(cause: Cause, *classes: str, days: float = 2, said: str = "because", mark: Mark = Mark.MISSING) -> Gap:
    due = NOW - timedelta(days=days)
    return Gap(Expected(due, classes or ("daily",), due + timedelta(days=400), "Gold", "v"), cause, said, mark)


def looked(name: str, *gaps: Gap) -> VmRetention:
    return VmRetention(
        vm_id=vm_id(name),
        name=name,
        vault_id=VAULT_ID,
        tier="gold",
        policy="Gold",
        checked_at=NOW,
        points=1,
        oldest=NOW,
        newest=NOW,
        gaps=gaps,
    )


def texts(*vms: VmRetention) -> list[str]:
    return [one.text for one in left_to_people(RetentionNight(vms=vms))]


def test_what_the_lists_told_comes_first() -> None:
    night = RetentionNight(findings=(OLD,), vms=(looked("app", gap(Cause.LOST)),))
    assert [one.code for one in left_to_people(night)] == ["point-too-old", "points-missing"]


def test_what_protection_tells_of_each_vm_is_not_told_again() -> None:
    assert left_to_people(RetentionNight(findings=(Finding("keeps-less", "policy", "it keeps less"),))) == ()


@pytest.mark.parametrize(
    "cause", [Cause.RETENTION_SHORTENED, Cause.PROTECTION_STOPPED, Cause.SCHEDULE_CHANGED, Cause.LOST]
)
def test_a_daily_point_that_somebody_took_away_is_for_people(cause: Cause) -> None:
    assert texts(looked("app", gap(cause))) == ["1 daily point is missing of app: because"]


@pytest.mark.parametrize("cause", [Cause.AGENT, Cause.PLATFORM, Cause.COLLISION, Cause.VM_OFF])
def test_a_daily_point_that_a_failure_cost_has_an_incident_of_its_own(cause: Cause) -> None:
    assert texts(looked("app", gap(cause))) == []


def test_a_long_term_point_is_for_people_as_long_as_nothing_makes_up_for_it() -> None:
    assert texts(looked("app", gap(Cause.AGENT, "daily", "weekly"))) == ["1 weekly point is missing of app: because"]
    assert texts(looked("app", gap(Cause.AGENT, "weekly", mark=Mark.ASKED))) == []
    assert texts(looked("app", gap(Cause.AGENT, "weekly", mark=Mark.FILLED))) == []


def test_what_is_older_than_the_calendar_is_past() -> None:
    assert texts(looked("app", gap(Cause.LOST, "yearly", days=36))) == []


def test_many_points_of_many_vms_with_one_reason_are_one_line() -> None:
    vms = [looked(f"vm-{number}", gap(Cause.LOST), gap(Cause.LOST, "weekly", days=3)) for number in range(7)]
    assert texts(*vms) == ["14 daily and weekly points are missing of vm-0, vm-1, vm-2, vm-3, vm-4 and 2 more: because"]
    assert len(texts(looked("a", gap(Cause.LOST, said="one")), looked("b", gap(Cause.LOST, said="other")))) == 2

"""Is nothing started on demand that would do harm, and is it known which obstacle passes?"""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.azure import Frequency
from shared.model.intent import Blackout, PatchWindow, TagMatch
from shared.model.on_demand import Purpose, Stage
from shared.rules.busy_times import Busy
from shared.rules.start_guards import Obstacle, in_the_way, power_objection, standing_against
from tests.rules.failures import DAY, HOUR, MINUTE, at, job
from tests.rules.fleet import VAULT_ID, intent, policy, tier, vm, vm_id
from tests.rules.on_demand import DAYTIME, NOON, around, asked

OTHERS = [purpose for purpose in Purpose if purpose is not Purpose.RETRY]


def says(purpose: Purpose = Purpose.GAP, when=NOON, **fields: Any) -> Obstacle | None:
    return standing_against(around(purpose, **fields), when)


def busy(name: str, region: str = "westeurope", vault_id: str = VAULT_ID) -> Busy:
    return Busy(vm_id(name), vault_id, region, NOON, NOON + HOUR)


@pytest.mark.parametrize("purpose", OTHERS)
def test_by_day_nothing_stands_against_an_ordinary_start(purpose: Purpose) -> None:
    points = intent(tiers=(tier(retry_outside_window=True, backups_per_day=4),))
    assert says(purpose, context={"intent": points}) is None


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ({"vm": None}, "the VM does not exist any more"),
        ({"vm": vm("app", tier="")}, "it is in no tier, so nothing is started for it"),
        ({"policy": policy("Hourly", None, frequency=Frequency.HOURLY)}, "its next scheduled run is not known"),
    ],
)
def test_what_cannot_pass_is_no_wait(inside: dict[str, Any], reason: str) -> None:
    assert says(context=inside) == Obstacle(reason, passes=False)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ({"stopped": "paused until tomorrow"}, "paused until tomorrow"),
        ({"vm": vm("app", tags={"nightshift-hold": "2026-03-09;Ann;audit"})}, "on hold until 2026-03-09 by Ann: audit"),
        ({"jobs": (job(at(13), "InProgress", operation="Restore"),)}, "another job holds it"),
        ({"intent": intent()}, "04 Mar 12:00 UTC is outside the window night"),
        ({"minutes": 700.0}, "its scheduled run of 04 Mar 22:00 UTC is near"),
        (
            {
                "intent": intent(
                    tiers=DAYTIME.tiers, blackouts=(Blackout(date(2026, 3, 4), date(2026, 3, 5), "freeze"),)
                )
            },
            "blackout until 2026-03-05: freeze",
        ),
        (
            {
                "intent": intent(
                    tiers=DAYTIME.tiers,
                    patch_windows=(PatchWindow(TagMatch("backup-tier", ("gold",)), 720, 780, "UTC"),),
                )
            },
            "it would meet the VM's patching",
        ),
    ],
)
def test_what_passes_is_a_wait(inside: dict[str, Any], reason: str) -> None:
    assert says(context=inside) == Obstacle(reason)


@pytest.mark.parametrize("purpose", [Purpose.OPERATOR, Purpose.GAP])
def test_the_days_count_is_final_for_an_operator_and_a_wait_for_all_others(purpose: Purpose) -> None:
    begun = tuple(job(at(hours), "Failed") for hours in (3, 4, 5))
    found = says(purpose, context={"jobs": begun})
    assert found is not None
    assert found.reason == "3 of its backups have begun on 04 Mar (UTC) and one is still scheduled, and 4 are allowed"
    assert found.passes is (purpose is not Purpose.OPERATOR)


@given(begun=st.integers(0, 12), limit=st.integers(1, 20))
def test_never_more_than_nine_a_day_whatever_the_limit(begun: int, limit: int) -> None:
    free = intent(tiers=DAYTIME.tiers, limits={"backups_per_vm_day": limit})
    jobs = tuple(job(at(2.1) + number * 30 * MINUTE, "Failed") for number in range(begun))
    starts = says(context={"intent": free, "jobs": jobs}) is None
    assert starts == (begun + 1 < min(limit, 9))


@pytest.mark.parametrize("purpose", OTHERS)
@pytest.mark.parametrize("other", list(Purpose))
def test_the_more_urgent_goes_first(purpose: Purpose, other: Purpose) -> None:
    order = list(Purpose)
    found = in_the_way(around(purpose, asked=(asked(other),)), NOON)
    if order.index(other) < order.index(purpose):
        assert found == Obstacle(f"the backup of it for {other} goes first")
    else:
        assert found is None


def test_what_is_over_too_late_or_of_another_vm_keeps_nobody_waiting() -> None:
    late = asked(Purpose.OPERATOR, not_after=NOON)
    others = (late, asked(Purpose.OPERATOR, Stage.COMPLETED), asked(Purpose.OPERATOR, vm="b"))
    assert in_the_way(around(asked=others), NOON) is None


def test_what_was_just_sent_for_the_vm_keeps_even_the_most_urgent_waiting() -> None:
    sent = asked(Purpose.CADENCE, Stage.SENT, NOON - 14 * MINUTE)
    assert in_the_way(around(Purpose.OPERATOR, asked=(sent,)), NOON) == Obstacle(
        "another backup of it was asked for and may have begun"
    )
    assert in_the_way(around(Purpose.OPERATOR, asked=(sent,)), NOON + MINUTE) is None


def test_ceilings_count_the_vault_and_the_region_and_never_the_vm_itself() -> None:
    others = (busy("a"), busy("b", vault_id="other"), busy("app"), busy("c", "eastus2", "far"))
    for fields, said in (
        ({"vault_ceiling": 1}, "1 backups run in rsv-1, or may, while it would, and 1 are allowed at once"),
        ({"vault_ceiling": 2}, ""),
        ({"region_ceilings": {"westeurope": 2}}, "2 backups run in westeurope, or may"),
        ({"region_ceilings": {"westeurope": 3, "eastus2": 1}}, ""),
    ):
        found = says(busy=others, context={"intent": intent(tiers=DAYTIME.tiers, **fields)})
        assert said in (found.reason if found else "none") if said else found is None


def test_no_vm_of_its_application_runs_while_it_would() -> None:
    found = says(busy=(busy("a"), busy("b")), mates=frozenset({vm_id("b")}))
    assert found == Obstacle("b of its application is backed up, or may be, while it would run")
    assert says(busy=(busy("a"),), mates=frozenset({vm_id("b")})) is None


def test_a_fresh_point_makes_cadence_and_patching_needless_and_nothing_else() -> None:
    points = intent(tiers=(tier(retry_outside_window=True, backups_per_day=4),))
    for purpose, age, needless in (
        (Purpose.CADENCE, 2.9, True),
        (Purpose.CADENCE, 3.1, False),
        (Purpose.PATCHING, -0.1, True),
        (Purpose.PATCHING, 0.1, False),
        (Purpose.GAP, 0.1, False),
        (Purpose.OPERATOR, 0.1, False),
    ):
        made = job(at(14 - age))
        found = says(purpose, context={"intent": points, "jobs": (made,)})
        assert (found is not None and not found.passes and "fresh enough" in found.reason) is needless, purpose
    failed = says(Purpose.CADENCE, context={"intent": points, "jobs": (job(at(13), "Failed"),)})
    assert failed is None


def test_a_tier_that_wants_one_point_a_day_has_no_other() -> None:
    assert says(Purpose.CADENCE) == Obstacle("the tier gold asks for one backup a day now", passes=False)


@pytest.mark.parametrize(
    ("purpose", "power", "expected"),
    [
        (Purpose.OPERATOR, None, Obstacle("the VM does not exist any more", passes=False)),
        (Purpose.OPERATOR, "starting", Obstacle("the VM is starting")),
        (Purpose.OPERATOR, "deallocated", None),
        (Purpose.GAP, "stopped", None),
        (Purpose.CADENCE, "deallocated", Obstacle("the VM is deallocated: nothing changes in it")),
        (Purpose.PATCHING, "stopped", Obstacle("the VM is stopped: nothing changes in it")),
        (Purpose.CADENCE, "running", None),
        (Purpose.CADENCE, "", None),
    ],
)
def test_a_vm_between_states_is_waited_for_and_one_that_is_off_needs_no_further_points(
    purpose: Purpose, power: str | None, expected: Obstacle | None
) -> None:
    assert power_objection(purpose, power) == expected


def test_a_scheduled_run_that_came_is_not_near_any_more() -> None:
    assert says(when=at(0.5) + DAY, context={"jobs": (job(at(0.2) + DAY),)}) is None
    assert says(when=at(0.5) + DAY) == Obstacle("its scheduled run of 04 Mar 22:00 UTC is near")

"""Does nothing start a backup where that would do harm?"""

from datetime import date

import pytest

from shared.model.azure import Frequency, HourlySchedule
from shared.model.failures import Kind
from shared.model.intent import Blackout, PatchWindow, TagMatch
from shared.rules.retries import obstacle, retry_time
from tests.rules.failures import BEGAN, DAY, ENDED, HOUR, MINUTE, SLOT, at, context, failure, job
from tests.rules.fleet import intent, policy, tier, vm, window

WHEN = ENDED + 30 * MINUTE
DAYTIME = (tier(retry_outside_window=True),)
BERLIN = policy("Berlin", 23 * 60, time_zone="W. Europe Standard Time")
"""Starts at 22:00 UTC, or at 21:00."""


def says(when=WHEN, of=None, **around) -> str:
    return obstacle(of or failure(), context(**around), when)


def test_a_retry_follows_the_end_and_never_the_past() -> None:
    assert retry_time(failure(), 0, ENDED) == ENDED + 30 * MINUTE
    assert retry_time(failure(), 1, ENDED) == ENDED + 2 * HOUR
    assert retry_time(failure(), 0, ENDED + DAY) == ENDED + DAY
    assert retry_time(failure(ended_at=None), 0, BEGAN) == BEGAN + 30 * MINUTE
    assert retry_time(failure("", Kind.OVERDUE), 0, SLOT) == at(4.5)


def test_nothing_is_in_the_way_of_an_ordinary_retry() -> None:
    assert says() == ""


def test_pauses_and_holds_stand_against_it() -> None:
    assert says(stopped="paused until tomorrow") == "paused until tomorrow"
    held = vm("app", tags={"nightshift-hold": "2026-03-03;Ann;audit"})
    assert says(vm=held) == "on hold until 2026-03-03 by Ann: audit"
    assert says(at(2.5), vm=held) == ""


@pytest.mark.parametrize("stranger", [None, vm("app", tier=""), vm("app", tier="silver")])
def test_nothing_is_started_for_a_vm_that_is_in_no_tier(stranger) -> None:
    assert says(vm=stranger) == "it is in no tier, so nothing is started for it"


def test_nothing_is_started_for_a_vm_that_is_out_of_scope() -> None:
    scope = intent().scope
    left_out = intent(scope=type(scope)(scope.subscriptions, exclude=(TagMatch("backup-tier", ("gold",)),)))
    assert "in no tier" in says(intent=left_out)


def test_nothing_is_started_in_a_blackout() -> None:
    freeze = Blackout(date(2026, 3, 3), date(2026, 3, 3), "freeze")
    assert says(intent=intent(blackouts=(freeze,))) == "blackout until 2026-03-03: freeze"
    assert says(at(2.5), intent=intent(blackouts=(freeze,))) == ""


def test_nothing_is_started_when_the_window_is_closed_unless_the_tier_lets_it() -> None:
    assert says(at(8) - MINUTE) == ""
    assert says(at(8)) == "04 Mar 06:00 UTC is outside the window night"
    assert says(at(8), intent=intent(tiers=DAYTIME)) == ""


def test_the_window_is_that_of_the_vms_region() -> None:
    shifted = intent(windows={"night": window(eastus="America/New_York")})
    assert says(at(8), intent=shifted, vm=vm("app", region="eastus")) == ""
    assert "outside" in says(at(1), intent=shifted, vm=vm("app", region="eastus"))


@pytest.mark.parametrize(("hours", "near"), [(21.9, False), (22, False), (22.1, True), (23.9, True)])
def test_nothing_is_started_within_two_hours_of_the_next_run(hours: float, near: bool) -> None:
    said = says(at(hours), intent=intent(tiers=DAYTIME))
    assert said == ("its scheduled run of 04 Mar 22:00 UTC is near" if near else "")


def test_a_long_backup_must_be_over_before_the_next_run() -> None:
    free = intent(tiers=DAYTIME)
    assert says(at(19.9), minutes=240.0, intent=free) == ""
    assert "is near" in says(at(20.1), minutes=240.0, intent=free)


def test_a_run_that_may_still_start_is_not_got_in_the_way_of() -> None:
    by_hand = failure(started_at=at(-1), user_triggered=True, scheduled_for=None)
    assert says(at(0.5), of=by_hand) == "its scheduled run of 03 Mar 22:00 UTC is near"
    assert says(at(0.5), of=by_hand, jobs=(job(at(0.2), user_triggered=True),)) != ""
    assert says(at(0.5), of=by_hand, jobs=(job(at(0.2)),)) == ""


def test_a_run_that_was_due_since_the_failure_counts_instead_of_a_retry() -> None:
    assert says(at(27), intent=intent(tiers=DAYTIME)) == "its scheduled run of 04 Mar 22:00 UTC was due since"


@pytest.mark.parametrize("unknown", [None, policy("Hourly", None, frequency=Frequency.HOURLY)], ids=["none", "hourly"])
def test_nothing_is_started_where_the_next_run_is_not_known(unknown) -> None:
    assert says(policy=unknown) == "its next scheduled run is not known"


def test_between_the_runs_of_an_hourly_day_a_retry_needs_room_for_itself() -> None:
    often = policy("Often", 10 * 60, frequency=Frequency.HOURLY, hourly=HourlySchedule(4, 12))
    noon = failure(started_at=at(-12), scheduled_for=at(-12))
    free = {"policy": often, "of": noon, "intent": intent(tiers=DAYTIME, limits={"backups_per_vm_day": 5})}
    assert says(at(-11.5), **free) == ""
    assert says(at(-9.5), **free) == "its scheduled run of 03 Mar 14:00 UTC is near"


def test_the_other_possible_start_of_a_zone_with_clock_changes_is_not_taken_for_another_run() -> None:
    assert says(policy=BERLIN) == ""
    early = failure(started_at=at(-0.8))
    assert says(at(0.2), of=early, policy=BERLIN) == ""


def test_a_vm_has_so_many_backups_a_day_the_scheduled_one_included() -> None:
    free = {"intent": intent(tiers=DAYTIME)}
    begun = tuple(job(at(hours), "Failed") for hours in (2.5, 3.5, 4.5))
    retry = failure(started_at=at(5.5))
    assert says(at(10), of=retry, jobs=begun[:1], **free) == ""
    said = says(at(10), of=retry, jobs=begun[:2], **free)
    assert said == "3 of its backups have begun on 04 Mar (UTC) and one is still scheduled, and 4 are allowed"
    assert says(at(10), of=retry, jobs=begun[:2], intent=intent(tiers=DAYTIME, limits={"backups_per_vm_day": 5})) == ""


def test_its_own_job_counts_once_and_restores_and_other_days_do_not() -> None:
    retry = failure(started_at=at(3), job_id="j")
    own, restore = job(at(3), id="J"), job(at(4), operation="Restore")
    tight = intent(limits={"backups_per_vm_day": 3})
    assert says(at(4.5), of=retry, jobs=(own, restore, job(at(1)), job(at(1.5))), intent=tight) == ""
    assert says(at(4.5), of=retry, jobs=(own, job(at(2.5))), intent=tight) != ""


def test_azure_refuses_the_tenth_whatever_the_limit_says() -> None:
    begun = tuple(job(at(2.1 + number / 2), "Failed") for number in range(9))
    generous = intent(tiers=DAYTIME, limits={"backups_per_vm_day": 20})
    assert says(at(8), of=failure(started_at=at(7.5)), jobs=begun[:7], intent=generous) != ""
    assert says(at(8), of=failure(started_at=at(7.5)), jobs=begun[:6], intent=generous) == ""


def test_a_run_that_never_came_is_no_backup_of_the_day() -> None:
    tight = intent(limits={"backups_per_vm_day": 2})
    assert says(at(4.5), of=failure("", Kind.OVERDUE), jobs=(job(at(-20)),), intent=tight) == ""


def test_nothing_is_started_into_the_vms_patching() -> None:
    patching = (PatchWindow(TagMatch("backup-tier", ("gold",)), 0, 60, "UTC"),)
    patched = intent(patch_windows=patching)
    assert says(intent=patched) == ""
    assert says(minutes=60.0, intent=patched) == "it would meet the VM's patching"
    assert says(at(2.5), intent=patched) == "it would meet the VM's patching"
    assert says(at(3), intent=patched) == ""
    others = (PatchWindow(TagMatch("backup-tier", ("silver",)), 0, 60, "UTC"),)
    assert says(at(2.5), intent=intent(patch_windows=others)) == ""

"""Do backups fail with Azure's errors, for as long as each lasts, and are fleets without them as they were?"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from local import fleets
from local.arm.wire import job
from local.arm.wire_jobs import job_detail
from local.world import Pace
from local.world.ailments import afflict, mend
from local.world.cloud import Cloud
from local.world.failures import FAILURES, Nature
from local.world.on_demand import trigger_backup
from local.world.state import Job, Refused
from tests.local.worlds import NOON, Small, small

ILL = Pace(failure_rate=0.3, all_failures=True)
NETWORK, TRANSIENT, SLOW, DAY = (
    "ExtensionSnapshotFailedNoNetwork",
    "CloudInternalError",
    "ExtensionFailedVssWriterInBadState",
    "CloudDosAbsoluteLimitReached",
)


def sound() -> Small:
    """Return a world in which nothing fails by chance, and all ways to fail are known."""
    made = small()
    made.world.pace = replace(made.world.pace, all_failures=True)
    return made


def by_hand(made: Small) -> Job:
    """Run a backup by hand to its end."""
    operation = trigger_backup(made.world, made.vault, made.item.id, None, "me")
    made.world.advance_to(made.world.jobs[operation.job_id].due)
    return made.world.jobs[operation.job_id]


def latest(made: Small) -> Job:
    return made.world.jobs_in(made.vault.id)[0]


def test_a_fleet_that_does_not_ask_for_all_failures_is_as_it_was() -> None:
    world = fleets.demo()
    world.advance(timedelta(days=3))
    titles = {one.error for one in world.jobs.values() if one.error}
    assert titles == {"CloudInternalError", "AzureVmOffline"}
    assert world.ailments == {}
    first = next(one for one in world.jobs.values() if one.error)
    assert first.status == "Failed"


def test_failures_come_from_all_families_and_as_their_weights_say() -> None:
    world = fleets.demo(pace=ILL)
    found = Counter(one.error for one in world.jobs.values() if one.error)
    assert len(found) > 25
    assert found.most_common(1)[0][0] == TRANSIENT
    assert {FAILURES[title].nature for title in found} == set(Nature)


def test_the_same_seed_gives_the_same_failures_and_another_one_others() -> None:
    def story(seed: int) -> list[tuple[str, str]]:
        world = fleets.demo(seed, pace=ILL)
        world.advance(timedelta(days=2))
        return [(one.id, one.error) for one in world.jobs.values() if one.error]

    assert story(1) == story(1) != story(2)


def test_a_job_tells_number_name_text_and_advice() -> None:
    made = sound()
    afflict(made.world, made.vm, NETWORK)
    shown = job(made.world, by_hand(made))["properties"]
    assert shown["status"] == "Failed"
    assert shown["errorDetails"] == [
        {
            "errorCode": 400206,
            "errorTitle": NETWORK,
            "errorString": FAILURES[NETWORK].text,
            "recommendations": list(FAILURES[NETWORK].advice),
        }
    ]


def test_what_a_person_must_mend_lasts_until_a_person_mends_it() -> None:
    made = sound()
    cloud = Cloud(made.world)
    cloud.human("afflict", vm=made.vm.id, code=NETWORK)
    made.days(3)
    assert [one.error for one in made.world.jobs_in(made.vault.id)[:2]] == [NETWORK, NETWORK]
    cloud.human("mend", vm=made.vm.id)
    made.days(1)
    assert latest(made).status == "Completed"


def test_bad_luck_that_passes_is_over_when_the_backup_is_started_again() -> None:
    world = fleets.demo(pace=replace(ILL, failure_rate=1.0))
    world.advance(timedelta(hours=36))
    failed = [
        item
        for item in world.items.values()
        if item.last_status == "Failed" and item.vm_id.lower() not in world.ailments and item.active
        if item.id.lower() not in world.running
    ]
    assert len(failed) > 5
    for item in failed:
        vm = world.vms[item.vm_id.lower()]
        if vm.provisioning == "Succeeded":
            started = world.start_backup(item, None)
            assert started is not None
            assert not started.error


def test_an_error_of_the_hour_is_gone_at_another_hour() -> None:
    made = sound()
    made.world.advance_to(NOON + timedelta(hours=11))
    afflict(made.world, made.vm, SLOW)
    made.days(1)
    assert latest(made).error == SLOW
    made.world.advance(timedelta(hours=12))
    assert by_hand(made).error == ""


def test_a_day_block_refuses_backups_by_hand_and_ends_after_a_day() -> None:
    made = sound()
    afflict(made.world, made.vm, DAY)
    with pytest.raises(Refused, match=DAY):
        by_hand(made)
    made.world.advance(timedelta(hours=23))
    assert latest(made).error == DAY
    made.world.advance(timedelta(hours=1))
    assert by_hand(made).status == "Completed"


def test_errors_of_a_machines_state_follow_its_state() -> None:
    made = sound()
    made.vm.power, made.item.state = "deallocated", "IRPending"
    assert by_hand(made).error == "AzureVmOffline"
    made.item.state = "Protected"
    assert by_hand(made).error == ""
    made.vm.provisioning = "Creating"
    assert by_hand(made).error == "UserErrorVmNotInDesirableState"
    afflict(made.world, made.vm, "UserErrorVmProvisioningStateFailed")
    assert by_hand(made).error == "UserErrorVmProvisioningStateFailed"
    mend(made.world, made.vm)
    made.vm.power, made.vm.power_since = "running", made.world.now
    operation = trigger_backup(made.world, made.vault, made.item.id, None, "me")
    assert made.world.jobs[operation.job_id].error == "UserErrorVmNotInDesirableState"


def test_a_machine_that_is_gone_fails_its_scheduled_backups() -> None:
    made = sound()
    Cloud(made.world).human("delete", vm=made.vm.id)
    made.days(1)
    assert (latest(made).status, latest(made).error) == ("Failed", "ResourceNotFound")
    with pytest.raises(Refused, match="UserErrorVmNotFoundV2"):
        by_hand(made)


def test_a_storm_strikes_all_backups_of_one_vault_for_its_hours() -> None:
    world = fleets.demo(pace=Pace(failure_rate=0.0))
    cloud = Cloud(world)
    world.advance(timedelta(hours=10))
    began, struck = world.now, next(iter(world.vaults))
    cloud.human("storm", vault=struck.upper(), code=TRANSIENT, hours=6)
    world.advance(timedelta(hours=30))
    new = [one for one in world.jobs.values() if one.started_at > began]
    storm = [one for one in new if one.vault_id == struck and one.started_at < began + timedelta(hours=6)]
    assert len(storm) > 10
    assert {one.error for one in storm} == {TRANSIENT}
    assert {one.error for one in new if one not in storm} == {""}


def test_some_errors_come_after_the_snapshot_and_leave_a_point_with_a_warning() -> None:
    world = fleets.demo(pace=replace(ILL, failure_rate=1.0))
    world.advance(timedelta(days=2))
    warned = [one for one in world.jobs.values() if one.status == "CompletedWithWarnings"]
    assert warned
    assert all(FAILURES[one.error].nature is Nature.PASSING for one in warned)
    one = next(one for one in warned if one.vaulted)
    item = world.items[one.item_id]
    point = next(point for point in item.points if abs(point.at - one.started_at) < timedelta(minutes=1))
    assert not point.vaulted
    detail = job_detail(world, one)["properties"]
    assert detail["errorDetails"][0]["errorTitle"] == one.error
    assert [task["status"] for task in detail["extendedInfo"]["tasksList"]] == ["Completed", "Failed"]


def test_failures_are_switched_on_at_run_time_and_read_strictly() -> None:
    cloud = Cloud(small().world)
    cloud.fail_in_all_ways(0.5)
    assert (cloud.world.pace.failure_rate, cloud.world.pace.all_failures) == (0.5, True)
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        cloud.fail_in_all_ways(2)
    vm = next(iter(cloud.world.vms))
    for what in ({"kind": "afflict", "vm": vm}, {"kind": "storm", "vault": "", "hours": 1}):
        with pytest.raises(ValueError, match="unknown error 'Sneeze'"):
            cloud.human(**what, code="Sneeze")

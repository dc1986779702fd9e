"""Are the ready-made fleets what their stories need, the same for each seed, and harmless when left alone?"""

from datetime import timedelta

import pytest

from local import fleets
from local.world.cloud import Cloud


def test_the_same_seed_gives_the_same_month_and_another_seed_another() -> None:
    def month(seed: int) -> object:
        world = fleets.demo(seed)
        for _ in range(30):
            world.advance(timedelta(days=1))
        return Cloud(world).truth()

    assert month(5) == month(5)
    assert month(5) != month(6)


def test_runs_of_untouched_machines_do_not_depend_on_what_was_done_to_others() -> None:
    calm, touched = fleets.demo(5), fleets.demo(5)
    human = Cloud(touched)
    vm = next(vm.id for vm in touched.vms.values() if vm.name == "app-weu-03")
    policy = next(name for name in touched.policies if name.endswith("rsv-weu-01/backuppolicies/critical"))
    human.human("assign", vm=vm, policy_id=policy)
    for world in (calm, touched):
        world.advance(timedelta(days=5))
    others = {job.id: job.ended_at for job in calm.jobs.values() if job.vm_id != vm.lower()}
    assert others == {key: touched.jobs[key].ended_at for key in others}


def test_a_share_of_jobs_fails_with_real_codes() -> None:
    world = fleets.demo(7)
    failed = [job for job in world.jobs.values() if job.status == "Failed"]
    assert 0 < len(failed) < 0.03 * len(world.jobs)
    assert {job.error for job in failed} <= {"CloudInternalError", "AzureVmOffline"}


def test_the_demo_holds_what_its_story_needs() -> None:
    world = fleets.demo()
    by_name = {item.container.rsplit(";", 1)[-1]: item for item in world.items.values()}
    assert (len(world.vms), len(world.vaults), len(world.items)) == (60, 3, 56)
    protected = [item for item in world.items.values() if item.active and "hourly" not in item.policy_id.lower()]
    assert {rules.next_run(world.now) for item in protected if (rules := world.rules_of(item))} == {
        world.now.replace(hour=22, minute=30)
    }
    yearly = by_name[fleets.TRAPS["yearly"].lower()]
    assert any("yearly" in point.tags for point in yearly.points)
    assert by_name[fleets.TRAPS["stopped"].lower()].state == "ProtectionStopped"
    assert by_name[fleets.TRAPS["soft-deleted"].lower()].deleted_at is not None
    assert by_name[fleets.TRAPS["exclusions"].lower()].extended is not None
    assert by_name[fleets.TRAPS["raise"].lower()].policy_id.endswith("/DefaultPolicy")


def test_the_demo_has_two_applications_and_vms_whose_backups_can_fail_without_touching_them() -> None:
    world = fleets.demo()
    tagged = {vm.name: vm.tags["application"] for vm in world.vms.values() if "application" in vm.tags}
    assert tagged == {name: application for application, names in fleets.APPLICATIONS.items() for name in names}
    shop = [item for item in world.items.values() if item.container.rsplit(";", 1)[-1] in fleets.APPLICATIONS["shop"]]
    assert len({item.vault_id for item in shop}) == 2
    assert not {*fleets.FAILING} & {*tagged, *fleets.TRAPS.values(), *fleets.UNPROTECTED}


def test_backups_of_named_vms_fail_until_others_are_named() -> None:
    cloud = Cloud(fleets.demo())
    began = cloud.now()
    cloud.fail(fleets.FAILING)
    cloud.wait(86400)
    failed = {job.vm_name for job in cloud.world.jobs.values() if job.status == "Failed" and job.started_at > began}
    assert {*fleets.FAILING} <= failed
    cloud.fail(())
    assert not cloud.world.pace.failing
    with pytest.raises(ValueError, match="no VM is named web-weu-99"):
        cloud.fail(["web-weu-99"])


def test_a_quiet_month_of_the_demo_hurts_nobody() -> None:
    cloud = Cloud(fleets.demo())
    cloud.wait(30 * 86400)
    assert set(cloud.truth()["counters"].values()) == {0}


def test_a_bigger_fleet_spreads_over_its_vaults_and_regions() -> None:
    world = fleets.generated(90, vaults=4, regions=2, seed=1, history_days=2)
    assert {vault.region for vault in world.vaults.values()} == {"westeurope", "eastus2"}
    assert sorted(len(world.items_in(vault.id)) for vault in world.vaults.values()) == [22, 22, 23, 23]
    for item in world.items.values():
        assert world.vms[item.vm_id.lower()].region == world.vaults[item.vault_id].region
    with pytest.raises(ValueError, match="regions"):
        fleets.generated(10, vaults=1, regions=2)

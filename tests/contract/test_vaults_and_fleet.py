"""Do vaults and fleet behave the same, in memory and over the real SDK?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from local.fleets import SUBSCRIPTION
from local.world.human import act
from shared.cloud.ids import policy_id
from shared.errors import Permanent, Transient
from shared.model.azure import (
    BackupPolicy,
    Frequency,
    PolicyType,
    ProtectedItem,
    ProtectionState,
    Retention,
    TaggedRetention,
    Vault,
)
from tests.contract.stages import Stage


def vault_of(stage: Stage) -> Vault:
    return stage.ports.vaults.vaults(SUBSCRIPTION)[0]


def item_of(stage: Stage, name: str = "App-0") -> ProtectedItem:
    return next(item for item in stage.ports.vaults.items(vault_of(stage)) if item.name == name)


def policy_of(stage: Stage, name: str) -> BackupPolicy | None:
    return next((found for found in stage.ports.vaults.policies(vault_of(stage)) if found.name == name), None)


def slot_policy(vault: Vault, policy_type: PolicyType = PolicyType.STANDARD, daily: int = 30) -> BackupPolicy:
    return BackupPolicy(
        id=policy_id(vault.id, "ns-gold-0130"),
        name="ns-gold-0130",
        vault_id=vault.id,
        policy_type=policy_type,
        frequency=Frequency.DAILY,
        time_zone="UTC",
        start=90,
        retention=Retention(
            daily,
            weekly=TaggedRetention(12, "Weeks", ("Sunday",)),
            monthly=TaggedRetention(12, "Months", ("First Sunday", "Last Sunday")),
            yearly=TaggedRetention(7, "Years", ("January Day 1", "January Day Last")),
        ),
        instant_restore_days=3,
    )


def test_vaults_are_listed_with_lower_cased_ids_and_their_own_names(stage: Stage) -> None:
    vaults = stage.ports.vaults.vaults(SUBSCRIPTION)
    assert [vault.name for vault in vaults] == ["rsv-one", "rsv-two"]
    assert [vault.resource_group for vault in vaults] == ["rg-Backup", "rg-Backup"]
    assert all(vault.id == vault.id.lower() and vault.redundancy == "GeoRedundant" for vault in vaults)
    assert not any(vault.sealed for vault in vaults)


def test_all_items_of_all_pages_are_listed_soft_deleted_ones_too(stage: Stage) -> None:
    items = stage.ports.vaults.items(vault_of(stage))
    assert [item.name for item in items] == ["App-0", "App-1", "App-2", "App-3", "App-4"]
    assert [item.soft_deleted for item in items] == [False] * 4 + [True]
    assert items[0].state is ProtectionState.PROTECTED
    assert items[0].policy_name == "DefaultPolicy"
    assert items[0].policy_id == policy_id(vault_of(stage).id, "DefaultPolicy")
    assert items[0].vm_id.endswith("/resourcegroups/rg-app/providers/microsoft.compute/virtualmachines/app-0")
    assert items[0].last_backup_status == "Completed"
    assert items[0].last_backup_at is not None
    assert items[1].extended_properties == '{"diskExclusionProperties": {"diskLunList": [2], "isInclusionList": false}}'
    assert (items[4].policy_id, items[4].policy_name) == ("", "")


def test_an_empty_vault_has_nothing(stage: Stage) -> None:
    empty = stage.ports.vaults.vaults(SUBSCRIPTION)[1]
    now = stage.world.now
    assert stage.ports.vaults.items(empty) == []
    assert stage.ports.vaults.policies(empty) == []
    assert stage.ports.vaults.jobs(empty, now - timedelta(days=9), now) == []


def test_vm_policies_are_listed_and_database_policies_are_not(stage: Stage) -> None:
    policies = {policy.name: policy for policy in stage.ports.vaults.policies(vault_of(stage))}
    assert sorted(policies) == ["DefaultPolicy", "Enhanced", "Hourly"]
    assert [policy.unread for policy in policies.values()] == [(), (), ()]
    assert policies["DefaultPolicy"].start == 22 * 60 + 30
    assert policies["DefaultPolicy"].protected_items == 4
    assert policies["Enhanced"].retention.yearly == TaggedRetention(7, "Years", ("January First Sunday",))
    assert policies["Hourly"].frequency is Frequency.HOURLY


def test_jobs_are_those_that_started_in_the_range_of_the_status(stage: Stage) -> None:
    vault, now = vault_of(stage), stage.world.now
    jobs = stage.ports.vaults.jobs(vault, now - timedelta(days=3), now)
    assert len(jobs) > 10
    assert {(job.operation, job.vault_id) for job in jobs} == {("Backup", vault.id)}
    assert {job.container for job in jobs} <= {item.container for item in stage.ports.vaults.items(vault)}
    first, last = min(job.started_at for job in jobs), max(job.started_at for job in jobs)
    inner = stage.ports.vaults.jobs(vault, first + timedelta(microseconds=1), last - timedelta(microseconds=1))
    assert sorted(job.id for job in inner) == sorted(job.id for job in jobs if first < job.started_at < last)
    done = stage.ports.vaults.jobs(vault, first, last, status="Completed")
    assert {job.status for job in done} == {"Completed"}
    assert stage.ports.vaults.jobs(vault, first, last, status="InProgress") == []


def test_a_running_job_holds_its_item_and_has_no_end(stage: Stage) -> None:
    item = item_of(stage)
    stage.world.start_backup(stage.world.items[item.id.lower()], None)
    stage.world.advance(timedelta(minutes=6))
    (job,) = stage.ports.vaults.jobs(
        vault_of(stage), stage.world.now - timedelta(hours=1), stage.world.now, status="InProgress"
    )
    assert (job.running, job.container, job.ended_at, job.vm_name) == (True, item.container, None, "App-0")


def test_recovery_points_are_those_of_the_range_with_their_tiers(stage: Stage) -> None:
    vault, now, item = vault_of(stage), stage.world.now, item_of(stage)
    points = stage.ports.vaults.recovery_points(vault, item, now - timedelta(days=60), now)
    assert len(points) > 10
    assert ("HardenedRP", "Valid") in points[-1].tiers
    newest = max(point.at for point in points)
    assert [point.at for point in stage.ports.vaults.recovery_points(vault, item, newest, now)] == [newest]


@pytest.mark.parametrize("policy_type", PolicyType)
def test_a_written_policy_is_read_back_as_it_was_meant(stage: Stage, policy_type: PolicyType) -> None:
    meant = slot_policy(vault_of(stage), policy_type)
    stage.ports.vaults.write_policy(vault_of(stage), meant)
    assert policy_of(stage, meant.name) == meant
    longer = replace(meant, retention=replace(meant.retention, daily_days=40))
    stage.ports.vaults.write_policy(vault_of(stage), longer)
    assert policy_of(stage, meant.name) == longer


def test_a_move_is_true_only_when_its_operation_has_ended_and_keeps_disk_exclusions(stage: Stage) -> None:
    target, item = slot_policy(vault_of(stage)), item_of(stage, "App-1")
    stage.ports.vaults.write_policy(vault_of(stage), target)
    stage.ports.vaults.assign_policy(item, target)
    assert item_of(stage, "App-1").policy_id == item.policy_id
    stage.settle()
    moved = item_of(stage, "App-1")
    assert moved.policy_id == target.id
    assert moved.extended_properties == item.extended_properties
    assert stage.world.counters.exclusions_lost == 0


def test_a_rollback_returns_to_the_origin_and_nowhere_else(stage: Stage) -> None:
    target, item = slot_policy(vault_of(stage)), item_of(stage)
    stage.ports.vaults.write_policy(vault_of(stage), target)
    stage.ports.vaults.assign_policy(item, target)
    stage.settle()
    default, enhanced = policy_of(stage, "DefaultPolicy"), policy_of(stage, "Enhanced")
    assert default is not None
    assert enhanced is not None
    with pytest.raises(Permanent):
        stage.ports.vaults.assign_policy(item_of(stage), enhanced, origin=item.policy_id)
    stage.ports.vaults.assign_policy(item_of(stage), default, origin=item.policy_id)
    stage.settle()
    assert item_of(stage).policy_id == item.policy_id


def test_an_unprotected_machine_becomes_an_item_once_the_operation_has_ended(stage: Stage) -> None:
    vault, target = vault_of(stage), slot_policy(vault_of(stage))
    machine = next(vm for vm in stage.ports.fleet.vms([SUBSCRIPTION]) if vm.name == "App-5")
    stage.ports.vaults.write_policy(vault, target)
    stage.ports.vaults.protect(vault, machine, target)
    assert "App-5" not in {item.name for item in stage.ports.vaults.items(vault)}
    stage.settle()
    item = item_of(stage, "App-5")
    assert (item.vm_id, item.policy_id, item.state) == (machine.id, target.id, ProtectionState.IR_PENDING)


def test_a_protection_whose_answer_is_lost_may_have_its_effect(stage: Stage) -> None:
    vault, target = vault_of(stage), slot_policy(vault_of(stage))
    machine = next(vm for vm in stage.ports.fleet.vms([SUBSCRIPTION]) if vm.name == "App-5")
    stage.ports.vaults.write_policy(vault, target)
    stage.strike("vaults.protect", "503", "after")
    with pytest.raises(Transient) as failure:
        stage.ports.vaults.protect(vault, machine, target)
    assert not failure.value.refused
    stage.settle()
    assert item_of(stage, "App-5").policy_id == target.id


def test_a_machine_that_is_protected_already_is_refused_for_good(stage: Stage) -> None:
    vault, target = vault_of(stage), slot_policy(vault_of(stage))
    machine = next(vm for vm in stage.ports.fleet.vms([SUBSCRIPTION]) if vm.name == "App-4")
    stage.ports.vaults.write_policy(vault, target)
    with pytest.raises(Permanent):
        stage.ports.vaults.protect(vault, machine, target)


def test_a_doubtful_write_reaches_no_one(stage: Stage) -> None:
    vault = vault_of(stage)
    before = len(stage.world.activity)
    for policy in (replace(slot_policy(vault), id=""), replace(slot_policy(vault), unread=("lane",))):
        with pytest.raises(Permanent):
            stage.ports.vaults.assign_policy(item_of(stage), policy)
    with pytest.raises(Permanent):
        stage.ports.vaults.write_policy(vault, replace(slot_policy(vault), name="DefaultPolicy"))
    with pytest.raises(Permanent):
        stage.ports.vaults.assign_policy(item_of(stage, "App-4"), slot_policy(vault))
    machine = next(vm for vm in stage.ports.fleet.vms([SUBSCRIPTION]) if vm.name == "App-5")
    with pytest.raises(Permanent):
        stage.ports.vaults.protect(vault, machine, replace(slot_policy(vault), id=""))
    assert len(stage.world.activity) == before


def test_a_policy_that_the_service_rejects_is_permanent_with_its_code(stage: Stage) -> None:
    with pytest.raises(Permanent) as failure:
        stage.ports.vaults.write_policy(vault_of(stage), slot_policy(vault_of(stage), daily=3))
    assert failure.value.code == "BMSUserErrorInvalidPolicyInput"


def test_a_move_to_a_policy_that_is_not_there_is_permanent(stage: Stage) -> None:
    with pytest.raises(Permanent) as failure:
        stage.ports.vaults.assign_policy(item_of(stage), slot_policy(vault_of(stage)))
    assert failure.value.code == "BMSUserErrorInvalidInput"


def test_a_second_move_of_one_item_is_refused_while_the_first_is_under_way(stage: Stage) -> None:
    target = slot_policy(vault_of(stage))
    stage.ports.vaults.write_policy(vault_of(stage), target)
    stage.ports.vaults.assign_policy(item_of(stage), target)
    with pytest.raises(Transient) as failure:
        stage.ports.vaults.assign_policy(item_of(stage), target)
    assert failure.value.refused
    assert "BMSUserErrorConflictingProtectionOperation" in str(failure.value)


def test_reads_of_a_missing_vault_are_permanent(stage: Stage) -> None:
    vault, now = vault_of(stage), stage.world.now
    missing = replace(vault, id=vault.id.replace("rsv-one", "rsv-nil"), name="rsv-nil")
    for read in (
        lambda: stage.ports.vaults.items(missing),
        lambda: stage.ports.vaults.policies(missing),
        lambda: stage.ports.vaults.jobs(missing, now - timedelta(days=1), now),
    ):
        with pytest.raises(Permanent) as failure:
            read()
        assert failure.value.code == "ResourceNotFound"


@pytest.mark.parametrize("kind", ["429", "503"])
def test_a_write_that_fails_before_its_effect_has_none(stage: Stage, kind: str) -> None:
    meant = slot_policy(vault_of(stage))
    stage.strike("vaults.write_policy", kind, "before")
    with pytest.raises(Transient) as failure:
        stage.ports.vaults.write_policy(vault_of(stage), meant)
    assert failure.value.refused is (kind == "429")
    assert policy_of(stage, meant.name) is None


def test_a_write_whose_answer_is_lost_may_have_its_effect(stage: Stage) -> None:
    target, item = slot_policy(vault_of(stage)), item_of(stage)
    stage.ports.vaults.write_policy(vault_of(stage), target)
    stage.strike("vaults.assign_policy", "503", "after")
    with pytest.raises(Transient) as failure:
        stage.ports.vaults.assign_policy(item, target)
    assert not failure.value.refused
    stage.settle()
    assert item_of(stage).policy_id == target.id


def test_all_machines_of_the_subscriptions_are_listed_with_their_tags(stage: Stage) -> None:
    vms = stage.ports.fleet.vms([SUBSCRIPTION])
    assert [vm.name for vm in vms] == [f"App-{number}" for number in range(6)]
    assert {(vm.region, vm.tags["tier"]) for vm in vms} == {("westeurope", "Gold")}
    assert all(vm.id == vm.id.lower() for vm in vms)
    assert stage.ports.fleet.vms([]) == []
    assert stage.ports.fleet.vms(["00000000-0000-0000-0000-00000000ffff"]) == []


def test_the_power_of_a_machine_is_that_of_now(stage: Stage) -> None:
    vm, record = stage.ports.fleet.vms([SUBSCRIPTION])[0], stage.world.vms[item_of(stage).vm_id]
    record.power = "running"
    assert stage.ports.fleet.power(vm.id) == "running"
    record.power = "deallocated"
    assert stage.ports.fleet.power(vm.id.upper()) == "deallocated"
    assert stage.ports.fleet.power(f"{vm.id}-not-there") is None
    with pytest.raises(Permanent, match="expected the id of a virtual machine"):
        stage.ports.fleet.power(vault_of(stage).id)


def test_backups_by_hand_name_who_asked_and_the_item_and_are_no_changes(stage: Stage) -> None:
    item, start = item_of(stage), stage.world.now
    stage.world.advance(timedelta(hours=1))
    act(stage.world, "back up", {"item": item.id})
    began = stage.world.now
    (asked,) = stage.ports.fleet.backups_by_hand(SUBSCRIPTION, start, stage.world.now)
    assert (asked.resource_id, asked.actor, asked.at) == (item.id.lower(), "human@example.com", began)
    assert stage.ports.fleet.changes(SUBSCRIPTION, start, stage.world.now) == []
    assert stage.ports.fleet.backups_by_hand(SUBSCRIPTION, start, start + timedelta(minutes=30)) == []


def test_changes_name_the_human_and_the_resource(stage: Stage) -> None:
    item, start = item_of(stage), stage.world.now
    policy_id_before = f"{vault_of(stage).id}/backuppolicies/enhanced"
    stage.world.advance(timedelta(hours=1))
    act(stage.world, "assign", {"item": item.id, "policy_id": policy_id_before})
    act(stage.world, "edit", {"policy_id": policy_id_before, "properties": {}})
    act(stage.world, "tag", {"vm": item.vm_id, "tags": {"a": "b"}})
    changes = stage.ports.fleet.changes(SUBSCRIPTION, start, stage.world.now)
    assert {change.resource_id for change in changes} == {item.id.lower(), policy_id_before}
    assert {change.actor for change in changes} == {"human@example.com"}
    assert stage.ports.fleet.changes(SUBSCRIPTION, start, start + timedelta(minutes=30)) == []


def test_the_whole_fleets_jobs_and_items_are_those_of_its_vaults(stage: Stage) -> None:
    since = stage.world.now - timedelta(days=2)
    vaults = stage.ports.vaults.vaults(SUBSCRIPTION)
    listed = {job.id for vault in vaults for job in stage.ports.vaults.jobs(vault, since, stage.world.now)}
    found = stage.ports.fleet.jobs([SUBSCRIPTION], since)
    assert listed <= {job.id for job in found}
    assert all(job.started_at >= since or (job.ended_at and job.ended_at >= since) for job in found)
    assert len({job.id for job in found}) == len(found) > 0
    items = {item.id for vault in vaults for item in stage.ports.vaults.items(vault)}
    assert {item.id for item in stage.ports.fleet.items([SUBSCRIPTION])} == items


def test_the_whole_fleets_policies_are_those_of_its_vaults_and_of_vms_alone(stage: Stage) -> None:
    vaults = stage.ports.vaults.vaults(SUBSCRIPTION)
    listed = [policy for vault in vaults for policy in stage.ports.vaults.policies(vault)]
    found = stage.ports.fleet.policies([SUBSCRIPTION])
    assert sorted(found, key=lambda policy: policy.id) == sorted(listed, key=lambda policy: policy.id)


def test_a_backup_on_demand_is_a_job_minutes_later(stage: Stage) -> None:
    item = item_of(stage)
    stage.ports.vaults.back_up(item, stage.world.now + timedelta(days=9))
    asked_at = stage.world.now
    stage.world.advance(timedelta(minutes=6))
    vault = vault_of(stage)
    started = stage.ports.vaults.jobs(vault, asked_at - timedelta(minutes=1), stage.world.now)
    assert [job.container for job in started if job.operation == "Backup"] == [item.container]

"""Do restores go as Azure's: at the speed of their account, and leaving behind what they leave?"""

import copy
from datetime import timedelta

import pytest

from local.world import Limits, Pace, accounts, restores
from local.world.failures import CANCELLED
from tests.local.one_vm import body, code
from tests.local.restoring import TARGET, Restoring


def test_an_operation_tells_the_job_on_all_of_its_paths() -> None:
    azure = Restoring()
    accepted = azure.send(azure.point())
    pending = body(azure.follow(accepted, "Azure-AsyncOperation"))
    assert (pending["status"], azure.follow(accepted).status) == ("InProgress", 202)
    job = azure.job(accepted)
    operation = accepted.headers["Azure-AsyncOperation"].split("?")[0].rsplit("/", 1)[-1]
    assert azure.shown(f"backupOperations/{operation}")["properties"]["jobId"] == job
    assert (azure.follow(accepted).status, azure.ask("GET", f"backupOperationResults/{operation}").status) == (204, 204)
    azure.cloud.wait(300)
    (row,) = azure.shown("backupJobs", **{"$filter": "operation eq 'Restore' and status eq 'InProgress'"})["value"]
    assert row["name"] == job
    assert azure.cloud.world.activity[-1].operation == restores.RESTORE


def test_a_restore_from_the_vault_takes_hours_and_one_from_a_snapshot_minutes() -> None:
    azure = Restoring()
    slow, quick = azure.start(azure.point()), azure.start(azure.point(fresh=True), storageAccountId=azure.two)
    assert timedelta(minutes=2) < azure.end(quick) < timedelta(minutes=10)
    least, most = (timedelta(seconds=400 * 1024 / speed) for speed in (50, 30))
    assert least < azure.end(slow) < most + timedelta(minutes=5)


def test_progress_grows_with_the_copy() -> None:
    azure = Restoring()
    job = azure.start(azure.point())
    seen = []
    for _ in range(4):
        seen.append(azure.properties(job)["extendedInfo"]["progressPercentage"])
        azure.cloud.wait(1800)
    assert seen == sorted(set(seen))
    assert seen[0] == 1.0
    azure.end(job)
    shown = azure.properties(job)["extendedInfo"]
    assert (shown["progressPercentage"], shown["estimatedRemainingDuration"]) == (100.0, "PT0S")
    assert [(task["taskId"], task["status"]) for task in shown["tasksList"]] == [
        ("Transfer data from vault", "Completed")
    ]


def test_restores_that_share_an_account_slow_each_other_down_until_one_ends() -> None:
    def took(*others: str) -> timedelta:
        azure = Restoring()
        job = azure.start(azure.point())
        for name in others:
            azure.start(azure.item.points[1], storageAccountId=getattr(azure, name))
        return azure.end(job)

    alone, apart, shared = took(), took("two"), took("one")
    assert alone == apart
    assert 1.6 * alone < shared < 2.1 * alone
    assert 2.2 * alone < took("one", "one") < 3.2 * alone


def test_the_second_of_two_on_one_account_is_counted() -> None:
    azure = Restoring()
    first = azure.start(azure.point())
    second = azure.start(azure.item.points[1])
    truth = azure.cloud.truth()
    assert truth["counters"]["shared_accounts"] == 1
    assert {restore["job"]: restore["shared"] for restore in truth["restores"]} == {first: False, second: True}
    azure.end(first)
    azure.end(second)
    azure.start(azure.point())
    assert azure.cloud.truth()["counters"]["shared_accounts"] == 1


def test_an_account_that_others_load_takes_data_slowly() -> None:
    azure = Restoring()
    alone = azure.end(azure.start(azure.point()))
    busy = accounts.find(azure.small.world, azure.two)
    assert busy is not None
    busy.load = 0.7
    assert azure.end(azure.start(azure.point(), storageAccountId=azure.two)) > 2 * alone


def test_restored_disks_are_tagged_with_the_job_and_a_container_stays_behind() -> None:
    azure = Restoring()
    job = azure.start(azure.point())
    azure.end(job)
    assert azure.properties(job)["status"] == "Completed"
    assert [(disk.tags, disk.managed_by) for disk in azure.disks()] == [({"RSVaultBackup": job}, "")] * 2
    rows = azure.shown(f"{TARGET}/providers/Microsoft.Compute/disks")["value"]
    assert sum(row["properties"]["diskSizeGB"] for row in rows) == 400
    assert azure.shown(rows[0]["id"]) == rows[0]
    bag = azure.properties(job)["extendedInfo"]["propertyBag"]
    account = accounts.find(azure.small.world, azure.one)
    assert account is not None
    blobs = account.containers[bag["Config Blob Container Name"]]
    assert bag["Config Blob Name"] in blobs
    assert bag["Config Blob Uri"].endswith(f"/{bag['Config Blob Container Name']}/{bag['Config Blob Name']}")
    assert sum(blob.endswith(".vhd") for blob in blobs) == 2
    assert azure.cloud.truth()["restores"][0]["container"] == bag["Config Blob Container Name"]


def test_a_snapshot_leaves_a_template_and_no_copied_disk_in_the_account() -> None:
    azure = Restoring()
    azure.end(azure.start(azure.point(fresh=True)))
    account = accounts.find(azure.small.world, azure.one)
    assert account is not None
    (blobs,) = account.containers.values()
    assert [blob.rsplit(".", 1)[-1] for blob in blobs] == ["json", "json"]


def test_disks_without_a_target_group_are_blobs_and_come_slowly_even_from_a_fresh_point() -> None:
    azure = Restoring()
    job = azure.start(azure.point(fresh=True), targetResourceGroupId=None)
    assert azure.end(job) > timedelta(hours=1)
    assert azure.disks() == []
    assert "Target resource group" not in azure.properties(job)["extendedInfo"]["propertyBag"]


def test_a_restored_machine_carries_its_sources_tags_and_nobody_protects_it() -> None:
    azure = Restoring()
    job = azure.start(azure.point(fresh=True), kind="AlternateLocation")
    azure.end(job)
    made = azure.shown(f"{TARGET}/providers/Microsoft.Compute/virtualMachines/vm-new")
    assert made["tags"] == azure.small.vm.tags
    assert made["properties"]["vmId"] != azure.small.vm.guid
    assert {disk.managed_by for disk in azure.disks()} == {made["id"]}
    assert [row["properties"]["friendlyName"] for row in azure.shown("backupProtectableItems")["value"]] == ["vm-new"]
    tasks = azure.properties(job)["extendedInfo"]["tasksList"]
    assert [task["taskId"] for task in tasks] == ["Transfer data from vault", "Create the restored virtual machine"]


def test_a_machine_that_was_deleted_comes_back_as_it_was() -> None:
    azure = Restoring()
    azure.cloud.human("delete", vm=azure.small.vm.id)
    azure.end(azure.start(azure.point(), kind="AlternateLocation"))
    made = azure.small.world.vms[f"{TARGET}/providers/Microsoft.Compute/virtualMachines/vm-new".lower()]
    assert (made.tags, made.data_gb) == (azure.small.vm.tags, azure.small.vm.data_gb)


def test_replacing_disks_needs_a_machine_that_is_shut_down_and_keeps_its_old_disks() -> None:
    azure = Restoring()
    assert code(azure.send(azure.point(), kind="OriginalLocation")) == "UserErrorVmNotShutDown"
    azure.small.vm.power = "deallocated"
    for _ in range(2):
        job = azure.start(azure.point(fresh=True), kind="OriginalLocation")
        azure.end(job)
    attached = [disk.tags["RSVaultBackup"] for disk in azure.disks() if disk.managed_by == azure.small.vm.id]
    assert attached == [job, job]
    assert len(azure.disks()) == 4
    assert {disk.resource_group for disk in azure.disks()} == {"rg-vms"}
    azure.cloud.human("delete", vm=azure.small.vm.id)
    assert code(azure.send(azure.point(), kind="OriginalLocation")) == "UserErrorVmNotFoundV2"


@pytest.mark.parametrize(("kind", "while_building"), [("RestoreDisks", 202), ("AlternateLocation", 400)])
def test_a_restore_can_be_cancelled_until_a_machine_is_built(kind: str, while_building: int) -> None:
    azure = Restoring()
    job = azure.start(azure.point(), kind=kind)
    assert azure.ask("POST", f"backupJobs/{job}/cancel").status == 202
    assert azure.properties(job)["status"] == "Cancelling"
    azure.cloud.wait(60)
    shown = azure.properties(job)
    assert (shown["status"], shown["errorDetails"][0]["errorTitle"]) == ("Cancelled", CANCELLED)
    azure.cloud.wait(86400)
    assert azure.disks() == []
    late = azure.start(azure.point(fresh=True), kind=kind)
    while azure.small.world.restores[late].phase == "copying":
        azure.cloud.wait(10)
    assert azure.ask("POST", f"backupJobs/{late}/cancel").status == while_building


def test_a_cancelled_restore_leaves_the_account_to_the_others_and_a_backup_to_itself() -> None:
    azure = Restoring()
    backup = azure.backup()
    jobs = [azure.start(azure.point()) for _ in range(2)]
    one, two = (azure.small.world.restores[job] for job in jobs)
    halved = one.rate
    azure.ask("POST", f"backupJobs/{two.job_id}/cancel")
    azure.cloud.wait(60)
    assert one.rate == pytest.approx(2 * halved)
    assert azure.small.world.running == {azure.item.id.lower(): backup}


def test_some_restores_fail_with_real_codes_and_leave_their_container() -> None:
    azure = Restoring()
    azure.small.world.limits = Limits(restores_per_item_day=1000)
    azure.small.world.pace = Pace(failure_rate=0.0, restore_failure_rate=1.0)
    jobs = [
        azure.start(
            azure.point(fresh=fresh), kind=kind, storageAccountId=azure.account(f"st{kind[:1].lower()}{number}")
        )
        for kind in ("RestoreDisks", "AlternateLocation")
        for fresh in (True, False)
        for number in range(8)
        if azure.small.world.vms.pop(f"{TARGET}/providers/Microsoft.Compute/virtualMachines/vm-new".lower(), True)
    ]
    azure.cloud.wait(86400)
    errors = {azure.properties(job)["errorDetails"][0]["errorTitle"] for job in jobs}
    assert {azure.properties(job)["status"] for job in jobs} == {"Failed"}
    assert errors == {
        "CloudInternalError",
        "CopyingVHDsFromBackUpVaultTakingLongTime",
        "UserErrorInstantRpNotFound",
        "UserErrorSkuNotAvailable",
    }
    by_error = {azure.small.world.jobs[job].error: azure.small.world.restores[job] for job in jobs}
    unbuilt = by_error["UserErrorSkuNotAvailable"]
    assert [disk for disk in azure.disks() if disk.tags["RSVaultBackup"] == unbuilt.job_id]
    stuck = by_error["CopyingVHDsFromBackUpVaultTakingLongTime"]
    assert azure.small.world.accounts[stuck.account_id].containers[stuck.container]
    assert not [disk for disk in azure.disks() if disk.tags["RSVaultBackup"] == stuck.job_id]


def test_a_copy_of_the_world_restores_by_itself() -> None:
    azure = Restoring()
    job = azure.start(azure.point(), kind="AlternateLocation")
    copied = copy.deepcopy(azure.small.world)
    took = azure.end(job)
    assert copied.jobs[job].status == "InProgress"
    copied.advance(timedelta(days=1))
    ended = copied.jobs[job].ended_at
    assert ended is not None
    assert ended - copied.jobs[job].started_at == took
    assert copied.vms.keys() == azure.small.world.vms.keys()

"""Are restores ordered, followed and cancelled alike, in memory and over the real SDK?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import Permanent, Transient
from shared.model.restores import Mode
from tests.contract.restoring import accepted, add_pool, order, points_of, restores_of, stop
from tests.contract.stages import Stage
from tests.contract.test_vaults_and_fleet import item_of, vault_of


def test_an_order_is_followed_from_its_operation_to_the_end_of_its_job(stage: Stage) -> None:
    one, _ = add_pool(stage)
    operation = stage.ports.restores.trigger(order(stage, one))
    begun = stage.ports.restores.operation(vault_of(stage).id, operation)
    assert (begun.status, begun.job_id) == ("InProgress", "")
    job = accepted(stage, operation)
    assert (job.operation, job.status, job.terminal, job.cancellable, job.detailed) == (
        ("Restore", "InProgress", False, True, True)
    )
    assert (job.account, job.group, job.container) == ("stone", "rg-target", item_of(stage).container)
    assert (job.id, job.vault_id) == (job.id.lower(), vault_of(stage).id)
    assert [task.name for task in job.tasks] == ["Transfer data from vault"]
    assert job.progress is not None
    assert 0 < job.progress < 100
    stage.world.advance(timedelta(days=1))
    ended = stage.ports.restores.job(job.id, job.vault_id)
    assert (ended.status, ended.terminal, ended.progress) == ("Completed", True, 100.0)
    assert ended.ended_at is not None
    assert ended.staging in one.containers


def test_restores_are_listed_in_bulk_without_backups_and_without_details(stage: Stage) -> None:
    one, two = add_pool(stage)
    asked_at = stage.world.now
    stage.ports.restores.trigger(order(stage, one))
    stage.ports.restores.trigger(order(stage, two, item=item_of(stage, "App-1"), point=points_of(stage, "App-1")[-1]))
    stage.world.advance(timedelta(minutes=6))
    now, vault = stage.world.now, vault_of(stage)
    found = stage.ports.restores.jobs(vault, asked_at, now)
    assert {job.vm_name for job in found} == {"app-0", "app-1"}
    assert {(job.status, job.detailed, job.account, job.tasks) for job in found} == {("InProgress", False, "", ())}
    assert {stage.ports.restores.job(job.id, job.vault_id).account for job in found} == {"stone", "sttwo"}
    assert stage.ports.restores.jobs(vault, asked_at - timedelta(days=2), asked_at - timedelta(seconds=1)) == []


def test_a_new_vm_is_made_beside_the_one_that_was_backed_up(stage: Stage) -> None:
    one, _ = add_pool(stage)
    before = dict(stage.world.vms.items())
    job = accepted(stage, stage.ports.restores.trigger(order(stage, one, Mode.NEW_VM)))
    assert job.target_vm == "app-0-restored"
    stage.world.advance(timedelta(days=1))
    assert {vm.name for vm_id, vm in stage.world.vms.items() if vm_id not in before} == {"app-0-restored"}


def test_disks_are_replaced_only_with_the_vms_id_and_while_it_is_stopped(stage: Stage) -> None:
    one, _ = add_pool(stage)
    replacing = order(stage, one, Mode.REPLACE)
    other = item_of(stage, "App-1").vm_id
    for confirmed in ("", other, "app-0"):
        with pytest.raises(Permanent, match="nobody confirmed") as refusal:
            stage.ports.restores.trigger(replacing, confirmed)
        assert refusal.value.code == "Refused"
    stage.world.vms[replacing.item.vm_id].power = "running"
    with pytest.raises(Permanent) as refusal:
        stage.ports.restores.trigger(replacing, replacing.item.vm_id)
    assert refusal.value.code == "UserErrorVmNotShutDown"
    assert [found.code for found in stage.ports.restores.validate(replacing)] == ["UserErrorVmNotShutDown"]
    stop(stage)
    accepted(stage, stage.ports.restores.trigger(replacing, replacing.item.vm_id.upper()))
    assert [(one.kind, one.target.lower()) for one in restores_of(stage)] == [
        ("OriginalLocation", replacing.item.vm_id)
    ]


def test_a_pre_check_objects_in_the_services_words_and_begins_nothing(stage: Stage) -> None:
    one, _ = add_pool(stage)
    assert stage.ports.restores.validate(order(stage, one)) == []
    one.region = "northeurope"
    (objection,) = stage.ports.restores.validate(order(stage, one))
    assert objection.code == "UserErrorStorageAccountNotInSameRegion"
    assert "northeurope" in objection.text
    assert objection.recommendations
    missing = order(stage, one)
    gone = replace(missing, point=replace(missing.point, id=f"{missing.item.id}/recoveryPoints/1"))
    assert [found.code for found in stage.ports.restores.validate(gone)] == ["BMSUserErrorRecoveryPointNotFound"]
    assert restores_of(stage) == []


def test_an_order_that_the_service_refuses_is_permanent_with_its_code(stage: Stage) -> None:
    one, _ = add_pool(stage)
    one.kind = "BlobStorage"
    with pytest.raises(Permanent) as refusal:
        stage.ports.restores.trigger(order(stage, one))
    assert refusal.value.code == "UserErrorStorageAccountTypeNotSupported"
    wanted = order(stage, one)
    gone = replace(wanted, point=replace(wanted.point, id=f"{wanted.item.id}/recoveryPoints/1"))
    with pytest.raises(Permanent) as refusal:
        stage.ports.restores.trigger(gone)
    assert refusal.value.code == "BMSUserErrorRecoveryPointNotFound"


def test_a_doubtful_order_reaches_no_one(stage: Stage) -> None:
    one, _ = add_pool(stage)
    good, before = order(stage, one), len(stage.log)
    doubtful = (
        replace(good, account_id=""),
        replace(good, group_id=""),
        replace(good, secondary=True, identity_id="system"),
        replace(good, point=points_of(stage, "App-1")[0]),
    )
    for asked in doubtful:
        with pytest.raises(Permanent) as refusal:
            stage.ports.restores.trigger(asked)
        with pytest.raises(Permanent):
            stage.ports.restores.validate(asked)
        assert refusal.value.code == "Refused"
    assert [entry for entry in list(stage.log)[before:] if entry["method"] == "POST"] == []
    assert restores_of(stage) == []


def test_a_managed_identity_restores_without_the_accounts_key(stage: Stage) -> None:
    one, _ = add_pool(stage)
    job = accepted(stage, stage.ports.restores.trigger(order(stage, one, identity_id="system")))
    assert job.account == "stone"


@pytest.mark.parametrize("kind", ["429", "503"])
def test_an_order_that_fails_before_its_effect_begins_nothing(stage: Stage, kind: str) -> None:
    one, _ = add_pool(stage)
    stage.strike("restores.trigger", kind, "before")
    with pytest.raises(Transient) as failure:
        stage.ports.restores.trigger(order(stage, one))
    assert failure.value.refused is (kind == "429")
    assert restores_of(stage) == []


@pytest.mark.parametrize("kind", ["503", "drop"])
def test_an_order_whose_answer_is_lost_is_sent_once_and_found_among_the_jobs(stage: Stage, kind: str) -> None:
    one, _ = add_pool(stage)
    asked_at = stage.world.now
    stage.strike("restores.trigger", kind, "after")
    with pytest.raises(Transient) as failure:
        stage.ports.restores.trigger(order(stage, one))
    assert not failure.value.refused
    assert len(restores_of(stage)) == 1
    stage.world.advance(timedelta(minutes=6))
    (job,) = stage.ports.restores.jobs(vault_of(stage), asked_at, stage.world.now)
    assert stage.ports.restores.job(job.id, job.vault_id).account == "stone"


def test_the_twenty_first_restore_of_a_day_is_refused_for_a_day(stage: Stage) -> None:
    one, _ = add_pool(stage)
    wanted = order(stage, one)
    stage.world.spent["restore", wanted.item.id.lower()] = [stage.world.now] * 20
    with pytest.raises(Transient) as failure:
        stage.ports.restores.trigger(wanted)
    assert (failure.value.refused, failure.value.retry_after) == (True, 86_400.0)


def test_a_cancelled_restore_ends_so_and_cannot_be_cancelled_again(stage: Stage) -> None:
    one, _ = add_pool(stage)
    job = accepted(stage, stage.ports.restores.trigger(order(stage, one)))
    stage.ports.restores.cancel(job.id)
    assert stage.ports.restores.job(job.id, job.vault_id).status == "Cancelling"
    stage.settle()
    assert stage.ports.restores.job(job.id, job.vault_id).status == "Cancelled"
    with pytest.raises(Permanent):
        stage.ports.restores.cancel(job.id)


def test_a_cancel_whose_answer_is_lost_may_have_its_effect(stage: Stage) -> None:
    one, _ = add_pool(stage)
    job = accepted(stage, stage.ports.restores.trigger(order(stage, one)))
    stage.strike("restores.cancel", "503", "after")
    with pytest.raises(Transient) as failure:
        stage.ports.restores.cancel(job.id)
    assert not failure.value.refused
    stage.settle()
    assert stage.ports.restores.job(job.id, job.vault_id).status == "Cancelled"


def test_the_disks_that_a_job_made_are_told_and_no_others(stage: Stage) -> None:
    one, two = add_pool(stage)
    wanted = order(stage, one)
    first = accepted(stage, stage.ports.restores.trigger(wanted))
    second = accepted(stage, stage.ports.restores.trigger(replace(wanted, account_id=two.id)))
    assert stage.ports.restores.disks(wanted.group_id, first.id) == []
    stage.world.advance(timedelta(days=1))
    found = [stage.ports.restores.disks(wanted.group_id, job.id) for job in (first, second)]
    assert all(found)
    assert set(found[0]) & set(found[1]) == set()
    assert sorted(found[0] + found[1]) == sorted(stage.world.disks)
    assert stage.ports.restores.disks(f"{wanted.group_id}-none", first.id) == []
    assert stage.ports.restores.disks(wanted.group_id, "") == []


def test_what_is_not_there_is_permanent(stage: Stage) -> None:
    vault, now = vault_of(stage), stage.world.now
    missing = replace(vault, id=vault.id.replace("rsv-one", "rsv-nil"), name="rsv-nil")
    with pytest.raises(Permanent) as failure:
        stage.ports.restores.job(f"{vault.id}/backupjobs/00000000-0000-0000-0000-000000000000", vault.id)
    assert failure.value.code == "BMSUserErrorJobNotFound"
    with pytest.raises(Permanent) as failure:
        stage.ports.restores.operation(vault.id, "00000000-0000-0000-0000-000000000000")
    assert failure.value.code == "BMSUserErrorOperationNotFound"
    with pytest.raises(Permanent) as failure:
        stage.ports.restores.jobs(missing, now - timedelta(days=1), now)
    assert failure.value.code == "ResourceNotFound"
    backup = stage.ports.vaults.jobs(vault, now - timedelta(days=3), now)[0]
    with pytest.raises(Permanent) as failure:
        stage.ports.restores.job(backup.id, vault.id)
    assert failure.value.code == "NotARestore"

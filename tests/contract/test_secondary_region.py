"""Do restores in a vault's secondary region go alike, in memory and as plain JSON over TLS?"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from local import pools
from local.fleets import SUBSCRIPTION
from local.world.resources import StorageAccount
from shared.errors import Permanent, Transient
from shared.model.azure import RecoveryPoint
from shared.model.restores import Mode, RestoreJob, RestoreOrder
from tests.contract.restoring import LONG, add_pool, order, restores_of
from tests.contract.stages import Stage
from tests.contract.test_vaults_and_fleet import item_of, vault_of

AWAY = "northeurope"


def opened(stage: Stage) -> StorageAccount:
    """Open the vault's secondary region, with an account there and the target group; let its points arrive."""
    stage.world.vaults[vault_of(stage).id].cross_region = True
    add_pool(stage)
    far = pools.add_account(stage.world, "stfar", f"{SUBSCRIPTION}/rg-Staging", AWAY)
    far.load = 0.0
    return far


def points_there(stage: Stage, name: str = "App-0") -> list[RecoveryPoint]:
    now = stage.world.now
    return stage.ports.restores.secondary_points(vault_of(stage), item_of(stage, name), now - LONG, now)


def away(stage: Stage, account: StorageAccount, mode: Mode = Mode.DISKS, **change: Any) -> RestoreOrder:
    known = {"region": AWAY, "secondary": True, "point": points_there(stage)[-1]}
    return order(stage, account, mode, **{**known, **change})


def job_of(stage: Stage, operation_id: str) -> RestoreJob:
    stage.world.advance(timedelta(seconds=30))
    operation = stage.ports.restores.operation(vault_of(stage).id, operation_id, AWAY)
    assert operation.status == "Succeeded"
    return stage.ports.restores.job(operation.job_id, vault_of(stage).id)


def listed(stage: Stage, since: datetime, region: str = AWAY) -> list[RestoreJob]:
    return stage.ports.restores.jobs(vault_of(stage), since, stage.world.now, region)


def test_only_points_that_have_arrived_are_there_and_none_before_the_region_is_opened(stage: Stage) -> None:
    assert points_there(stage) == []
    opened(stage)
    stage.world.advance(timedelta(hours=18))
    now = stage.world.now
    here = stage.ports.vaults.recovery_points(vault_of(stage), item_of(stage), now - LONG, now)
    there = points_there(stage)
    assert {point.id.lower() for point in there} < {point.id.lower() for point in here}
    assert all(point.at < now - timedelta(hours=10) for point in there)
    assert stage.ports.restores.secondary_points(vault_of(stage), item_of(stage), now - timedelta(hours=9), now) == []


def test_an_order_there_is_followed_to_the_end_of_a_job_that_only_the_region_shows(stage: Stage) -> None:
    far, asked_at = opened(stage), stage.world.now
    wanted = away(stage, far)
    assert stage.ports.restores.validate(wanted) == []
    operation = stage.ports.restores.trigger(wanted)
    begun = stage.ports.restores.operation(vault_of(stage).id, operation, AWAY)
    assert (begun.status, begun.job_id) == ("InProgress", "")
    job = job_of(stage, operation)
    assert (job.operation, job.status, job.cancellable, job.detailed, job.region) == (
        ("CrossRegionRestore", "InProgress", False, True, AWAY)
    )
    assert (job.account, job.group, job.container) == ("stfar", "rg-target", item_of(stage).container)
    assert job.vault_id == vault_of(stage).id
    stage.world.advance(timedelta(minutes=6))
    (row,) = listed(stage, asked_at)
    assert (row.id, row.detailed, row.region) == (job.id, False, AWAY)
    assert listed(stage, asked_at, "") == []
    with pytest.raises(Permanent, match="cannot be cancelled"):
        stage.ports.restores.cancel(job.id)
    stage.world.advance(timedelta(days=1))
    assert stage.ports.restores.job(job.id, job.vault_id).status == "Completed"
    assert {disk.region for disk in stage.world.disks.values()} == {AWAY}
    assert stage.ports.restores.disks(wanted.group_id, job.id)


def test_a_new_vm_is_made_there(stage: Stage) -> None:
    before = set(stage.world.vms)
    job_of(stage, stage.ports.restores.trigger(away(stage, opened(stage), Mode.NEW_VM)))
    stage.world.advance(timedelta(days=1))
    assert [stage.world.vms[vm_id].region for vm_id in set(stage.world.vms) - before] == [AWAY]


def test_what_the_region_does_not_allow_is_permanent(stage: Stage) -> None:
    far = opened(stage)
    good = away(stage, far)
    (here,) = [one for one in stage.world.accounts.values() if one.name == "stone"]
    with pytest.raises(Permanent) as refusal:
        stage.ports.restores.trigger(replace(good, account_id=here.id.lower()))
    assert refusal.value.code == "UserErrorStorageAccountNotInSameRegion"
    stage.world.vaults[vault_of(stage).id].cross_region = False
    with pytest.raises(Permanent) as refusal:
        stage.ports.restores.trigger(good)
    assert refusal.value.code == "BMSUserErrorCrossRegionRestoreNotEnabled"
    with pytest.raises(Permanent, match="not replaced"):
        stage.ports.restores.trigger(replace(good, mode=Mode.REPLACE, group_id=""), good.item.vm_id)
    assert restores_of(stage) == []


@pytest.mark.parametrize("kind", ["429", "503", "drop"])
def test_a_token_that_cannot_be_had_means_that_nothing_began(stage: Stage, kind: str) -> None:
    wanted = away(stage, opened(stage))
    stage.strike("restores.token", kind, "before")
    with pytest.raises(Transient) as failure:
        stage.ports.restores.trigger(wanted)
    assert failure.value.refused
    assert restores_of(stage) == []


@pytest.mark.parametrize("kind", ["503", "drop"])
def test_an_order_whose_answer_is_lost_is_sent_once_and_found_among_the_regions_jobs(stage: Stage, kind: str) -> None:
    wanted, asked_at = away(stage, opened(stage)), stage.world.now
    stage.strike("restores.crossing", kind, "after")
    with pytest.raises(Transient) as failure:
        stage.ports.restores.trigger(wanted)
    assert not failure.value.refused
    assert len(restores_of(stage)) == 1
    stage.world.advance(timedelta(minutes=6))
    (job,) = listed(stage, asked_at)
    assert stage.ports.restores.job(job.id, job.vault_id).account == "stfar"


def test_what_is_not_there_is_permanent(stage: Stage) -> None:
    opened(stage)
    vault, now = vault_of(stage), stage.world.now
    place = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.recoveryservices/locations/{AWAY}/backupjobs"
    nothing = "00000000-0000-0000-0000-000000000000"
    for read in (
        lambda: stage.ports.restores.job(f"{place}/{nothing}", vault.id),
        lambda: stage.ports.restores.operation(vault.id, nothing, AWAY),
        lambda: stage.ports.restores.jobs(vault, now - timedelta(days=1), now, "westus"),
    ):
        with pytest.raises(Permanent):
            read()

"""Are the accounts of restores, and how busy they are, read alike in memory and over the real SDK?"""

from datetime import timedelta

import pytest

from local import pools
from local.fleets import SUBSCRIPTION
from shared.errors import Permanent
from shared.model.restores import AccountLoad
from tests.contract.restoring import accepted, add_pool, order
from tests.contract.stages import Stage

HOUR = timedelta(hours=1)


def test_the_accounts_that_are_there_are_read_as_they_are_now(stage: Stage) -> None:
    one, two = add_pool(stage)
    elsewhere = pools.add_account(stage.world, "stfar", f"{SUBSCRIPTION}/rg-Far", "northeurope", kind="BlobStorage")
    pools.add_account(stage.world, "ststranger", f"{SUBSCRIPTION}/rg-Staging", "westeurope")
    two.tags, two.default_action, two.sku = {"Application": "Archive"}, "Deny", "Standard_ZRS"
    missing = one.id.replace("stone", "stnone")
    found = stage.ports.restore_accounts.accounts([elsewhere.id, one.id.upper(), missing, two.id, one.id])
    assert [account.id for account in found] == [elsewhere.id.lower(), one.id.lower(), two.id.lower()]
    far, first, second = found
    assert (far.region, far.kind) == ("northeurope", "BlobStorage")
    assert (first.name, first.kind, first.sku, first.default_action) == ("stone", "StorageV2", "Standard_LRS", "Allow")
    assert (first.bypass, first.public_access, first.shared_key, first.state) == (
        ("AzureServices", True, True, "Succeeded")
    )
    assert (second.sku, second.default_action, second.tags) == ("Standard_ZRS", "Deny", {"application": "Archive"})


def test_no_accounts_and_groups_that_are_not_there_are_none(stage: Stage) -> None:
    one, _ = add_pool(stage)
    assert stage.ports.restore_accounts.accounts([]) == []
    assert stage.ports.restore_accounts.accounts([one.id.replace("rg-Staging", "rg-None")]) == []
    with pytest.raises(Permanent, match="expected the id of a storage account"):
        stage.ports.restore_accounts.accounts([one.id + "/blobServices/default"])


def test_load_tells_a_busy_account_from_an_idle_one(stage: Stage) -> None:
    one, two = add_pool(stage)
    two.load = 0.9
    now = stage.world.now
    wanted = stage.ports.restore_accounts.accounts([one.id, two.id])
    found = stage.ports.restore_accounts.load(wanted, now - HOUR, now)
    idle, busy = found[one.id.lower()], found[two.id.lower()]
    assert idle == AccountLoad(transactions=0, ingress=0, egress=0, latency_ms=0.0, throttled=0)
    assert busy.transactions > 1_000_000
    assert 0 < busy.throttled < busy.transactions / 10
    assert busy.ingress > busy.egress > 1e9
    assert busy.latency_ms > 20


def test_what_a_restore_copies_is_load(stage: Stage) -> None:
    one, two = add_pool(stage)
    accepted(stage, stage.ports.restores.trigger(order(stage, one)))
    stage.world.advance(HOUR / 4)
    now = stage.world.now
    wanted = stage.ports.restore_accounts.accounts([one.id, two.id])
    found = stage.ports.restore_accounts.load(wanted, now - HOUR, now)
    assert found[one.id.lower()].ingress > 1e9
    assert found[two.id.lower()].ingress == 0


def test_all_accounts_of_a_region_cost_two_calls(stage: Stage) -> None:
    one, two = add_pool(stage)
    wanted, now = stage.ports.restore_accounts.accounts([one.id, two.id]), stage.world.now
    before = len(stage.log)
    stage.ports.restore_accounts.load(wanted, now - HOUR, now)
    assert len(stage.log) - before <= 2
    assert stage.ports.restore_accounts.load([], now - HOUR, now) == {}

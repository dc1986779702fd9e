"""Does the app use exactly the Azure permissions that its modules say they use?"""

import re
from datetime import timedelta
from types import ModuleType

import pytest

from local.fleets import SUBSCRIPTION
from shared.cloud import fleet, load, restore_accounts, restores, vault
from tests.contract.conftest import Stack
from tests.contract.restoring import accepted, add_pool, order
from tests.contract.stages import Stage, in_local_azure
from tests.contract.test_vaults_and_fleet import item_of, slot_policy, vault_of

IMPLIED = {
    "microsoft.compute/virtualmachines/write",
    "microsoft.network/virtualnetworks/read",
    "microsoft.network/virtualnetworks/subnets/join/action",
    "microsoft.network/virtualnetworks/subnets/read",
    "microsoft.resources/subscriptions/resourcegroups/write",
    "microsoft.storage/storageaccounts/write",
}
"""Rights that Azure asks of who protects or restores a VM, and that no call of the app's own uses."""


def declared(module: ModuleType) -> set[str]:
    section = re.search(r"^ARM actions:\n((?:- .+\n?)+)", module.__doc__ or "", re.MULTILINE)
    assert section, f"{module.__name__} lists no ARM actions"
    return {line.removeprefix("- ").split(" (")[0].lower() for line in section[1].splitlines()}


def use_everything(stage: Stage) -> None:
    vaults, since, until = stage.ports.vaults, stage.world.now - timedelta(days=1), stage.world.now
    vaults.jobs(vault_of(stage), since, until)
    vaults.recovery_points(vault_of(stage), item_of(stage), since, until)
    vaults.write_policy(vault_of(stage), slot_policy(vault_of(stage)))
    vaults.policies(vault_of(stage))
    vaults.assign_policy(item_of(stage), slot_policy(vault_of(stage)))
    stage.settle()
    vaults.back_up(item_of(stage), until + timedelta(days=8))
    stage.ports.fleet.jobs([SUBSCRIPTION], since)
    stage.ports.fleet.items([SUBSCRIPTION])
    stage.ports.fleet.policies([SUBSCRIPTION])
    stage.ports.load.series(stage.ports.fleet.vms([SUBSCRIPTION]), since, until)
    stage.ports.fleet.changes(SUBSCRIPTION, since, until)
    stage.ports.fleet.backups_by_hand(SUBSCRIPTION, since, until)
    stage.ports.fleet.power(item_of(stage).vm_id)
    restore_everything(stage)


def restore_everything(stage: Stage) -> None:
    one, _ = add_pool(stage)
    ports, wanted, now = stage.ports, order(stage, one), stage.world.now
    ports.restore_accounts.load(ports.restore_accounts.accounts([one.id]), now - timedelta(hours=1), now)
    ports.restores.validate(wanted)
    job = accepted(stage, ports.restores.trigger(wanted))
    ports.restores.jobs(vault_of(stage), now, stage.world.now)
    ports.restores.cancel(job.id)
    ports.restores.disks(wanted.group_id, job.id)


@pytest.mark.stack
def test_the_modules_list_the_actions_that_azure_sees(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stack.certificates.ca))
    with in_local_azure(stack.front, stack.endpoint, stack.azurite) as stage:
        use_everything(stage)
        seen = {str(entry["action"]).lower() for entry in stage.log}
    modules = (vault, fleet, load, restores, restore_accounts)
    assert seen == {action for module in modules for action in declared(module)} - IMPLIED

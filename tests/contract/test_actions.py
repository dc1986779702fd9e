"""Does the app use exactly the Azure permissions that its modules say they use?"""

import re
from datetime import timedelta
from types import ModuleType

import pytest

from local.fleets import SUBSCRIPTION
from shared.cloud import fleet, load, vault
from tests.contract.conftest import Stack
from tests.contract.stages import Stage, in_local_azure
from tests.contract.test_vaults_and_fleet import item_of, slot_policy, vault_of

IMPLIED = {"microsoft.compute/virtualmachines/read", "microsoft.compute/virtualmachines/write"}
"""Resource Graph shows what its caller may read; putting a VM under protection asks for the right to write it."""


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


@pytest.mark.stack
def test_the_modules_list_the_actions_that_azure_sees(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stack.certificates.ca))
    with in_local_azure(stack.front, stack.endpoint, stack.azurite) as stage:
        use_everything(stage)
        seen = {str(entry["action"]).lower() for entry in stage.log}
    assert seen == (declared(vault) | declared(fleet) | declared(load)) - IMPLIED

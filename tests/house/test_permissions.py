"""May the app do what it does, and nothing more? The ARM actions beside the code against the custom roles."""

import ast
import json
import re
from typing import Any

import pytest

from tests.house.source import files, modules, text

REPORT = "infra/roles/nightshift-report.json"
PLAN = "infra/roles/nightshift-plan.json"
ENROL = "infra/roles/nightshift-enrol.json"
BACKUP = "infra/roles/nightshift-backup.json"
RESTORE = "infra/roles/nightshift-restore.json"
TARGET = "infra/roles/nightshift-restore-target.json"
SECONDARY = "infra/roles/nightshift-restore-secondary.json"
REPLACE = "infra/roles/nightshift-replace.json"
DRILL = "infra/roles/nightshift-fire-drill.json"
ACTION = re.compile(r"Microsoft\.[A-Za-z]+(?:/[A-Za-z]+)+")


def named_actions(docstring: str) -> set[str]:
    """The actions that a docstring lists after "ARM actions:", lower-cased as Azure compares them."""
    _, _, listed = docstring.partition("ARM actions:")
    return {action.lower() for action in ACTION.findall(listed)}


def used_actions() -> set[str]:
    """All actions that shared/cloud lists."""
    return {
        action for module in modules("shared/cloud") for action in named_actions(ast.get_docstring(module.tree) or "")
    }


def role(path: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text(path))
    return loaded


def granted(path: str) -> set[str]:
    return {action.lower() for action in role(path)["Actions"]}


def test_actions_are_read_from_a_docstring() -> None:
    words = "Reads.\n\nARM actions:\n- Microsoft.RecoveryServices/Vaults/read\n- Microsoft.Compute/virtualMachines/read"
    assert named_actions(words) == {"microsoft.recoveryservices/vaults/read", "microsoft.compute/virtualmachines/read"}
    assert named_actions("Microsoft.Compute/virtualMachines/read without the words") == set()


def test_every_module_that_calls_arm_lists_its_actions() -> None:
    callers = [
        module for module in modules("shared/cloud") if any(name.startswith("azure.mgmt") for name in module.imports())
    ]
    assert [module.path for module in callers if not named_actions(ast.get_docstring(module.tree) or "")] == []


def test_the_roles_grant_what_the_code_uses_and_nothing_else() -> None:
    roles = [path for path in files() if path.startswith("infra/roles/")]
    granted_actions = {action for path in roles for action in granted(path)}
    used = used_actions()
    assert {"missing": used - granted_actions, "unused": granted_actions - used} == {"missing": set(), "unused": set()}


def test_reporting_can_only_read() -> None:
    assert {action for action in granted(REPORT) if not action.endswith("/read")} == set()


def test_planning_adds_only_its_two_writes() -> None:
    writes = {action.rpartition("vaults/")[2] for action in granted(PLAN) if not action.endswith("/read")}
    assert writes == {"backuppolicies/write", "backupfabrics/protectioncontainers/protecteditems/write"}


def test_enrolling_adds_only_the_right_that_azure_asks_for_and_is_labelled() -> None:
    assert granted(ENROL) == {"microsoft.compute/virtualmachines/write"}
    assert "WRITES TO PRODUCTION VMS" in role(ENROL)["Description"]


def test_backing_up_adds_only_the_start_of_a_backup() -> None:
    assert {action.rpartition("/")[0].rpartition("/")[2] for action in granted(BACKUP)} == {"backup"}


def test_restoring_begins_follows_and_cancels_restores_and_writes_nothing_else() -> None:
    writes = {action.rpartition("vaults/")[2] for action in granted(RESTORE) if not action.endswith("/read")}
    begin = "backupfabrics/protectioncontainers/protecteditems/recoverypoints/restore/action"
    assert writes == {begin, "backupjobs/cancel/action", "backupvalidateoperation/action"}


def test_what_restores_may_write_outside_vaults_is_apart_and_labelled() -> None:
    assert not {action for action in granted(TARGET) if "recoveryservices" in action}
    assert "never to production" in role(TARGET)["Description"]
    assert granted(REPLACE) == {"microsoft.compute/virtualmachines/write"}
    assert "WRITES TO PRODUCTION VMS" in role(REPLACE)["Description"]


def test_restoring_elsewhere_adds_the_secondary_regions_actions_alone() -> None:
    tokens = "recoverypoints/accesstoken/action"
    beside = {action for action in granted(SECONDARY) if not action.startswith("microsoft.recoveryservices/locations/")}
    assert [action.endswith(tokens) for action in beside] == [True]
    assert not granted(SECONDARY) & (granted(RESTORE) | granted(TARGET))


def test_a_fire_drill_only_sends_test_notifications_and_no_other_role_may() -> None:
    ring = "microsoft.insights/actiongroups/createnotifications/action"
    assert {action for action in granted(DRILL) if not action.endswith("/read")} == {ring}
    others = [REPORT, PLAN, ENROL, BACKUP, RESTORE, TARGET, SECONDARY, REPLACE]
    assert ring not in {action for path in others for action in granted(path)}


@pytest.mark.parametrize("path", [path for path in files() if path.startswith("infra/roles/")])
def test_no_role_holds_a_wildcard_a_deletion_or_an_access_right(path: str) -> None:
    actions = [*role(path)["Actions"], *role(path)["DataActions"]]
    assert [action for action in actions if "*" in action or "/delete" in action.lower()] == []
    assert [action for action in actions if action.lower().startswith("microsoft.authorization")] == []
    assert role(path)["IsCustom"] is True

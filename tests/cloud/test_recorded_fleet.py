"""Does Azure's own word lead to a plan? Recorded answers over TLS, through the real SDK, adapters, flows and rules."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.fleets import demo
from local.memory import ports as memory_ports
from shared.cloud.fleet import CloudFleet
from shared.cloud.vault import CloudVaults
from shared.flows import backup_windows
from shared.flows.fleet_policy import parse
from shared.model.azure import BackupPolicy, Job, ProtectedItem, ProtectionState, RecoveryPoint, Vault
from shared.model.plan import Action, Plan
from shared.ports import Ports
from tests.cloud.recordings import answers, recorded
from tests.cloud.replay import Answer, Request, Service, Token

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
NOW = datetime(2024, 5, 13, 12, 30, tzinfo=UTC)
INTENT = f"""\
version: 1
scope: {{subscriptions: ["{SUBSCRIPTION}"]}}
windows: {{night: {{hours: "20:00-06:00", zone: America/Chicago}}}}
tiers:
  standard:
    match: {{tag: tier, values: [standard]}}
    window: night
    retention: {{daily: {{days: 30}}, weekly: {{weeks: 8, on: sunday}}}}
    rpo: 48h
"""


def _newest(operation: str, wanted: str) -> dict[str, Any]:
    """Return the recorded list of an operation that holds `wanted`."""
    found = next(row["response"] for row in recorded(operation) if wanted in str(row["response"]))
    assert isinstance(found, dict)
    return found


def _items() -> list[dict[str, Any]]:
    """Every recorded item: those of lists, and those read one by one, each under its own name."""
    return [
        item
        for operation in ("items.list", "items.get")
        for item in answers(operation)
        if item["properties"].get("backupManagementType") == "AzureIaasVM"
    ]


def _azure(requests: list[Request]) -> Answer:
    request = requests[-1]
    path = request.path.lower()
    if path.endswith("/vaults"):
        listed = recorded("vaults.list")[0]["response"]
        return Answer(body={"value": [vault for vault in listed["value"] if vault["name"].endswith("000002")]})
    if "backupprotecteditems" in path:
        return Answer(body={"value": _items()})
    if "backuppolicies" in path:
        return Answer(body=_newest("policies.list", "EnhancedPolicy"))
    if "backupjobs" in path:
        return Answer(body=_newest("jobs.list", "ConfigureBackup"))
    if "recoverypoints" in path:
        return Answer(body=_newest("rp.list", "AppConsistent"))
    if "resourcegraph" in path:
        return Answer(body={"totalRecords": 1, "count": 1, "resultTruncated": "false", "data": _machines()})
    raise AssertionError(f"unexpected call: {request.method} {request.path}")


def _machines() -> list[dict[str, Any]]:
    names = {item["properties"]["virtualMachineId"] for item in _items()}
    return [
        {
            "id": name,
            "name": name.rsplit("/", 1)[-1],
            "location": "eastus2euap",
            "resourceGroup": name.split("/")[4],
            "subscriptionId": SUBSCRIPTION,
            "tags": {"tier": "standard"},
        }
        for name in sorted(names)
    ]


@pytest.fixture
def azure(service: Service) -> Ports:
    recorded("vaults.list")  # skips here: the server's thread could not
    service.will(_azure)
    token = Token()
    stores = memory_ports(demo(), {"plan"})
    return replace(stores, vaults=CloudVaults(token, service.endpoint), fleet=CloudFleet(token, service.endpoint))


@pytest.fixture
def plan(azure: Ports) -> Plan:
    return backup_windows.plan(azure, parse(INTENT), NOW)


def test_recorded_answers_become_a_plan_in_which_every_vm_has_a_reason(plan: Plan) -> None:
    assert plan.vms
    assert all(line.reason for line in plan.vms)
    assert {line.action for line in plan.vms} <= set(Action)


def test_a_recorded_vm_on_the_default_policy_moves_to_a_slot_of_its_window(plan: Plan) -> None:
    moving = [line for line in plan.moves if line.current_policy == "DefaultPolicy"]
    assert moving
    assert all(line.current_slot == 6 and line.policy.startswith("ns-standard-") for line in moving)
    assert all(line.slot in line.allowed and 2 <= line.slot <= 22 for line in moving if line.slot is not None)
    assert all(line.due is None or line.due > NOW for line in moving)
    unsafe = {finding.subject for finding in plan.findings if finding.code == "no-safe-hour"}
    assert {line.vm_id for line in moving if line.due is None} == unsafe, "never backed up: its first run may not slip"


def test_a_recorded_item_whose_protection_is_stopped_is_not_planned(azure: Ports, plan: Plan) -> None:
    vault = azure.vaults.vaults(SUBSCRIPTION)[0]
    stopped = [i for i in azure.vaults.items(vault) if i.state is ProtectionState.PROTECTION_STOPPED]
    assert stopped
    assert all(item.policy_id == "" for item in stopped)
    planned = {(line.vm_id, line.current_policy) for line in plan.vms}
    assert not any((item.vm_id, item.policy_name) in planned for item in stopped)


def test_recorded_policies_need_no_guess(azure: Ports) -> None:
    vault = azure.vaults.vaults(SUBSCRIPTION)[0]
    assert {policy.name: policy.unread for policy in azure.vaults.policies(vault)} == {
        "DefaultPolicy": (),
        "EnhancedPolicy": (),
    }


SELDOM: dict[type, set[str]] = {
    Vault: {"immutability", "guarded", "soft_delete", "redundancy", "cross_region"},
    ProtectedItem: {
        "last_backup_at",
        "last_recovery_point_at",
        "last_backup_status",
        "soft_deleted",
        "extended_properties",
    },
    BackupPolicy: {"run_days", "archive", "snapshot_consistency", "snapshot_group", "protected_items", "unread"},
    Job: {"errors", "user_triggered"},
    RecoveryPoint: {"encrypted", "vm_size", "zones"},
}
"""Fields that these few recordings leave at their default; tests of the wire adapters read them from other answers."""


def test_every_field_of_our_nouns_is_read_from_the_recordings(azure: Ports) -> None:
    vault = azure.vaults.vaults(SUBSCRIPTION)[0]
    items = azure.vaults.items(vault)
    since = NOW - timedelta(days=30)
    seen: list[tuple[type, list[Any]]] = [
        (Vault, [vault]),
        (ProtectedItem, items),
        (BackupPolicy, azure.vaults.policies(vault)),
        (Job, azure.vaults.jobs(vault, since, NOW)),
        (RecoveryPoint, azure.vaults.recovery_points(vault, items[0], since, NOW)),
    ]
    for noun, found in seen:
        assert found, noun
        empty = {f.name for f in fields(noun) if not any(getattr(value, f.name) for value in found)}
        assert empty <= SELDOM[noun], noun

"""Is every hostile restore message rejected with its field and reason, and nothing done to Azure for it?"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import azure.functions as func
import pytest
from azure.functions.timer import TimerRequest

from local.memory.sending import CALLER
from local.scenarios.triggers import functions
from shared import clock, wiring
from shared.flows.restores import rows
from tests.flows.restoring import GROUPS, NETWORK, PRODUCTION, TARGET, Desk, desk, document

FUNCTIONS = {one.name: one.body for one in functions()}
NORMAL, CLOSED = "fan_out_restores", "fan_out_production_restores"
FOREIGN = "99999999-9999-9999-9999-999999999999"
READS = {
    "vaults.vaults", "vaults.items", "vaults.recovery_points", "restores.jobs", "fleet.jobs", "fleet.power",
    "queues.send", "queues.send.sent",
}  # fmt: skip


@pytest.fixture
def scene() -> Iterator[Desk]:
    of = desk(switches=("restore", "replace"))
    of.ports.policies.publish(document(["strestore0", "strestore1"]))
    clock.set_source(lambda: of.world.now)
    wiring.set_source(lambda: of.ports)
    yield of
    clock.set_source(None)
    wiring.set_source(None)


def given(of: Desk, name: str, body: bytes) -> list[str]:
    """Give the trigger a message; see that nothing came of it but a rejection, and return the reasons."""
    before = (len(of.rejected()), len([one for one in of.world.activity if one.caller == CALLER]))
    of.calls.clear()
    assert FUNCTIONS[name](func.QueueMessage(body=body)) is None
    assert set(of.calls) <= READS
    assert len([one for one in of.world.activity if one.caller == CALLER]) == before[1]
    assert (of.restores(), of.ports.ledger.rows(rows.TASKS), of.queues.waiting("restore-tasks")) == ([], {}, [])
    found = of.rejected()[before[0] :]
    assert len(found) == 1
    return found[0]


SUB = "00000000-0000-0000-0000-000000000001"
ACCOUNTS = f"{GROUPS}/rg-staging/providers/Microsoft.Storage/storageAccounts"
ITEM = (
    f"/subscriptions/{SUB}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/{{}}/backupFabrics/Azure"
    "/protectionContainers/IaasVMContainer;iaasvmcontainerv2;rg-vms;vm-0/protectedItems/VM;iaasvmcontainerv2;rg-vms;vm-0"
)


def vm(number: int) -> str:
    return f"{GROUPS}/rg-vms/providers/Microsoft.Compute/virtualMachines/vm-{number}"


VM = vm(0)
BAD: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a foreign subscription": (NORMAL, "vms[0]", {"vms": [VM.replace(SUB, FOREIGN)]}),
    "a foreign vault": (NORMAL, "items[0]", {"vms": None, "items": [ITEM.format("rsv-other")]}),
    "another tenant's ids": (
        NORMAL,
        "items[0]",
        {"vms": None, "items": [ITEM.format("rsv-0").replace(SUB, FOREIGN)]},
    ),
    "an account outside the pool": (
        NORMAL,
        "targets.accounts[0]",
        {"targets": {"accounts": [f"{ACCOUNTS}/stother"]}},
    ),
    "an account by its address": (
        NORMAL,
        "targets.accounts[0]",
        {"targets": {"accounts": ["https://evil.example.net/strestore0"]}},
    ),
    "a path that climbs": (NORMAL, "vms[0]", {"vms": [VM.replace("rg-vms", "rg-vms/../rg-other")]}),
    "an escaped path": (NORMAL, "vms[0]", {"vms": [VM.replace("rg-vms", "rg-vms%2f..%2frg-other")]}),
    "a host for an id": (NORMAL, "vms[0]", {"vms": [f"https://evil.example.net{VM}"]}),
    "an id with a query": (NORMAL, "vms[0]", {"vms": [f"{VM}?api-version=1"]}),
    "a VM twice": (NORMAL, "vms[1]", {"vms": [VM, VM.upper()]}),
    "an item that is not there": (NORMAL, "items[0]", {"vms": [vm(9)], "items": [ITEM.format("rsv-9")]}),
    "an unknown mode": (NORMAL, "mode", {"mode": "wipe"}),
    "no mode": (NORMAL, "mode", {"mode": None}),
    "an old schema version": (NORMAL, "version", {"version": 0}),
    "a version that is true": (NORMAL, "version", {"version": True}),
    "an unknown field": (NORMAL, "force", {"force": True}),
    "a point that does not exist": (NORMAL, "point.id", {"point": {"id": "1234567890"}}),
    "a point before all others": (NORMAL, "point.before", {"point": {"before": "2001-01-01T00:00:00Z"}}),
    "a point that is a path": (NORMAL, "point.id", {"point": {"id": "../../x"}}),
    "replace without confirmation": (CLOSED, "confirm_replace", {"mode": "replace"}),
    "replace that confirms another VM": (
        CLOSED,
        "confirm_replace",
        {"mode": "replace", "confirm_replace": ["vm-1"]},
    ),
    "replace through the common queue": (
        NORMAL,
        "mode",
        {"mode": "replace", "confirm_replace": ["vm-0"]},
    ),
    "replace of a running VM": (
        CLOSED,
        "vms[0]",
        {"mode": "replace", "confirm_replace": ["vm-0"], "point": {"tier": "vault"}},
    ),
    "a production group through the common queue": (
        NORMAL,
        "targets.group",
        {"targets": {"group": PRODUCTION}},
    ),
    "a group that nobody allows": (NORMAL, "targets.group", {"targets": {"group": f"{GROUPS}/rg-other"}}),
    "a network that nobody allows": (
        NORMAL,
        "targets.network",
        {"mode": "new-vm", "targets": {"network": NETWORK, "subnet": "other"}},
    ),
    "a VM that nothing protects": (NORMAL, "vms[0]", {"vms": [vm(77)]}),
    "an id of a request that is a path": (NORMAL, "id", {"id": "../plan"}),
    "too many VMs": (NORMAL, "vms", {"vms": [vm(number) for number in range(301)]}),
    "a requester of two lines": (NORMAL, "requester", {"requester": "ops\nnightshift.alert {}"}),
    "words for a flag": (NORMAL, "dry_run", {"dry_run": "yes"}),
    "a new VM over its source": (
        CLOSED,
        "targets.group",
        {"mode": "new-vm", "targets": {"group": f"{GROUPS}/rg-vmz", "name": "vm-0"}},
    ),
    "the cancelling of nothing": (NORMAL, "cancel", {"cancel": "r77", "vms": None, "id": None}),
}
TEXTS = {
    "48 KiB of text": b"x" * 48 * 1024,
    "more than a message holds": json.dumps({"version": 1, "purpose": "x" * 60_000}).encode(),
    "what is no text": bytes(range(256)),
    "base64 of base64": base64.b64encode(base64.b64encode(b'{"version": 1}')),
    "nothing": b"",
    "a list": b"[]",
    "a depth without end": b"[" * 20_000,
    "a field twice": b'{"version": 1, "version": 1, "id": "a"}',
    "a number that is none": b'{"version": NaN}',
    "half a surrogate": b'{"version": 1, "id": "\\ud800"}',
}


@pytest.mark.parametrize("name", BAD)
def test_a_hostile_request_is_rejected_for_its_field_and_nothing_is_written(scene: Desk, name: str) -> None:
    function, field, change = BAD[name]
    body = json.loads(scene.request(0)) | change
    if "cancel" in body:
        body = {key: body[key] for key in ("version", "cancel", "requester")}
    body = {key: value for key, value in body.items() if value is not None}
    reasons = given(scene, function, json.dumps(body).encode())
    assert f"{field}: " in "\n".join(reasons)
    assert all(len(reason) > len(field) + 20 for reason in reasons)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("function", [NORMAL, CLOSED])
def test_what_is_no_message_is_rejected_whole(scene: Desk, function: str, name: str) -> None:
    reasons = given(scene, function, TEXTS[name])
    assert reasons[0].partition(":")[0] in {"message", "version", "'version'", "vms"}


def test_there_are_enough_of_them() -> None:
    assert len(BAD) + len(TEXTS) >= 25


def test_what_is_no_task_is_set_aside(scene: Desk) -> None:
    for body in (b"", b"{}", b'{"version": 1, "key": "../x"}', TEXTS["48 KiB of text"]):
        assert FUNCTIONS["advance_restore"](func.QueueMessage(body=body)) is None
    assert FUNCTIONS["advance_restore"](func.QueueMessage(body=b'{"version": 1, "key": "no|such task"}')) is None
    assert len(scene.ports.quarantine.entries()) == 4
    assert scene.calls == []


def test_a_good_request_passes_where_the_hostile_ones_did_not(scene: Desk) -> None:
    body = json.loads(scene.request(0, targets={"group": TARGET}))
    assert FUNCTIONS[NORMAL](func.QueueMessage(body=json.dumps(body).encode())) is None
    assert scene.rejected() == []
    FUNCTIONS["watch_restores"](TimerRequest(past_due=False))
    for text in scene.queues.waiting("restore-tasks"):
        FUNCTIONS["advance_restore"](func.QueueMessage(body=text.encode()))
    assert len(scene.restores()) == 1

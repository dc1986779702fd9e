"""Are events read as what they are, in both schemas, and is everything else refused with every reason?"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.messaging import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.messages.checks import CheckRequest
from shared.messages.envelopes import LONGEST, envelope_from_json
from shared.messages.jobs import (
    TYPES,
    TriageRequest,
    job_event,
    triage_from_event,
    triage_from_json,
    triage_to_json,
)
from shared.messages.resources import VAULT_CHANGES, check_from_event
from shared.model.failures import Kind

SUB = "/subscriptions/00000000-0000-0000-0000-000000000001"
VAULT = f"{SUB}/resourcegroups/rg-backup/providers/microsoft.recoveryservices/vaults/rsv-one"
VM = f"{SUB}/resourcegroups/rg-app/providers/microsoft.compute/virtualmachines/app-1"
JOB = "160b33fa-c1db-4882-8672-852c5c0500c1"
REQUEST = TriageRequest(VAULT, f"{JOB}:failed")
AT = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def cloud(**changes: Any) -> dict[str, Any]:
    event = job_event(REQUEST, VM, AT)
    found = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": "2026-03-02T22:30:00.1234567Z",
        "data": dict(event.data),
    }
    return {**found, **changes}


def grid(**changes: Any) -> dict[str, Any]:
    event = job_event(REQUEST, VM, AT)
    found = {
        "id": event.id,
        "topic": event.source,
        "eventType": event.type,
        "subject": event.subject,
        "eventTime": "2026-03-02T22:30:00Z",
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": dict(event.data),
    }
    return {**found, **changes}


def reasons(document: Any) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(BadMessage) as refusal:
        triage_from_event(envelope_from_json(text))
    return str(refusal.value)


@pytest.mark.parametrize("document", [cloud(), grid()])
def test_a_job_event_is_read_in_both_schemas(document: dict[str, Any]) -> None:
    event = envelope_from_json(json.dumps(document))
    assert triage_from_event(event) == REQUEST
    assert event.at is not None
    assert event.at.replace(microsecond=0) == AT


def test_what_the_sdk_sends_is_read_back() -> None:
    event = job_event(REQUEST, VM, AT)
    sent = CloudEvent(
        id=event.id, source=event.source, type=event.type, subject=event.subject, time=AT, data=dict(event.data)
    )
    written = {"specversion": "1.0", "time": sent.time.isoformat() if sent.time else None}
    written |= {name: getattr(sent, name) for name in ("id", "source", "type", "subject", "data")}
    assert triage_from_event(envelope_from_json(json.dumps(written))) == REQUEST


@pytest.mark.parametrize(("text", "hours"), [("2026-03-02T14:30:00-08:00", 8), ("2026-03-03T08:30:00+10:00", -10)])
def test_an_offset_in_the_time_is_kept(text: str, hours: int) -> None:
    event = envelope_from_json(json.dumps(cloud(time=text)))
    assert event.at == AT
    assert event.at.utcoffset() == timedelta(hours=-hours)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "not JSON"),
        ("[]", "found list; expected an object"),
        ("null", "found NoneType; expected an object"),
        (cloud(specversion="0.3"), "specversion: found '0.3'; expected '1.0'"),
        (cloud(id=""), "id: found ''; expected text"),
        (cloud(type=None), "type: found 'None'; expected text"),
        (cloud(source=7), "source: found '7'; expected text"),
        (cloud(time="tomorrow"), "time: found 'tomorrow'; expected an instant"),
        (cloud(time="2026-03-02T22:30:00"), "which has no UTC offset"),
        (cloud(data=None), "data: found NoneType; expected an object"),
        (cloud(data="text"), "data: found str; expected an object"),
        (cloud(type="nightshift.job.exploded.v1"), "type: found 'nightshift.job.exploded.v1'; expected one of"),
        (cloud(data={**cloud()["data"], "version": 2}), "version: found 2; expected 1"),
        (cloud(data={**cloud()["data"], "version": True}), "version: found True; expected 1"),
        (cloud(data={**cloud()["data"], "vault_id": VM}), "expected the ARM id of a vault"),
        (cloud(data={**cloud()["data"], "vault_id": None}), "expected the ARM id of a vault"),
        (cloud(data={**cloud()["data"], "failure_id": "x"}), "failure_id: found 'x'; expected <job id>:<kind"),
        (cloud(data={**cloud()["data"], "failure_id": f"{JOB}:exploded"}), "expected <job id>:<kind"),
        (cloud(id="another"), "id and source: expected the data's"),
        (cloud(source=VAULT + "x"), "id and source: expected the data's"),
        (grid(eventTime=None, id=None), "id: found 'None'; expected text"),
    ],
)
def test_what_is_malformed_is_refused_with_the_field_and_what_was_expected(document: Any, said: str) -> None:
    assert said in reasons(document)


def test_all_reasons_come_at_once() -> None:
    said = reasons(cloud(id=None, source=None, type=None, time="never", data=[]))
    assert all(f"{name}: found" in said for name in ("id", "source", "type", "time", "data"))


def test_an_event_that_is_too_long_is_refused() -> None:
    assert f"expected at most {LONGEST}" in reasons(json.dumps(cloud(data={"text": "x" * 70_000})))


def test_every_kind_of_failure_has_an_event_of_its_own() -> None:
    for kind in Kind:
        request = TriageRequest(VAULT, f"{JOB}:{kind}")
        event = job_event(request, "", AT)
        assert (event.type, event.subject) == (TYPES[kind], VAULT)
        assert triage_from_event(event) == request


def test_a_run_without_a_job_is_named_by_its_item_and_start() -> None:
    failure = f"{VAULT}/backupfabrics/azure/protectioncontainers/c;x/protecteditems/vm;x:20260302t2230z:overdue"
    request = TriageRequest(VAULT, failure)
    assert triage_from_json(triage_to_json(request)) == request


@given(JSON)
def test_nothing_that_is_json_raises_anything_else(document: Any) -> None:
    text = json.dumps(document)
    for read in (lambda: triage_from_event(envelope_from_json(text)), lambda: triage_from_json(text)):
        with pytest.raises(BadMessage):
            read()


@given(st.text())
def test_nothing_that_is_text_raises_anything_else(text: str) -> None:
    with pytest.raises(BadMessage):
        envelope_from_json(text)


def changed(operation: Any, resource: Any, **changes: Any) -> CheckRequest | None:
    document = {
        "id": "1",
        "topic": SUB,
        "subject": resource or SUB,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-03-02T22:30:00.1234567Z",
        "data": {
            "operationName": operation,
            "resourceUri": resource,
            "claims": {"name": "a person", "ipaddr": "10.0.0.1"},
            "status": "Succeeded",
        },
        **changes,
    }
    return check_from_event(envelope_from_json(json.dumps(document)))


def test_a_vm_that_was_made_or_deleted_is_checked() -> None:
    for operation in ("Microsoft.Compute/virtualMachines/write", "MICROSOFT.COMPUTE/VIRTUALMACHINES/DELETE"):
        assert changed(operation, VM.upper() + "/") == CheckRequest(vm_id=VM)


@pytest.mark.parametrize("operation", sorted(VAULT_CHANGES))
def test_a_vault_is_checked_whatever_was_changed_in_it(operation: str) -> None:
    assert changed(operation, f"{VAULT}/some/thing") == CheckRequest(vault_id=VAULT)


@pytest.mark.parametrize(
    ("operation", "resource"),
    [
        ("Microsoft.Compute/disks/write", f"{SUB}/resourceGroups/g/providers/Microsoft.Compute/disks/d"),
        ("Microsoft.Compute/virtualMachines/write", f"{VM}/extensions/x"),
        ("Microsoft.RecoveryServices/vaults/backupPolicies/write", "/subscriptions/x"),
        ("Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/backup/action", VAULT),
    ],
)
def test_other_changes_are_passed_over(operation: str, resource: str) -> None:
    assert changed(operation, resource) is None


def test_a_resource_event_without_operation_or_resource_is_refused() -> None:
    with pytest.raises(BadMessage, match=r"data\.operationName: found 'None'; expected text"):
        changed(None, VM)
    with pytest.raises(BadMessage, match="type: found 'Other'"):
        changed("Microsoft.Compute/virtualMachines/write", VM, eventType="Other")

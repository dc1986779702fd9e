"""Does the real SDK, over TLS, carry Azure's words to us and our words to Azure unharmed?"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.cloud.bodies import membership_body, policy_body, protection_body
from shared.cloud.vault import CloudVaults
from shared.errors import Permanent, Transient
from shared.model.azure import PolicyType, ProtectionState, Vault
from tests.cloud.nouns import ITEM, MACHINE, SLOT_POLICY, SUBSCRIPTION, VAULT, VAULT_ID
from tests.cloud.recordings import recorded
from tests.cloud.replay import Answer, Service, Token

SINCE = datetime(2026, 3, 1, 11, 59, 30, 500, tzinfo=UTC)
UNTIL = datetime(2026, 3, 2, 0, 0, 0, 500, tzinfo=UTC)
ENHANCED = replace(SLOT_POLICY, policy_type=PolicyType.ENHANCED, archive=("ArchivedRP: TierAfter 3 Months",))


@pytest.fixture
def vaults(service: Service) -> CloudVaults:
    return CloudVaults(Token(), service.endpoint)


def error(status: int, code: str = "Oops", **headers: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "words"}}, headers)


def job(number: int, started: str, status: str = "Completed") -> dict[str, Any]:
    properties = {"jobType": "AzureIaaSVMJob", "status": status, "operation": "Backup", "startTime": started}
    return {"id": f"{VAULT_ID}/backupJobs/{number}", "name": str(number), "properties": properties}


def test_recorded_vaults_items_policies_jobs_and_points_come_through(service: Service, vaults: CloudVaults) -> None:
    ever = (datetime(2016, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
    service.will(Answer(body=recorded("vaults.list")[0]["response"]))
    (vault, *others) = vaults.vaults(SUBSCRIPTION)
    assert len(others) == 3
    service.will(Answer(body=recorded("items.list")[2]["response"]))
    items = vaults.items(vault)
    assert [item.name for item in items] == ["clitest-vm000006", "clitest-vm000005"]
    assert {(item.state, item.vault_id) for item in items} == {(ProtectionState.IR_PENDING, vault.id)}
    service.will(Answer(body=recorded("policies.list")[1]["response"]))
    assert [policy.name for policy in vaults.policies(vault)] == ["DefaultPolicy", "EnhancedPolicy"]
    service.will(Answer(body=recorded("jobs.list")[1]["response"]))
    assert [found.operation for found in vaults.jobs(vault, *ever)] == ["Restore", "Backup", "ConfigureBackup"]
    service.will(Answer(body=recorded("rp.list")[1]["response"]))
    (point,) = vaults.recovery_points(vault, items[0], *ever)
    assert ("HardenedRP", "Valid") in point.tiers


def test_the_sdk_still_loses_the_type_of_protected_vms(service: Service) -> None:
    wire = {"id": ITEM.id, "properties": {"protectedItemType": "Microsoft.Compute/virtualMachines", "x": 1}}
    service.will(Answer(body={"value": [wire]}))
    with RecoveryServicesBackupClient(Token(), SUBSCRIPTION, base_url=service.endpoint) as client:
        (item,) = client.backup_protected_items.list(vault_name="v", resource_group_name="g")
    kind = type(item.properties).__name__
    assert kind == "ProtectedItem", f"the SDK is repaired: it reads {kind}; typed attributes may be used again"
    assert item.as_dict() == wire


@pytest.mark.parametrize(
    ("read", "first", "second"),
    [
        (lambda vaults: vaults.vaults(SUBSCRIPTION), {"id": VAULT_ID}, {"id": VAULT_ID.replace("Weu1", "Weu2")}),
        (
            lambda vaults: vaults.jobs(VAULT, SINCE, UNTIL),
            job(1, "2026-03-01T12:00:00Z"),
            job(2, "2026-03-01T13:00:00Z"),
        ),
    ],
    ids=["vaults", "jobs"],
)
def test_every_page_is_followed(
    service: Service, vaults: CloudVaults, read: Callable[[CloudVaults], list[Any]], first: Any, second: Any
) -> None:
    link = f"{service.endpoint}/next?page=2"
    service.will(Answer(body={"value": [first], "nextLink": link}), Answer(body={"value": [second]}))
    assert len({found.id for found in read(vaults)}) == 2
    assert [request.path for request in service.requests][1] == "/next"


def test_ranges_are_sent_with_both_ends_on_a_twelve_hour_clock(service: Service, vaults: CloudVaults) -> None:
    service.will(Answer(body={"value": []}))
    vaults.jobs(VAULT, SINCE, UNTIL, status="Failed")
    vaults.recovery_points(VAULT, ITEM, SINCE, UNTIL)
    jobs, points = service.requests
    assert jobs.query["$filter"] == (
        "backupManagementType eq 'AzureIaasVM' and startTime eq '2026-03-01 11:59:30 AM'"
        " and endTime eq '2026-03-02 12:00:01 AM' and status eq 'Failed'"
    )
    assert points.query["$filter"] == "startDate eq '2026-03-01 11:59:30 AM' and endDate eq '2026-03-02 12:00:01 AM'"
    assert points.path == f"{ITEM.id}/recoveryPoints"


def test_answers_outside_the_asked_range_or_status_are_dropped(service: Service, vaults: CloudVaults) -> None:
    inside = job(1, "2026-03-01T12:00:00Z", "Failed")
    early, late = job(2, "2026-03-01T11:59:30Z", "Failed"), job(3, "2026-03-02T00:00:01Z", "Failed")
    service.will(Answer(body={"value": [early, inside, late, job(4, "2026-03-01T12:00:00Z")]}))
    assert [found.id for found in vaults.jobs(VAULT, SINCE, UNTIL, status="Failed")] == [inside["id"]]


def test_a_move_sends_the_built_body_once_to_the_items_own_address(service: Service, vaults: CloudVaults) -> None:
    service.will(Answer(202, None, {"Azure-AsyncOperation": f"{service.endpoint}/operation"}))
    vaults.assign_policy(ITEM, SLOT_POLICY)
    (request,) = service.requests
    assert (request.method, request.path) == ("PUT", ITEM.id)
    assert request.json == membership_body(ITEM, SLOT_POLICY)
    assert b"protectionState" not in request.body


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    policy_id=st.text(max_size=20) | st.just(SLOT_POLICY.id) | st.just(ITEM.policy_id),
    name=st.text(max_size=15) | st.just(SLOT_POLICY.name) | st.just("DefaultPolicy"),
    origin=st.text(max_size=10) | st.just(ITEM.policy_id),
    state=st.sampled_from(ProtectionState),
    exclusions=st.sampled_from(
        ["", ITEM.extended_properties, '{"later": [null, {"a": 1.5}], "n": "\u2603"}', "nonsense"]
    ),
)
@example(SLOT_POLICY.id, SLOT_POLICY.name, "", ProtectionState.PROTECTED, '{"later": [null, {"a": 1.5}]}')
@example(ITEM.policy_id, "DefaultPolicy", ITEM.policy_id, ProtectionState.IR_PENDING, "")
def test_no_bytes_that_leave_ever_stop_protection_or_lose_exclusions(
    service: Service,
    vaults: CloudVaults,
    policy_id: str,
    name: str,
    origin: str,
    state: ProtectionState,
    exclusions: str,
) -> None:
    service.will(Answer(202))
    item = replace(ITEM, state=state, extended_properties=exclusions)
    with suppress(Permanent):
        vaults.assign_policy(item, replace(SLOT_POLICY, id=policy_id, name=name), origin)
    for request in service.requests:
        sent = request.json["properties"]
        assert set(sent) <= {"protectedItemType", "sourceResourceId", "policyId", "extendedProperties"}
        assert sent["policyId"] in {SLOT_POLICY.id, ITEM.policy_id}
        assert sent["policyId"] == SLOT_POLICY.id or origin == ITEM.policy_id
        assert sent.get("extendedProperties") == (json.loads(exclusions) if exclusions else None)


def test_a_first_protection_sends_the_built_body_once_to_the_address_of_its_machine(
    service: Service, vaults: CloudVaults
) -> None:
    service.will(Answer(202, None, {"Azure-AsyncOperation": f"{service.endpoint}/operation"}))
    vaults.protect(VAULT, MACHINE, SLOT_POLICY)
    (request,) = service.requests
    assert (request.method, request.path.lower()) == ("PUT", ITEM.id.lower())
    assert request.json == protection_body(VAULT, MACHINE, SLOT_POLICY)
    assert b"protectionState" not in request.body


@pytest.mark.parametrize("policy", [SLOT_POLICY, ENHANCED], ids=["standard", "enhanced"])
def test_a_policy_write_sends_the_built_body_once(service: Service, vaults: CloudVaults, policy: Any) -> None:
    service.will(Answer(202))
    vaults.write_policy(VAULT, policy)
    (request,) = service.requests
    assert (request.method, request.path) == ("PUT", f"{_policies_url(VAULT)}/{policy.name}")
    assert request.json == json.loads(json.dumps(policy_body(policy)))


def _policies_url(vault: Vault) -> str:
    return (
        f"/subscriptions/{vault.subscription}/resourceGroups/{vault.resource_group}"
        f"/providers/Microsoft.RecoveryServices/vaults/{vault.name}/backupPolicies"
    )


def test_refused_writes_send_nothing(service: Service, vaults: CloudVaults) -> None:
    service.will(Answer(202))
    with pytest.raises(Permanent):
        vaults.assign_policy(ITEM, replace(SLOT_POLICY, id=""))
    with pytest.raises(Permanent):
        vaults.write_policy(replace(VAULT, id=VAULT.id + "2"), SLOT_POLICY)
    with pytest.raises(Permanent):
        vaults.protect(VAULT, MACHINE, replace(SLOT_POLICY, id=""))
    assert service.requests == []


WRITES: dict[str, Callable[[CloudVaults], None]] = {
    "write_policy": lambda vaults: vaults.write_policy(VAULT, SLOT_POLICY),
    "assign_policy": lambda vaults: vaults.assign_policy(ITEM, SLOT_POLICY),
    "protect": lambda vaults: vaults.protect(VAULT, MACHINE, SLOT_POLICY),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize(
    "answer",
    [error(500), error(503, **{"Retry-After": "0"}), error(504), error(408), Answer(0)],
    ids=["500", "503", "504", "408", "hang-up"],
)
def test_a_write_whose_fate_is_unknown_is_transient_and_sent_once(
    service: Service, vaults: CloudVaults, write: Callable[[CloudVaults], None], answer: Answer
) -> None:
    service.will(answer)
    with pytest.raises(Transient) as failure:
        write(vaults)
    assert not failure.value.refused
    assert failure.value.__cause__ is not None
    assert len(service.requests) == 1


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_throttled_write_is_refused_with_its_wait_and_sent_once(
    service: Service, vaults: CloudVaults, write: Callable[[CloudVaults], None]
) -> None:
    service.will(error(429, "SubscriptionRequestsThrottled", **{"Retry-After": "17"}))
    with pytest.raises(Transient) as failure:
        write(vaults)
    assert (failure.value.refused, failure.value.retry_after) == (True, 17.0)
    assert len(service.requests) == 1


def test_the_wait_of_the_hourly_throttle_is_read_from_its_words(service: Service, vaults: CloudVaults) -> None:
    service.will(Answer(429, recorded("jobs.get", 429)[0]["response"]))
    with pytest.raises(Transient) as failure:
        vaults.write_policy(VAULT, SLOT_POLICY)
    assert failure.value.retry_after == 324.0
    assert "ResourceRequestsThrottled" in str(failure.value)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_rejected_write_is_permanent_with_azures_code(
    service: Service, vaults: CloudVaults, write: Callable[[CloudVaults], None], status: int
) -> None:
    service.will(error(status, "BMSUserErrorInvalidPolicyInput"))
    with pytest.raises(Permanent) as failure:
        write(vaults)
    assert failure.value.code == "BMSUserErrorInvalidPolicyInput"
    assert len(service.requests) == 1


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize(
    ("code", "wait"),
    [
        ("BMSUserErrorObjectLocked", None),
        ("BMSUserErrorConflictingProtectionOperation", None),
        ("CloudDosAbsoluteLimitReached", 86_400.0),
    ],
)
def test_a_write_that_the_service_did_not_begin_may_be_sent_again_later(
    service: Service, vaults: CloudVaults, write: Callable[[CloudVaults], None], code: str, wait: float | None
) -> None:
    service.will(error(409, code))
    with pytest.raises(Transient) as failure:
        write(vaults)
    assert (failure.value.refused, failure.value.retry_after) == (True, wait)
    assert len(service.requests) == 1


def test_a_read_is_repeated_after_a_429_and_a_503(service: Service, vaults: CloudVaults) -> None:
    again = {"Retry-After": "0"}
    service.will(error(429, **again), error(503, **again), Answer(body={"value": []}))
    assert vaults.items(VAULT) == []
    assert len(service.requests) == 3


def test_a_read_of_a_missing_vault_is_permanent(service: Service, vaults: CloudVaults) -> None:
    service.will(error(404, "ResourceNotFound"))
    for read in (vaults.items, vaults.policies):
        with pytest.raises(Permanent) as failure:
            read(VAULT)
        assert failure.value.code == "ResourceNotFound"
    with pytest.raises(Permanent) as failure:
        vaults.vaults(SUBSCRIPTION)
    assert failure.value.code == "ResourceNotFound"


def test_an_unreadable_answer_to_a_read_is_transient(service: Service, vaults: CloudVaults) -> None:
    html = {"Content-Type": "text/html"}
    for read in (lambda: vaults.items(VAULT), lambda: vaults.vaults(SUBSCRIPTION)):
        service.will(Answer(200, b"<html>sign in</html>", html))
        with pytest.raises(Transient):
            read()


@pytest.mark.parametrize("answer", [{}, [], {"value": None}, {"value": [1]}, {"value": {"a": 1}}, None, "x"])
def test_an_odd_answer_to_a_read_never_raises_anything_else(
    service: Service, vaults: CloudVaults, answer: object
) -> None:
    since = SINCE - timedelta(days=1)
    service.will(Answer(200, json.dumps(answer).encode()))
    for read in (
        lambda: vaults.items(VAULT),
        lambda: vaults.policies(VAULT),
        lambda: vaults.jobs(VAULT, since, UNTIL),
        lambda: vaults.vaults(SUBSCRIPTION),
    ):
        try:
            found = read()
        except (Permanent, Transient):
            continue
        assert found == []

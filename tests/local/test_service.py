"""Does the pretend ARM spend budgets, strike faults, keep its log and read paths as ARM does?"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from local import fleets
from local.arm.messages import Request, Response
from local.arm.service import Service, normal
from local.faults import NAMED, SCHEMA, plan
from local.fleets import SUBSCRIPTION
from local.world import Limits, PageSizes
from local.world.cloud import Cloud

VAULT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-backup-weu/providers/Microsoft.RecoveryServices/vaults/rsv-weu-01"
)
NAMES = "iaasvmcontainerv2;rg-app-weu;app-weu-03"
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{NAMES}/protectedItems/VM;{NAMES}"


def cloud(faults: str | dict[str, Any] = "calm", **limits: int) -> Cloud:
    return Cloud(fleets.demo(limits=Limits(**limits)), plan(faults))


def ask(service: Service, method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> Response:
    query = {"api-version": "2026-10-01", **query}
    return service.handle(Request(method, normal(path), query, body or {}, "https://localhost:1", "tester"))


def move(service: Service, policy: str = "Critical") -> Response:
    return ask(service, "PUT", ITEM, {"properties": {"policyId": f"{VAULT}/backupPolicies/{policy}"}})


def policy_of(service: Service) -> str:
    service.cloud.wait(60)
    return str(service.cloud.world.items[ITEM.lower()].policy_id.rsplit("/", 1)[-1])


@pytest.mark.parametrize(
    "path",
    [
        VAULT.replace("/subscriptions/", "/Subscriptions/").replace("resourceGroups", "resourcegroups"),
        VAULT.replace("/vaults/", "/vaults//") + "/",
        VAULT.upper(),
    ],
)
def test_paths_are_read_without_regard_to_case_or_doubled_slashes(path: str) -> None:
    answer = ask(Service(cloud()), "GET", path)
    assert answer.body is not None
    assert answer.body["name"] == "rsv-weu-01"


def test_an_item_is_found_by_the_names_other_tools_use() -> None:
    names = NAMES.upper()
    item = f"{VAULT}/backupFabrics/azure/protectionContainers/iaasvmcontainer;{names}/protectedItems/vm;{names}"
    answer = ask(Service(cloud()), "GET", item)
    assert answer.body is not None
    assert answer.body["properties"]["friendlyName"] == "app-weu-03"


def test_each_call_costs_time_on_the_worlds_clock() -> None:
    service = Service(cloud())
    began = service.cloud.now()
    for _ in range(10):
        ask(service, "GET", VAULT)
    assert (service.cloud.now() - began).total_seconds() == pytest.approx(2.0)


def test_the_providers_hourly_budget_per_action_throttles_and_moves_the_clock() -> None:
    service = Service(cloud(provider_requests_per_hour=3))
    left = [
        ask(service, "GET", VAULT + "/backupPolicies").headers[
            "x-ms-ratelimit-remaining-subscription-resource-requests"
        ]
        for _ in range(3)
    ]
    assert left == ["2", "1", "0"]
    began = service.cloud.now()
    refused = ask(service, "GET", VAULT + "/backupPolicies")
    assert refused.body is not None
    assert (refused.status, refused.headers["Retry-After"]) == (429, "0")
    assert refused.body["error"]["code"] == "ResourceRequestsThrottled"
    assert "'Microsoft.RecoveryServices/vaults/backupPolicies/read' exceeded the limit of '3'" in str(refused.body)
    assert (service.cloud.now() - began).total_seconds() > 3500
    assert ask(service, "GET", VAULT + "/backupPolicies").status == 200


def test_the_hour_is_counted_per_action() -> None:
    service = Service(cloud(provider_requests_per_hour=1))
    assert ask(service, "GET", VAULT + "/backupPolicies").status == 200
    assert ask(service, "GET", VAULT + "/backupProtectedItems").status == 200
    assert ask(service, "GET", VAULT + "/backupPolicies").status == 429


def test_a_token_bucket_that_is_empty_throttles_and_refills() -> None:
    service = Service(cloud(subscription_reads=2, subscription_reads_refill=1))
    answers = [ask(service, "GET", VAULT).status for _ in range(4)]
    assert answers == [200, 200, 429, 200]


def test_a_fault_before_the_effect_changes_nothing() -> None:
    service = Service(cloud({"rules": [{"kind": "503", "match": {"method": "PUT"}, "nth": [1]}]}))
    assert move(service).status == 503
    assert policy_of(service) == "DefaultPolicy"
    assert [(entry["status"], entry["effect"]) for entry in service.cloud.log] == [(503, False)]
    assert move(service).status == 202
    assert policy_of(service) == "Critical"


def test_a_fault_after_the_effect_hides_what_was_done() -> None:
    service = Service(cloud({"rules": [{"kind": "504", "when": "after", "match": {"path": "/protecteditems/"}}]}))
    assert move(service).status == 504
    assert policy_of(service) == "Critical"
    assert [(entry["status"], entry["effect"]) for entry in service.cloud.log] == [(504, True)]


def test_a_dropped_answer_is_in_the_log_with_its_effect() -> None:
    service = Service(cloud({"rules": [{"kind": "drop", "when": "after", "times": 1}]}))
    assert move(service).dropped
    assert policy_of(service) == "Critical"
    assert [(entry["status"], entry["effect"]) for entry in service.cloud.log] == [(0, True)]


def test_the_issues_plan_throttles_once_and_fails_once_among_membership_writes() -> None:
    service = Service(cloud("issue"))
    statuses = []
    for number in range(1, 13):
        statuses.append(move(service, "Critical" if number % 2 else "DefaultPolicy").status)
        service.cloud.wait(60)
        ask(service, "GET", VAULT + "/backupPolicies")
    assert statuses == [202, 202, 429, 202, 202, 202, 202, 503, 202, 202, 202, 202]


def test_a_call_without_an_api_version_is_refused_as_arm_does() -> None:
    answer = ask(Service(cloud()), "GET", VAULT, None, **{"api-version": ""})
    assert answer.body is not None
    assert answer.body["error"]["code"] == "MissingApiVersionParameter"


def test_labels_choose_whom_a_fault_strikes() -> None:
    service = Service(cloud({"rules": [{"kind": "500", "match": {"label": "enforce"}}]}))
    assert ask(service, "GET", VAULT).status == 200
    service.cloud.caller("enforce_backup_windows")
    assert ask(service, "GET", VAULT).status == 500
    assert [entry["label"] for entry in service.cloud.log] == ["", "enforce_backup_windows"]


def test_faults_are_seeded() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = plan({"rules": [{"kind": "500", "rate": 0.3}]}, seed)
        return [faults.strike("GET", "/") is not None for _ in range(200)]

    assert strikes(1) == strikes(1) != strikes(2)
    assert 30 < sum(strikes(1)) < 90


@pytest.mark.parametrize(
    "document",
    [
        {"rules": [{"kind": "418"}]},
        {"rules": [{"kind": "429", "when": "after"}]},
        {"rules": [{"kind": "503", "math": {}}]},
        {"rules": [{"kind": "503", "match": {"verb": "PUT"}}]},
        {"rule": []},
        "stormy",
    ],
)
def test_a_fault_plan_that_cannot_be_read_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="faults:"):
        plan(document)


def test_a_fault_plan_comes_from_a_file_and_named_ones_fit_the_schema(tmp_path: Path) -> None:
    for document in NAMED.values():
        jsonschema.validate(document, SCHEMA)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(NAMED["issue"]))
    assert plan(str(file)).rules == plan("issue").rules


def test_pages_are_linked_and_counted() -> None:
    paged = Cloud(fleets.demo(), pages=PageSizes.all_of(10))
    service, rows, query = Service(paged), 0, {"api-version": "2026-10-01"}
    calls = 0
    while True:
        answer = ask(service, "GET", VAULT + "/backupProtectedItems", None, **query)
        assert answer.body is not None
        rows, calls = rows + len(answer.body["value"]), calls + 1
        if "nextLink" not in answer.body:
            break
        assert "api-version=2026-10-01" in answer.body["nextLink"]
        query["$skipToken"] = answer.body["nextLink"].rsplit("=", 1)[-1]
    assert rows == len(paged.world.items_in(VAULT))
    assert calls == paged.truth()["pages"]["items"][VAULT] == 3


def test_what_arm_does_not_know_is_a_404_in_arms_words() -> None:
    service = Service(cloud())
    gone = ask(service, "GET", VAULT.replace("rsv-weu-01", "gone"))
    assert gone.body is not None
    assert gone.body["error"]["code"] == "ResourceNotFound"
    assert gone.status == ask(service, "GET", "/nothing/here").status == 404


def test_refused_writes_are_counted_and_leave_no_effect() -> None:
    service = Service(cloud())
    assert move(service, "Missing").status == 400
    assert service.cloud.truth()["counters"]["refused"] == 1
    assert service.cloud.log[-1]["effect"] is False


def test_a_human_hand_is_told_apart_in_the_activity_log() -> None:
    service = Service(cloud())
    world = service.cloud.world
    move(service)
    vm = world.items[ITEM.lower()].vm_id
    service.cloud.wait(60)
    service.cloud.human("assign", item=ITEM, policy_id=f"{VAULT}/backupPolicies/DefaultPolicy")
    service.cloud.human("tag", vm=vm, tags={"backup-tier": "critical", "owner": None})
    assert [entry.caller for entry in world.activity] == ["tester", "human@example.com", "human@example.com"]
    assert world.vms[vm.lower()].tags == {"backup-tier": "critical"}


def test_a_humans_edit_keeps_what_it_does_not_name_and_a_stop_stops() -> None:
    service = Service(cloud())
    policy = service.cloud.world.policies[f"{VAULT}/backupPolicies/Critical".lower()]
    retention = policy.properties["retentionPolicy"]
    service.cloud.human("edit", policy_id=policy.id, properties={"instantRpRetentionRangeInDays": 3})
    assert policy.properties["retentionPolicy"] == retention
    assert policy.rules.instant_days == 3
    service.cloud.human("stop", item=ITEM)
    service.cloud.wait(60)
    assert service.cloud.truth()["counters"]["protection_stopped"] == 1
    with pytest.raises(ValueError, match="unknown kind"):
        service.cloud.human("dance")

"""Are the fields that the pretend Azure sends those that the recordings of Azure hold, in the same case?"""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from local import fleets
from local.arm import wire, wire_jobs, wire_vaults
from local.arm.messages import Request, Response
from local.arm.service import Service, normal
from local.world import Limits, World
from local.world.cloud import Cloud
from local.world.state import Item, Job

SAMPLES = Path(os.environ.get("NIGHTSHIFT_SHARED") or Path(__file__).parents[3] / "shared") / "wire" / "samples.jsonl"
NEWER = {
    "properties.securitySettings",
    "properties.lastRecoveryPoint",
}
"""Fields that the recorded resources had no occasion to carry; the service's own documents name them."""


@cache
def recordings() -> list[dict[str, Any]]:
    if not SAMPLES.is_file():
        pytest.skip(f"no recordings at {SAMPLES}")
    return [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]


def recorded(op: str, **wanted: str) -> Iterator[Any]:
    """Yield recorded bodies (rows of lists) of the newest api-version whose properties have the wanted values."""
    for line in recordings():
        if line["op"] != op or line["status"] != 200 or "2024-04-01" not in line["query"]:
            continue
        body = line["response"]
        for row in body.get("value", [body]):
            if all(row["properties"].get(name) == value for name, value in wanted.items()):
                yield row


def fields(value: Any, at: str = "") -> set[str]:
    """Return the dotted names of all fields; rows of lists count as one."""
    if isinstance(value, list):
        return set().union(*(fields(inner, at) for inner in value))
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for name, inner in value.items():
        here = f"{at}.{name}" if at else name
        found |= {here} | fields(inner, here)
    return found


def demo() -> World:
    return fleets.demo()


def backed_up(world: World) -> Item:
    return next(item for item in world.items.values() if item.container.endswith(";app-weu-03"))


def backup_job(world: World, status: str) -> Job:
    return next(job for job in world.jobs.values() if job.status == status and job.operation == "Backup")


def new(emitted: Any, sample: Any) -> set[str]:
    return {name for name in fields(emitted) - fields(sample) if not any(name.startswith(known) for known in NEWER)}


def missing(emitted: Any, sample: Any) -> set[str]:
    return fields(sample) - fields(emitted)


def assert_same_fields(emitted: Any, sample: Any) -> None:
    assert missing(emitted, sample) == set()
    assert new(emitted, sample) == set()


def test_a_vault_has_the_recorded_fields() -> None:
    sample = next(recorded("vault.get"))
    assert_same_fields(wire_vaults.vault(next(iter(demo().vaults.values()))), sample)


def test_an_item_has_the_recorded_fields() -> None:
    sample = next(recorded("items.get"))
    world = demo()
    assert_same_fields(wire.item(world, backed_up(world)), sample)


def test_a_stopped_item_has_the_recorded_words() -> None:
    sample = next(recorded("items.list", protectionState="ProtectionStopped"))
    world = demo()
    stopped = next(item for item in world.items.values() if item.container.endswith(f";{fleets.TRAPS['stopped']}"))
    emitted = wire.item(world, stopped)
    assert_same_fields(emitted, sample)
    for name in ("policyId", "policyName", "protectedItemType", "workloadType"):
        assert emitted["properties"][name] == sample["properties"][name]


@pytest.mark.parametrize(("name", "ours"), [("DefaultPolicy", "DefaultPolicy"), ("EnhancedPolicy", "Hourly")])
def test_a_policy_has_the_recorded_fields(name: str, ours: str) -> None:
    sample = next(row for row in recorded("policies.list") if row["name"] == name)
    world = demo()
    policy = next(policy for policy in world.policies.values() if policy.name == ours)
    assert_same_fields(wire.policy(policy, 0), sample)


def test_the_sql_policy_of_a_new_vault_has_the_recorded_fields() -> None:
    sample = next(row for row in recorded("policies.list") if row["name"] == "HourlyLogBackup")
    world = demo()
    policy = next(policy for policy in world.policies.values() if policy.name == "HourlyLogBackup")
    assert_same_fields(wire.policy(policy, 0), sample)


def test_a_job_row_has_the_recorded_fields() -> None:
    sample = next(recorded("jobs.list", operation="Backup", status="Completed"))
    world = demo()
    assert_same_fields(wire.job(world, backup_job(world, "Completed")), sample)


def test_a_job_detail_has_the_recorded_fields() -> None:
    sample = next(recorded("jobs.get", operation="Backup", status="Completed"))
    world = demo()
    assert_same_fields(wire_jobs.job_detail(world, backup_job(world, "Completed")), sample)


def test_a_running_job_has_the_recorded_fields() -> None:
    sample = next(recorded("jobs.get", operation="Backup", status="InProgress"))
    world = demo()
    world.advance(timedelta(hours=13))
    assert_same_fields(wire_jobs.job_detail(world, backup_job(world, "InProgress")), sample)


def test_a_failed_job_has_the_recorded_error_fields() -> None:
    sample = next(
        line["response"]["properties"]["errorDetails"]
        for line in recordings()
        if line["op"] == "jobs.get" and line["status"] == 200 and "errorTitle" in json.dumps(line["response"])
    )
    world = demo()
    assert_same_fields(wire.job(world, backup_job(world, "Failed"))["properties"]["errorDetails"], sample)


def test_a_configure_job_has_the_recorded_fields() -> None:
    sample = next(recorded("jobs.get", operation="ConfigureBackup"))
    cloud = Cloud(demo())
    item = backed_up(cloud.world)
    cloud.human("assign", item=item.id, policy_id=item.policy_id)
    cloud.wait(60)
    job = next(job for job in cloud.world.jobs.values() if job.operation == "ConfigureBackup")
    assert_same_fields(wire_jobs.job_detail(cloud.world, job), sample)


def test_a_point_has_the_recorded_fields() -> None:
    sample = next(recorded("rp.list"))
    world = demo()
    item = backed_up(world)
    assert_same_fields(wire.point(world, item, item.points[-1], world.rules_of(item)), sample)


def test_an_operation_has_the_recorded_fields_before_and_after() -> None:
    samples = {
        line["response"]["status"]: line["response"]
        for line in recordings()
        if line["op"] == "asyncop.backupOperations" and line["status"] == 200
    }
    cloud = Cloud(demo())
    item = backed_up(cloud.world)
    cloud.human("assign", item=item.id, policy_id=item.policy_id)
    operation = next(iter(cloud.world.operations.values()))
    assert_same_fields(wire.operation(operation), samples["InProgress"])
    cloud.wait(60)
    assert_same_fields(wire.operation(operation), samples["Succeeded"])


def test_an_accepted_membership_write_answers_with_the_recorded_headers_and_no_body() -> None:
    sample = next(line for line in recordings() if line["op"] == "items.put" and line["status"] == 202)
    cloud = Cloud(demo())
    item = backed_up(cloud.world)
    answer = ask(cloud, "PUT", item.id, {"properties": {"policyId": item.policy_id}})
    assert (answer.status, answer.body) == (202, sample["response"])
    for name in ("azure-asyncoperation", "location"):
        shape = sample["headers"][name].split("/providers/")[1].split("?")[0].split("/")
        sent = {key.lower(): value for key, value in answer.headers.items()}[name]
        ours = sent.split("/providers/")[1].split("?")[0].split("/")
        assert [len(part) > 0 for part in ours] == [len(part) > 0 for part in shape]
        assert ours[-2] == shape[-2]


def test_errors_have_the_recorded_shapes() -> None:
    missing_vault = next(line for line in recordings() if line["op"] == "vault.get" and line["status"] == 404)
    throttled = next(line for line in recordings() if line["status"] == 429)
    provider = next(line for line in recordings() if "CloudDosAbsoluteLimitReached" in json.dumps(line["response"]))
    cloud = Cloud(fleets.demo(limits=Limits(provider_requests_per_hour=0, moves_per_vault_day=0)))
    item = backed_up(cloud.world)
    vault = cloud.world.vaults[item.vault_id].id
    ours = {
        "missing": ask(cloud, "GET", vault + "x").body,
        "throttled": ask(cloud, "GET", vault + "/backupPolicies").body,
        "provider": ask(cloud, "PUT", item.id, {"properties": {"policyId": item.policy_id}}).body,
    }
    for name, sample in (("missing", missing_vault), ("throttled", throttled), ("provider", provider)):
        assert_same_fields(ours[name], sample["response"])
        assert ours[name]["error"]["code"] == sample["response"]["error"]["code"]
    assert ours["provider"]["error"]["message"] == provider["response"]["error"]["message"]


def ask(cloud: Cloud, method: str, path: str, body: dict[str, Any] | None = None) -> Response:
    request = Request(method, normal(path), {"api-version": "2024-04-01"}, body or {}, "https://localhost:1", "tester")
    return Service(cloud).handle(request)

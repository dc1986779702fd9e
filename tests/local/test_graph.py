"""Does Resource Graph show jobs, items and policies as queries ask, a minute behind, and say what it cannot read?"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from local import fleets
from local.arm.messages import Request
from local.arm.service import Service
from local.fleets import SUBSCRIPTION
from local.world import PageSizes
from local.world.cloud import Cloud
from local.world.state import Refused

JOBS = "RecoveryServicesResources | where type =~ 'Microsoft.RecoveryServices/vaults/backupJobs'"
POLICIES = "recoveryservicesresources | where type =~ 'microsoft.recoveryservices/vaults/backupPolicies'"
ITEMS = (
    "recoveryservicesresources | where type in~ "
    "('microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems')"
)


@pytest.fixture(scope="module")
def service() -> Service:
    found = Service(Cloud(fleets.demo(), pages=PageSizes(graph=100)))
    found.cloud.wait(20 * 3600)
    return found


def ask(service: Service, query: str, **options: Any) -> dict[str, Any]:
    body = {"subscriptions": [SUBSCRIPTION], "query": query, "options": options}
    path = "/providers/Microsoft.ResourceGraph/resources"
    answer = service.handle(Request("POST", path, {"api-version": "2022-10-01"}, body, "https://x", "me"))
    assert answer.body is not None
    if answer.status != 200:
        raise Refused(answer.status, answer.body["error"]["code"], answer.body["error"]["message"])
    return answer.body


def rows(service: Service, query: str) -> list[dict[str, Any]]:
    found, token = [], None
    while True:
        page = ask(service, query, **({"$skipToken": token} if token else {}))
        found += page["data"]
        token = page.get("$skipToken")
        if token is None:
            assert len(found) == page["totalRecords"]
            return found


def test_a_job_has_the_properties_of_the_vaults_own_list(service: Service) -> None:
    world = service.cloud.world
    job = next(job for job in world.jobs.values() if job.error and job.ended_at)
    [row] = rows(service, f"{JOBS} and name == '{job.id}'")
    assert row["type"] == "microsoft.recoveryservices/vaults/backupjobs"
    assert row["location"] == world.vaults[job.vault_id].region
    assert row["resourceGroup"] == world.vaults[job.vault_id].resource_group.lower()
    assert (row["properties"]["status"], row["properties"]["entityFriendlyName"]) == ("Failed", job.vm_name)
    assert row["properties"]["errorDetails"][0]["errorTitle"] == job.error


def test_jobs_are_chosen_by_their_properties_and_by_time(service: Service) -> None:
    world = service.cloud.world
    since, until = world.now - timedelta(hours=10), world.now - timedelta(hours=6)
    expected = {
        job.id
        for job in world.jobs.values()
        if since < job.started_at <= until and job.status in {"Completed", "Failed"}
    }
    asked = (
        f"{JOBS} | where properties.startTime > datetime({since.isoformat()}) "
        f"and todatetime(properties.startTime) <= ago(6h) | where properties.status in~ ('completed', \"FAILED\") "
        "and properties.operation == 'Backup'"
    )
    assert expected
    assert {row["name"] for row in rows(service, asked)} == expected


def test_a_job_without_an_end_has_no_end_to_compare(service: Service) -> None:
    service.cloud.wait(15 * 3600)
    running = {job.id for job in service.cloud.world.jobs.values() if job.status == "InProgress"}
    assert running
    found = rows(service, f"{JOBS} | where properties.endTime <= datetime('2099-01-01')")
    assert found
    assert running.isdisjoint(row["name"] for row in found)


def test_or_joins_groups_of_conditions(service: Service) -> None:
    ended = f"{JOBS} | where properties.status =~ 'failed' or properties.status == 'Completed' and name == 'none'"
    found = rows(service, ended)
    assert {row["properties"]["status"] for row in found} == {"Failed"}
    everything = rows(service, f"{JOBS} | where name == 'none' or properties.operation != ''")
    assert len(everything) > len(found)


def test_columns_are_projected_renamed_ordered_and_limited(service: Service) -> None:
    query = (
        f"{JOBS} | order by properties.startTime asc "
        "| project name, began = properties.startTime, properties.status, nothing | take 7"
    )
    found = rows(service, query)
    assert [set(row) for row in found] == [{"name", "began", "properties_status", "nothing"}] * 7
    began = [datetime.fromisoformat(row["began"]) for row in found]
    assert began == sorted(began)
    assert {row["nothing"] for row in found} == {None}


def test_items_are_there_with_policy_and_state(service: Service) -> None:
    found = rows(service, f"{ITEMS} | where properties.protectionState !~ 'protectionstopped'")
    items = [item for item in service.cloud.world.items.values() if item.state != "ProtectionStopped"]
    assert {row["id"] for row in found} == {item.id for item in items}
    assert {row["properties"]["policyId"] for row in found} == {item.policy_id for item in items}


def test_policies_of_every_workload_are_there_with_their_schedule_and_members(service: Service) -> None:
    world = service.cloud.world
    found = {row["id"]: row for row in rows(service, POLICIES)}
    assert set(found) == {policy.id for policy in world.policies.values()}
    assert {row["type"] for row in found.values()} == {"microsoft.recoveryservices/vaults/backuppolicies"}
    used = next(item.policy_id for item in world.items.values() if item.policy_id)
    shown = found[used]["properties"]
    assert shown["schedulePolicy"] == world.policies[used.lower()].properties["schedulePolicy"]
    assert shown["protectedItemsCount"] == sum(item.policy_id == used for item in world.items.values())
    machines = rows(service, f"{POLICIES} | where properties.backupManagementType =~ 'AzureIaasVM'")
    assert 0 < len(machines) < len(found)


def test_without_a_kind_every_kind_is_there(service: Service) -> None:
    world = service.cloud.world
    kinds = [row["type"].rsplit("/", 1)[-1] for row in rows(service, "recoveryservicesresources | project type")]
    assert kinds.count("protecteditems") == len(world.items)
    assert kinds.count("backupjobs") > len(world.items)
    assert kinds.count("backuppolicies") == len(world.policies)


def test_a_job_appears_and_ends_in_the_graph_within_two_minutes_of_the_vault() -> None:
    service = Service(Cloud(fleets.demo()))
    world = service.cloud.world
    item = next(item for item in world.items.values() if item.active)
    job = world.start_backup(item, None)
    assert job is not None

    def seen() -> str:
        found = rows(service, f"{JOBS} and name == '{job.id}'")
        return str(found[0]["properties"]["status"]) if found else "absent"

    service.cloud.clock_to(job.visible_at)
    assert seen() == "absent"
    service.cloud.wait(120)
    assert seen() == "InProgress"
    service.cloud.clock_to(job.due)
    assert world.jobs[job.id].ended_at is not None
    assert seen() == "InProgress"
    service.cloud.wait(120)
    assert seen() == world.jobs[job.id].status


@pytest.mark.parametrize(
    "query",
    [
        "securityresources",
        f"{JOBS} | summarize count() by name",
        f"{JOBS} | where properties.status",
        f"{JOBS} | where properties.startTime > datetime(yesterday)",
        f"{JOBS} | project a + b",
    ],
)
def test_what_cannot_be_read_is_refused(service: Service, query: str) -> None:
    with pytest.raises(Refused, match="InvalidQuery"):
        ask(service, query)

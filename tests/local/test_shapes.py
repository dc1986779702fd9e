"""Is everything that the pretend ARM answers shaped as Azure's own answers, and would the judge tell if it were not?"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from local import fleets
from local.arm.messages import Request, Response
from local.arm.service import ROUTES, Service, normal
from local.world import documents
from local.world.cloud import Cloud
from local.world.state import Item
from tests.local.shapes import WIRE, Answer, Judge
from tests.local.wire_paths import skeleton


@cache
def judge() -> Judge:
    if not (WIRE / "samples.jsonl").is_file():
        pytest.skip(f"no recordings at {WIRE}")
    return Judge(WIRE)


@dataclass
class Talk:
    """A conversation with the pretend ARM over the demo fleet, and every answer of it."""

    service: Service = field(default_factory=lambda: Service(Cloud(fleets.demo())))
    answers: list[Answer] = field(default_factory=list)

    @property
    def item(self) -> Item:
        items = self.service.cloud.world.items.values()
        return next(item for item in items if item.container.endswith(";app-weu-03"))

    @property
    def vault(self) -> str:
        return self.service.cloud.world.vaults[self.item.vault_id].id

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> Response:
        """Ask and keep the answer."""
        query = {"api-version": "2024-04-01", **query}
        request = Request(method, normal(path), query, body or {}, "https://localhost:1", "tester")
        answer = self.service.handle(request)
        self.answers.append(Answer(method, path, answer.status, answer.headers, answer.body))
        return answer

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.service.cloud.wait(timedelta(**span).total_seconds())

    def differences(self) -> list[str]:
        """Return every difference of every answer once."""
        found = [line for answer in self.answers for line in judge().differences(answer)]
        return list(dict.fromkeys(found))

    def last(self) -> Answer:
        """Return the newest answer."""
        return self.answers[-1]


def follow(talk: Talk, accepted: Response) -> None:
    """Ask for an operation's status and result before and after its end."""
    operation = accepted.headers["Location"].split("?")[0].rsplit("/", 1)[-1]
    for _ in range(2):
        talk.ask("GET", f"{talk.vault}/backupOperations/{operation}")
        talk.ask("GET", accepted.headers["Azure-AsyncOperation"].split("?")[0].removeprefix("https://localhost:1"))
        talk.ask("GET", accepted.headers["Location"].split("?")[0].removeprefix("https://localhost:1"))
        talk.wait(minutes=1)


def vaults(talk: Talk) -> None:
    talk.ask("GET", talk.vault.rsplit("/", 1)[0])
    talk.ask("GET", talk.vault)


def policies(talk: Talk) -> None:
    talk.ask("GET", f"{talk.vault}/backupPolicies")
    for policy in talk.service.cloud.world.policies_in(talk.vault):
        talk.ask("GET", policy.id)
        if policy.rules.starts:
            talk.ask("PUT", policy.id, {"properties": policy.properties})


def items(talk: Talk) -> None:
    talk.ask("GET", f"{talk.vault}/backupProtectedItems")
    for item in talk.service.cloud.world.items_in(talk.vault):
        talk.ask("GET", item.id)


def moves(talk: Talk) -> None:
    follow(talk, talk.ask("PUT", talk.item.id, {"properties": {"policyId": f"{talk.vault}/backupPolicies/Critical"}}))


def backups(talk: Talk) -> None:
    follow(talk, talk.ask("POST", f"{talk.item.id}/backup", {"properties": {"objectType": "IaasVMBackupRequest"}}))


def jobs(talk: Talk) -> None:
    moves(talk)
    talk.wait(hours=13)
    talk.ask("GET", f"{talk.vault}/backupJobs")
    for job in talk.service.cloud.world.jobs_in(talk.vault)[:60]:
        talk.ask("GET", f"{talk.vault}/backupJobs/{job.id}")


def failures(talk: Talk) -> None:
    talk.service.cloud.fail_in_all_ways(1.0)
    talk.wait(hours=36)
    talk.ask("GET", f"{talk.vault}/backupJobs")
    ended = {job.status: job for job in talk.service.cloud.world.jobs_in(talk.vault)}
    assert {"Failed", "CompletedWithWarnings"} <= ended.keys()
    for job in ended.values():
        talk.ask("GET", f"{talk.vault}/backupJobs/{job.id}")
    talk.ask("GET", f"{talk.vault}/backupProtectedItems")


def points(talk: Talk) -> None:
    talk.ask("GET", f"{talk.item.id}/recoveryPoints")
    for point in talk.item.points:
        talk.ask("GET", f"{talk.item.id}/recoveryPoints/{point.id}")


def discovery(talk: Talk) -> None:
    vault = talk.vault
    vm = next(iter(talk.service.cloud.world.vms.values()))
    gone = talk.item
    talk.service.cloud.world.items.pop(gone.id.lower())
    assert talk.ask("GET", f"{vault}/backupProtectableItems").body != {"value": []}
    talk.service.cloud.world.items[gone.id.lower()] = gone
    talk.ask("GET", f"{talk.vault}/backupProtectionContainers")
    status = f"/Subscriptions/{vm.subscription}/providers/Microsoft.RecoveryServices/locations/{vm.region}/backupStatus"
    for name in (talk.item.vm_id, f"{talk.item.vm_id}-new"):
        talk.ask("POST", status, {"resourceType": "VM", "resourceId": name})
    accepted = talk.ask("POST", f"{vault}/backupFabrics/Azure/refreshContainers")
    assert accepted.status == 202
    follow(talk, accepted)
    assert talk.answers[-1].status == 204


def settings(talk: Talk) -> None:
    world = talk.service.cloud.world
    for guarded in (True, False):
        world.vaults[talk.item.vault_id].guarded = guarded
        talk.ask("GET", f"{talk.vault}/backupResourceGuardProxies")
    talk.ask("GET", f"{talk.vault}/backupstorageconfig/vaultstorageconfig")
    talk.ask("GET", f"{talk.vault}/backupconfig/vaultconfig")
    talk.ask("PUT", f"{talk.vault}/backupstorageconfig/vaultstorageconfig", {"properties": {}})
    talk.ask("PATCH", f"{talk.vault}/backupstorageconfig/vaultstorageconfig", {"properties": {}})
    talk.ask("PATCH", f"{talk.vault}/backupconfig/vaultconfig", {"properties": {"softDeleteFeatureState": "AlwaysON"}})
    talk.ask("GET", f"{talk.vault}/backupEncryptionConfigs/backupResourceEncryptionConfig")


def cancelling(talk: Talk) -> None:
    talk.ask("POST", f"{talk.item.id}/backup", {"properties": {}})
    job = talk.service.cloud.world.running[talk.item.id.lower()]
    accepted = talk.ask("POST", f"{talk.vault}/backupJobs/{job}/cancel")
    talk.ask("GET", f"{talk.vault}/backupJobs/{job}")
    follow(talk, accepted)
    talk.ask("GET", f"{talk.vault}/backupJobs/{job}")


def deleting(talk: Talk) -> None:
    unused = talk.ask("PUT", f"{talk.vault}/backupPolicies/unused", {"properties": documents.daily("22:30")})
    assert unused.body is not None
    assert talk.ask("DELETE", unused.body["id"]).status == 200
    follow(talk, talk.ask("DELETE", talk.item.id))
    talk.ask("GET", talk.item.id)
    assert talk.ask("DELETE", talk.item.id).status == 400
    follow(talk, talk.ask("PUT", talk.item.id, {"properties": {"policyId": "", "isRehydrate": True}}))
    talk.ask("GET", talk.item.id)
    for job in talk.service.cloud.world.jobs_in(talk.vault)[:3]:
        talk.ask("GET", f"{talk.vault}/backupJobs/{job.id}")


def storage(talk: Talk) -> None:
    subscription = "/".join(talk.vault.split("/")[:3])
    talk.ask("GET", f"{subscription}/providers/Microsoft.Storage/storageAccounts")
    account = f"{subscription}/resourceGroups/rg-staging-weu/providers/Microsoft.Storage/storageAccounts/stnew"
    accepted = talk.ask("PUT", account, {"location": "westeurope", "tags": {"purpose": "drill"}})
    for _ in range(2):
        talk.ask("GET", accepted.headers["Location"].split("?")[0].removeprefix("https://localhost:1"))
        talk.wait(minutes=1)
    assert talk.ask("GET", account).status == 200
    talk.ask("GET", account.replace("Microsoft.Storage/", "Microsoft.ClassicStorage//"))
    talk.ask("HEAD", account.partition("/providers/")[0])


def restores(talk: Talk) -> None:
    group = "/".join(talk.vault.split("/")[:5])
    account = f"{group.replace('backup', 'staging')}/providers/Microsoft.Storage/storageAccounts/strestoreweu01"
    machines = f"{group}/providers/Microsoft.Compute/virtualMachines"
    wanted = {"objectType": "IaasVMRestoreRequest", "storageAccountId": account, "targetResourceGroupId": group}
    network = {"virtualNetworkId": "net", "subnetId": "net/a", "targetVirtualMachineId": f"{machines}/vm-new"}
    talk.service.cloud.world.vms[talk.item.vm_id.lower()].power = "deallocated"
    jobs = []
    for kind in ("RestoreDisks", "AlternateLocation", "OriginalLocation"):
        point, asked = talk.item.points[-1], {**wanted, **network, "recoveryType": kind}
        address = f"{talk.item.id}/recoveryPoints/{point.id}"
        talk.ask(
            "POST", f"{talk.vault}/backupValidateOperation", {"id": address, "properties": {"restoreRequest": asked}}
        )
        accepted = talk.ask("POST", f"{address}/restore", {"properties": asked})
        follow(talk, accepted)
        operation = accepted.headers["Location"].split("?")[0].rsplit("/", 1)[-1]
        jobs.append(talk.service.cloud.world.operations[operation].job_id)
    for _ in range(3):
        for job in jobs:
            talk.ask("GET", f"{talk.vault}/backupJobs/{job}")
        talk.ask("GET", f"{talk.vault}/backupJobs")
        talk.wait(minutes=5)
    talk.ask("GET", f"{group}/providers/Microsoft.Compute/disks")
    assert talk.ask("GET", f"{machines}/vm-new").status == 200


def secondary_region(talk: Talk) -> None:
    subscription, version = "/".join(talk.vault.split("/")[:3]), "2021-11-15"
    location = f"{subscription}/providers/Microsoft.RecoveryServices/locations/northeurope"
    account = f"{subscription}/resourceGroups/rg-staging-neu/providers/Microsoft.Storage/storageAccounts/strestoreneu01"

    def there(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return talk.ask(method, path, body, **{"api-version": version}).body

    there("GET", f"{talk.vault}/backupProtectedItems")
    point = there("GET", f"{talk.item.id}/recoveryPoints")["value"][0]
    principal = there("GET", f"{location}/backupAadProperties")
    token = there("POST", f"{point['id']}/accessToken", principal)["properties"]
    asked = {"objectType": "IaasVMRestoreRequest", "recoveryType": "RestoreDisks", "region": "northeurope"}
    asked |= {"storageAccountId": account, "targetResourceGroupId": f"{subscription}/resourceGroups/rg-drill-neu"}
    there(
        "POST",
        f"{location}/backupCrossRegionRestore",
        {"crossRegionRestoreAccessDetails": token, "restoreRequest": asked},
    )
    for name in ("Azure-AsyncOperation", "Location") * 2:
        accepted = next(one for one in talk.answers if one.status == 202)
        there("GET", accepted.headers[name].split("?")[0].removeprefix("https://localhost:1"))
        talk.wait(seconds=30)
    (job,) = talk.service.cloud.world.restores
    for _ in range(3):
        assert there("POST", f"{location}/backupCrrJob", {"resourceId": talk.vault, "jobName": job})
        there("POST", f"{location}/backupCrrJobs", {"resourceId": talk.vault})
        talk.wait(hours=6)


def vault_writes(talk: Talk) -> None:
    new = f"{talk.vault}-new"
    made = talk.ask("PUT", new, {"location": "westeurope", "sku": {"name": "Standard"}})
    given = talk.ask("PATCH", new, {"identity": {"type": "SystemAssigned"}})
    for answer, name in ((made, "Azure-AsyncOperation"), (given, "Azure-AsyncOperation"), (given, "Location")):
        for _ in range(2):
            talk.ask("GET", answer.headers[name].split("?")[0].removeprefix("https://localhost:1"))
            talk.wait(minutes=1)
    talk.ask("PATCH", new, {"identity": {"type": "None"}})
    talk.ask("PATCH", talk.vault, {"properties": {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}})
    guard = f"{talk.vault.partition('/providers/')[0]}/providers/Microsoft.DataProtection/resourceGuards/one"
    for method in ("PUT", "GET", "DELETE"):
        proxy = {"properties": {"resourceGuardResourceId": guard}}
        talk.ask(method, f"{new}/backupResourceGuardProxies/VaultProxy", proxy)
    talk.ask("GET", f"{new}/backupPolicies")
    talk.ask("DELETE", talk.vault)
    talk.ask("DELETE", new)


def making_machines(talk: Talk) -> None:
    group = talk.vault.partition("/providers/")[0]
    compute = f"{group.partition('/resourceGroups/')[0]}/providers/Microsoft.Compute/locations/westeurope"
    windows = f"{compute}/publishers/MicrosoftWindowsServer/artifacttypes/vmimage/offers/WindowsServer/skus"
    for sku in ("2012-R2-Datacenter", "2022-datacenter-azure-edition"):
        (row,) = talk.ask("GET", f"{windows}/{sku}/versions", None, **{"$top": "1", "$orderby": "name desc"}).body or []
        assert talk.ask("GET", f"{windows}/{sku}/versions/{row['name']}").status == 200
    machine = f"{group}/providers/Microsoft.Compute/virtualMachines/vm-new"
    accepted = [talk.ask("PUT", machine, {"location": "westeurope"}), talk.ask("POST", f"{machine}/deallocate")]
    for _ in range(2):
        for answer in accepted:
            talk.ask("GET", answer.headers["Azure-AsyncOperation"].split("?")[0].removeprefix("https://localhost:1"))
        talk.ask("GET", machine, None, **{"$expand": "instanceView"})
        talk.wait(minutes=2)
    assert talk.ask("DELETE", machine).status == 202


def errors(talk: Talk) -> None:
    for path in (f"{talk.vault}x", f"{talk.vault}/backupJobs/none", f"{talk.item.id}x", "/nothing/here"):
        assert talk.ask("GET", path).status == 404
    assert talk.ask("PUT", talk.item.id, {"properties": {"policyId": "none"}}).status == 400


STORIES = [
    vaults,
    policies,
    items,
    moves,
    backups,
    jobs,
    failures,
    points,
    discovery,
    settings,
    cancelling,
    deleting,
    storage,
    restores,
    secondary_region,
    vault_writes,
    making_machines,
    errors,
]


@pytest.mark.parametrize("story", STORIES)
def test_the_judge_finds_nothing_missing_unknown_or_of_a_wrong_type(story: Callable[[Talk], None]) -> None:
    talk = Talk()
    story(talk)
    assert talk.answers
    assert talk.differences() == []


def test_what_the_stories_ask_was_recorded() -> None:
    talk = Talk()
    for story in (vaults, policies, items, moves, jobs, points, discovery, settings, cancelling, deleting):
        story(talk)
    unrecorded = {answer.label for answer in talk.answers if not judge().knows(answer)}
    assert {label for label in unrecorded if "operationresults/" not in label and not label.endswith(" 400")} == set()


def test_every_recorded_operation_is_answered() -> None:
    answered = {(route.method, skeleton(route.template)) for route in ROUTES}
    assert judge().recordings.operations() - answered == set()


def broken(change: Callable[[Any], Any]) -> list[str]:
    """Return what the judge says of an item's answer after a change to it."""
    talk = Talk()
    talk.ask("GET", talk.item.id)
    answer = talk.last()
    assert judge().differences(answer) == []
    change(answer.body)
    return [line.split(": ", 1)[1] for line in judge().differences(answer)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body["properties"].pop("vaultId"), "properties.vaultId is missing"),
        (lambda body: body["properties"].update(colour="blue"), "properties.colour is unknown"),
        (lambda body: body["properties"].update(isArchiveEnabled="false"), "is string, expected boolean"),
        (lambda body: body["properties"].update(lastBackupTime="yesterday"), "is string, expected time"),
        (lambda body: body["properties"].update(protectionState="Sleeping"), "says Sleeping, not one of"),
        (lambda body: body["properties"].update(protectionState="protected"), "says protected, written Protected"),
        (lambda body: body.update(type=body["type"].lower()), "type says microsoft.recoveryservices"),
        (lambda body: body.update(id=body["id"].replace("resourceGroups", "resourcegroups")), "id has the words"),
        (lambda body: body["properties"].update(PolicyId="x"), "properties.PolicyId is written properties.policyId"),
    ],
)
def test_the_judge_tells_what_is_wrong_with_a_broken_item(change: Callable[[Any], Any], said: str) -> None:
    assert any(said in line for line in broken(change))


def test_the_judge_misses_headers_and_unwelcome_bodies() -> None:
    talk = Talk()
    moves(talk)
    answer = next(one for one in talk.answers if one.method == "PUT")
    assert judge().differences(replace(answer, headers={}))[0].endswith("header azure-asyncoperation is missing")
    astray = {**answer.headers, "Location": f"https://localhost:1{talk.vault}/elsewhere/1"}
    assert "leads to vaults/*/elsewhere/*" in judge().differences(replace(answer, headers=astray))[0]
    assert "recorded without" in judge().differences(replace(answer, body={}))[0]


def test_the_judge_misses_the_body_of_an_error() -> None:
    talk = Talk()
    talk.ask("GET", f"{talk.vault}x")
    assert "the error has the fields" in judge().differences(replace(talk.last(), body={"message": "no"}))[0]

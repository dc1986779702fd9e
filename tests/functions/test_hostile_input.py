"""Is everything that others send about failed backups followed or set aside, and nothing done to Azure for it?"""

import base64
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.memory.queues import MemoryQueues
from local.scenarios.post import cloud_event
from local.scenarios.triggers import functions
from shared import clock, wiring
from shared.errors import Transient
from shared.flows.job_failures import facts, outbox
from shared.flows.job_failures.respond import BACKUPS
from shared.messages.backups import backup_from_json
from shared.messages.jobs import TriageRequest, triage_to_json
from tests.flows.failing import HOUR, deliver, fail, failing, look, vault, work
from tests.flows.stage import POLICY, Stage

FUNCTIONS = {one.name: one.body for one in functions()}
SOURCES = {
    "on_backup_job_event": "job-events",
    "on_resource_event": "resource-events",
    "alerts": "alerts",
    "respond_to_job": outbox.TRIAGE,
    "run_backup": BACKUPS,
}
WRITES = {f"vaults.{write}" for write in ("write_policy", "assign_policy", "protect", "back_up")}
DEEP = "[" * 30_000 + "]" * 30_000
FOREIGN = "/subscriptions/{}/resourcegroups/g/providers/microsoft.recoveryservices/vaults/other"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@dataclass
class Scene:
    """A vault with a failed backup whose retry was decided on, and what each trigger could be sent of it."""

    night: Stage
    good: Mapping[str, dict[str, Any]]

    def send(self, name: str, body: str | bytes) -> None:
        """Call the function as the host does, with these bytes or this text."""
        text = body if isinstance(body, str) else body.decode(errors="replace")
        raw = body if isinstance(body, bytes) else body.encode(errors="surrogatepass")
        match name:
            case "alerts":
                request = func.HttpRequest("POST", "/api/alerts", body=raw)
                assert FUNCTIONS[name](request).status_code == 202
            case "respond_to_job" | "run_backup":
                assert FUNCTIONS[name](func.QueueMessage(body=raw)) is None
            case _:
                assert FUNCTIONS[name](text) is None

    def set_aside(self, name: str) -> list[str]:
        """Return the reasons of what was set aside from the function's source, and take all of it away."""
        quarantine = self.night.ports.quarantine
        found = quarantine.entries()
        for key in found:
            quarantine.drop(key)
        assert {entry.source for entry in found.values()} <= {SOURCES[name]}
        return ["; ".join(entry.reasons) for entry in found.values()]

    def refused(self, name: str, body: str | bytes) -> str:
        """Send what must be set aside, see that nothing else came of it, and return why."""
        before = self.left()
        self.send(name, body)
        (reasons,) = self.set_aside(name)
        assert self.left() == before
        assert 0 < len(reasons) < 3000
        return reasons

    def left(self) -> tuple[int, list[str], list[str]]:
        """Return what was done to Azure, and what is waiting to be done."""
        queues, night = self.night.ports.queues, self.night
        assert isinstance(queues, MemoryQueues)
        assert WRITES.isdisjoint(night.calls)
        return len(night.world.activity), queues.waiting(outbox.TRIAGE), queues.waiting(BACKUPS)


def scene_of() -> Scene:
    night = failing()
    night.ports.policies.publish(POLICY)
    job = fail(night)
    look(night)
    event = night.ports.events.published[0]  # type: ignore[attr-defined]
    deliver(night)
    work(night)
    assert isinstance(night.ports.queues, MemoryQueues)
    (backup,) = night.ports.queues.waiting(BACKUPS)
    home = vault(night).id
    night.world.advance(HOUR)
    night.calls.clear()
    alert = {
        "essentials": {
            "monitoringService": "Azure Backup",
            "monitorCondition": "Fired",
            "signalType": "Log",
            "alertTargetIDs": [home],
        },
        "alertContext": {"category": "Jobs", "extendedInfo": {"jobId": job.id, "possibleCauses": None}},
        "customProperties": None,
    }
    resource = {
        "operationName": "Microsoft.Compute/virtualMachines/write",
        "resourceUri": night.vm().id,
        "claims": {"name": "a person"},
    }
    good = {
        "on_backup_job_event": json.loads(cloud_event(event)),
        "on_resource_event": {
            "id": "1",
            "topic": "/subscriptions/1",
            "subject": night.vm().id,
            "eventType": "Microsoft.Resources.ResourceWriteSuccess",
            "eventTime": "2026-03-02T22:30:00.1234567Z",
            "data": resource,
        },
        "alerts": {"schemaId": "azureMonitorCommonAlertSchema", "data": alert},
        "respond_to_job": json.loads(triage_to_json(TriageRequest(home, f"{job.id}:failed"))),
        "run_backup": json.loads(backup),
    }
    return Scene(night, good)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    found = scene_of()
    wiring.set_source(lambda: found.night.ports)
    clock.set_source(lambda: found.night.world.now)
    yield found
    wiring.set_source(None)
    clock.set_source(None)


@pytest.fixture
def fresh(scene: Scene) -> Iterator[Scene]:
    """A scene of its own, on the stage until the test ends."""
    found = scene_of()
    wiring.set_source(lambda: found.night.ports)
    clock.set_source(lambda: found.night.world.now)
    yield found
    wiring.set_source(lambda: scene.night.ports)
    clock.set_source(lambda: scene.night.world.now)


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a document, parents too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*at, key)
        yield from leaves(one, (*at, key))


def changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return a copy of the document with another value at the path."""
    found = copy.deepcopy(document)
    inner: Any = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return found


NEEDED = {
    "on_backup_job_event": {
        *("specversion", "id", "source", "type", "data", "data.version", "data.failure_id", "data.vault_id"),
    },
    "on_resource_event": {"id", "topic", "eventType", "data", "data.operationName"},
    "alerts": {"schemaId", "data", "data.essentials", "data.essentials.monitoringService"},
    "respond_to_job": {"version", "vault_id", "failure_id"},
    "run_backup": {"version", "vault_id", "vm_id", "failure_id", "number"},
}
"""Without these a message cannot be followed; of all else something may be missing."""
ANY_TEXT = {"id", "topic", "data.operationName"}
"""Fields of resource events in which any words are words; what they say of nothing that is checked is passed over."""
WHOLE: dict[str, str | bytes] = {
    "empty": "",
    "cut off": "{",
    "null": "null",
    "a list": "[]",
    "text": '"text"',
    "nothing in it": "{}",
    "not a number": "NaN",
    "a huge number": "9" * 5000,
    "70 KB of nothing": "x" * 70_000,
    "70 KB of JSON": json.dumps({"a": "x" * 70_000}),
    "deep lists": DEEP,
    "deep objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "a list of events": "[{}, {}]",
    "not UTF-8": b'\xff\xfe{"version": 1}',
    "a byte order mark": "\ufeff{}",
    "nulls": "\x00" * 100,
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE)
def test_what_is_no_message_is_set_aside(scene: Scene, name: str, body: str | bytes) -> None:
    assert scene.refused(name, body)


@pytest.mark.parametrize("name", SOURCES)
def test_a_message_that_was_encoded_once_too_often_is_set_aside(scene: Scene, name: str) -> None:
    assert "not JSON" in scene.refused(name, base64.b64encode(json.dumps(scene.good[name]).encode()))


@pytest.mark.parametrize("name", SOURCES)
def test_what_a_message_needs_is_missed_whatever_is_there_instead(scene: Scene, name: str) -> None:
    there = {".".join(map(str, path)): path for path in leaves(scene.good[name])}
    assert NEEDED[name] <= there.keys()
    for words in sorted(NEEDED[name]):
        for value in (None, 7.5, True, [], {}, "", " ", "../..", "\ud800", "\x00", "x" * 70_000, [[[[]]]], {"a": {}}):
            if not (name == "on_resource_event" and words in ANY_TEXT and isinstance(value, str)):
                assert scene.refused(name, json.dumps(changed(scene.good[name], there[words], value))), (words, value)


@pytest.mark.parametrize("name", SOURCES)
def test_nulls_everywhere_are_set_aside(scene: Scene, name: str) -> None:
    assert scene.refused(name, json.dumps(dict.fromkeys(scene.good[name])))


@pytest.mark.parametrize("name", SOURCES)
def test_no_field_may_hold_anything_by_which_a_trigger_fails(fresh: Scene, name: str) -> None:
    for path in leaves(fresh.good[name]):
        for value in (None, 0, -1, 10**30, False, [], [None], {}, "", "x", "\ud800", "\x00", "x" * 60_000):
            fresh.send(name, json.dumps(changed(fresh.good[name], path, value)))
    fresh.set_aside(name)
    fresh.left()
    for kind in (f"claims-{fresh.night.world.now:%Y-%m-%d}", outbox.OUTBOX):
        assert all(key.encode() and len(key) < 2500 for key in fresh.night.ports.ledger.rows(kind))


@settings(max_examples=60)
@given(data=st.data())
@pytest.mark.parametrize("name", SOURCES)
def test_any_json_at_any_place_is_followed_or_set_aside(scene: Scene, name: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(leaves(scene.good[name]), key=str)))
    document = changed(scene.good[name], path, data.draw(JSON))
    if document != scene.good[name]:
        scene.send(name, json.dumps(document))
        scene.set_aside(name)
        scene.left()


@pytest.mark.parametrize("depth", [900, 5000, 9000, 30_000])
def test_depth_inside_text_that_holds_json_is_no_trap(scene: Scene, depth: int) -> None:
    for path in (("data",), ("data", "essentials"), ("data", "alertContext")):
        scene.send("alerts", json.dumps(changed(scene.good["alerts"], path, "[" * depth + "]" * depth)))
    scene.set_aside("alerts")
    scene.left()


@pytest.mark.parametrize(
    ("name", "path", "value", "said"),
    [
        ("on_backup_job_event", ("specversion",), "0.3", "specversion: found '0.3'"),
        ("on_backup_job_event", ("type",), "nightshift.job.exploded.v1", "type: found"),
        ("on_backup_job_event", ("type",), "Microsoft.Storage.BlobCreated", "type: found"),
        ("on_backup_job_event", ("data", "version"), 2, "version: found 2"),
        ("on_backup_job_event", ("id",), "another:failed", "id and source"),
        ("on_backup_job_event", ("time",), "2026-03-02T22:30:00", "no UTC offset"),
        ("on_backup_job_event", ("time",), "2026-03-02T22:30:00+99:00", "expected an instant"),
        ("on_resource_event", ("eventType",), "Microsoft.Resources.ResourceWriteFailure", "eventType"),
        ("alerts", ("schemaId",), "AzureMonitorMetricAlert", "schemaId: found"),
        ("alerts", ("data", "essentials", "monitoringService"), "Platform", "monitoringService: found"),
        ("alerts", ("data", "alertContext", "extendedInfo", "jobId"), "x' or 1 eq 1", "expected a GUID"),
        ("alerts", ("data", "essentials", "alertTargetIDs"), [FOREIGN.format("\ud800")], "neither names a vault"),
        ("alerts", ("data", "essentials", "alertTargetIDs"), [FOREIGN.format("x" * 2000)], "neither names a vault"),
        ("respond_to_job", ("version",), 99, "version: found 99"),
        ("respond_to_job", ("vault_id",), FOREIGN.format(1), "no vault in scope"),
        ("respond_to_job", ("vault_id",), FOREIGN.format("\ud800"), "expected the ARM id"),
        ("respond_to_job", ("failure_id",), "00000000-0000-0000-0000-000000000000:failed", "the vault shows no"),
        ("respond_to_job", ("failure_id",), "\ud800:failed", "expected <job id>:<kind"),
        ("run_backup", ("vault_id",), FOREIGN.format(1), "nobody decided"),
        ("run_backup", ("failure_id",), "00000000-0000-0000-0000-000000000000:failed", "nobody decided"),
        ("run_backup", ("number",), 2, "nobody decided"),
        ("run_backup", ("number",), 3, "number: found '3'"),
    ],
)
def test_what_is_forged_foreign_or_unknown_is_set_aside_with_its_reason(
    scene: Scene, name: str, path: tuple[str, ...], value: Any, said: str
) -> None:
    said = said.replace("eventType", "type: found")
    assert said in scene.refused(name, json.dumps(changed(scene.good[name], path, value)))


def test_another_vm_of_the_vault_is_not_started_by_what_was_decided_for_this_one(scene: Scene) -> None:
    other = changed(scene.good["run_backup"], ("vm_id",), scene.night.vm("vm-1").id)
    assert "nobody decided" in scene.refused("run_backup", json.dumps(other))


def test_a_change_of_something_with_an_endless_name_is_passed_over(scene: Scene) -> None:
    for resource in (FOREIGN.format("x" * 55_000), f"{scene.night.vm().id}{'x' * 55_000}"):
        event = changed(scene.good["on_resource_event"], ("data", "resourceUri"), resource)
        for operation in ("Microsoft.Compute/virtualMachines/write", "Microsoft.RecoveryServices/vaults/write"):
            event["data"]["operationName"] = operation
            scene.send("on_resource_event", json.dumps(event))
    assert scene.set_aside("on_resource_event") == []


@pytest.mark.parametrize("name", ["on_backup_job_event", "on_resource_event"])
def test_offsets_and_fractions_in_the_time_of_an_event_are_read(fresh: Scene, name: str) -> None:
    (field,) = {"time", "eventTime"} & fresh.good[name].keys()
    for time in ("2026-03-03T04:00:00+05:30", "2026-03-02T14:30:00.1234567-08:00", "2026-03-02T22:30Z", None):
        fresh.send(name, json.dumps(changed(fresh.good[name], (field,), time)))
    assert fresh.set_aside(name) == []
    _, triage, _ = fresh.left()
    assert len(triage) == (1 if name == "on_backup_job_event" else 0)


@pytest.mark.parametrize(
    ("targets", "said"),
    [([FOREIGN.format(1)], "no vault in scope"), (None, "the vault shows no")],
)
def test_a_foreign_or_forged_alert_is_asked_about_once_and_then_forgotten(
    fresh: Scene, targets: list[str] | None, said: str
) -> None:
    night = fresh.night
    alert = changed(fresh.good["alerts"], ("data", "alertContext", "extendedInfo", "jobId"), str(UUID(int=0)))
    if targets:
        alert = changed(alert, ("data", "essentials", "alertTargetIDs"), targets)
    fresh.send("alerts", json.dumps(alert))
    messages = []
    for _ in range(12):
        look(night)
        messages += (due := waiting_now(night))
        for message in due:
            fresh.send("respond_to_job", message)
        night.world.advance(timedelta(minutes=5))
    assert len([message for message in messages if str(UUID(int=0)) in message]) == 1
    assert said in fresh.set_aside("respond_to_job")[0]
    assert night.ports.ledger.rows(outbox.OUTBOX) == {}
    fresh.left()


def waiting_now(night: Stage) -> list[str]:
    """Take the messages of triage that are due."""
    assert isinstance(night.ports.queues, MemoryQueues)
    found = []
    while message := night.ports.queues.take([outbox.TRIAGE]):
        found.append(message.body)
    return found


def test_a_message_about_another_vault_does_not_take_back_what_is_to_be_announced(fresh: Scene) -> None:
    night = fresh.night
    request = TriageRequest(vault(night).id, "00000000-0000-0000-0000-000000000001:failed")
    outbox.note(night.ports, request, "", night.world.now)
    fresh.send("respond_to_job", triage_to_json(replace(request, vault_id=FOREIGN.format(1))))
    assert "no vault in scope" in fresh.set_aside("respond_to_job")[0]
    assert request.failure_id in night.ports.ledger.rows(outbox.OUTBOX)


def test_storage_that_does_not_answer_lets_the_action_group_come_again(fresh: Scene) -> None:
    class Down:
        def __getattr__(self, _name: str) -> Callable[..., object]:
            def fails(*_what: object) -> object:
                raise Transient("503: storage does not answer")

            return fails

    down: Any = Down()
    for ports in (replace(fresh.night.ports, ledger=down), replace(fresh.night.ports, quarantine=down)):
        wiring.set_source(lambda ports=ports: ports)
        body = "{" if ports.quarantine is down else json.dumps(fresh.good["alerts"])
        request = func.HttpRequest("POST", "/api/alerts", body=body.encode())
        assert FUNCTIONS["alerts"](request).status_code == 503
        with pytest.raises(Transient):
            FUNCTIONS["on_backup_job_event"]("{" if body == "{" else json.dumps(fresh.good["on_backup_job_event"]))


def test_what_is_well_formed_is_followed_so_none_of_this_passes_by_refusing_all(fresh: Scene) -> None:
    night = fresh.night
    for name in SOURCES:
        fresh.send(name, json.dumps(fresh.good[name]))
        assert fresh.set_aside(name) == [], name
    assert night.calls.count("vaults.back_up") == 1
    assert len(night.world.activity) > 0
    assert backup_from_json(json.dumps(fresh.good["run_backup"])).number == 1
    assert len(facts.history(night.ports.ledger).failures) == 1

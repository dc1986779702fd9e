"""Does Azure tell of failed jobs as its built-in alerts do, and of nothing else, and what does an operator get?"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from local import fleets, outward
from local.alerts.action_group import PAUSES, PEACE, Receiver
from local.alerts.inbox import Inbox
from local.alerts.raised import Alerts
from local.arm.app import Dropped, application
from local.post import TIMED_OUT, Answer
from local.world import Pace
from local.world.cancel import cancel_job
from local.world.cloud import Cloud
from local.world.deletion import delete_item
from local.world.on_demand import trigger_backup
from local.world.vault_settings import remove_guard, set_soft_delete
from tests.host.serving import served
from tests.local.posting import MIDNIGHT, Round
from tests.local.test_events_over_http import Azure
from tests.local.worlds import Small, small

NETWORK = "ExtensionSnapshotFailedNoNetwork"


class Told:
    """A small world whose alerts go to the app, and the time that passes there."""

    def __init__(self) -> None:
        self.small: Small = small()
        self.small.world.pace = replace(self.small.world.pace, all_failures=True)
        self.cloud = Cloud(self.small.world)
        self.round = Round(now=self.small.world.now)
        self.inbox = Inbox()
        self.alerts = Alerts(self.cloud, self.round.post, self.inbox)
        self.alerts.receive("/api/alerts")

    def days(self, count: float) -> list[dict[str, Any]]:
        """Let days pass and return the alerts that the app got."""
        self.small.days(count)
        self.alerts.collect()
        return [json.loads(parcel.body) for _, parcel in self.round.until(self.small.world.now)]


def test_a_failed_job_is_an_alert_in_azures_schema_minutes_later() -> None:
    told = Told()
    told.cloud.human("afflict", vm=told.small.vm.id, code=NETWORK)
    [alert] = told.days(1)
    [job] = told.small.world.failures
    [(at, parcel)] = told.round.brought
    assert job.ended_at is not None
    assert timedelta(minutes=2) < at - job.ended_at < timedelta(minutes=14)
    assert (parcel.url, parcel.opens) == ("/api/alerts", "function")
    assert alert["schemaId"] == "azureMonitorCommonAlertSchema"
    essentials, context = alert["data"]["essentials"], alert["data"]["alertContext"]
    assert (essentials["monitoringService"], essentials["signalType"]) == ("Azure Backup", "Log")
    assert (essentials["monitorCondition"], essentials["alertRule"]) == ("Fired", "Backup Failure")
    assert essentials["alertTargetIDs"] == [told.small.vault.id.lower()]
    assert essentials["originAlertId"].endswith(NETWORK.lower())
    assert NETWORK not in json.dumps(alert)
    assert context["extendedInfo"]["jobId"] == job.id
    assert context["extendedInfo"]["possibleCauses"] is None
    assert context["protectedItemId"] == told.small.item.id
    assert context["linkedResourceName"] == told.small.vm.name
    fired = datetime.fromisoformat(essentials["firedDateTime"])
    assert job.ended_at < fired < at
    assert len(essentials["firedDateTime"].split(".")[1]) == len("1234567Z")


def test_what_azure_is_silent_about_raises_no_alert() -> None:
    told = Told()
    world, item = told.small.world, told.small.item
    operation = trigger_backup(world, told.small.vault, item.id, None, "me")
    cancel_job(world, told.small.vault, world.jobs[operation.job_id], "me")
    world.advance(timedelta(hours=1))
    assert world.jobs[operation.job_id].status == "Cancelled"
    assert world.start_backup(item, None) is not None
    assert world.start_backup(item, None) is None
    world.advance(timedelta(hours=5))
    told.cloud.human("afflict", vm=told.small.vm.id, code="UserErrorBackupOperationInProgress")
    assert told.days(1) == []
    told.cloud.human("mend", vm=told.small.vm.id)
    told.cloud.human("delete", vm=told.small.vm.id)
    assert told.days(1) == []
    assert [job.error for job in world.failures] == ["UserErrorBackupOperationInProgress", "ResourceNotFound"]
    assert list(told.alerts.fired()) == []


def test_a_vault_that_wants_no_alerts_gets_none() -> None:
    told = Told()
    told.small.vault.monitoring = {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"}}
    told.cloud.human("afflict", vm=told.small.vm.id, code=NETWORK)
    assert told.days(2) == []
    assert len(told.small.world.failures) == 2


def test_alerts_fire_also_where_nobody_receives_them() -> None:
    told = Told()
    told.alerts.receivers.clear()
    told.cloud.human("afflict", vm=told.small.vm.id, code=NETWORK)
    assert told.days(1) == []
    assert len(list(told.alerts.fired())) == 1


def test_what_may_cost_points_is_mailed_to_people_and_not_sent_to_the_app() -> None:
    told = Told()
    world, vault = told.small.world, told.small.vault
    set_soft_delete(world, vault, {}, "me")
    told.alerts.collect()
    set_soft_delete(world, vault, {"softDeleteFeatureState": "Disabled"}, "me")
    delete_item(world, vault, told.small.item, "me")
    remove_guard(world, vault, "me")
    set_soft_delete(world, vault, {}, "me")
    assert told.days(1) == []
    mails = [message.body["data"]["essentials"] for message in told.inbox.messages]
    assert [(mail["alertRule"], mail["severity"]) for mail in mails] == [
        ("Soft Delete Disabled", "Sev0"),
        ("Delete Backup Data", "Sev0"),
        ("Multi-User Authorization Disabled", "Sev0"),
    ]


def call(statuses: list[int]) -> tuple[list[float], dict[str, int]]:
    """Send an alert; return after how many seconds each call was made, and the figures."""
    around = Round()
    receiver = Receiver("/api/alerts", around.post)
    left = iter(statuses)
    around.answer = lambda _: Answer(next(left, 202))
    receiver.send(MIDNIGHT, "{}")
    around.after(hours=2)
    return [(at - MIDNIGHT).total_seconds() for at, _ in around.brought], dict(receiver.figures())


@pytest.mark.parametrize("status", [408, 429, 503, 504, TIMED_OUT])
def test_a_webhook_that_is_busy_is_called_again_five_times(status: int) -> None:
    calls, figures = call([status] * 6)
    expected = [0.0]
    for pause in PAUSES:
        expected.append(expected[-1] + pause.total_seconds())
    assert calls == expected
    assert figures == {"delivered": 0, "retried": 5, "given_up": 1, "withheld": 0}
    assert call([status, 202])[1] == {"delivered": 1, "retried": 1, "given_up": 0, "withheld": 0}


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502])
def test_a_webhook_that_fails_otherwise_is_not_called_again(status: int) -> None:
    calls, figures = call([status])
    assert (len(calls), figures["given_up"]) == (1, 1)


def test_after_the_last_retry_nobody_calls_for_a_quarter_of_an_hour() -> None:
    around = Round()
    receiver = Receiver("/api/alerts", around.post)
    closed = MIDNIGHT + sum(PAUSES, timedelta())
    around.answer = lambda _: Answer(503 if around.now <= closed else 202)
    for number in range(20):
        receiver.send(MIDNIGHT + number * timedelta(minutes=1), "{}")
    around.after(hours=2)
    assert not [at for at, _ in around.brought if closed < at < closed + PEACE]
    assert receiver.figures() == {"delivered": 3, "retried": 7, "given_up": 1, "withheld": 16}


@pytest.fixture
def azure() -> Iterator[Azure]:
    cloud = Cloud(fleets.demo(pace=Pace(failure_rate=0.0)))
    with served(application(cloud, outward.routes(cloud, Dropped))) as port:
        yield Azure(port, cloud)


def inbox(azure: Azure) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = azure.ask("GET", "/_local/inbox")[1]
    return found


def test_the_inbox_takes_what_webhooks_post_and_counts_repeats(azure: Azure) -> None:
    card = {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive"}]}
    assert azure.ask("POST", "/inbox", card, {"dedup-key": "vault|code"})[0] == 202
    azure.cloud.wait(60)
    azure.ask("POST", "/inbox", {**card, "again": True}, {"dedup-key": "vault|code"})
    for body in ({"text": "a", "dedup_key": "k"}, {"text": "b", "dedup_key": "k"}, {"text": "c"}, {"text": "c"}):
        azure.ask("POST", "/inbox", body)
    azure.ask("POST", "/inbox", b"plain words")
    first, second, *others = inbox(azure)
    assert (first["dedup_key"], first["count"], first["body"]["again"]) == ("vault|code", 2, True)
    assert datetime.fromisoformat(first["last_at"]) - datetime.fromisoformat(first["first_at"]) >= timedelta(minutes=1)
    assert (second["count"], second["body"]["text"]) == (2, "b")
    assert [message["body"] for message in others] == [{"text": "c"}, {"text": "c"}, "plain words"]


def test_the_fault_plan_strikes_the_inbox(azure: Azure) -> None:
    kinds = (("429", 1, "before"), ("503", 2, "after"), ("500", 3, "before"))
    rules = [{"kind": kind, "match": {"path": "/inbox"}, "nth": [nth], "when": when} for kind, nth, when in kinds]
    azure.cloud.set_faults({"rules": rules})
    assert [azure.ask("POST", "/inbox", {"n": number})[0] for number in range(4)] == [429, 503, 500, 202]
    assert [message["body"]["n"] for message in inbox(azure)] == [1, 3]


def test_a_storm_over_http_is_one_alert_for_each_job_and_reaches_the_receiver(azure: Azure) -> None:
    vault = next(iter(azure.cloud.world.vaults.values()))
    azure.ask("POST", "/_local/alerts/receivers", {"url": "/api/alerts"})
    azure.ask("POST", "/_local/human", {"kind": "storm", "vault": vault.id, "code": "CloudInternalError", "hours": 14})
    got = [json.loads(taken["text"]) for taken in azure.deliveries(minutes=15 * 60)]
    failed = {job.id for job in azure.cloud.world.failures}
    assert len(failed) > 10
    assert {alert["data"]["alertContext"]["extendedInfo"]["jobId"] for alert in got} == failed
    assert len(azure.ask("GET", "/_local/alerts")[1]) == len(failed)
    assert azure.ask("GET", "/_local/alerts/figures")[1][0]["delivered"] == len(failed)
    assert azure.ask("POST", "/_local/failures", {"rate": 0.5})[0] == 200
    assert azure.cloud.world.pace.all_failures

"""Does what Azure delivers reach an app in the whole stack? The real publisher, the real worker, and their keys."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from local.setup_node import NodeMissingError, require_azurite
from local.stack import Stack, Wanted, running_stack
from tests.host.hosting import APPS

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    try:
        require_azurite()
    except NodeMissingError as missing:
        pytest.skip(str(missing))
    wanted = Wanted(app=APPS / "publisher", faults="calm")
    with running_stack(wanted, tmp_path_factory.mktemp("stack")) as running:
        yield running


def now(stack: Stack) -> datetime:
    return datetime.fromisoformat(stack.arm.get("/_local/clock")["now"])


def told(stack: Stack, name: str) -> list[Any]:
    """Return what the app logged under a name."""
    lines = [json.loads(line) for line in stack.host_log.read_text().splitlines()]
    seen = [json.loads(line["message"]) for line in lines if line["logger"] == "app"]
    return [one[name] for one in seen if name in one]


def test_events_that_the_app_publishes_come_back_seconds_later_under_their_own_names(stack: Stack) -> None:
    ran = stack.run((now(stack) + timedelta(hours=1, minutes=5)).isoformat())
    assert [record["function"] for record in ran] == ["publish", "on_backup_job_event", "on_backup_job_event"]
    assert all(record["ok"] for record in ran)
    first, *others = [datetime.fromisoformat(record["at"]) for record in ran]
    assert all(timedelta(0) < other - first < timedelta(seconds=5) for other in others)
    assert sorted(told(stack, "job_event")) == ["13-0", "13-1"]
    [published] = [call for call in stack.arm.get("/_local/log") if "/topics/" in call["path"]]
    assert published["label"] == "publish#1"


def test_a_human_act_is_an_event_for_the_app(stack: Stack) -> None:
    vm = next(item["vm"] for item in stack.arm.get("/_local/truth")["items"])
    stack.arm.post("/_local/human", {"kind": "create", "like": vm, "name": "web-new"})
    ran = stack.run((now(stack) + timedelta(minutes=2)).isoformat())
    assert [record["function"] for record in ran] == ["on_resource_event"]
    assert told(stack, "resource_event") == ["Microsoft.Compute/virtualMachines/write"]


def test_the_figures_are_event_grids_own(stack: Stack) -> None:
    figures = stack.arm.get("/_local/events/figures")
    assert figures["published"] == {"nightshift": 2, "subscription": 1}
    assert figures["total"] | {"matched": 3, "delivered": 3} == figures["total"]


def test_a_failed_backup_is_an_alert_at_the_apps_own_address_minutes_later(stack: Stack) -> None:
    vault = stack.arm.get("/_local/truth")["vaults"][0]["id"]
    stack.arm.post("/_local/human", {"kind": "storm", "vault": vault, "code": "CloudInternalError", "hours": 24})
    ran = stack.run((now(stack) + timedelta(hours=12)).isoformat())
    alerts = [record for record in ran if record["function"] == "take_alert"]
    assert len(alerts) > 10
    assert all(record["ok"] for record in alerts)
    assert len({record["at"][11:16] for record in alerts} - {f"{hour:02}:00" for hour in range(24)}) > 5
    jobs = {job["id"]: job for job in stack.arm.get("/_local/truth")["jobs"]}
    failed = [jobs[alert["data"]["alertContext"]["extendedInfo"]["jobId"]] for alert in told(stack, "alert")]
    assert {job["status"] for job in failed} == {"Failed"}
    assert len([job for job in failed if job["vault"] == vault.lower()]) > 10
    [figures] = stack.arm.get("/_local/alerts/figures")
    assert figures == {"url": "/api/alerts", "delivered": len(alerts), "retried": 0, "given_up": 0, "withheld": 0}


def test_what_the_app_posts_to_its_webhook_is_in_the_operators_inbox(stack: Stack) -> None:
    stack.host.post("/admin/functions/shout", {})
    stack.host.post("/admin/functions/shout", {})
    [message] = stack.arm.get("/_local/inbox")
    assert (message["channel"], message["count"], message["body"]["text"]) == ("webhook", 2, "help")


def test_an_event_that_is_given_up_is_a_blob_five_minutes_later(stack: Stack) -> None:
    wanted = {"name": "short", "topic": "nightshift", "function": "nobody", "attempts": 1}
    stack.arm.post("/_local/events/subscriptions", wanted)
    stack.run((now(stack) + timedelta(hours=1, minutes=10)).isoformat())
    listed = [one["event"] for one in stack.arm.get("/_local/events/dead-letters")]
    assert {event["lastdeliveryoutcome"] for event in listed} == {"NotFound"}
    trust: dict[str, Any] = {"connection_verify": str(stack.certificates.ca)}
    with BlobServiceClient(stack.azurite.blob_uri, stack.identity, **trust) as service:
        blobs = service.get_container_client("event-dead-letters")
        names = [blob.name for blob in blobs.list_blobs()]
        written = [json.loads(blobs.download_blob(name).readall()) for name in names]
    assert all(name.startswith("nightshift/SHORT/2026/") for name in names)
    assert sorted(written, key=str) == sorted(([event] for event in listed), key=str)
    assert listed


def test_with_a_clock_that_runs_by_itself_the_following_host_brings_them(stack: Stack, tmp_path: Path) -> None:
    wanted = Wanted(app=APPS / "publisher", faults="calm", speed=1800)
    with running_stack(wanted, tmp_path) as running:
        vm = next(item["vm"] for item in running.arm.get("/_local/truth")["items"])
        running.arm.post("/_local/human", {"kind": "create", "like": vm, "name": "web-new"})
        total = {"delivered": 0}
        while total["delivered"] < 3:
            running.check()
            total = running.arm.get("/_local/events/figures")["total"]
        assert total["retried"] == total["dead_lettered"] == 0

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from local.child import ChildError
from local.setup_node import NodeMissingError, require_azurite
from local.stack import Stack, Wanted, running_stack
from tests.host.hosting import APPS

pytestmark = pytest.mark.stack

VISITOR = Wanted(app=APPS / "visitor", faults="calm", containers=("reports",), tables=("ledger",))


@pytest.fixture(scope="module", autouse=True)
def _needs_azurite() -> None:
    try:
        require_azurite()
    except NodeMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, _needs_azurite: None) -> Iterator[Stack]:
    with running_stack(VISITOR, tmp_path_factory.mktemp("stack")) as running:
        yield running


def later(stack: Stack, hours: float) -> str:
    now = datetime.fromisoformat(stack.arm.get("/_local/clock")["now"])
    return (now + timedelta(hours=hours)).isoformat()


def test_an_app_reaches_storage_and_arm_by_its_settings_and_identity_alone(stack: Stack) -> None:
    ran = stack.run(later(stack, 1))
    assert [(record["function"], record["error"]) for record in ran] == [("visit", None)]
    trust: dict[str, Any] = {"connection_verify": str(stack.certificates.ca)}
    blobs = BlobServiceClient(stack.azurite.blob_uri, stack.identity, **trust).get_container_client("reports")
    rows = TableServiceClient(stack.azurite.table_uri, credential=stack.identity, **trust).get_table_client("ledger")
    hours = [blob.name for blob in blobs.list_blobs()]
    assert len(hours) == 1
    assert [row["RowKey"] for row in rows.list_entities()] == hours


def test_calls_to_arm_are_logged_under_the_invocation_that_made_them(stack: Stack) -> None:
    stack.run(later(stack, 1))
    calls = [call for call in stack.arm.get("/_local/log") if "no-vault" in call["path"]]
    assert calls
    assert all(call["label"].startswith("visit#") for call in calls)


def test_time_passes_in_an_invocation_only_as_arm_charges_for_its_calls(stack: Stack) -> None:
    [record] = stack.run(later(stack, 1))
    calls = [call for call in stack.arm.get("/_local/log") if call["at"] >= record["at"][:19]]
    assert record["seconds"] > 0
    assert len(calls) == 1


def test_a_stopped_host_is_followed_by_one_that_runs_the_timers_at_once(stack: Stack) -> None:
    stack.stop_host()
    stack.arm.post("/_local/clock", {"to": later(stack, 240)})
    stack.start_host()
    ran = stack.run(later(stack, 0))
    assert [(record["function"], record["past_due"]) for record in ran] == [("visit", True)]


def test_a_message_sent_by_anybody_comes_due_on_the_clock_of_the_pretend_arm(tmp_path: Path) -> None:
    wanted = Wanted(app=APPS / "queues", faults="calm", queues=("soon", "work"), settings={"WORK_QUEUE": "work"})
    with running_stack(wanted, tmp_path) as stack:
        queue = QueueClient(
            stack.queue_uri,
            "soon",
            credential=stack.identity,
            connection_verify=str(stack.certificates.ca),
            message_encode_policy=TextBase64EncodePolicy(),
        )
        began = datetime.fromisoformat(stack.arm.get("/_local/clock")["now"])
        queue.send_message("in a while", visibility_timeout=600)
        ran = [record for record in stack.run(later(stack, 1)) if record["function"] in {"put_off", "work"}]
        queue.close()
    after = [(record["function"], datetime.fromisoformat(record["at"]) - began) for record in ran]
    assert after[:2] == [("put_off", timedelta(minutes=10)), ("work", timedelta(minutes=40))]


def test_an_app_that_cannot_be_hosted_is_reported_with_its_reasons(tmp_path: Path) -> None:
    with (
        pytest.raises(ChildError, match=r"Functions host ended early with exit code 1[^$]*blobTrigger"),
        running_stack(Wanted(app=APPS / "unhosted"), tmp_path),
    ):
        pytest.fail("the stack came up")


def test_an_arm_that_does_not_come_up_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(ChildError, match=r"pretend ARM ended early with exit code 2[^$]*no-such-fleet"),
        running_stack(Wanted(app=APPS / "visitor", fleet="no-such-fleet"), tmp_path),
    ):
        pytest.fail("the stack came up")


def test_a_child_that_dies_during_a_run_is_reported(tmp_path: Path) -> None:
    with running_stack(VISITOR, tmp_path) as stack:
        stack.azurite.process.kill()
        with pytest.raises(ChildError, match="Azurite ended with exit code -9"):
            stack.check()

"""Can any client use the local Azure that runs by itself? The real SDKs with nothing but what `local up` printed."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.clock import real_now
from local.setup_node import NodeMissingError, require_azurite
from local.stack import ROOT

pytestmark = pytest.mark.stack

SPEED = 1800
"""Half an hour a second: the hourly timers run while the test does."""


@contextmanager
def local_up(folder: Path, *options: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "local", "up", "--speed", str(SPEED), "--json", "--folder", str(folder), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline()), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    try:
        require_azurite()
    except NodeMissingError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("up")
    with local_up(folder) as (facts, process), pytest.MonkeyPatch.context() as patch:
        for name, value in facts["environment"].items():
            patch.setenv(name, value)
        yield facts
    assert process.returncode == 0


def backup(up: dict[str, Any]) -> RecoveryServicesBackupClient:
    return RecoveryServicesBackupClient(DefaultAzureCredential(), up["subscription"], base_url=up["arm"])


def named(up: dict[str, Any]) -> dict[str, str]:
    return {"vault_name": up["vault"], "resource_group_name": up["resource_group"]}


def test_an_sdk_finds_the_examples_that_were_printed(up: dict[str, Any]) -> None:
    client = backup(up)
    items = [item.properties["friendlyName"] for item in client.backup_protected_items.list(**named(up))]
    assert up["vm"] in items
    assert up["unprotected_vm_id"].rsplit("/", 1)[-1] not in items
    assert client.protection_policies.get(**named(up), policy_name=up["policy"]).name == up["policy"]


def test_a_backup_started_by_hand_shows_up_and_ends_by_itself(up: dict[str, Any]) -> None:
    client = backup(up)
    item = next(
        item for item in client.backup_protected_items.list(**named(up)) if item.properties["friendlyName"] == up["vm"]
    )
    parts = item.id.split("/")
    where = {"fabric_name": "Azure", "container_name": parts[-3], "protected_item_name": parts[-1]}
    client.backups.trigger(**named(up), **where, parameters={"properties": {"objectType": "IaasVMBackupRequest"}})
    ended: set[str] = set()
    while not ended:
        jobs = client.backup_jobs.list(**named(up), filter="operation eq 'Backup' and status eq 'Completed'")
        ended = {
            job.name
            for job in jobs
            if job.properties.entity_friendly_name == up["vm"]
            and job.properties.start_time >= datetime.fromisoformat(up["now"])
        }
    assert len(ended) >= 1


def test_a_message_runs_the_app_and_a_bad_one_is_set_aside_with_its_reason(up: dict[str, Any]) -> None:
    credential = DefaultAzureCredential()

    def queue(name: str) -> QueueClient:
        encode, decode = TextBase64EncodePolicy(), TextBase64DecodePolicy()
        return QueueClient(
            up["queue"], name, credential=credential, message_encode_policy=encode, message_decode_policy=decode
        )

    queue("check-requests").send_message(json.dumps({"version": 1, "vm_id": "not an id"}))
    rejected = queue("check-rejected")
    while not (found := rejected.peek_messages()):
        pass
    assert "vm_id: found 'not an id'" in found[0].content


def test_a_restore_is_asked_for_by_the_python_that_the_page_prints(up: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "restores.md").read_text("utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    decode = TextBase64DecodePolicy()
    rejected = QueueClient(up["queue"], "restore-rejected", DefaultAzureCredential(), message_decode_policy=decode)
    while not (found := rejected.peek_messages()):
        pass
    told = json.loads(found[0].content)
    assert "web-tier-2026-03-02" in json.dumps(told)
    assert "point" in json.dumps(told)


def test_a_request_for_the_secondary_region_is_answered_with_its_plan(up: dict[str, Any]) -> None:
    credential, asked = DefaultAzureCredential(), (ROOT / "samples" / "restore-secondary.json").read_text("utf-8")
    encode = TextBase64EncodePolicy()
    QueueClient(up["queue"], "restore-requests", credential, message_encode_policy=encode).send_message(asked)
    name = f"restores/{json.loads(asked)['id']}/plan.json"
    plan = BlobServiceClient(os.environ["NIGHTSHIFT_BLOB_URI"], credential).get_blob_client("nightshift", name)
    while not plan.exists():
        pass
    told = json.loads(plan.download_blob().readall())
    assert [one["region"] for one in told["restores"]] == ["northeurope"] * 2
    assert {one["account"].rpartition("/")[2][:12] for one in told["restores"]} == {"strestoreneu"}
    assert all(one["command"].endswith("--use-secondary-region") for one in told["restores"])
    assert told["refused"] == []


def test_the_files_hold_what_was_printed_and_nobody_else_reads_them(up: dict[str, Any]) -> None:
    folder = Path(up["ca"]).parent
    assert json.loads((folder / "up.json").read_text()) == up
    shown = subprocess.run(
        ["bash", "-c", f'source {folder / "env.sh"}; echo "$NIGHTSHIFT_ARM_ENDPOINT $AZURE_CONFIG_DIR"'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert shown == [up["arm"], str(folder / "azure")]
    assert {(folder / name).stat().st_mode & 0o777 for name in ("env.sh", "up.json")} == {0o600}


def test_the_printed_address_of_the_report_has_its_key(up: dict[str, Any]) -> None:
    def status(address: str) -> int:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code

    assert status(up["report"].split("?")[0]) == 401
    assert status(up["report"]) in {200, 404}


def test_simulated_time_runs_ahead_of_real_time(up: dict[str, Any]) -> None:
    jobs = backup(up).backup_jobs.list(**named(up), filter="operation eq 'Backup'")
    assert max(job.properties.start_time for job in jobs) > real_now()


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--speed", "0"], "expected a number above 0"), (["--faults", "none.json"], "neither calm nor issue nor a file")],
)
def test_what_cannot_run_says_why(options: list[str], said: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local", "up", "--folder", str(tmp_path), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 2
    assert said in done.stderr

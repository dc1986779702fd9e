import json
from datetime import timedelta
from pathlib import Path

import pytest

from local.host.errors import HostError
from local.host.host_json import extension
from local.host.queue_settings import Encoding, QueueSettings, queue_settings


def test_what_the_app_does_not_say_is_as_documented() -> None:
    assert queue_settings({}) == QueueSettings(
        batch_size=16,
        new_batch_threshold=8,
        max_dequeue_count=5,
        visibility_timeout=timedelta(0),
        max_polling_interval=timedelta(minutes=1),
        encoding=Encoding.BASE64,
    )


def test_every_setting_is_read() -> None:
    part = {
        "batchSize": 4,
        "newBatchThreshold": 1,
        "maxDequeueCount": 3,
        "visibilityTimeout": "1.02:00:30",
        "maxPollingInterval": "00:00:00.1500000",
        "messageEncoding": "None",
    }
    assert queue_settings(part) == QueueSettings(
        batch_size=4,
        new_batch_threshold=1,
        max_dequeue_count=3,
        visibility_timeout=timedelta(days=1, hours=2, seconds=30),
        max_polling_interval=timedelta(milliseconds=150),
        encoding=Encoding.NONE,
    )


def test_the_threshold_is_half_of_the_batch_unless_told() -> None:
    assert queue_settings({"batchSize": 5}).new_batch_threshold == 2


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batchSize", 33),
        ("batchSize", 0),
        ("batchSize", "16"),
        ("newBatchThreshold", -1),
        ("maxDequeueCount", 0),
        ("maxDequeueCount", True),
        ("visibilityTimeout", "5 minutes"),
        ("visibilityTimeout", "7.00:00:01"),
        ("maxPollingInterval", "00:00:00.05"),
        ("messageEncoding", "utf8"),
    ],
)
def test_a_setting_that_azure_would_not_take_is_named(setting: str, value: object) -> None:
    with pytest.raises(HostError) as refusal:
        queue_settings({setting: value})
    [problem] = refusal.value.problems
    assert problem.startswith(f"host.json: extensions.queues.{setting} is {value!r}; expected ")


def test_all_bad_settings_are_named_at_once() -> None:
    with pytest.raises(HostError) as refusal:
        queue_settings({"batchSize": 99, "messageEncoding": "utf8"})
    assert len(refusal.value.problems) == 2


def test_base64_is_read_with_white_space_and_refused_with_anything_else() -> None:
    assert Encoding.BASE64.body("esO8 cmlj\naA==") == "zürich"
    assert Encoding.BASE64.body("//4=") == b"\xff\xfe"
    for text in ("zürich", "abc", "ab!="):
        with pytest.raises(ValueError, match="not base64"):
            Encoding.BASE64.body(text)


def test_an_extension_is_read_from_host_json_or_is_empty(tmp_path: Path) -> None:
    assert extension(tmp_path, "queues") == {}
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0"}))
    assert extension(tmp_path, "queues") == {}
    (tmp_path / "host.json").write_text(json.dumps({"extensions": {"queues": {"batchSize": 4}}}))
    assert extension(tmp_path, "queues") == {"batchSize": 4}


@pytest.mark.parametrize("text", ["{", "[]", '{"extensions": []}', '{"extensions": {"queues": 1}}'])
def test_a_host_json_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(HostError, match=r"host\.json: "):
        extension(tmp_path, "queues")

"""Is what Event Grid gave up read as it was published, with the reason, whatever lies in the letter?"""

import json

import pytest

from shared.messages.envelopes import envelope_from_json
from shared.messages.letters import letters_from_json

CLOUD = {"specversion": "1.0", "id": "1", "source": "/v", "type": "nightshift.job.failed.v1", "data": {}}
GRID = {"id": "2", "topic": "/s", "eventType": "Microsoft.Resources.ResourceWriteSuccess", "subject": "/x", "data": {}}


def told(*names: str) -> dict[str, object]:
    return dict(zip(names, ("MaxDeliveryAttemptsExceeded", 30, "NotFound", "2026-03-03T22:00:00Z", "x"), strict=True))


LOWER = told("deadletterreason", "deliveryattempts", "lastdeliveryoutcome", "publishtime", "lastdeliveryattempttime")
CAMEL = told("deadLetterReason", "deliveryAttempts", "lastDeliveryOutcome", "publishTime", "lastDeliveryAttemptTime")


@pytest.mark.parametrize(("event", "beside"), [(CLOUD, LOWER), (GRID, CAMEL)])
def test_an_event_of_either_schema_is_as_it_was_published(event: dict[str, object], beside: dict[str, object]) -> None:
    (letter,) = letters_from_json(json.dumps([{**event, **beside}]))
    assert json.loads(letter.text) == event
    assert letter.type == (event.get("type") or event["eventType"])
    assert letter.reason == "Event Grid gave it up after 30 attempts: MaxDeliveryAttemptsExceeded, at last NotFound"
    assert envelope_from_json(letter.text).id == event["id"]


def test_each_event_of_a_letter_is_one_and_a_bare_one_counts_too() -> None:
    assert [one.type for one in letters_from_json(json.dumps([CLOUD, GRID]))] == [CLOUD["type"], GRID["eventType"]]
    (bare,) = letters_from_json(json.dumps(CLOUD))
    assert bare.reason == "Event Grid gave it up after some attempts: no reason given"


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]", "null", '"x"', "[" * 100_000])
def test_what_cannot_be_read_is_kept_as_it_is(text: str) -> None:
    (letter,) = letters_from_json(text)
    assert (letter.type, letter.text) == ("", text)
    assert "cannot be read" in letter.reason

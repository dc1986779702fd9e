"""Is a message about a backup read as what it says, and everything else refused with every reason and what to do?"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.messages.asked_backups import FIELDS, asked_from_json, asked_to_json, json_schema, named_in
from shared.messages.backups import kind_of
from shared.messages.on_demand import BACKUP, hint_from_json, hint_to_json
from shared.model.on_demand import AskedBackup, OnDemandBackup, Purpose, Stage
from tests.rules.on_demand import wanted

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEAST = timedelta(days=7)
SUB = "/subscriptions/00000000-0000-0000-0000-000000000001"
VM = f"{SUB}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/App"
VALIDATOR = jsonschema.Draft202012Validator(json_schema())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def body(**changes: Any) -> dict[str, Any]:
    found = {"version": 1, "id": "r1", "vm": "app", "reason": "test", "requester": "ops", "retain_until": "2026-12-31"}
    return {name: value for name, value in (found | changes).items() if value is not ...}


def read(**changes: Any) -> AskedBackup:
    return asked_from_json(json.dumps(body(**changes)), LEAST, NOW)


def reasons(document: object) -> list[str]:
    with pytest.raises(BadMessage) as refused:
        asked_from_json(document if isinstance(document, str) else json.dumps(document), LEAST, NOW)
    return refused.value.reasons


def test_the_schema_is_a_schema_and_the_exported_one_is_the_codes() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads((SAMPLES / "backup-request.schema.json").read_text()) == json_schema()


def test_a_request_survives_the_way_there_and_back_and_fits_the_schema() -> None:
    for asked in (read(), read(vm=VM, not_after="2026-03-02T18:00Z", refused_at="2026-03-01T18:00:00.123456+00:00")):
        text = asked_to_json(asked)
        assert asked_from_json(text, LEAST, NOW) == asked
        assert VALIDATOR.is_valid(json.loads(text))
    assert read(vm=VM).vm == VM.lower()
    assert read(id="R1").key == "operator|r1"


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T22:00:00+02:00", datetime(2026, 12, 31, 20, tzinfo=UTC)),
        ("2026-03-09T12:00Z", NOW + LEAST),
    ],
)
def test_a_date_counts_to_its_end_and_an_instant_is_taken_in_utc(until: str, expected: datetime) -> None:
    assert read(retain_until=until).retain_until == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 2}, "version: found 2; expected 1; write the message for this version"),
        ({"version": True}, "version: found true; expected 1"),
        ({"version": ...}, "version: found nothing; expected 1"),
        ({"id": ""}, "id: found ''; expected a name of 1 to 64 letters"),
        ({"id": "x" * 65}, "id: found 'xxx"),
        (
            {"vm": ...},
            "vm: found nothing; expected a VM by its ARM id, or by a name that is unique in scope",
        ),
        ({"vm": "/subscriptions/x"}, "vm: found '/subscriptions/x'"),
        ({"vm": "../.."}, "vm: found '../..'"),
        ({"reason": "x" * 201}, "expected a line of 1 to 200 characters; say it in a line"),
        ({"requester": " "}, "requester: found ' '"),
        ({"retain_until": "tomorrow"}, "expected a date such as 2026-12-31 or an instant"),
        ({"retain_until": "2026-02-30"}, "retain_until: found '2026-02-30'; expected a date"),
        ({"retain_until": "2026-12-31T10:00"}, "retain_until: found"),
        ({"retain_until": "2026-03-01"}, "expected a time after now, 2026-03-02T12:00Z; choose a later one"),
        (
            {"retain_until": "2026-03-08"},
            "expected at least 7 days from now, 2026-03-09T12:00Z; that is shorter than",
        ),
        ({"retain_until": "2126-01-01"}, "expected at most 99 years from now; Azure keeps none for longer"),
        ({"retain_until": "9999-12-31"}, "retain_until: found '9999-12-31'"),
        ({"not_after": "2026-03-02T12:00Z"}, "not_after: found '2026-03-02T12:00Z'; expected an instant after"),
        ({"not_after": "2026-03-05"}, "not_after: found '2026-03-05'; expected an instant such as"),
        ({"refused_at": 5}, "refused_at: found 5"),
        ({"retain_untill": "2026-12-31"}, "retain_untill: unknown field; expected version, id, vm, reason"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_what_was_expected_and_what_to_do(
    changes: dict[str, Any], said: str
) -> None:
    (reason,) = reasons(body(**changes))
    assert said in reason
    assert reason.count(";") >= 2


def test_all_mistakes_are_said_at_once() -> None:
    said = reasons({"version": 3, "id": "?", "when": "now", "retain_until": "2020-01-01"})
    assert sorted(reason.split(":")[0] for reason in said) == [
        "id", "reason", "requester", "retain_until", "version", "vm", "when",
    ]  # fmt: skip


@settings(max_examples=80)
@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), JSON) | JSON)
def test_any_json_is_read_or_refused_and_what_is_read_fits_the_schema(document: object) -> None:
    text = json.dumps(document)
    try:
        asked_from_json(text, LEAST, NOW)
    except BadMessage:
        return
    assert VALIDATOR.is_valid(document)


def test_what_kind_a_message_is_follows_from_its_fields() -> None:
    assert kind_of(json.dumps({"failure_id": 1})) == "retry"
    assert kind_of(hint_to_json("gap|x")) == "hint"
    assert kind_of(json.dumps(body())) == kind_of("{}") == "asked"
    with pytest.raises(BadMessage, match="not JSON"):
        kind_of("{")


def test_the_id_and_the_refusal_of_a_message_are_found_whatever_else_it_says() -> None:
    assert named_in(json.dumps({"id": "r1", "refused_at": "2026-03-01T10:00Z"})) == ("r1", NOW - timedelta(hours=26))
    assert named_in(json.dumps({"id": ["r1"], "refused_at": "soon"})) == ("", None)


@pytest.mark.parametrize("key", ["gap", 5, None, "gap|\n", "gap|\ud800", "gap|" + "x" * 1600])
def test_a_hint_that_names_nothing_is_refused(key: object) -> None:
    assert hint_from_json(hint_to_json("gap|x")) == "gap|x"
    with pytest.raises(BadMessage, match="key: found"):
        hint_from_json(json.dumps({"version": 1, "key": key}))


def test_what_is_kept_is_read_back() -> None:
    one = OnDemandBackup(
        wanted=wanted(Purpose.GAP), vm="App", stage=Stage.SEEN, said="seen", at=NOW, sent_at=NOW, job_id="/jobs/1"
    )
    assert BACKUP.from_json(BACKUP.to_json(one)) == one
    for text in ("{}", '{"version": 1}', '{"version": 1, "backup": {"vm": 5}}', "["):
        with pytest.raises(BadMessage):
            BACKUP.from_json(text)

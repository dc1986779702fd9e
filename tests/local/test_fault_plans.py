"""Is a fault plan read as it was meant, and a bad one refused with all its mistakes?"""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from local.__main__ import main
from local.faults import KINDS, NAMED, SCHEMA, WORLD_KINDS, plan
from local.faults.complaints import complaints

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text()
EXAMPLE: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
HAND = {"kind": "assign", "policy": "DefaultPolicy"}

GOOD: list[dict[str, Any]] = [
    *NAMED.values(),
    EXAMPLE,
    {"rules": [{"kind": "drift", "act": {"kind": "edit", "start": "01:30"}}]},
    {"rules": [{"kind": "drift", "act": {"kind": "tag", "tags": {"owner": None}}}]},
    {"rules": [{"kind": "slow", "seconds": 0.5, "times": 1, "every": 2}]},
    {"rules": [{"kind": "stuck", "match": {"method": "DELETE", "path": "/protectedItems/"}}]},
    {"world": []},
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "the document: there must be a list `rules`, or a list `world`"),
    ({"rule": [], "rules": []}, "rule: unknown key; expected one of rules, world"),
    ({"rules": {}}, "rules: expected a list, got {}"),
    ({"rules": [7]}, "rules[0]: expected an object with a `kind`, got 7"),
    ({"rules": [{}]}, "rules[0].kind: expected one of 429, 500, 503, 504, drop, stuck, drift, slow, got null"),
    (
        {"rules": [{"kind": "429", "when": "after"}]},
        'rules[0].when: expected before (a throttled call was not begun), got "after"',
    ),
    ({"rules": [{"kind": "500", "nth": [1, 0]}]}, "rules[0].nth[1]: expected a whole number of at least 1, got 0"),
    ({"rules": [{"kind": "500", "nth": [True]}]}, "rules[0].nth[0]: expected a whole number of at least 1, got true"),
    ({"rules": [{"kind": "500", "rate": 2}]}, "rules[0].rate: expected a number from 0 to 1, got 2"),
    ({"rules": [{"kind": "500", "rate": 1, "every": 2}]}, "rules[0]: nth, every and rate exclude each other"),
    ({"rules": [{"kind": "500", "match": {"path": 1}}]}, "rules[0].match.path: expected a text, got 1"),
    (
        {"rules": [{"kind": "500", "hours": 1}]},
        "rules[0].hours: unknown key of kind 500; expected one of kind, match, nth, every, rate, times, when",
    ),
    ({"rules": [{"kind": "stuck", "hours": 0}]}, "rules[0].hours: expected a number above 0, got 0"),
    ({"rules": [{"kind": "stuck", "outcome": "lost"}]}, 'rules[0].outcome: expected effect or failed, got "lost"'),
    ({"rules": [{"kind": "stuck", "code": ""}]}, 'rules[0].code: expected a text that is not empty, got ""'),
    (
        {"rules": [{"kind": "stuck", "match": {"method": "GET"}}]},
        'rules[0].match.method: expected PUT or DELETE, got "GET"',
    ),
    (
        {"rules": [{"kind": "stuck", "match": {"method": "PUT", "path": "/backupPolicies/ns-"}}]},
        "rules[0].match.path: a policy write has its effect at once, so there is no operation that could be stuck",
    ),
    ({"rules": [{"kind": "slow"}]}, "rules[0].seconds: expected a number above 0, but it is missing"),
    ({"rules": [{"kind": "drift"}]}, "rules[0].act: expected an object with a `kind`, but it is missing"),
    (
        {"rules": [{"kind": "drift", "act": {"kind": "edit"}}]},
        "rules[0].act: an edit changes something: start, or properties",
    ),
    (
        {"rules": [{"kind": "drift", "act": {"kind": "edit", "start": "1:15"}}]},
        'rules[0].act.start: expected a text like HH:MM, got "1:15"',
    ),
    ({"world": [{"kind": "late_jobs", "hours": 2}]}, "world[0].hours: expected a number above 2, got 2"),
    (
        {"world": [{"kind": "missing_jobs"}]},
        "world[0].rate: expected a number from 0 to 1, but it is missing",
    ),
    ({"world": [{"kind": "unlisted_jobs", "minutes": 4}]}, "world[0].minutes: expected a number above 5, got 4"),
]


@pytest.mark.parametrize("document", GOOD, ids=range(len(GOOD)))
def test_a_good_plan_passes_the_check_and_the_schema(document: dict[str, Any]) -> None:
    assert list(complaints(SCHEMA, document)) == []
    jsonschema.validate(document, SCHEMA)
    plan(document)


@pytest.mark.parametrize(("document", "complaint"), BAD, ids=[complaint for _, complaint in BAD])
def test_a_mistake_is_named_by_place_and_by_what_was_expected_and_the_schema_refuses_it_too(
    document: dict[str, Any], complaint: str
) -> None:
    assert list(complaints(SCHEMA, document)) == [complaint]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(ValueError) as refusal:
        plan({"rules": [{"kind": "418"}, {"kind": "slow"}], "world": [{"kind": "late_jobs", "hours": 1, "rate": -1}]})
    assert [line.partition(":")[2].partition(":")[0].strip() for line in str(refusal.value).splitlines()] == [
        "rules[0].kind",
        "rules[1].seconds",
        "world[0].hours",
        "world[0].rate",
    ]


def test_the_schema_is_a_schema_and_the_exported_one_is_the_codes() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads((ROOT / "samples" / "faults.schema.json").read_text()) == SCHEMA


def test_the_page_has_every_kind_and_every_key() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE)) | set(re.findall(r'"(\w+)"', PAGE))
    keys = set(re.findall(r'"(\w+)": {"', json.dumps(SCHEMA))) - {"properties", "items", "not"}
    assert {*KINDS, *WORLD_KINDS} <= named
    assert keys - named == set()


def test_the_command_says_what_a_plan_would_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(EXAMPLE))
    assert main(["faults", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "rules[0]: PUT calls with /protectedItems/ in their path, number 2: answered 503, after their effect",
        "rules[1]: PUT calls that write or delete an item, number 5: "
        "the operation is stuck for 6 h and then fails with CloudInternalError; the effect waits as well",
        "rules[2]: PUT calls about an item, number 7: "
        'a person acts by hand, after their effect: {"kind": "assign", "policy": "DefaultPolicy"}',
        "rules[3]: calls by enforce_backup_windows, 5% of them: answered 429, and not begun",
        "world[0]: 10% of the scheduled runs: start 2 to 6 h late",
        "world[1]: 2% of the scheduled runs of VMs with /app- in their id: never start: no job and no alert",
    ]
    assert main(["faults", "calm"]) == 0
    assert capsys.readouterr().out == "nothing goes wrong\n"


def test_the_command_tells_the_other_kinds_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = [
        {"kind": "drop", "every": 3, "times": 2},
        {"kind": "slow", "seconds": 90, "when": "after"},
        {"kind": "drift", "act": {"kind": "edit", "start": "01:30"}},
        {"kind": "drift", "act": {"kind": "stop", "item": "/x"}},
        {"kind": "stuck", "when": "after"},
    ]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"rules": rules, "world": [{"kind": "unlisted_jobs", "minutes": 30}]}))
    assert main(["faults", str(file)]) == 0
    assert [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "calls, one in 3, at most 2 of them: the connection is closed without an answer, before their effect",
        "calls: 90 s pass, after their effect",
        "calls about an item or a policy: "
        'a person acts by hand, before their effect: {"kind": "edit", "start": "01:30"}',
        'calls: a person acts by hand, before their effect: {"kind": "stop", "item": "/x"}',
        "calls that write or delete an item: "
        "the operation is stuck for 24 h and then ends well; the effect comes in time",
        "100% of the scheduled runs: are listed 5 to 30 minutes after they began",
    ]


def test_the_command_prints_the_exported_schema_and_every_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["faults", "--schema"]) == 0
    assert capsys.readouterr().out == (ROOT / "samples" / "faults.schema.json").read_text()
    file = tmp_path / "plan.json"
    file.write_text('{"rules": [{"kind": "418"}, {"kind": "slow"}]}')
    assert main(["faults", str(file)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2
    file.write_text("{rules}")
    assert main(["faults", str(file)]) == 1
    assert "is not JSON" in capsys.readouterr().err
    assert main(["faults"]) == 2

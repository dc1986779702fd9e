"""Are facts, backup requests and set-aside words read back as they were written?"""

import json
from datetime import UTC, datetime

import pytest

from shared.errors import BadMessage
from shared.messages.backups import BackupRequest, backup_from_json, backup_to_json
from shared.messages.facts import fact_from_json, fact_key, fact_to_json
from shared.messages.set_aside import key_of, set_aside_from_json, set_aside_to_json
from shared.model.events import SetAside
from shared.model.failures import Attempt, Fact, Failure, Kind, Response, Severity, Success, Told
from tests.messages.test_job_events import VAULT, VM

AT = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
FACTS: list[Fact] = [
    Failure(
        kind=Kind.FAILED,
        vm_id=VM,
        vm_name="App-1",
        item_id=f"{VAULT}/x",
        vault_id=VAULT,
        started_at=AT,
        job_id="job",
        code=130001,
        recommendations=("wait", "retry"),
        retryable=False,
    ),
    Success(vm_id=VM, job_id="job", started_at=AT),
    Attempt(
        failure_id="job:failed",
        at=AT,
        response=Response.RETRY,
        reason="transient",
        severity=Severity.WARNING,
        needs_human=False,
        retry_at=AT,
    ),
    Told("incident|open", "alert", AT),
]


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_is_read_back_as_it_was(fact: Fact) -> None:
    assert fact_from_json(fact_to_json(fact)) == fact
    assert fact_key(fact_from_json(fact_to_json(fact))) == fact_key(fact)


def test_facts_have_keys_of_their_own() -> None:
    assert len({fact_key(fact) for fact in FACTS}) == len(FACTS)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fact": "dream"}', '{"fact": "failure"}', '{"fact": []}'])
def test_a_fact_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match="fact: not readable"):
        fact_from_json(text)


def test_a_backup_request_is_read_back() -> None:
    request = BackupRequest(VAULT, VM, "job:failed", 2)
    assert backup_from_json(backup_to_json(request)) == request
    assert request.key == "job:failed|2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version: found 2; expected 1"),
        ({"vault_id": VM}, "vault_id: found"),
        ({"vm_id": "../" * 9}, "vm_id: found"),
        ({"vm_id": VM + "x" * 2000}, "vm_id: found"),
        ({"failure_id": None}, "failure_id: found 'None'"),
        ({"number": 3}, "number: found '3'; expected 1 or 2"),
        ({"number": True}, "number: found 'True'"),
        ({"number": "1"}, "number: found '1'"),
    ],
)
def test_a_backup_request_that_is_wrong_is_refused_by_field(change: dict[str, object], said: str) -> None:
    good = json.loads(backup_to_json(BackupRequest(VAULT, VM, "job:failed", 1)))
    with pytest.raises(BadMessage) as refusal:
        backup_from_json(json.dumps({**good, **change}))
    assert said in str(refusal.value)


def test_set_aside_words_are_kept_whole_and_named_by_what_they_are() -> None:
    entry = SetAside("job-events", ("one", "two"), "\ud800 broken \x00 words" * 4000, AT)
    assert set_aside_from_json(set_aside_to_json(entry)) == entry
    assert key_of(entry) == key_of(SetAside("job-events", (), entry.text, datetime(2030, 1, 1, tzinfo=UTC)))
    assert key_of(entry) != key_of(SetAside("other", (), entry.text, AT))
    with pytest.raises(BadMessage):
        set_aside_from_json("{}")

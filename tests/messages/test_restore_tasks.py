"""Do tasks, states and results come back from their documents as they were?"""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.messages.restore_tasks import (
    TYPES,
    Turn,
    account_from_json,
    account_to_json,
    job_from_json,
    job_to_json,
    result_event,
    result_from_json,
    result_to_json,
    state_from_json,
    state_to_json,
    task_from_json,
    task_to_json,
    turn_from_json,
    turn_to_json,
)
from shared.model.restore_tasks import Leftover, RestoreResult, RestoreState, Step
from shared.model.restores import JobTask, Mode, PooledAccount
from tests.rules.restoring import IDLE, NOW, POOL, account, item, job, state, task

RESULT = RestoreResult(
    request_id="r1",
    item_id=item().id,
    vm_id=item().vm_id,
    step=Step.DONE,
    reason="it is restored",
    mode=Mode.DISKS,
    point_id="p1",
    point_at=NOW,
    accepted_at=NOW,
    ended_at=NOW + timedelta(hours=1),
    account_id=POOL[0],
    jobs=("job-1",),
    phases=(("wait", 2.0), ("copy", 50.5), ("build", 7.5)),
    leftovers=(Leftover("container", "st1/vhds-1", "the copied disks stay there"),),
)
INSTANTS = st.datetimes(timezones=st.just(NOW.tzinfo))
STATES = st.builds(
    RestoreState,
    step=st.sampled_from(Step),
    since=INSTANTS,
    due=INSTANTS,
    reason=st.text(max_size=20),
    account_id=st.sampled_from(POOL),
    fence=st.integers(0, 99),
    lease_until=st.none() | INSTANTS,
    attempts=st.integers(0, 2),
    sent_at=st.none() | INSTANTS,
    past_jobs=st.lists(st.just("job-1"), max_size=2).map(tuple),
    cancel=st.booleans(),
)


def test_a_task_survives_its_document() -> None:
    asked = task(vm_name="app-1-old", mode=Mode.NEW_VM, accounts=POOL[:2])
    assert task_from_json(task_to_json(asked)) == asked


@settings(max_examples=50)
@given(STATES)
def test_a_state_survives_its_document(its) -> None:
    assert state_from_json(state_to_json(its)) == its


def test_a_result_survives_its_document_and_its_event_says_the_same_whoever_makes_it() -> None:
    assert result_from_json(result_to_json(RESULT)) == RESULT
    event = result_event(RESULT)
    assert event == result_event(RESULT)
    assert (event.id, event.type, event.subject) == (task().key, "nightshift.restore.done.v1", item().vm_id)
    assert event.source.endswith("/vaults/rsv-one")
    assert result_from_json(json.dumps(dict(event.data))) == RESULT
    assert {step: result_event(replace(RESULT, step=step)).type for step in TYPES} == TYPES


def test_a_turn_survives_its_message() -> None:
    assert turn_from_json(turn_to_json(Turn(task().key))) == Turn(task().key)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "restore task: found list"),
        ('{"version": 2, "key": "r1|item"}', "version: found 2; expected 1"),
        ('{"version": 1, "key": "r1"}', "key: found 'r1'"),
        ('{"version": 1}', "key: found 'None'"),
    ],
)
def test_a_turn_that_names_no_task_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadMessage, match=said):
        turn_from_json(text)


def test_a_document_of_another_version_or_shape_is_refused() -> None:
    with pytest.raises(BadMessage, match="version: found 2"):
        state_from_json(state_to_json(state()).replace('"version": 1', '"version": 2'))
    with pytest.raises(BadMessage, match="restore result: not readable"):
        result_from_json('{"version": 1, "result": {}}')


def test_jobs_and_accounts_come_back_as_they_were() -> None:
    seen = job(tasks=(JobTask("copy", "Completed", NOW, NOW + timedelta(minutes=1)),), bytes_moved=1, progress=2.5)
    assert job_from_json(job_to_json(seen)) == seen
    for load in (None, IDLE):
        pooled = PooledAccount(account("st1", tags={"purpose": "restore"}), load, NOW)
        assert account_from_json(account_to_json(pooled)) == pooled
    for read in (job_from_json, account_from_json):
        with pytest.raises(BadMessage):
            read('{"version": 1}')

"""What becomes of a claim or a count when Azure's answer is lost or others keep writing?"""

import json
from datetime import date
from typing import Any

import pytest

from shared.cloud.ledger import TableLedger
from shared.errors import Transient
from tests.cloud.replay import Answer, Service, Token

ODATA = {"Content-Type": "application/json;odata=minimalmetadata"}


def exists() -> Answer:
    error = {
        "code": "EntityAlreadyExists",
        "message": {"lang": "en-US", "value": "The specified entity already exists."},
    }
    return Answer(409, {"odata.error": error}, {**ODATA, "x-ms-error-code": "EntityAlreadyExists"})


def stored(entity: dict[str, Any]) -> Answer:
    return Answer(200, {**entity, "odata.etag": "W/\"datetime'1'\""}, ODATA)


@pytest.fixture
def ledger(service: Service) -> TableLedger:
    return TableLedger(Token(), service.endpoint)


def test_a_claim_whose_first_answer_was_lost_finds_its_own_row(service: Service, ledger: TableLedger) -> None:
    service.will(Answer(503), exists(), lambda requests: stored(json.loads(requests[0].body)))
    assert ledger.claim("move", "/a/Vm", {"n": "1"})
    assert [request.method for request in service.requests] == ["POST", "POST", "GET"]


def test_a_claim_that_finds_anothers_row_is_lost(service: Service, ledger: TableLedger) -> None:
    service.will(exists(), lambda requests: stored({**json.loads(requests[0].body), "claimant": "another"}))
    assert not ledger.claim("move", "/a/Vm", {"n": "1"})


def changed() -> Answer:
    error = {"code": "UpdateConditionNotSatisfied", "message": {"lang": "en-US", "value": "etag"}}
    return Answer(412, {"odata.error": error}, {**ODATA, "x-ms-error-code": "UpdateConditionNotSatisfied"})


LEASE = {"PartitionKey": "lease", "RowKey": "r", "key": "k", "values": '{"fence": "1"}'}


def test_a_change_whose_first_answer_was_lost_finds_its_own_row(service: Service, ledger: TableLedger) -> None:
    service.will(stored(LEASE), Answer(503), changed(), lambda requests: stored(json.loads(requests[1].body)))
    assert ledger.swap("lease", "k", {"fence": "1"}, {"fence": "2"})
    assert [request.method for request in service.requests] == ["GET", "PUT", "PUT", "GET"]


def test_a_change_that_another_overtook_is_none_also_where_both_meant_the_same(
    service: Service, ledger: TableLedger
) -> None:
    service.will(
        stored(LEASE), changed(), lambda requests: stored({**json.loads(requests[1].body), "claimant": "another"})
    )
    assert not ledger.swap("lease", "k", {"fence": "1"}, {"fence": "2"})


def test_a_change_of_a_row_that_says_something_else_sends_nothing(service: Service, ledger: TableLedger) -> None:
    service.will(stored(LEASE))
    assert not ledger.swap("lease", "k", {"fence": "0"}, {"fence": "2"})
    assert [request.method for request in service.requests] == ["GET"]


def test_a_count_that_others_always_write_first_is_tried_again_later(service: Service, ledger: TableLedger) -> None:
    def answer(requests: list[Any]) -> Answer:
        row = {"PartitionKey": "spent", "RowKey": "r", "key": "k", "values": '{"taken": "1"}'}
        return changed() if requests[-1].method == "PUT" else stored(row)

    service.will(answer)
    with pytest.raises(Transient) as failure:
        ledger.spend("moves", "/a/vault", date(2026, 3, 2), 9)
    assert failure.value.refused
    assert all(request.method in {"GET", "PUT"} for request in service.requests)

"""Is every failure of the SDK one of our two, with the reason kept?"""

import json
from collections.abc import Callable
from datetime import date

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    DeserializationError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)

from shared.cloud.documents import Documents
from shared.cloud.failures import translated
from shared.cloud.ledger import TableLedger
from shared.errors import FleetError, Permanent, Transient
from tests.cloud.replay import Answer, Service, Token


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ServiceRequestError("no route"), Transient),
        (ServiceResponseTimeoutError("silence"), Transient),
        (ClientAuthenticationError("no token now"), Transient),
        (DecodeError("half an answer"), Transient),
        (json.JSONDecodeError("not JSON", "<html>", 0), Transient),
        (DeserializationError("another shape"), Permanent),
        (AttributeError("'str' object has no attribute 'get'"), Permanent),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_a_failure_says_what_was_tried_and_keeps_its_cause(failure: Exception, expected: type[FleetError]) -> None:
    with pytest.raises(expected, match="vaults of s: ") as translation, translated("vaults of s"):
        raise failure
    assert translation.value.__cause__ is failure


def test_our_own_errors_pass_untouched() -> None:
    refusal = Permanent("no", "Refused")
    with pytest.raises(Permanent) as seen, translated("anything"):
        raise refusal
    assert seen.value is refusal


@pytest.mark.parametrize(
    "use",
    [
        lambda endpoint: Documents(Token(), endpoint).read("plans/latest.json"),
        lambda endpoint: Documents(Token(), endpoint).write("plans/latest.json", "{}", "application/json"),
        lambda endpoint: TableLedger(Token(), endpoint).read("kind", "key"),
        lambda endpoint: TableLedger(Token(), endpoint).rows("kind"),
        lambda endpoint: TableLedger(Token(), endpoint).claim("kind", "key", {}),
        lambda endpoint: TableLedger(Token(), endpoint).write("kind", "key", {}),
        lambda endpoint: TableLedger(Token(), endpoint).drop("kind", "key"),
        lambda endpoint: TableLedger(Token(), endpoint).spend("quota", "subject", date(2026, 3, 2), 1),
    ],
)
def test_storage_that_forbids_is_permanent_with_its_code(service: Service, use: Callable[[str], object]) -> None:
    code = "AuthorizationPermissionMismatch"
    service.will(Answer(403, {"odata.error": {"code": code, "message": {"value": "no"}}}, {"x-ms-error-code": code}))
    with pytest.raises(Permanent) as failure:
        use(service.endpoint)
    assert failure.value.code == code

"""Is a check request read as it was meant, and a bad one refused with all its faults?"""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.messages.checks import CheckRequest, check_request_from_json, check_request_to_json

VM = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/Web-1"
VAULT = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/Rsv"


@pytest.mark.parametrize(
    "request_",
    [
        CheckRequest(vm_id=VM.lower()),
        CheckRequest(vault_id=VAULT.lower()),
        CheckRequest(vault_id=VAULT.lower(), changed_at=datetime(2026, 3, 2, tzinfo=UTC)),
    ],
)
def test_a_request_comes_back_as_it_was_sent(request_: CheckRequest) -> None:
    assert check_request_from_json(check_request_to_json(request_)) == request_


def test_ids_are_compared_without_case_and_later_fields_are_passed_over() -> None:
    text = json.dumps({"version": 1, "vm_id": VM, "reason": "created"})
    assert check_request_from_json(text) == CheckRequest(vm_id=VM.lower())


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"version": 2, "vm_id": VM}, ["version: found 2"]),
        ({"vm_id": VM}, ["version: found None"]),
        ({"version": True, "vm_id": VM}, ["version: found True"]),
        ({"version": 1}, ["neither vm_id nor vault_id"]),
        ({"version": 1, "vm_id": VM, "vault_id": VAULT}, ["vm_id and vault_id"]),
        ({"version": 1, "vm_id": VAULT}, ["expected the ARM id of a vm"]),
        ({"version": 1, "vault_id": 7}, ["expected the ARM id of a vault"]),
        ({"version": 0, "vm_id": f"{VM}/extensions/x"}, ["version", "ARM id of a vm"]),
        ({"version": 1, "vm_id": VM, "changed_at": "2026-03-02T10:00:00"}, ["instant with its offset"]),
        ({"version": 1, "vm_id": VM, "changed_at": 7}, ["instant with its offset"]),
        ([], ["found list"]),
    ],
)
def test_a_bad_request_is_refused_with_every_reason(document: object, words: list[str]) -> None:
    with pytest.raises(BadMessage) as refused:
        check_request_from_json(json.dumps(document))
    assert len(refused.value.reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, refused.value.reasons, strict=True))


@given(st.text(max_size=40) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_does_anything_but_be_read_or_be_refused(text: str) -> None:
    with suppress(BadMessage):
        check_request_from_json(text)

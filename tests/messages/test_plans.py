"""Is a stored plan read back whole, or refused with every reason?"""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.messages.plans import plan_from_json, plan_to_json
from tests.contract.test_state import PLAN


def document(**changes: object) -> str:
    stored: dict[str, Any] = json.loads(plan_to_json(PLAN))
    stored["plan"].update(changes)
    return json.dumps(stored)


def reasons(text: str) -> list[str]:
    with pytest.raises(BadMessage) as refusal:
        plan_from_json(text)
    return refusal.value.reasons


def test_a_plan_comes_back_as_it_was() -> None:
    assert plan_from_json(plan_to_json(PLAN)) == PLAN


def test_a_field_of_a_later_version_is_passed_over() -> None:
    assert plan_from_json(document(weather="fine")) == PLAN


def test_every_mistake_is_named_at_once() -> None:
    found = reasons(document(night="tomorrow", peak=1, proofs=[{"region": 7}], findings=None))
    for path in ("plan.night", "plan.proofs.0.region", "plan.proofs.0.peak", "plan.findings"):
        assert any(reason.startswith(f"{path}") for reason in found), found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "plan.version: found 'list'"),
        ("{}", "plan.version: found None; expected 1"),
        ('{"version": 2, "plan": {}}', "found 2"),
        ('{"version": 1}', "plan"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_reason(text: str, words: str) -> None:
    assert words in " ".join(reasons(text))


def test_instants_without_an_offset_are_refused_by_name() -> None:
    stored = json.loads(plan_to_json(PLAN))["plan"]
    stored["vms"][0]["due"] = "2026-03-02T13:00:00"
    stored["edits"][0]["due"] = "2026-03-02T13:00:00"
    found = reasons(document(made_at="2026-03-02T12:00:00", vms=stored["vms"], edits=stored["edits"]))
    assert [reason.partition(":")[0] for reason in found] == ["plan.made_at", "plan.vms.0.due", "plan.edits.0.due"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2026-03-02"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(json.loads(document())["plan"])), inner)
    ),
    max_leaves=12,
)


@given(changes=st.dictionaries(st.sampled_from(list(json.loads(document())["plan"])), JSON, min_size=1))
def test_no_document_raises_anything_but_bad_message(changes: dict[str, object]) -> None:
    with suppress(BadMessage):
        plan_from_json(document(**changes))


@given(text=st.text(max_size=40))
def test_no_text_is_mistaken_for_a_plan(text: str) -> None:
    assert reasons(text)

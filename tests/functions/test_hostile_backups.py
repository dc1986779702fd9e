"""Is everything that others put into the queue of backups followed or set aside, and nothing started for it?"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import azure.functions as func
import pytest
from azure.functions.timer import TimerRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.scenarios.triggers import functions
from shared import clock, wiring
from shared.flows.on_demand import asking
from shared.model.on_demand import Stage
from tests.flows.asking import by_hand, entries, hint, message, stands
from tests.flows.failing import failing
from tests.flows.stage import POLICY
from tests.flows.stage import Stage as Night

FUNCTIONS = {one.name: one.body for one in functions()}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
WHOLE: dict[str, str | bytes] = {
    "empty": "",
    "cut off": "{",
    "a list": "[]",
    "nothing in it": "{}",
    "not a number": '{"version": NaN}',
    "a field twice": '{"version": 1, "version": 1, "id": "x"}',
    "70 KB of JSON": json.dumps({"a": "x" * 70_000}),
    "deep objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "not UTF-8": b'\xff\xfe{"version": 1}',
    "encoded once too often": base64.b64encode(message().encode()),
    "a key of nobody": hint("gap|nobody"),
    "a retry of nobody": hint("retry|00000000-0000-0000-0000-000000000000:failed|1"),
}


@pytest.fixture(scope="module")
def night() -> Iterator[Night]:
    found = failing()
    found.ports.policies.publish(POLICY)
    wiring.set_source(lambda: found.ports)
    clock.set_source(lambda: found.world.now)
    yield found
    wiring.set_source(None)
    clock.set_source(None)


def send(night: Night, body: str | bytes) -> list[str]:
    """Call the function as the host does; return the reasons of what was set aside, and take that away."""
    raw = body if isinstance(body, bytes) else body.encode(errors="surrogatepass")
    assert FUNCTIONS["run_backup"](func.QueueMessage(body=raw)) is None
    found = entries(night)
    for key in night.ports.quarantine.entries():
        night.ports.quarantine.drop(key)
    return ["; ".join(entry.reasons) for entry in found]


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE)
def test_what_is_no_message_is_set_aside(night: Night, body: str | bytes) -> None:
    (reasons,) = send(night, body)
    assert 0 < len(reasons) < 3000
    assert by_hand(night) == 0


@pytest.mark.parametrize("name", ["version", "id", "vm", "reason", "requester", "retain_until"])
def test_what_a_request_needs_is_missed_whatever_is_there_instead(night: Night, name: str) -> None:
    any_line = name in {"reason", "requester"}
    texts = ("", " ", "\x00", "x" * 30_000) if any_line else ("", " ", "../..", "\ud800", "\x00", "x" * 30_000)
    for value in (..., None, 7.5, True, [], {}, [[[]]], {"a": {}}, *texts):
        (reasons,) = send(night, message(**{"id": "hostile", name: value}))
        assert f"{name}: found" in reasons, (name, value)
    assert by_hand(night) == 0


@settings(max_examples=40)
@given(
    name=st.sampled_from(["id", "vm", "reason", "retain_until", "not_after", "refused_at", "key", "other"]), value=JSON
)
def test_any_json_at_any_place_is_followed_or_set_aside(night: Night, name: str, value: Any) -> None:
    send(night, message(**{"id": "any", "vm": "nobody", name: value}))
    assert by_hand(night) == 0


def test_a_stranger_cannot_start_what_was_decided_by_naming_it_sooner_or_take_back_a_refusal_twice(
    night: Night,
) -> None:
    send(night, message(id="stranger", vm="nobody"))
    refused = stands(night, "operator|stranger")
    assert refused.stage is Stage.REFUSED
    assert len(send(night, message(id="stranger", vm="nobody", refused_at="2026-01-01T00:00Z"))) == 1
    assert stands(night, "operator|stranger").at == refused.at


def test_the_timer_asks_for_what_the_policy_wants_and_the_queue_starts_it(night: Night) -> None:
    FUNCTIONS["run_extra_backups"](TimerRequest(past_due=False))
    assert all(one.wanted.purpose != "cadence" for one in asking.standing(night.ports.ledger).values())
    night.ports.policies.publish(
        POLICY.replace("window: night\n", "window: night\n    retry_outside_window: true\n    backups_per_day: 4\n")
    )
    FUNCTIONS["run_extra_backups"](TimerRequest(past_due=False))
    due = [one for one in asking.standing(night.ports.ledger).values() if one.wanted.purpose == "cadence"]
    assert len(due) == 3
    night.world.advance_to(due[0].wanted.not_before)
    assert send(night, hint(due[0].wanted.key)) == []
    assert by_hand(night) == 1

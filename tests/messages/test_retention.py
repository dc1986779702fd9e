"""Is what is known of retention read back as it was written, and what is none of it refused?"""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.messages import retention
from shared.model.plan import Finding
from shared.model.retention import CLASSES, Cause, Expected, Gap, Joined, Mark, NightlyLook, Terms, VmRetention
from shared.rules.posture import postures
from shared.rules.retention_check import unreadable
from tests.rules.fleet import NOW, item, policy, vault
from tests.rules.retaining import day, keeping, weekly

INSTANTS = st.datetimes(timezones=st.just(NOW.tzinfo))
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
EXPECTED = st.builds(Expected, INSTANTS, st.lists(st.sampled_from(CLASSES)).map(tuple), INSTANTS, WORDS, WORDS)
GAPS = st.builds(Gap, EXPECTED, st.sampled_from(Cause), WORDS, st.sampled_from(Mark), st.none() | INSTANTS)
POLICIES = st.none() | st.sampled_from([policy(), weekly(), keeping(policy(), weekly=None, yearly=None)])
TERMS = st.builds(Terms, INSTANTS, POLICIES, WORDS, st.lists(WORDS).map(tuple), WORDS, st.none() | INSTANTS)
LOOKS = st.builds(
    VmRetention,
    vm_id=WORDS,
    name=WORDS,
    vault_id=WORDS,
    tier=WORDS,
    policy=WORDS,
    checked_at=INSTANTS,
    points=st.integers(0, 9999),
    oldest=st.none() | INSTANTS,
    newest=st.none() | INSTANTS,
    counts=st.lists(st.tuples(WORDS, st.integers(), st.integers()), max_size=2).map(tuple),
    consistency=st.lists(st.tuples(WORDS, st.integers()), max_size=2).map(tuple),
    calendar=st.lists(
        st.tuples(st.dates(), st.sampled_from(Mark), st.lists(st.sampled_from(CLASSES)).map(tuple)), max_size=2
    ).map(tuple),
    gaps=st.lists(GAPS, max_size=2).map(tuple),
    findings=st.builds(lambda text: (Finding("code", "subject", text),), WORDS),
)
KEPT = settings(max_examples=25, deadline=None, derandomize=True)


@KEPT
@given(st.lists(TERMS, max_size=3).map(tuple))
def test_what_a_policy_said_is_read_back(versions: tuple[Terms, ...]) -> None:
    assert retention.VERSIONS.from_json(retention.VERSIONS.to_json(versions)) == versions


@KEPT
@given(st.lists(st.builds(Joined, INSTANTS, WORDS, WORDS, WORDS, st.none() | INSTANTS), max_size=3).map(tuple))
def test_where_a_vm_was_is_read_back(joined: tuple[Joined, ...]) -> None:
    assert retention.MEMBERSHIPS.from_json(retention.MEMBERSHIPS.to_json(joined)) == joined


@KEPT
@given(LOOKS)
def test_a_look_is_read_back_with_every_reason(seen: VmRetention) -> None:
    assert retention.LOOK.from_json(retention.LOOK.to_json(seen)) == seen


def test_a_known_row_is_read_back() -> None:
    at = day(2026, 3, 4)
    versions = (Terms(at, policy(), "ann", ("less",), "eve", at), Terms(at, None))
    assert retention.VERSIONS.from_json(retention.VERSIONS.to_json(versions)) == versions
    joined = (Joined(at, "policy", "ann"),)
    assert retention.MEMBERSHIPS.from_json(retention.MEMBERSHIPS.to_json(joined)) == joined
    seen = unreadable(item("app", policy()), "gold", "no right to", at)
    assert retention.LOOK.from_json(retention.LOOK.to_json(seen)) == seen


def test_a_night_is_read_back() -> None:
    night = NightlyLook(
        night=date(2026, 3, 3),
        at=day(2026, 3, 4),
        suspects=("vm",),
        findings=(Finding("point-too-old", "vm", "it is old"),),
        postures=postures([vault(), vault("rsv-2", guarded=True)], {}),
    )
    assert retention.NIGHT.from_json(retention.NIGHT.to_json(night)) == night


def test_what_a_later_version_adds_is_passed_over() -> None:
    joined = (Joined(day(2026, 3, 4), "policy"),)
    document = json.loads(retention.MEMBERSHIPS.to_json(joined))
    document["memberships"][0]["later"] = document["later"] = 1
    assert retention.MEMBERSHIPS.from_json(json.dumps(document)) == joined


READERS: dict[str, Callable[[str], Any]] = {
    "versions": retention.VERSIONS.from_json,
    "memberships": retention.MEMBERSHIPS.from_json,
    "look at points": retention.LOOK.from_json,
    "nightly look": retention.NIGHT.from_json,
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("text", ["", "{", "7", '[{"since": "yesterday"}]', '{"version": 1}', '{"version": 2}'])
def test_what_is_none_of_it_is_refused_by_its_kind(kind: str, text: str) -> None:
    with pytest.raises(BadMessage, match=kind):
        READERS[kind](text)

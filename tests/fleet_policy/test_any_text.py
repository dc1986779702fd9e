"""Does any text at all yield a policy or reasons, and nothing else?"""

import re
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.fleet_policy import parse
from tests.fleet_policy.test_parse import SAMPLE, SMALLEST

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
SAMPLE_VALUES = yaml.safe_load(SAMPLE.read_text().replace(" on:", ' "on":'))


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in children for found in paths_of(child, (*path, key)))]


def with_value(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = with_value(copied[path[0]], path[1:], new)
    return copied


def reasons_of(text: str) -> list[str]:
    try:
        assert parse(text).tiers
    except BadMessage as refused:
        return refused.reasons or ["no reason"]
    return []


def read_or_refused(text: str) -> None:
    lines = [re.fullmatch(r"line (\d+): \S.*: .*", reason) for reason in reasons_of(text)]
    assert all(lines)
    numbers = [int(line[1]) for line in lines if line]
    assert numbers == sorted(numbers)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


@settings(deadline=None)
@given(st.text(alphabet="abt: -[]{},&*#?|>'\"!%@`\n\t<0123456789.~", max_size=80))
def test_any_text_of_yaml_signs_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


@settings(deadline=None)
@given(st.sampled_from(paths_of(SAMPLE_VALUES)), VALUES)
def test_any_value_in_any_place_of_the_sample_is_read_or_refused(path: tuple[Any, ...], value: Any) -> None:
    read_or_refused(yaml.safe_dump(with_value(SAMPLE_VALUES, path, value), sort_keys=False))


@settings(deadline=None)
@given(st.integers(0, len(SMALLEST)), st.integers(0, 30), st.text(max_size=6))
def test_any_edit_of_a_good_document_is_read_or_refused(start: int, length: int, new: str) -> None:
    read_or_refused(SMALLEST[:start] + new + SMALLEST[start + length :])

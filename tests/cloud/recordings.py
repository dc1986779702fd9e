"""What did the real service answer? Recorded request and answer pairs, where they are at hand."""

import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("NIGHTSHIFT_SHARED") or Path(__file__).parents[2].parent / "shared")
"""Where recordings and notes on Azure are, if they are at hand."""


@functools.cache
def recordings() -> tuple[dict[str, Any], ...]:
    file = SHARED / "wire" / "samples.jsonl"
    if not file.is_file():
        return ()
    return tuple(json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())


def recorded(operation: str, status: int = 200) -> list[dict[str, Any]]:
    """Return the recorded calls of an operation; the test is skipped where there are none at hand."""
    if not recordings():
        pytest.skip("the recorded Azure answers (wire/samples.jsonl) are not at hand")
    found = [row for row in recordings() if row["op"] == operation and row["status"] == status]
    assert found, operation
    return found


def answers(operation: str) -> list[dict[str, Any]]:
    """Return the recorded resources of an operation: those of lists, and single ones."""
    found = []
    for row in recorded(operation):
        found += row["response"].get("value", [row["response"]])
    return found

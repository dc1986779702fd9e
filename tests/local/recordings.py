"""What did Azure really answer? The recordings by operation, and the fields that the newest SDK knows besides."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.local.wire_paths import skeleton

type Json = Any

_KINDS = (
    "properties.backupManagementType",
    "properties.status",
    "properties.operation",
    "properties.schedulePolicy.schedulePolicyType",
    "status",
)
"""What tells recordings of one operation apart, most telling first."""
_ESSENTIAL = {"properties.backupManagementType", "properties.schedulePolicy.schedulePolicyType"}
"""Recordings that differ in these have other fields."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded answer."""

    version: str
    headers: Mapping[str, str]
    body: Json


@dataclass(frozen=True)
class Recordings:
    """All recordings in a folder."""

    folder: Path

    def of(self, method: str, path: str, status: int) -> list[Recording]:
        """Return the recordings of an operation with this status."""
        return self._by_operation.get((method, skeleton(path), status), [])

    def operations(self) -> set[tuple[str, str]]:
        """Return (method, words of the path) of everything that was recorded with success."""
        return {(method, path) for method, path, status in self._by_operation if status < 400}

    def most_like(self, row: Json, recorded: Sequence[Recording]) -> list[Json]:
        """Return the recorded rows that agree with `row` on most of what tells them apart, newest api-version only.

        Return [] where no recording is of the row's workload and schedule.
        """
        left = [(one.version, other) for one in recorded for other in rows_of(one.body)]
        ours = dict(leaves(row))
        for kind in _KINDS:
            same = [(version, other) for version, other in left if dict(leaves(other)).get(kind) == ours.get(kind)]
            if not same and kind in _ESSENTIAL:
                return []
            left = same or left
        newest = max((version for version, _ in left), default="")
        return [other for version, other in left if version == newest]

    def values(self, row: Json, recorded: Sequence[Recording]) -> dict[str, list[Json]]:
        """Return every path's recorded values, those of the newest api-version that has the path.

        They are taken from `recorded` and from all recordings of resources of the row's type.
        """
        kind = row.get("type") if isinstance(row, dict) else None
        found = [(one.version, other) for one in recorded for other in rows_of(one.body)]
        found += self._by_type.get(str(kind), []) if kind else []
        newest: dict[str, tuple[str, list[Json]]] = {}
        for version, other in found:
            for path, value in leaves(other):
                known, values = newest.get(path, ("", []))
                if version > known:
                    newest[path] = (version, [value])
                elif version == known:
                    values.append(value)
        return {path: values for path, (_, values) in newest.items()}

    def fields_of_the_sdk(self, row: Json) -> set[str]:
        """Return the properties that the newest SDK knows in resources of the row's kind."""
        properties = row.get("properties") if isinstance(row, dict) else None
        named = {value for value in (properties or {}).values() if isinstance(value, str)}
        return {f"properties.{name}" for value in named for name in self._sdk.get(value, ())}

    @cached_property
    def _by_operation(self) -> dict[tuple[str, str, int], list[Recording]]:
        found: dict[tuple[str, str, int], list[Recording]] = {}
        for line in (self.folder / "samples.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            version = re.search(r"api-version=([\w-]+)", entry["query"] or "")
            made = Recording(version[1] if version else "", entry["headers"], entry["response"])
            found.setdefault((entry["method"], skeleton(entry["path"]), entry["status"]), []).append(made)
        return found

    @cached_property
    def _by_type(self) -> dict[str, list[tuple[str, Json]]]:
        found: dict[str, list[tuple[str, Json]]] = {}
        for (_, _, status), recorded in self._by_operation.items():
            for one in recorded if status < 400 else ():
                for row in rows_of(one.body):
                    if isinstance(row, dict) and "type" in row:
                        found.setdefault(str(row["type"]), []).append((one.version, row))
        return found

    @cached_property
    def _sdk(self) -> dict[str, set[str]]:
        surfaces = sorted(self.folder.glob("sdk_*_surface.json"))
        found: dict[str, set[str]] = {}
        for surface in surfaces:
            for model in json.loads(surface.read_text(encoding="utf-8"))["models"].values():
                for value in model.get("discriminators") or ():
                    found.setdefault(value, set()).update(model["fields"])
        return found


def rows_of(body: Json) -> list[Json]:
    """Return a list's rows, or the body as the only row."""
    if isinstance(body, dict) and isinstance(body.get("value"), list):
        return list(body["value"])
    return [] if body is None else [body]


def leaves(value: Json, at: str = "") -> Iterator[tuple[str, Json]]:
    """Yield (dotted path, value) of every field, parents before children; `[]` stands for any element."""
    if isinstance(value, list):
        for element in value:
            if not isinstance(element, dict | list):
                yield f"{at}[]", element
            yield from leaves(element, f"{at}[]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            here = f"{at}.{name}" if at else name
            yield here, inner
            yield from leaves(inner, here)

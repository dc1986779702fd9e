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

_ESSENTIAL = (
    "properties.backupManagementType",
    "properties.schedulePolicy.schedulePolicyType",
    "properties.schedulePolicy.scheduleRunFrequency",
    "properties.objectType",
    "status",
)
"""Recordings that differ in these have other fields."""
_TELLING = ("properties.status", "properties.operation")
"""Recordings that agree in both are taken before those that agree in one."""
_STATUS_OF_WORK = "vaults/*/backupoperations/*"


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
        """Return the recordings of an operation with this status.

        Every `operationsStatus` answers as `backupOperations` does, which alone was recorded.
        """
        words = skeleton(path)
        words = _STATUS_OF_WORK if words.endswith("/operationsstatus/*") else words
        return self._by_operation.get((method, words, status), [])

    def operations(self) -> set[tuple[str, str]]:
        """Return (method, words of the path) of everything that was recorded with success."""
        return {(method, path) for method, path, status in self._by_operation if status < 400}

    def most_like(self, row: Json, recorded: Sequence[Recording]) -> list[Json]:
        """Return the recorded rows that agree with `row` on most of what tells them apart, newest api-version only.

        Return [] where no recording is of the row's workload and schedule.
        """
        ours = dict(leaves(row))
        agreeing: dict[int, list[tuple[str, Json]]] = {}
        for one in recorded:
            for other in rows_of(one.body):
                theirs = dict(leaves(other))
                if all(theirs.get(path) == ours.get(path) for path in _ESSENTIAL):
                    count = sum(theirs.get(path) == ours.get(path) for path in _TELLING)
                    agreeing.setdefault(count, []).append((one.version, other))
        best = agreeing.get(max(agreeing, default=0), [])
        newest = max((version for version, _ in best), default="")
        return [other for version, other in best if version == newest]

    def values(self, row: Json, recorded: Sequence[Recording]) -> dict[str, list[Json]]:
        """Return every path's recorded values, those of the newest api-version that has the path.

        They are taken from `recorded` and from all recordings of resources of the row's type; an id depends on what
        was asked, so it is taken from `recorded` alone where that has one, else from whatever version.
        """
        kind = row.get("type") if isinstance(row, dict) else None
        asked = [(one.version, other) for one in recorded for other in rows_of(one.body)]
        found = asked + (self._by_type.get(str(kind), []) if kind else [])
        rows = [other for _, other in found if isinstance(other, dict)]
        ids = _newest(asked).get("id") or [other["id"] for other in rows if "id" in other]
        return _newest(found) | ({"id": ids} if ids else {})

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


def _newest(rows: Sequence[tuple[str, Json]]) -> dict[str, list[Json]]:
    """Return every path's values, those of the newest version that has the path."""
    newest: dict[str, tuple[str, list[Json]]] = {}
    for version, row in rows:
        for path, value in leaves(row):
            known, values = newest.get(path, ("", []))
            if version > known:
                newest[path] = (version, [value])
            elif version == known:
                values.append(value)
    return {path: values for path, (_, values) in newest.items()}


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

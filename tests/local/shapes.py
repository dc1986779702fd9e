"""Is an answer of the pretend ARM shaped as Azure's own? Judged by recordings and by the OpenAPI documents.

A difference is one readable line. What differs between recordings of one operation is compared with those most like
the answer: same workload, operation, status and schedule, newest api-version.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.local.openapi import OpenApi
from tests.local.recordings import Recording, Recordings, leaves, rows_of
from tests.local.wire_paths import skeleton, words

WIRE = Path(os.environ.get("NIGHTSHIFT_SHARED") or Path(__file__).parents[3] / "shared") / "wire"
OCCASIONAL = {
    "identity": "only a vault that was asked to have one or none",
    "properties.imageDeprecationStatus": "only an image at its end says when and what instead",
    "properties.zones": "only a VM in an availability zone has it",
    "properties.extendedInfo.progressPercentage": "only a restore tells it",
    "properties.extendedInfo.propertyBag.Target resource group": "only a restore into one tells it",
}
"""Recorded fields that an answer may lack, with the reason."""

type Json = Any
type Allowed = dict[str, tuple[str, list[str]]]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")
_SPAN = re.compile(r"P(T\S+|\d+D\S*)")
_LINKS = ("azure-asyncoperation", "location")
_BUDGET = "x-ms-ratelimit-remaining-"
_PROVIDER_ERROR = {"error.code", "error.message", "error.target", "error.details", "error.innerError"}
_ARM_ERROR = {"error.code", "error.message"}
_SECONDARY = re.compile(r"locations/\*/backup(crr|crossregion|aad)\w+(/\*)?")
_SECONDARY_ERROR = {"ErrorCode", "Message", "Message.Language", "Message.Value"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and what it answers. `body` is None where there is none."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: Json

    @property
    def label(self) -> str:
        """Method, words of the path and status."""
        return f"{self.method} {skeleton(self.path)} {self.status}"


@dataclass(frozen=True)
class Judge:
    """Recordings by operation, and the documents, below a folder."""

    wire: Path

    @cached_property
    def recordings(self) -> Recordings:
        """What Azure answered."""
        return Recordings(self.wire)

    @cached_property
    def documents(self) -> OpenApi:
        """What Azure's documents allow."""
        return OpenApi(self.wire / "specification")

    def differences(self, answer: Answer) -> list[str]:
        """Return what is missing, unknown, of a wrong type or in another case in `answer`; [] where nothing is."""
        if answer.method == "HEAD":
            return []
        if answer.status >= 400:
            found = list(_error_differences(answer))
        else:
            found = [*self._header_differences(answer), *self._body_differences(answer)]
        return [f"{answer.label}: {line}" for line in dict.fromkeys(found)]

    def knows(self, answer: Answer) -> bool:
        """Return whether the operation was recorded with this status."""
        return bool(self.recordings.of(answer.method, answer.path, answer.status))

    def _header_differences(self, answer: Answer) -> Iterator[str]:
        recorded = self.recordings.of(answer.method, answer.path, answer.status)
        if not recorded:
            return
        expected = _headers_like(answer, recorded)
        sent = {name.lower(): value for name, value in answer.headers.items()}
        for name in expected:
            if (name in _LINKS or name.startswith(_BUDGET)) and name not in sent:
                yield f"header {name} is missing"
        for name in _LINKS:
            if name in sent and name in expected and skeleton(sent[name]) != skeleton(expected[name]):
                yield f"header {name} leads to {skeleton(sent[name])}, recorded {skeleton(expected[name])}"

    def _body_differences(self, answer: Answer) -> Iterator[str]:
        recorded = self.recordings.of(answer.method, answer.path, answer.status)
        if recorded and answer.body is None:
            if all(one.body is not None for one in recorded):
                yield "the body is missing"
            return
        if recorded and all(one.body is None for one in recorded):
            yield "there is a body, recorded without"
            return
        allowed = self._allowed(answer)
        for row in rows_of(answer.body):
            yield from _missing(row, self.recordings.most_like(row, recorded))
            known = allowed | dict.fromkeys(self.recordings.fields_of_the_sdk(row) - allowed.keys(), ("", []))
            yield from _unlike(row, self.recordings.values(row, recorded), known)

    def _allowed(self, answer: Answer) -> Allowed:
        """Return the documents' (type, enum values) by path within a row."""
        schema = self.documents.answer(answer.method, answer.path, answer.status)
        if schema is None:
            return {}
        facts = self.documents.enums_and_fields(schema, answer.body)
        return {path.removeprefix("value[]."): (kind, values) for path, kind, values in facts}


def _headers_like(answer: Answer, recorded: Sequence[Recording]) -> Mapping[str, str]:
    """Return the headers of the newest recording, of those with the answer's own word of status if there are such."""
    newest = max(one.version for one in recorded)
    same = [one for one in recorded if one.version == newest]
    said = answer.body.get("status") if isinstance(answer.body, dict) else None
    alike = [one for one in same if isinstance(one.body, dict) and one.body.get("status") == said]
    return (alike or same)[0].headers


def _missing(row: Json, like: Sequence[Json]) -> Iterator[str]:
    """Yield the fields that all recordings like the row have and the row has not."""
    ours = {path for path, _ in leaves(row)}
    common = set.intersection(*({path for path, _ in leaves(one)} for one in like)) if like else set()
    for path in sorted(common - ours):
        if not any(path.startswith(known) for known in OCCASIONAL):
            yield f"{path} is missing"


def _unlike(row: Json, recorded: Mapping[str, list[Json]], allowed: Allowed) -> Iterator[str]:
    """Yield the fields that nobody knows, and those of a type, an enum value or a case that Azure does not send."""
    known = {path.lower(): path for path in [*allowed, *recorded]}
    free = ("tags.", *(path.removesuffix("*") for path in allowed if path.endswith(".*")))
    unknown: set[str] = set()
    for path, value in leaves(row):
        parent = re.sub(r"(\.[^.]+|\[\])$", "", path)
        if parent in unknown or path.startswith(free) or not known:
            unknown |= {path} if parent in unknown else set()
        elif path in recorded or path in allowed or path.endswith("[]"):
            yield from _value_differences(path, value, recorded.get(path, []), allowed.get(path, ("", [])))
        elif path.lower() in known:
            yield f"{path} is written {known[path.lower()]}"
        elif not _opaque(parent, recorded, allowed):
            unknown.add(path)
            yield f"{path} is unknown"


def _opaque(parent: str, recorded: Mapping[str, list[Json]], allowed: Allowed) -> bool:
    """Return whether only the SDK, which does not tell a field's inner fields here, knows `parent`."""
    return parent not in recorded and allowed.get(parent) == ("", [])


def _value_differences(
    path: str, value: Json, recorded: Sequence[Json], allowed: tuple[str, list[str]]
) -> Iterator[str]:
    kinds = {kind_of(one) for one in recorded}
    if kinds <= {"null"}:
        kinds |= {allowed[0]} - {""}
    kind = kind_of(value)
    if kinds and kind not in kinds and not (kinds == {"string"} and kind in {"time", "span"} and not recorded):
        yield f"{path} is {kind}, expected {' or '.join(sorted(kinds))}"
    elif not isinstance(value, str):
        return
    elif allowed[1] and value not in allowed[1] and value not in recorded:
        near = next((one for one in allowed[1] if one.lower() == value.lower()), "")
        yield f"{path} says {value}, written {near}" if near else f"{path} says {value}, not one of {allowed[1]}"
    elif path == "type" and recorded and value not in recorded:
        yield f"type says {value}, recorded {recorded[0]}"
    elif path == "id" and value.startswith("/") and recorded:
        shapes = [words(one) for one in recorded]
        if words(value) not in shapes:
            yield f"id has the words {'/'.join(words(value))}, recorded {'/'.join(shapes[0])}"


def kind_of(value: Json) -> str:
    """Return a value's JSON type; times and ISO 8601 durations are told apart from other strings."""
    if isinstance(value, str):
        return "time" if _TIME.fullmatch(value) else "span" if _SPAN.fullmatch(value) else "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "null"


def _error_differences(answer: Answer) -> Iterator[str]:
    """Yield where an error has neither the provider's nor ARM's own shape, nor that of the secondary region's paths."""
    fields = {path for path, _ in leaves(answer.body)} - {"error"}
    if _SECONDARY.fullmatch(skeleton(answer.path)) and fields == _SECONDARY_ERROR:
        return
    if fields not in (_PROVIDER_ERROR, _ARM_ERROR):
        yield f"the error has the fields {sorted(fields)}"
        return
    for name in ("code", "message"):
        if not isinstance(answer.body["error"][name], str) or not answer.body["error"][name]:
            yield f"error.{name} is no text"

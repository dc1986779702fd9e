"""What do Azure's OpenAPI documents allow in an answer? Fields, types and enum values of one JSON body."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.local.wire_paths import skeleton

type Json = Any

_TYPES = {"integer": "number"}


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema and the document whose definitions it refers to."""

    document: Path
    node: Mapping[str, Json]


@dataclass(frozen=True)
class OpenApi:
    """All documents below a folder."""

    folder: Path
    _read: dict[Path, Json] = field(default_factory=dict)

    def answer(self, method: str, path: str, status: int) -> Schema | None:
        """Return the schema of an answer's body, or None where no document has one."""
        return self._answers.get((method, skeleton(path), str(status)))

    def enums_and_fields(self, schema: Schema, body: Json, at: str = "") -> Iterator[tuple[str, str, list[str]]]:
        """Yield (path, JSON type or "", enum values) of every field that the schema allows where `body` has a value.

        Paths are dotted, `[]` stands for any element of a list. A map of free keys yields its path with `.*`.
        """
        if isinstance(body, list):
            items = self._part(schema, "items")
            for element in body:
                yield from self.enums_and_fields(items, element, f"{at}[]") if items else ()
            return
        if not isinstance(body, dict):
            return
        if self._part(schema, "additionalProperties") is not None:
            yield f"{at}.*", "", []
        for name, inner in self._properties(schema, body).items():
            here = f"{at}.{name}" if at else name
            node = self._resolved(inner).node
            kind = str(node.get("type") or ("object" if "properties" in node or "allOf" in node else ""))
            yield here, _TYPES.get(kind, kind), list(node.get("enum", []))
            if name in body:
                yield from self.enums_and_fields(inner, body[name], here)

    @cached_property
    def _answers(self) -> dict[tuple[str, str, str], Schema]:
        found: dict[tuple[str, str, str], Schema] = {}
        for file in sorted(self.folder.rglob("*.json")):
            if "examples" in file.parts or "common-types" in file.parts:
                continue
            for path, methods in self._document(file)["paths"].items():
                for method, operation in methods.items():
                    for status, answer in operation.get("responses", {}).items() if method != "parameters" else ():
                        if "schema" in answer:
                            found[method.upper(), skeleton(path), status] = Schema(file, answer["schema"])
        return found

    def _properties(self, schema: Schema, body: Mapping[str, Json]) -> dict[str, Schema]:
        """Return the schema's properties with inherited ones and those of the subtype that the body names."""
        schema = self._resolved(schema)
        found: dict[str, Schema] = {}
        for parent in schema.node.get("allOf", ()):
            found |= self._own(Schema(schema.document, parent), body)
        found |= self._own(schema, body)
        for known in list(found):
            value = body.get(known)
            for one in self._subtypes(schema, known, value) if isinstance(value, str) else ():
                found |= self._own(one, body)
        return found

    def _own(self, schema: Schema, body: Mapping[str, Json]) -> dict[str, Schema]:
        schema = self._resolved(schema)
        found = {name: Schema(schema.document, node) for name, node in schema.node.get("properties", {}).items()}
        for parent in schema.node.get("allOf", ()):
            found = self._own(Schema(schema.document, parent), body) | found
        return found

    def _subtypes(self, schema: Schema, name: str, value: str) -> Iterator[Schema]:
        if schema.node.get("discriminator") != name:
            return
        for title, node in self._document(schema.document)["definitions"].items():
            if "allOf" in node and node.get("x-ms-discriminator-value", title) == value:
                yield Schema(schema.document, node)

    def _part(self, schema: Schema, name: str) -> Schema | None:
        schema = self._resolved(schema)
        node = schema.node.get(name)
        return Schema(schema.document, node) if isinstance(node, dict) else None

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema.node:
            file, _, pointer = str(schema.node["$ref"]).partition("#/")
            document = (
                self.folder / "common-types" / file.split("/common-types/")[-1]
                if "/common-types/" in file
                else schema.document.parent / file
                if file
                else schema.document
            )
            node = self._document(document)
            for part in pointer.split("/"):
                node = node[part]
            schema = Schema(document, node)
        return schema

    def _document(self, file: Path) -> Json:
        if file not in self._read:
            self._read[file] = json.loads(file.read_text(encoding="utf-8"))
        return self._read[file]

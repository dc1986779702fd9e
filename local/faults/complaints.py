"""What is wrong with a fault plan? Every mistake at once, each with its place and with what was expected there.

Knows as much of JSON Schema as the exported one uses, so that the two cannot disagree.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from local.faults.schema import Schema

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
}
_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
}


def complaints(schema: Schema, value: Any, place: str = "") -> Iterator[str]:
    """Yield what is wrong with `value`, as "rules[1].hours: expected a number above 0, got -3"."""
    if "oneOf" in schema:
        yield from _in_its_kind(schema["oneOf"], value, place)
        return
    if not _typed(schema, value) or not _in_bounds(schema, value):
        yield f"{_named(place)}: expected {_expected(schema)}, got {_shown(value)}"
        return
    if isinstance(value, dict) and "properties" in schema:
        yield from _in_object(schema, value, place)
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from complaints(schema.get("items", {}), inner, f"{place}[{index}]")
    if _broken(schema, value):
        yield f"{_named(place)}: {schema['$comment']}"


def _in_its_kind(branches: list[Schema], value: Any, place: str) -> Iterator[str]:
    """Judge an object by the branch that its `kind` names."""
    kinds = {kind: branch for branch in branches for kind in branch["properties"]["kind"]["enum"]}
    if not isinstance(value, dict):
        yield f"{_named(place)}: expected an object with a `kind`, got {_shown(value)}"
    elif not isinstance(value.get("kind"), str) or value["kind"] not in kinds:
        yield f"{place}.kind: expected one of {', '.join(kinds)}, got {_shown(value.get('kind'))}"
    else:
        yield from complaints(kinds[value["kind"]], value, place)


def _in_object(schema: Schema, value: dict[str, Any], place: str) -> Iterator[str]:
    known: dict[str, Schema] = schema["properties"]
    kind = f" of kind {value['kind']}" if isinstance(value.get("kind"), str) else ""
    for name in schema["required"]:
        if name not in value:
            yield f"{_below(place, name)}: expected {_expected(known[name])}, but it is missing"
    for name, inner in value.items():
        if name in known:
            yield from complaints(known[name], inner, _below(place, name))
        else:
            yield f"{_below(place, name)}: unknown key{kind}; expected one of {', '.join(known)}"


def _typed(schema: Schema, value: Any) -> bool:
    wanted = schema.get("type")
    if wanted is None:
        return True
    return isinstance(value, _TYPES[wanted]) and not isinstance(value, bool)


def _in_bounds(schema: Schema, value: Any) -> bool:
    if "enum" in schema:
        return any(value == one for one in schema["enum"])
    if isinstance(value, str):
        return len(value) >= schema.get("minLength", 0) and _holds(schema, value)
    if isinstance(value, int | float):
        above = "exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"]
        return above and bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return True


def _broken(schema: Schema, value: Any) -> bool:
    """Whether what the schema forbids is there, or none of the things of which it asks for one."""
    if "not" in schema:
        return _holds(schema["not"], value)
    return "anyOf" in schema and not any(_holds(one, value) for one in schema["anyOf"])


def _holds(condition: Schema, value: Any) -> bool:
    """Whether the value has the required keys, the pattern, or one of several such conditions."""
    if "anyOf" in condition and isinstance(value, dict):
        return any(_holds(one, value) for one in condition["anyOf"])
    if "pattern" in condition and isinstance(value, str):
        return re.search(condition["pattern"], value) is not None
    return not isinstance(value, dict) or all(name in value for name in condition.get("required", ()))


def _expected(schema: Schema) -> str:
    if "oneOf" in schema:
        return "an object with a `kind`"
    if "enum" in schema:
        only = " or ".join(map(str, schema["enum"]))
        return f"{only} ({schema['description']})" if len(schema["enum"]) == 1 and "description" in schema else only
    words = _WORDS[schema["type"]]
    if "exclusiveMinimum" in schema:
        words += f" above {schema['exclusiveMinimum']}"
    if "maximum" in schema:
        words += f" from {schema['minimum']} to {schema['maximum']}"
    elif "minimum" in schema:
        words += f" of at least {schema['minimum']}"
    if "minLength" in schema:
        words += " that is not empty"
    return f"{words} like {schema['description']}" if "pattern" in schema else words


def _named(place: str) -> str:
    return place or "the document"


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."

"""How is a wrong key or value explained? Pydantic's errors as sentences with line, path and hint."""

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from shared.fleet_policy.document import FleetDocument
from shared.fleet_policy.marks import Marked, Path, Problem, dotted
from shared.fleet_policy.words import nearest

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "date_type": "a date, YYYY-MM-DD",
    "date_from_datetime_inexact": "a date, YYYY-MM-DD",
    "list_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}


def complaints(error: ValidationError, marked: Marked) -> list[Problem]:
    """Return one Problem for each of pydantic's errors."""
    return [_problem(dict(detail), marked) for detail in error.errors(include_url=False)]


def _problem(detail: dict[str, Any], marked: Marked) -> Problem:
    path: Path = tuple(part for part in detail["loc"] if part != "[key]")
    shown = path if detail["type"] == "missing" else marked.known(path)
    return Problem(marked.line_of(path), dotted(shown), _text(detail, path))


def _text(detail: dict[str, Any], path: Path) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "fleet":
            return str(context["text"])
        case "missing":
            return f"is missing; expected the key {path[-1]} ({_described(path)})"
        case "extra_forbidden":
            return _unknown_key(path)
        case "literal_error":
            return f"is {_shown(detail['input'])}; expected {context['expected']}"
        case "greater_than_equal":
            return f"is {_shown(detail['input'])}; expected at least {context['ge']}{_described_hint(path)}"
        case "less_than_equal":
            return f"is {_shown(detail['input'])}; expected at most {context['le']}{_described_hint(path)}"
        case "too_short":
            return f"is empty; expected at least {context['min_length']} entry; {_described(path)}"
        case kind:
            return f"is {_shown(detail['input'])}; expected {_EXPECTED.get(kind, detail['msg'])}"


_NOT_YET = {"drills", "business_hours", "rto", "schedule", "approvals"}
"""Words of the product that look like a typing error of a known key, and are not."""


def _unknown_key(path: Path) -> str:
    model = _model_at(path[:-1])
    known = [field.alias or name for name, field in model.model_fields.items()] if model else []
    close = "" if path[-1] in _NOT_YET else nearest(str(path[-1]), known)
    hint = close or "this version does not act on it yet: remove it"
    return f"is an unknown key; expected one of {', '.join(known)}; {hint}"


def _described(path: Path) -> str:
    field = _field_at(path)
    return (field.description or "a value").rstrip(".") if field else "a value"


def _described_hint(path: Path) -> str:
    field = _field_at(path)
    return f"; {field.description.rstrip('.')}" if field and field.description else ""


def _field_at(path: Path) -> Any:
    model = _model_at(path[:-1])
    return (
        next((field for name, field in model.model_fields.items() if path[-1] in {name, field.alias}), None)
        if model
        else None
    )


def _model_at(path: Path) -> type[BaseModel] | None:
    """Return the model of the section at the path: keys of mappings and list positions lead into their values."""
    model: type[BaseModel] | None = FleetDocument
    inside: Any = None
    for part in path:
        if inside is not None:
            model, inside = inside, None
            continue
        field = next((f for name, f in model.model_fields.items() if part in {name, f.alias}), None) if model else None
        if field is None:
            return None
        section, many = _section_of(field.annotation)
        model, inside = (None, section) if many else (section, None)
    return model


def _section_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the section that an annotation holds, and whether it holds many of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    many = getattr(annotation, "__origin__", None) in {list, dict}
    for part in get_args(annotation):
        section, inner_many = _section_of(part)
        if section is not None:
            return section, many or inner_many
    return None, many


def _shown(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return "unreadable"

"""How is a fact of a failure kept? As JSON under a key that follows from what happened."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.errors import BadMessage
from shared.model.failures import Attempt, Fact, Failure, Success, Told

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_KINDS: dict[str, type[Fact]] = {"failure": Failure, "success": Success, "attempt": Attempt, "told": Told}


def fact_key(fact: Fact) -> str:
    """Return the key of a fact: of two looks at one failure it is the same."""
    match fact:
        case Failure():
            return f"failure {fact.id}"
        case Success():
            return f"success {fact.vm_id} {fact.job_id}"
        case Attempt():
            return f"attempt {fact.failure_id} {fact.at.isoformat()}"
        case Told():
            return f"told {fact.key} {fact.alert_key} {fact.at.isoformat()}"


def fact_to_json(fact: Fact) -> str:
    """Return the document {"fact": kind, ...}."""
    kind = next(name for name, noun in _KINDS.items() if isinstance(fact, noun))
    return json.dumps({"fact": kind, **_adapter(kind).dump_python(fact, mode="json")})


def fact_from_json(text: str) -> Fact:
    """Return the fact of a document, or raise BadMessage. Unknown fields are passed over."""
    try:
        document = json.loads(text)
        fact: Fact = _adapter(document.pop("fact")).validate_python(document)
    except (ValueError, KeyError, TypeError, AttributeError) as failure:
        raise BadMessage([f"fact: not readable: {failure}"]) from failure
    return fact


@cache
def _adapter(kind: str) -> "TypeAdapter[Any]":
    """Pydantic is imported on first use: it is slow to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(_KINDS[kind])

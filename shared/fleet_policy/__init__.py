"""What does the operator want? fleet.yaml as a FleetPolicy, or every problem of it at once.

Importing this package loads pydantic and PyYAML (about 0.2 s): import it behind `shared.wiring` or inside functions.
"""

import hashlib
from typing import Any

from pydantic import ValidationError

from shared.errors import BadMessage
from shared.fleet_policy.complaints import complaints
from shared.fleet_policy.cross_checks import cross_checks
from shared.fleet_policy.document import FleetDocument
from shared.fleet_policy.intent import to_policy
from shared.fleet_policy.marks import Marked, Problem, load
from shared.model.intent import FleetPolicy

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

__all__ = ["json_schema", "parse"]


def parse(text: str) -> FleetPolicy:
    """Return the policy of a fleet.yaml document.

    Raises BadMessage, and nothing else, for any text: its `reasons` are all problems in line order, each
    `line N: path.to.key: what is wrong; expected ...; hint`.
    """
    marked = load(text)
    problems = list(marked.problems)
    if not isinstance(marked.data, dict):
        raise BadMessage(_said(problems or [_not_a_mapping(marked)]))
    document: FleetDocument | None = None
    try:
        document = FleetDocument.model_validate(marked.data)
    except ValidationError as error:
        problems += complaints(error, marked)
    problems += cross_checks(marked)
    if problems or document is None:
        raise BadMessage(_said(problems))
    return to_policy(document, hashlib.sha256(text.encode()).hexdigest()[:12])


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of fleet.yaml, for editors."""
    return {"$schema": SCHEMA_DIALECT, **FleetDocument.model_json_schema(by_alias=True)}


def _not_a_mapping(marked: Marked) -> Problem:
    match marked.data:
        case None:
            what = "is empty"
        case list():
            what = "is a list"
        case _:
            what = "is a single value"
    return Problem(
        1, "document", f"{what}; expected a mapping with version, scope, tiers and windows; see docs/fleet-policy.md"
    )


def _said(problems: list[Problem]) -> list[str]:
    return [str(problem) for problem in sorted(set(problems))]

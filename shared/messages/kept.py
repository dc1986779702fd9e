"""How is a noun kept in a row? As a versioned JSON document, read back whole or not at all."""

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.errors import BadMessage
from shared.messages.jobs import object_in, version_of

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1


@dataclass(frozen=True, slots=True)
class Kept[T]:
    """Documents {"version": 1, NAME: ...} of one kind; `what` calls them so in errors, `noun` is their type."""

    name: str
    what: str
    noun: Any

    def to_json(self, value: T) -> str:
        """Return the document."""
        plain = _adapter(self.noun).dump_python(value, mode="json")
        return json.dumps({"version": VERSION, self.name: plain}, allow_nan=False)

    def from_json(self, text: str) -> T:
        """Return what a document holds, or raise BadMessage with every reason. Unknown fields are passed over."""
        document, reasons = object_in(text, self.what), list[str]()
        version_of(document, VERSION, reasons)
        try:
            found: T = _adapter(self.noun).validate_python(document.get(self.name))
        except ValueError as failure:
            reasons.append(f"{self.what}: not readable: {failure}")
        if reasons:
            raise BadMessage(reasons)
        return found


@cache
def _adapter(noun: Any) -> "TypeAdapter[Any]":
    """Pydantic is imported on first use: it is slow to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(noun)

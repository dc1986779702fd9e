"""What did the app tell? Its events, read from the host's log."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

LOGGER = "nightshift"


@dataclass(frozen=True, slots=True)
class Told:
    """One event: the simulated instant at which its invocation began, its name and its fields."""

    at: datetime
    event: str
    fields: dict[str, Any]


def events(log: Path) -> list[Told]:
    """Return the events of the app's invocations, in order."""
    lines = (line for line in log.read_text("utf-8").splitlines() if line.startswith("{"))
    return [_event(line) for line in map(json.loads, lines) if line["logger"] == LOGGER and line["at"]]


def _event(line: dict[str, Any]) -> Told:
    name, _, fields = line["message"].partition(" ")
    return Told(datetime.fromisoformat(line["at"]), name, json.loads(fields))

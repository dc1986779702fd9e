"""What did the app put into its host.json? The part of one extension."""

import json
from pathlib import Path
from typing import Any

from local.host.errors import HostError


def extension(app: Path, name: str) -> dict[str, Any]:
    """Return `extensions.<name>` of the app's host.json, empty where it is absent; raise HostError where it is bad."""
    file = app / "host.json"
    if not file.exists():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8")).get("extensions", {}).get(name, {})
    except (ValueError, AttributeError) as error:
        raise HostError([f"{file}: cannot be read as a JSON object: {error}"]) from error
    if not isinstance(found, dict):
        raise HostError([f"{file}: extensions.{name} is {found!r}; expected an object"])
    return found

"""What shapes of answers were given? One of each is kept in a file, for whoever judges them afterwards."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.arm.messages import Request, Response

FOLDER = "NIGHTSHIFT_LOCAL_ANSWERS"
"""Environment variable: the folder in which each pretend ARM keeps its answers; without it none does."""


class Answers:
    """Keeps the first answer of each shape: method, action, status and the fields of its body."""

    def __init__(self, folder: str = "") -> None:
        """Keep answers in `folder`, one file a process, or nothing where it is ""."""
        self._file = Path(folder) / f"{os.getpid()}.jsonl" if folder else None
        self._seen: set[tuple[object, ...]] = set()

    def keep(self, request: Request, response: Response, action: str) -> None:
        """Keep the answer, if it has a shape that was not there yet."""
        if self._file is None or response.dropped:
            return
        shape = (request.method, action, response.status, frozenset(_paths(response.body)))
        if shape in self._seen:
            return
        self._seen.add(shape)
        line = {
            "method": request.method,
            "path": request.path,
            "status": response.status,
            "headers": response.headers,
            "body": response.body,
        }
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")


def _paths(value: Any, at: str = "") -> Iterator[str]:
    """Yield the dotted path of each field with the type of its value; rows of a list count once."""
    if isinstance(value, list):
        for inner in value:
            yield from _paths(inner, f"{at}[]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(inner, f"{at}.{name}")
    else:
        yield f"{at}:{type(value).__name__}"

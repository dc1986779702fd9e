"""Are the answers judged that other programs get? Each pretend ARM keeps them, and they are judged here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.arm.answers import FOLDER
from tests.local.shapes import WIRE, Answer, Judge


def differences(folder: Path) -> list[str]:
    """Return what is wrong with the answers that were kept in the folder, each line once."""
    judge, found = Judge(WIRE), list[str]()
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            kept = json.loads(line)
            answer = Answer(kept["method"], kept["path"], kept["status"], kept["headers"], kept["body"])
            found += judge.differences(answer)
    return list(dict.fromkeys(found))


@contextmanager
def judging(folder: Path) -> Iterator[None]:
    """Judge what pretend ARMs answer that are started in the block; nothing where the recordings are not there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER, str(folder))
        yield
    if (WIRE / "samples.jsonl").is_file():
        found = differences(folder)
        assert not found, "answers that Azure would not give:\n" + "\n".join(found)

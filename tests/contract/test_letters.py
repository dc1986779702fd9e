"""Are dead letters handed on and removed alike, in memory and in blobs?"""

import pytest

from local.memory.told import MemoryQuarantine
from shared.cloud.quarantine import BlobQuarantine
from tests.contract.stages import Stage


def arrive(stage: Stage, *texts: str) -> None:
    """Let Event Grid leave letters, each in a folder of its own hour."""
    quarantine = stage.ports.quarantine
    if isinstance(quarantine, MemoryQuarantine):
        quarantine.letters += texts
        return
    assert isinstance(quarantine, BlobQuarantine)
    for number, text in enumerate(texts):
        quarantine._letters.write(f"topic/SUBSCRIPTION/2026/3/3/{number}/{number}.json", text, "application/json")


def test_each_letter_is_handed_on_once_and_no_more_than_asked_for(stage: Stage) -> None:
    assert stage.ports.quarantine.given_up(lambda _: None, 5) == 0
    arrive(stage, "one", "two", "three")
    seen: list[str] = []
    assert stage.ports.quarantine.given_up(seen.append, 2) == 2
    assert stage.ports.quarantine.given_up(seen.append, 2) == 1
    assert stage.ports.quarantine.given_up(seen.append, 2) == 0
    assert sorted(seen) == ["one", "three", "two"]


def test_a_letter_that_could_not_be_kept_stays(stage: Stage) -> None:
    arrive(stage, "one")

    def refuse(_: str) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        stage.ports.quarantine.given_up(refuse, 5)
    seen: list[str] = []
    stage.ports.quarantine.given_up(seen.append, 5)
    assert seen == ["one"]


def test_letters_are_no_entries(stage: Stage) -> None:
    arrive(stage, "one")
    assert stage.ports.quarantine.entries() == {}

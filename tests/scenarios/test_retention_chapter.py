"""Does the chapter of lost recovery points end well, and can its table say otherwise?"""

from dataclasses import replace
from pathlib import Path

import pytest

from local import leftovers, retention_chapter
from local.night import CHAPTERS
from local.retention_chapter import Chapter, judged, tell
from local.scenarios.retention_judge import Heard
from shared.model.retention import Cause

pytestmark = pytest.mark.no_cover


@pytest.fixture(scope="module")
def chapter() -> Chapter:
    return tell(10)


def failed(chapter: Chapter) -> list[str]:
    return [f"{check.name}: {check.measured}" for check in judged(chapter)[1] if not check.ok]


def test_every_expectation_of_the_chapter_holds_and_its_report_shows_them(chapter: Chapter, tmp_path: Path) -> None:
    found, checks = judged(chapter)
    assert failed(chapter) == []
    assert found["filled"] == 2
    leftovers.write(tmp_path, replace(chapter.report(), judge=checks), found)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert all(name in html for name in ("vm-00007", "vm-00008", "vm-00026", "soft delete"))
    assert '"expectations"' in (tmp_path / "report.json").read_text("utf-8")


def test_a_silent_app_fails_the_chapter(chapter: Chapter) -> None:
    silent = replace(chapter, heard=Heard(looks=chapter.heard.looks))
    assert len(failed(silent)) >= 7


def test_one_wrong_cause_fails_it(chapter: Chapter) -> None:
    wrong = {
        key: replace(one, causes=frozenset({Cause.UNKNOWN})) if key[0].endswith("vm-00007") else one
        for key, one in chapter.heard.named.items()
    }
    said = replace(chapter, heard=replace(chapter.heard, named=wrong))
    assert len(failed(said)) == 2


def test_the_demo_knows_the_chapter() -> None:
    assert {"retention": retention_chapter.main} == CHAPTERS

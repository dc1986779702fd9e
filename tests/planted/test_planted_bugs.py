"""Can the suite fail? Every bug of the list is planted in a copy of the code, and the test named for it must see it."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.planted.bugs import BUGS, Bug
from tests.planted.forks import Done, Forks, forks

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("bench", "function_app.py", "functions", "local", "nightshift", "pyproject.toml", "shared", "tests")
LEFT_OUT = shutil.ignore_patterns("node_modules", "planted", "*.pyc")
FEWEST = 24


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the code that may be spoiled, and what runs its tests."""

    root: Path
    forks: Forks

    def plant(self, bug: Bug) -> Done:
        """Plant the bug, run its test, and put the file back as it was, its time included."""
        path = self.root / bug.file
        text, times = path.read_text(), path.stat()
        assert text.count(bug.old) == 1, (
            f"{bug.name}: its text is {text.count(bug.old)} times in {bug.file}, expected once: "
            "the code has changed; give the bug its new text in tests/planted/bugs.py"
        )
        path.write_text(text.replace(bug.old, bug.new))
        try:
            return self.forks.run(bug.caught_by)
        finally:
            path.write_text(text)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    if not hasattr(os, "fork"):
        pytest.skip("bugs are planted in forks of one process, and this system cannot fork")
    root = tmp_path_factory.mktemp("planted")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=LEFT_OUT)
        else:
            shutil.copy2(source, root / name)
    with forks(root) as running:
        yield Copy(root, running)
    shutil.rmtree(root)


def test_the_list_is_long_and_its_names_are_different() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= FEWEST


def test_without_a_bug_every_catching_test_passes(copy: Copy) -> None:
    done = copy.forks.run(*sorted({bug.caught_by for bug in BUGS}), keep_bytecode=True)
    assert done.code == pytest.ExitCode.OK, done.said


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_caught_by_its_test(copy: Copy, bug: Bug) -> None:
    done = copy.plant(bug)
    assert done.code == pytest.ExitCode.TESTS_FAILED, f"{bug.name} was not caught by {bug.caught_by}:\n{done.said}"
    assert re.search(r"^FAILED ", done.said, re.MULTILINE), done.said
    assert not re.search(r"^(ERROR |E +(Name|Syntax|Import|Module)\w*Error)", done.said, re.MULTILINE), done.said

"""In which order do tests run, on which examples, which count as coverage, and who judges the pretend ARM's answers?"""

import sys
import threading
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from tests.judged import judging

# The same examples on every machine, and none fails for being slow on a busy one.
settings.register_profile("nightshift", deadline=None, derandomize=True)
settings.load_profile("nightshift")

LONGEST = (
    "tests/stack/test_the_night.py",
    "tests/scenarios/test_scenarios.py",
    "tests/planted/",
    "tests/stack/",
    "tests/rules/test_leveling.py",
    "tests/rules/test_backup_windows.py",
    "tests/rules/test_repair.py",
    "tests/report/test_page",
    "tests/host/",
    "tests/rules/test_local_nights.py",
    "tests/flows/test_breaker.py",
    "tests/cloud/test_wire.py",
    "tests/bench/",
    "tests/scenarios/",
)
"""A file goes to one worker as a whole; a new one that takes half a minute belongs here."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    for item in items:
        # The hundredth drawn example reaches no line that the first did not, and would be counted at thrice its cost.
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker("no_cover")


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, object]:
    """Trace no test that does not count; in a worker, what pytest-cov pauses gives way to the controller's tracer."""
    if item.get_closest_marker("no_cover") is None:
        return (yield)
    here, elsewhere = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(elsewhere)
        sys.settrace(here)


def _place(item: pytest.Item) -> int:
    return next((place for place, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))


@pytest.fixture(scope="session", autouse=True)
def answers_over_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Judge at the end what every pretend ARM answered, in this process and in those that tests start."""
    with judging(tmp_path_factory.mktemp("answers")):
        yield

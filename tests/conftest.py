"""In which order do tests run, on which examples, and which count as coverage? The longest first; one example each."""

import pytest
from hypothesis import settings

# The same examples on every machine, and none fails for being slow on a busy one.
settings.register_profile("nightshift", deadline=None, derandomize=True)
settings.load_profile("nightshift")

LONGEST = (
    "tests/scenarios/test_scenarios.py",
    "tests/planted/",
    "tests/stack/",
    "tests/rules/test_leveling.py",
    "tests/rules/test_repair.py",
    "tests/rules/test_backup_windows.py",
    "tests/flows/test_breaker.py",
    "tests/host/",
    "tests/bench/",
)
"""A file goes to one worker as a whole; a new one that takes half a minute belongs here."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    for item in items:
        # The hundredth drawn example reaches no line that the first did not, and would be counted at thrice its cost.
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker("no_cover")


def _place(item: pytest.Item) -> int:
    return next((place for place, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))

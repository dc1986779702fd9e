"""In which order do the files of tests run? The longest first, so that no worker is left alone with one at the end."""

import pytest

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


def _place(item: pytest.Item) -> int:
    return next((place for place, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))

"""Is what does not count as coverage run without its tracer, whose price is twice the time, and all else with it?"""

import sys
import threading

import pytest


def tracers() -> list[object]:
    """The tracer of this thread, and that of a new one."""
    found: list[object] = [sys.gettrace()]
    thread = threading.Thread(target=lambda: found.append(sys.gettrace()))
    thread.start()
    thread.join()
    return found


@pytest.mark.no_cover
def test_nothing_is_traced_in_a_test_that_does_not_count() -> None:
    assert tracers() == [None, None]


def test_afterwards_all_is_traced_again_where_coverage_is_measured(pytestconfig: pytest.Config) -> None:
    if pytestconfig.pluginmanager.hasplugin("_cov"):
        assert None not in tracers()

"""Does the zone of the machine change what Azure's instants mean?"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from shared.cloud.wire_values import instant


@pytest.fixture(params=["Pacific/Auckland", "America/Los_Angeles"])
def _far_away(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_far_away")
@pytest.mark.parametrize("text", ["2026-03-02T22:30:00", "2026-03-02T22:30:00Z", "2026-03-02T23:30:00+01:00"])
def test_an_instant_without_a_zone_is_utc_wherever_the_app_runs(text: str) -> None:
    assert instant(text) == datetime(2026, 3, 2, 22, 30, tzinfo=UTC)

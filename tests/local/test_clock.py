"""Does a clock that runs by itself run as fast as it says, never back, and without charging for calls?"""

from datetime import UTC, datetime, timedelta

import pytest

from local import fleets
from local.arm.messages import Request
from local.arm.service import Service
from local.clock import Running
from local.fleets import SUBSCRIPTION
from local.world import Limits
from local.world.cloud import Cloud
from local.world.world import EPOCH

SECOND = timedelta(seconds=1)


class Wall:
    """A wall clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def running(wall: Wall) -> Cloud:
    world = fleets.demo(limits=Limits(subscription_reads=2, subscription_reads_refill=0.01))
    return Cloud(world, clock=Running(EPOCH, 60, wall))


def ask(cloud: Cloud) -> tuple[int, str]:
    answer = Service(cloud).handle(Request("GET", f"/subscriptions/{SUBSCRIPTION}", {"api-version": "1"}, {}, "", "me"))
    return answer.status, answer.headers.get("Retry-After", "")


def test_a_second_of_real_time_is_a_minute_at_speed_sixty(wall: Wall, running: Cloud) -> None:
    wall.at += SECOND
    assert running.now() == EPOCH + timedelta(minutes=1)
    assert running.truth()["now"] == "2026-03-02T12:01:00Z"


def test_the_physics_catch_up_when_somebody_calls(wall: Wall, running: Cloud) -> None:
    before = len(running.world.jobs)
    wall.at += timedelta(minutes=14)
    ask(running)
    assert running.world.now == EPOCH + timedelta(hours=14)
    assert len(running.world.jobs) > before


def test_calls_cost_no_simulated_time(running: Cloud) -> None:
    ask(running)
    assert running.world.now == EPOCH


def test_a_jump_goes_ahead_and_never_back(wall: Wall, running: Cloud) -> None:
    assert running.clock_to("2026-03-02T20:00:00Z") == datetime(2026, 3, 2, 20, tzinfo=UTC)
    assert running.clock_to("2026-03-02T13:00:00Z") == datetime(2026, 3, 2, 20, tzinfo=UTC)
    wall.at += SECOND
    assert running.now() == datetime(2026, 3, 2, 20, 1, tzinfo=UTC)


def test_whoever_is_throttled_is_told_real_seconds_and_time_stands_still(wall: Wall, running: Cloud) -> None:
    service = Service(running)
    request = Request("GET", f"/subscriptions/{SUBSCRIPTION}", {"api-version": "1"}, {}, "", "me")
    assert [service.handle(request).status for _ in range(2)] == [200, 200]
    refused = service.handle(request)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "2")
    assert running.world.now == EPOCH
    wall.at += 2 * SECOND
    assert service.handle(request).status == 200


def test_a_stepped_clock_moves_by_what_a_throttled_caller_must_wait() -> None:
    cloud = Cloud(fleets.demo())
    assert cloud.postpone(90) == 0
    assert cloud.now() == EPOCH + timedelta(seconds=90)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_clock_has_to_run(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Running(EPOCH, speed)

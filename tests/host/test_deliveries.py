"""Does the host bring what Azure delivers when it is due, in order with everything else, and tell what came of it?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.certificates import Certificates, write_certificates
from local.post import TIMED_OUT, Answer, Opens, Parcel, Post
from local.post_routes import approach
from tests.host.hosting import Place, RunningHost, running
from tests.host.serving import served
from tests.host.stand_in import ClockWorld, clock_server

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOOK = "/runtime/webhooks/eventgrid?functionName=on_event"


@dataclass
class Sender:
    """Sends parcels through the post of a world, and remembers the answers."""

    world: ClockWorld
    heard: list[tuple[int, datetime]] = field(default_factory=list)

    def told(self, answer: Answer, at: datetime) -> None:
        self.heard.append((answer.status, at))

    def event(self, due: datetime, subject: str) -> None:
        body = f'{{"id": "1", "subject": "{subject}"}}'
        headers = {"aeg-event-type": "Notification"}
        self.world.post.put(due, Parcel(HOOK, body, headers, opens=Opens.EVENTS), self.told)

    def alert(self, due: datetime, opens: Opens = Opens.FUNCTIONS, url: str = "/api/alerts") -> None:
        self.world.post.put(due, Parcel(url, "{}", {"content-type": "application/json"}, opens=opens), self.told)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def world() -> ClockWorld:
    return ClockWorld(MIDNIGHT)


@pytest.fixture(scope="module")
def host(
    world: ClockWorld, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHost]:
    with (
        clock_server(world, certificates) as arm,
        running("events", Place(arm, certificates, tmp_path_factory.mktemp("host")), {}) as found,
    ):
        yield found


@pytest.fixture
def sender(world: ClockWorld) -> Sender:
    return Sender(world)


def run(host: RunningHost, until: datetime) -> list[tuple[str, datetime, bool]]:
    ran: list[dict[str, Any]] = host.control.post("/_local/run", {"until": until.isoformat()})["invocations"]
    return [(record["function"], datetime.fromisoformat(record["at"]), record["ok"]) for record in ran]


def test_events_and_alerts_run_at_the_instants_they_are_due(host: RunningHost, sender: Sender) -> None:
    now = sender.world.now()
    sender.event(now + 5 * MINUTE, "late")
    sender.alert(now + 3 * MINUTE)
    sender.event(now + 11 * MINUTE, "not yet")
    assert run(host, now + 10 * MINUTE) == [
        ("take_alert", now + 3 * MINUTE, True),
        ("on_event", now + 5 * MINUTE, True),
    ]
    assert sender.world.now() == now + 10 * MINUTE
    assert sender.heard == [(202, now + 3 * MINUTE), (202, now + 5 * MINUTE)]
    assert len(run(host, now + 11 * MINUTE)) == 1


def test_a_failed_function_is_told_as_500(host: RunningHost, sender: Sender) -> None:
    now = sender.world.now()
    sender.event(now, "fail")
    assert run(host, now) == [("on_event", now, False)]
    assert sender.heard == [(500, now)]


def test_a_function_that_takes_longer_than_the_sender_waits_is_told_as_timed_out(
    host: RunningHost, sender: Sender
) -> None:
    now = sender.world.now()
    sender.event(now, "slow")
    assert run(host, now) == [("on_event", now, True)]
    assert sender.heard == [(TIMED_OUT, now + timedelta(seconds=45))]


def test_without_the_right_key_or_route_nothing_runs_and_the_sender_hears_why(
    host: RunningHost, sender: Sender
) -> None:
    now = sender.world.now()
    sender.alert(now, Opens.NOTHING)
    sender.alert(now, url="/api/nowhere")
    assert run(host, now) == []
    assert [status for status, _ in sender.heard] == [401, 404]


def test_what_is_not_for_the_app_goes_to_its_own_address(
    host: RunningHost, sender: Sender, certificates: Certificates
) -> None:
    got: list[tuple[bytes, str | None]] = []

    async def take(request: Request) -> Response:
        got.append((await request.body(), request.headers.get("x-functions-key")))
        return Response(status_code=204)

    with served(Starlette(routes=[Route("/hook", take, methods=["POST"])]), certificates) as port:
        sender.alert(sender.world.now(), url=f"https://localhost:{port}/hook")
        run(host, sender.world.now())
    assert got == [(b"{}", None)]
    sender.alert(sender.world.now(), url=f"https://localhost:{port}/hook")
    run(host, sender.world.now())
    assert [status for status, _ in sender.heard] == [204, TIMED_OUT]


def test_what_a_lost_host_held_counts_as_unanswered_after_half_a_minute() -> None:
    post, heard = Post(), list[tuple[int, datetime]]()
    post.put(MIDNIGHT, Parcel("/", "", {}), lambda answer, at: heard.append((answer.status, at)))
    taken = post.take(MIDNIGHT)
    assert taken is not None
    lost = MIDNIGHT + timedelta(seconds=30)
    assert post.first() == lost
    assert post.take(lost) is None
    assert heard == [(TIMED_OUT, lost)]
    post.answer(taken[0], Answer(202), lost)
    assert heard == [(TIMED_OUT, lost)]


def test_what_happens_on_the_way_may_be_due_before_all_that_is_known() -> None:
    """The clock stops where a failure at five past is reported at seven past, not at the parcel of ten past."""

    class Happening(ClockWorld):
        def upcoming(self) -> datetime | None:
            return MIDNIGHT + 5 * MINUTE if self.now() < MIDNIGHT + 5 * MINUTE else None

    world, post = Happening(MIDNIGHT), Post()
    post.put(MIDNIGHT + 10 * MINUTE, Parcel("/known", "", {}), lambda *_: None)
    reported: list[datetime] = []

    def collect() -> None:
        if world.now() >= MIDNIGHT + 5 * MINUTE and not reported:
            reported.append(world.now())
            post.put(world.now() + 2 * MINUTE, Parcel("/new", "", {}), lambda *_: None)

    approach(post, world, collect, MIDNIGHT + 60 * MINUTE)
    assert (reported, world.now()) == ([MIDNIGHT + 5 * MINUTE], MIDNIGHT + 7 * MINUTE)
    taken = post.take(world.now())
    assert taken is not None
    assert taken[1].url == "/new"

"""How does a host fetch what is on its way to the app? Three control routes: come nearer, take one, answer for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.clock import iso, parse
from local.post import Answer, Opens, Parcel, Post

APPROACH_PATH = "/_local/deliveries/approach"
TAKE_PATH = "/_local/deliveries/take"
ANSWER_PATH = "/_local/deliveries/answer"


class Clock(Protocol):
    """The clock by which parcels are due."""

    def now(self) -> datetime:
        """Return the simulated instant."""

    def clock_to(self, instant: datetime) -> datetime:
        """Move to `instant`, never back, and return where the clock stands."""

    def upcoming(self) -> datetime | None:
        """Return when something happens next that may send a parcel; None where nothing is known to."""


def routes(post: Post, clock: Clock, collect: Callable[[], None]) -> list[Route]:
    """Return the routes; `collect` puts into the post what has happened up to now."""

    async def nearer(request: Request) -> Response:
        approach(post, clock, collect, parse((await request.json())["to"]))
        return JSONResponse({"now": iso(clock.now())})

    async def take(_: Request) -> Response:
        collect()
        taken = post.take(clock.now())
        return JSONResponse({} if taken is None else {"number": taken[0], **_body(taken[1])})

    async def answer(request: Request) -> Response:
        said = await request.json()
        heard = Answer(int(said["status"]), said.get("headers", {}), said.get("body", ""))
        post.answer(int(said["number"]), heard, clock.now())
        return JSONResponse({})

    return [
        Route(APPROACH_PATH, nearer, methods=["POST"]),
        Route(TAKE_PATH, take, methods=["POST"]),
        Route(ANSWER_PATH, answer, methods=["POST"]),
    ]


def approach(post: Post, clock: Clock, collect: Callable[[], None], to: datetime) -> None:
    """Move the clock to `to`, or only to where the first parcel is due.

    What happens on the way may send a parcel that is due before all that are known, so time passes event by event.
    """
    while True:
        collect()
        due, event = post.first(), clock.upcoming()
        target = min(to, due) if due else to
        if event is None or event > target:
            clock.clock_to(target)
            collect()
            return
        clock.clock_to(event)


def parcel_of(taken: dict[str, Any]) -> Parcel:
    """Return the parcel that `take` gave out."""
    return Parcel(taken["url"], taken["text"], taken["headers"], taken["method"], Opens(taken["opens"]))


def _body(parcel: Parcel) -> dict[str, Any]:
    return {
        "url": parcel.url,
        "text": parcel.body,
        "headers": dict(parcel.headers),
        "method": parcel.method,
        "opens": parcel.opens,
    }

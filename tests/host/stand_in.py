"""What stands in for the pretend ARM in the host's tests? A clock behind the same control addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local import post_routes
from local.certificates import Certificates
from local.post import Post
from tests.host.serving import served


@dataclass
class ClockWorld:
    """A simulated clock that moves as it is told, and remembers who was announced."""

    instant: datetime
    callers: list[str] = field(default_factory=list)
    post: Post = field(default_factory=Post)

    def now(self) -> datetime:
        return self.instant

    def advance(self, to: datetime) -> None:
        assert to >= self.instant, "the clock never goes back"
        self.instant = to

    def wait(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)

    def clock_to(self, instant: datetime) -> datetime:
        self.instant = max(self.instant, instant)
        return self.instant

    def upcoming(self) -> datetime | None:
        return None

    def announce(self, caller: str) -> datetime:
        self.callers.append(caller)
        return self.instant


@contextmanager
def clock_server(world: ClockWorld, certificates: Certificates) -> Iterator[str]:
    """Serve `world` over TLS and give its address."""

    async def clock(request: Request) -> JSONResponse:
        if request.method == "POST":
            world.advance(datetime.fromisoformat((await request.json())["to"]))
        return JSONResponse({"now": world.now().isoformat()})

    async def wait(request: Request) -> JSONResponse:
        world.wait((await request.json())["seconds"])
        return JSONResponse({})

    async def caller(request: Request) -> JSONResponse:
        world.announce((await request.json())["label"])
        return JSONResponse({"now": world.now().isoformat()})

    app = Starlette(
        routes=[
            Route("/_local/clock", clock, methods=["GET", "POST"]),
            Route("/_local/wait", wait, methods=["POST"]),
            Route("/_local/caller", caller, methods=["POST"]),
            *post_routes.routes(world.post, world, lambda: None),
        ]
    )
    with served(app, certificates) as port:
        yield f"https://localhost:{port}"

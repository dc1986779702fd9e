"""What does the host offer over HTTP? The app's routes, Azure's admin address, and control of simulated time."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.host.bindings import Hosted, HttpFunction, TimerFunction
from local.host.invocations import Invocation, Invocations
from local.host.lease import Lease
from local.host.monitor import Monitor
from local.host.queues import Queues
from local.host.routes import function_route, route_prefix
from local.host.timers import Timers
from local.host.world import World


@dataclass(slots=True)
class Host:
    """One running host of one app: its functions, its queues, and the timers once it holds the lease."""

    functions: Sequence[Hosted]
    world: World
    invocations: Invocations
    lease: Lease
    monitor: Monitor
    queues: Queues
    _timers: Timers | None = None
    _one_run_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def timer_functions(self) -> list[TimerFunction]:
        """The functions that timers trigger, in the app's order."""
        return [function for function in self.functions if isinstance(function, TimerFunction)]

    def lead(self) -> bool:
        """Take the lease if it is free and start the timers; say whether this host runs them."""
        if self.lease.held and self._timers is not None:
            return True
        self._timers = None
        if self.lease.take():
            self._timers = Timers(self.timer_functions, self.world, self.monitor, self.invocations)
        return self._timers is not None

    async def run(self, until: datetime) -> list[Invocation]:
        """Run every timer and message that falls due by `until`, in order, and leave the clock at `until` or later.

        Where another host holds the lease, nothing runs and the clock is left alone.
        """
        ran: list[Invocation] = []
        async with self._one_run_at_a_time:
            while self.lead() and self._timers is not None:
                invocation = await self._step(self._timers, until)
                if invocation is None:
                    if self.world.now() < until:
                        self.world.advance(until)
                    break
                ran.append(invocation)
        return ran

    async def _step(self, timers: Timers, until: datetime) -> Invocation | None:
        """Run what is due first, if it is due by `until`. Messages that are due run before any timer."""
        while (message_due := self.queues.due()) is not None and message_due <= until:
            if message_due > self.world.now():
                if (timer_due := timers.due()) is not None and timer_due < message_due:
                    break
                self.world.advance(message_due)
            if (invocation := await self.queues.step()) is not None:
                return invocation
        return await timers.step(until)

    def status(self) -> dict[str, object]:
        """Return what the host does now, as JSON values."""
        upcoming = self._timers.upcoming() if self._timers else {}
        return {
            "now": self.world.now().isoformat(),
            "leads": self.lease.held,
            "functions": [function.name for function in self.functions],
            "next": {name: occurrence.isoformat() for name, occurrence in upcoming.items()},
            "invocations": dict(self.invocations.counts),
        }


def application(host: Host, app: Path) -> Starlette:
    """Return the web application of `host` for the app in folder `app`."""
    prefix = route_prefix(app)

    async def run(request: Request) -> Response:
        until = _instant(await request.body())
        if until is None:
            return JSONResponse({"error": 'expected {"until": an ISO instant with its UTC offset}'}, 400)
        ran = await host.run(until)
        return JSONResponse({"leads": host.lease.held, "invocations": [invocation.body() for invocation in ran]})

    async def run_now(request: Request) -> Response:
        name = request.path_params["name"]
        for function in host.timer_functions:
            if function.name == name:
                # Azure answers before the function ends. Here its effects are there when the answer is.
                invocation = await host.invocations.tick(function, None, past_due=False)
                return JSONResponse(invocation.body(), 202)
        return JSONResponse({"error": f"no timer function is named {name}"}, 404)

    async def status(_: Request) -> Response:
        return JSONResponse(host.status())

    http = [function for function in host.functions if isinstance(function, HttpFunction)]
    return Starlette(
        routes=[
            Route("/_local/run", run, methods=["POST"]),
            Route("/_local/status", status),
            Route("/admin/functions/{name}", run_now, methods=["POST"]),
            *(function_route(function, prefix, host.invocations) for function in http),
        ]
    )


def _instant(body: bytes) -> datetime | None:
    try:
        instant = datetime.fromisoformat(json.loads(body)["until"])
    except (ValueError, KeyError, TypeError):
        return None
    return instant if instant.tzinfo else None

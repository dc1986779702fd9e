"""What does the host offer over HTTP? The app's routes, Azure's admin address, and control of simulated time."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from local.host.bindings import Hosted, TimerFunction
from local.host.deliveries import Brings
from local.host.doors import Doors
from local.host.invocations import Invocation, Invocations
from local.host.lease import Lease
from local.host.monitor import Monitor
from local.host.queues import Queues
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
    deliveries: Brings
    doors: Doors
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
        """Run everything that falls due by `until`, in order, and leave the clock at `until` or later.

        Where another host holds the lease, nothing runs and the clock is left alone.
        """
        ran: list[Invocation] = []
        async with self._one_run_at_a_time:
            while self.lead() and self._timers is not None:
                invocations = await self._step(self._timers, until)
                if invocations is None:
                    break
                ran += invocations
        return ran

    async def _step(self, timers: Timers, until: datetime) -> list[Invocation] | None:
        """Run what is due first; None where nothing is due by `until`. Of one instant, messages come before timers."""
        now = self.world.now()
        while True:
            message_due, timer_due, reached = self.queues.due(), timers.due(), min(now, until)
            if message_due is not None and message_due <= reached:
                if (invocation := await self.queues.step()) is not None:
                    return [invocation]
                now = self.world.now()
            elif (delivered := await self.deliveries.step()) is not None:
                return delivered
            elif timer_due is not None and timer_due <= reached:
                return [ran for ran in [await timers.step(until)] if ran is not None]
            elif now >= until:
                return None
            else:
                now = self.deliveries.approach(min(due for due in (message_due, timer_due, until) if due is not None))

    def status(self) -> dict[str, object]:
        """Return what the host does now, as JSON values."""
        upcoming = self._timers.upcoming() if self._timers else {}
        return {
            "now": self.world.now().isoformat(),
            "leads": self.lease.held,
            "functions": [function.name for function in self.functions],
            "next": {name: occurrence.isoformat() for name, occurrence in upcoming.items()},
            "invocations": dict(self.invocations.counts),
            "routes": self.doors.routes,
            "keys": self.doors.keys.body(),
        }


def application(host: Host) -> Starlette:
    """Return the web application of `host`: control and admin addresses, and the app's own doors."""

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

    return Starlette(
        routes=[
            Route("/_local/run", run, methods=["POST"]),
            Route("/_local/status", status),
            Route("/admin/functions/{name}", run_now, methods=["POST"]),
            Mount("/", host.doors.web),
        ]
    )


def _instant(body: bytes) -> datetime | None:
    try:
        instant = datetime.fromisoformat(json.loads(body)["until"])
    except (ValueError, KeyError, TypeError):
        return None
    return instant if instant.tzinfo else None

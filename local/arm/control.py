"""How do the host and the judge steer the pretend Azure over HTTP? The `/_local/` routes, outside any budget."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.clock import iso
from local.world.cloud import Cloud
from local.world.state import Refused


def routes(cloud: Cloud) -> list[Route]:
    """Return the control routes over `cloud`: clock, wait, caller, log, truth, human, failing and faults."""

    async def read_clock(_: Request) -> Response:
        return _clock(cloud)

    async def set_clock(request: Request) -> Response:
        cloud.clock_to((await request.json())["to"])
        return _clock(cloud)

    async def wait(request: Request) -> Response:
        seconds = float((await request.json())["seconds"])
        if cloud.clock:
            await asyncio.sleep(seconds / cloud.clock.speed)
        else:
            cloud.wait(seconds)
        return _clock(cloud)

    async def caller(request: Request) -> Response:
        cloud.caller(str((await request.json())["label"]))
        return JSONResponse({"label": cloud.label, "now": iso(cloud.now())})

    async def log(_: Request) -> Response:
        return JSONResponse(cloud.log)

    async def truth(_: Request) -> Response:
        return JSONResponse(cloud.truth())

    async def human(request: Request) -> Response:
        what: dict[str, Any] = await request.json()
        cloud.human(str(what.pop("kind")), **what)
        return JSONResponse({"done": True})

    async def failing(request: Request) -> Response:
        names: list[str] = (await request.json())["vms"]
        cloud.fail(names)
        return JSONResponse({"failing": len(names)})

    async def failures(request: Request) -> Response:
        cloud.fail_in_all_ways(float((await request.json())["rate"]))
        return JSONResponse({})

    async def faults(request: Request) -> Response:
        document = await request.json()
        cloud.set_faults(document.get("name") or document)
        return JSONResponse({"rules": len(cloud.faults.rules), "world": len(cloud.faults.mishaps)})

    return [
        Route("/_local/clock", read_clock, methods=["GET"]),
        Route("/_local/clock", set_clock, methods=["POST"]),
        Route("/_local/wait", wait, methods=["POST"]),
        Route("/_local/caller", caller, methods=["POST"]),
        Route("/_local/log", log, methods=["GET"]),
        Route("/_local/truth", truth, methods=["GET"]),
        Route("/_local/human", human, methods=["POST"]),
        Route("/_local/failing", failing, methods=["POST"]),
        Route("/_local/failures", failures, methods=["POST"]),
        Route("/_local/faults", faults, methods=["POST"]),
    ]


def refused(_: Request, error: Exception) -> Response:
    """Answer 400 with the reason to a control call that the world refuses or that cannot be read."""
    reason = error.message if isinstance(error, Refused) else repr(error)
    return JSONResponse({"error": {"code": getattr(error, "code", "BadControl"), "message": reason}}, status_code=400)


def _clock(cloud: Cloud) -> Response:
    return JSONResponse({"now": iso(cloud.now())})

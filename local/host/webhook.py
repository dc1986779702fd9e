"""How do events reach the functions? By the webhook of the Event Grid extension: handshakes, and one run an event."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local.host.bindings import EventGridFunction
from local.host.invocations import CAUSED, Invocations
from local.host.keys import Keys, Level

PATH = "/runtime/webhooks/{extension}"
EXTENSION = "eventgrid"
_log = logging.getLogger("nightshift.local.host")


def webhook_route(functions: Mapping[str, EventGridFunction], invocations: Invocations, keys: Keys) -> Route:
    """Return the route to the Event Grid functions, by their names.

    Event Grid hears 202 or 500 and nothing else: a function cannot tell it not to send again.
    """

    async def answer(request: Request) -> Response:
        if not keys.admit(Level.SYSTEM, request.headers, request.query_params):
            return Response(status_code=401)
        name = request.query_params.get("functionName", "")
        function = functions.get(name)
        if request.path_params["extension"].lower() != EXTENSION or function is None:
            return PlainTextResponse(f"cannot find function: '{name}'", 404)
        if request.method == "OPTIONS":
            return _allowed(request)
        try:
            events = _events(await request.body())
        except ValueError as error:
            return PlainTextResponse(f"the body is no JSON: {error}", 500)
        match request.headers.get("aeg-event-type", "").lower():
            case "notification":
                return await _notify(function, events, invocations, request.scope.get(CAUSED, []))
            case "subscriptionvalidation":
                return JSONResponse({"validationResponse": events[0]["data"]["validationCode"]})
            case "unsubscribe":
                return Response(status_code=202)
        return Response(status_code=400)

    return Route(PATH, answer, methods=["POST", "OPTIONS"])


async def _notify(
    function: EventGridFunction, events: list[Any], invocations: Invocations, caused: list[object]
) -> Response:
    """Run the function once for each event, also after one of them failed; a failure fails the whole array."""
    ran = [await invocations.notify(function, json.dumps(event, ensure_ascii=False)) for event in events]
    caused.extend(ran)
    errors = [invocation.error for invocation in ran if invocation.error is not None]
    return PlainTextResponse(errors[0], 500) if errors else Response(status_code=202)


def _events(body: bytes) -> list[Any]:
    """Return the events of an array, or the only one of an object."""
    read = json.loads(body or b"[]")
    return read if isinstance(read, list) else [read]


def _allowed(request: Request) -> Response:
    """Answer the handshake of CloudEvents 1.0: whoever asks may send."""
    origin = request.headers.get("webhook-request-origin")
    if origin is None:
        return Response(status_code=400)
    return Response(status_code=200, headers={"Webhook-Allowed-Origin": origin})

"""How does HTTP reach the functions? Their routes, with the methods they name and the key that they ask for."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.host.bindings import HttpFunction
from local.host.errors import HostError
from local.host.host_json import extension
from local.host.invocations import CAUSED, Invocations
from local.host.keys import Keys
from local.host.worker import Message, Outcome, TypedData

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_PARAMETER = re.compile(r"\{(\*?)(\w+)\}")
_ANY_BRACES = re.compile(r"\{[^}]*\}")

type Endpoint = Callable[[Request], Awaitable[Response]]


def route_prefix(app: Path) -> str:
    """Return what stands before every route: `extensions.http.routePrefix` of host.json, else `api`."""
    return str(extension(app, "http").get("routePrefix", "api")).strip("/")


def route_path(function: HttpFunction, prefix: str) -> str:
    """Return the path of a function as its app wrote it, parameters in braces."""
    template = "/".join(part for part in ("", prefix, function.route.strip("/")) if part or not prefix)
    return "/" + template.strip("/")


def function_route(function: HttpFunction, prefix: str, invocations: Invocations, keys: Keys) -> Route:
    """Return the route of one function; raise HostError for a template that is not understood here."""
    path = route_path(function, prefix)
    if strange := [found for found in _ANY_BRACES.findall(path) if not _PARAMETER.fullmatch(found)]:
        raise HostError([f"route of '{function.name}': {', '.join(strange)}; expected {{name}} or {{*name}}"])
    pattern = _PARAMETER.sub(lambda found: f"{{{found[2]}:path}}" if found[1] else f"{{{found[2]}}}", path)
    return Route(pattern, _endpoint(function, invocations, keys), methods=METHODS)


def _endpoint(function: HttpFunction, invocations: Invocations, keys: Keys) -> Endpoint:
    async def answer(request: Request) -> Response:
        # Azure matches the method together with the route: another method is not found rather than not allowed.
        if function.methods and request.method not in function.methods:
            return Response(status_code=404)
        if not keys.admit(function.level, request.headers, request.query_params):
            return Response(status_code=401)
        invocation, outcome = await invocations.answer(function, await _message(request))
        request.scope.get(CAUSED, []).append(invocation)
        return _response(outcome)

    return answer


async def _message(request: Request) -> Message:
    body = await request.body()
    return Message(
        method=request.method,
        url=str(request.url),
        headers=dict(request.headers),
        query=dict(request.query_params),
        params={name: str(value) for name, value in request.path_params.items()},
        body=TypedData(bytes=body) if body else TypedData(),
    )


def _response(outcome: Outcome) -> Response:
    if outcome.error is not None:
        return Response(status_code=500)
    if outcome.returned is None:
        return Response(status_code=204)
    kind = outcome.returned.WhichOneof("data")
    if kind != "http":
        return Response(getattr(outcome.returned, kind), media_type="text/plain")
    answer: Any = outcome.returned.http
    response = Response(answer.body.bytes, int(answer.status_code), dict(answer.headers))
    for cookie in answer.cookies or ():
        response.set_cookie(cookie.name, cookie.value)
    return response

"""How does the pretend ARM meet HTTP? A Starlette app around the service and the control routes."""

import json
from typing import Any
from urllib.parse import unquote

import jwt
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from local.arm import control
from local.arm.messages import Request, Response
from local.arm.service import Service, normal
from local.world.cloud import Cloud
from local.world.state import Json, Refused

DROP = "local.drop"
"""Key of the scope's state: a callable that closes the connection without an answer. The server adds it."""
_METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"]


class Dropped(HttpResponse):
    """An answer that never comes: the connection is closed instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection where the server allows it."""
        drop = scope.get("state", {}).get(DROP)
        if drop is None:
            await HttpResponse(status_code=502)(scope, receive, send)
        else:
            drop()


def application(cloud: Cloud) -> Starlette:
    """Return the app: ARM on every path, the control API on `/_local/`."""
    service = Service(cloud)

    async def arm(request: HttpRequest) -> HttpResponse:
        raw = await request.body()
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = {}
        return _http(service.handle(_request(request, body if isinstance(body, dict) else {})))

    handlers: Any = dict.fromkeys((Refused, ValueError, KeyError, TypeError), control.refused)
    return Starlette(
        routes=[*control.routes(cloud), Route("/{path:path}", arm, methods=_METHODS)], exception_handlers=handlers
    )


def _request(request: HttpRequest, body: Json) -> Request:
    return Request(
        method=request.method,
        path=normal(unquote(request.scope["path"])),
        query={_query_name(key): value for key, value in request.query_params.items()},
        body=body,
        origin=f"{request.url.scheme}://{request.headers.get('host', 'localhost')}",
        caller=_caller(request.headers.get("authorization", "")),
    )


def _query_name(name: str) -> str:
    known = {"$skiptoken": "$skipToken", "$filter": "$filter", "api-version": "api-version"}
    return known.get(name.lower(), name)


def _caller(authorization: str) -> str:
    """Return who the bearer token speaks for; "" without one. Its signature is not our business."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token:
        return ""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return "unknown"
    return str(claims.get("oid") or claims.get("appid") or "unknown")


def _http(response: Response) -> HttpResponse:
    if response.dropped:
        return Dropped()
    if response.body is None:
        return HttpResponse(status_code=response.status, headers=response.headers)
    content = json.dumps(response.body, separators=(",", ":"))
    return HttpResponse(content, response.status, response.headers, "application/json; charset=utf-8")

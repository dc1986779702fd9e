"""How does the pretend ARM meet HTTP? A Starlette app around the service and the control routes."""

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from local import identity
from local.arm import control
from local.arm.answers import FOLDER, Answers
from local.arm.gate import Gate
from local.arm.gate import routes as gate_routes
from local.arm.messages import Request, Response, error
from local.arm.service import Service, normal
from local.world.cloud import Cloud
from local.world.state import Json, Refused

DROP = "local.drop"
"""Key of the scope's state: a callable that closes the connection without an answer. The server adds it."""
_METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"]
_AUDIENCES = ("https://management.core.windows.net", "https://management.azure.com")
"""Whom a token for Azure Resource Manager may be made for: `az` asks for the first, the SDKs for the second."""


class Dropped(HttpResponse):
    """An answer that never comes: the connection is closed instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection where the server allows it."""
        drop = scope.get("state", {}).get(DROP)
        if drop is None:
            await HttpResponse(status_code=502)(scope, receive, send)
        else:
            drop()


def application(cloud: Cloud, beside: Sequence[Route] = ()) -> Starlette:
    """Return the app: ARM on every path, the control API on `/_local/`, and other routes beside them."""
    service, gate, answers = Service(cloud), Gate(), Answers(os.environ.get(FOLDER, ""))

    async def arm(request: HttpRequest) -> HttpResponse:
        claims = identity.claims(request.headers.get("authorization", ""))
        if claims and (refusal := _stranger(claims, request)):
            return _http(error(401, *refusal))
        raw = await request.body()
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = {}
        caller = str(claims.get("oid") or claims.get("appid") or "unknown") if claims else ""
        asked = _request(request, body if isinstance(body, dict) else {}, caller)
        response = service.handle(asked)
        answers.keep(asked, response, cloud.log[-1]["action"])
        await gate.passes(cloud.log[-1])
        return _http(response)

    handlers: Any = dict.fromkeys((Refused, ValueError, KeyError, TypeError), control.refused)
    beside = [*beside, *control.routes(cloud), *gate_routes(gate)]
    return Starlette(
        routes=[*beside, Route("/{path:path}", arm, methods=_METHODS)],
        exception_handlers=handlers,
    )


def _request(request: HttpRequest, body: Json, caller: str) -> Request:
    return Request(
        method=request.method,
        path=normal(unquote(request.scope["path"])),
        query={_query_name(key): value for key, value in request.query_params.items()},
        body=body,
        origin=f"{request.url.scheme}://{request.headers.get('host', 'localhost')}",
        caller=caller,
    )


def _query_name(name: str) -> str:
    known = {"$skiptoken": "$skipToken", "$filter": "$filter", "api-version": "api-version"}
    return known.get(name.lower(), name)


def _stranger(claims: Json, request: HttpRequest) -> tuple[str, str] | None:
    """Return the code and message for a token that was made for somebody else, or cannot be read or used any more."""
    if reason := claims.get("invalid"):
        expired = "expired" in reason
        return (
            "ExpiredAuthenticationToken" if expired else "InvalidAuthenticationToken",
            f"The access token: {reason}.",
        )
    audience = str(claims.get("aud", "")).rstrip("/").lower()
    if audience in {*_AUDIENCES, str(request.base_url).rstrip("/").lower()}:
        return None
    known = ", ".join(f"'{one}/'" for one in _AUDIENCES)
    message = (
        f"The access token has been obtained for wrong audience or resource '{audience}'. It should match {known}."
    )
    return "InvalidAuthenticationTokenAudience", message


def _http(response: Response) -> HttpResponse:
    if response.dropped:
        return Dropped()
    if response.body is None:
        return HttpResponse(status_code=response.status, headers=response.headers)
    content = json.dumps(response.body, separators=(",", ":"))
    return HttpResponse(content, response.status, response.headers, "application/json; charset=utf-8")

"""Who is the app? A managed identity endpoint (App Service protocol), the tokens it issues, and what they claim."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.clock import real_now

TENANT = "00000000-0000-0000-0000-0000000000aa"
PRINCIPAL = "00000000-0000-0000-0000-0000000000a1"
"""The app's object id: the caller of its writes in the activity log."""
CLIENT = "00000000-0000-0000-0000-0000000000c1"


@dataclass(frozen=True, slots=True)
class Principal:
    """An identity: its object id, and the client id under which it signs in."""

    object: str
    client: str


APP = Principal(PRINCIPAL, CLIENT)
_KEY = "local-azure-tokens-are-signed-but-nobody-here-verifies-them"
_LIFE = timedelta(hours=8)


def token(audience: str, principal: Principal = APP) -> tuple[str, int]:
    """Return a token for `audience` and its expiry in real epoch seconds; Azurite's `--oauth basic` accepts it."""
    now = real_now()
    expires = int((now + _LIFE).timestamp())
    issued = int((now - timedelta(minutes=5)).timestamp())
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": issued,
        "nbf": issued,
        "exp": expires,
        "tid": TENANT,
        "oid": principal.object,
        "sub": principal.object,
        "appid": principal.client,
        "ver": "1.0",
    }
    return jwt.encode(claims, _KEY, algorithm="HS256"), expires


def claims(authorization: str) -> dict[str, Any]:
    """Return what a bearer token claims, {} without one. Its signature is not our business.

    Of one that cannot be read or has expired, `invalid` tells the reason and `aud` is "".
    """
    kind, _, text = authorization.partition(" ")
    if kind.lower() != "bearer" or not text:
        return {}
    try:
        return dict(jwt.decode(text, options={"verify_signature": False, "verify_exp": True}))
    except jwt.InvalidTokenError as invalid:
        return {"aud": "", "invalid": str(invalid)}


def application(secret: str, audiences: list[str] | None = None) -> Starlette:
    """Return the endpoint's app, which answers callers that know `secret`.

    `audiences` collects what was asked for, in order.
    """

    async def issue(request: Request) -> Response:
        if request.headers.get("x-identity-header") != secret:
            return JSONResponse({"statusCode": 401, "message": "X-IDENTITY-HEADER is wrong or missing."}, 401)
        resource = request.query_params.get("resource", "")
        if not resource:
            return JSONResponse({"statusCode": 400, "message": "resource is missing."}, 400)
        if audiences is not None:
            audiences.append(resource)
        text, expires = token(resource)
        return JSONResponse(
            {
                "access_token": text,
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": CLIENT,
            }
        )

    return Starlette(routes=[Route("/msi/token", issue, methods=["GET"])])

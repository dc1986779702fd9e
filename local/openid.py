"""How does a person or a program sign in? OpenID configuration and tokens for client credentials, at one tenant."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.identity import TENANT, Principal, token

OPERATOR = Principal("00000000-0000-0000-0000-0000000000a2", "00000000-0000-0000-0000-0000000000c2")
"""Whoever signs in here: the caller of its writes in the activity log."""
_AUDIENCES = ["https://management.core.windows.net/", "https://management.azure.com/"]
"""`az` takes its tokens for the first."""


def routes(secret: str) -> list[Route]:
    """Return the addresses of the tenant's authority and of the cloud's metadata; OPERATOR signs in with `secret`."""

    async def metadata(request: Request) -> Response:
        return JSONResponse(_metadata(_origin(request)))

    async def configuration(request: Request) -> Response:
        authority = f"{_origin(request)}/{TENANT}"
        return JSONResponse(
            {
                "issuer": f"{authority}/v2.0",
                "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
                "token_endpoint": f"{authority}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "jwks_uri": f"{authority}/discovery/v2.0/keys",
            }
        )

    async def issue(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        if form.get("grant_type") != "client_credentials":
            return _refused("unsupported_grant_type", "AADSTS70003", "expected grant_type client_credentials")
        if (form.get("client_id"), form.get("client_secret")) != (OPERATOR.client, secret):
            return _refused("invalid_client", "AADSTS7000215", "client_id or client_secret is wrong")
        audience = form.get("scope", "").split(" ")[0].removesuffix("/.default") or form.get("resource", "")
        if not audience:
            return _refused("invalid_scope", "AADSTS70011", "expected a scope that ends with /.default")
        text, _ = token(audience, OPERATOR)
        return JSONResponse({"token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600, "access_token": text})

    return [
        Route("/metadata/endpoints", metadata),
        Route(f"/{TENANT}/v2.0/.well-known/openid-configuration", configuration),
        Route(f"/{TENANT}/oauth2/v2.0/token", issue, methods=["POST"]),
    ]


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


def _refused(error: str, code: str, reason: str) -> Response:
    return JSONResponse({"error": error, "error_description": f"{code}: {reason}."}, 401)


def _metadata(origin: str) -> dict[str, object]:
    """Return the endpoints of this cloud as Azure Resource Manager tells them (api-version 2022-09-01)."""
    return {
        "name": "LocalAzure",
        "resourceManager": f"{origin}/",
        "portal": f"{origin}/",
        "authentication": {
            "loginEndpoint": f"{origin}/",
            "audiences": _AUDIENCES,
            "tenant": TENANT,
            "identityProvider": "AAD",
        },
        "suffixes": {"storage": "core.windows.net", "keyVaultDns": "vault.azure.net"},
    }

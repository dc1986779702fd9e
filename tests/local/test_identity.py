"""Does the managed identity endpoint speak the App Service protocol, and do its tokens say the right things?"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import jwt
import pytest
from azure.identity import DefaultAzureCredential
from starlette.applications import Starlette
from starlette.types import Message, Scope

from local import identity
from tests.local.arm_server import RunningArm, running_arm


@pytest.fixture(scope="module")
def arm() -> Iterator[RunningArm]:
    with running_arm() as running:
        yield running


def claims_of(token: str) -> dict[str, object]:
    found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return found


@pytest.mark.parametrize("audience", ["https://management.azure.com", "https://storage.azure.com"])
def test_the_real_credential_gets_a_token_for_each_audience(
    arm: RunningArm, monkeypatch: pytest.MonkeyPatch, audience: str
) -> None:
    for name, value in arm.env.items():
        monkeypatch.setenv(name, value)
    token = DefaultAzureCredential().get_token(f"{audience}/.default")
    claims = claims_of(token.token)
    assert str(claims["aud"]).rstrip("/") == audience
    assert claims["iss"] == f"https://sts.windows.net/{identity.TENANT}/"
    assert claims["oid"] == identity.PRINCIPAL
    assert claims["exp"] == token.expires_on


def test_token_lifetimes_are_real_time_not_simulated_time() -> None:
    text, expires = identity.token("https://management.azure.com")
    remaining = datetime.fromtimestamp(expires, UTC) - datetime.fromtimestamp(jwt_issued(text), UTC)
    assert remaining.total_seconds() > 3600
    jwt.decode(text, options={"verify_signature": False, "verify_exp": True, "verify_nbf": True})


def jwt_issued(text: str) -> int:
    issued = claims_of(text)["iat"]
    assert isinstance(issued, int)
    return issued


def test_the_endpoint_answers_only_those_who_know_the_secret() -> None:
    asked: list[str] = []
    app = identity.application("local", asked)
    assert status(app, b"wrong", b"resource=https://r") == 401
    assert status(app, b"local", b"") == 400
    assert status(app, b"local", b"resource=https://r") == 200
    assert asked == ["https://r"]


def status(app: Starlette, secret: bytes, query: bytes) -> int:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/msi/token",
        "query_string": query,
        "headers": [(b"x-identity-header", secret)],
    }
    asyncio.run(app(scope, receive, send))
    found: int = sent[0]["status"]
    return found

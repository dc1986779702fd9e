"""How is a request handed on to another server? As it came, over one connection that is kept open."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

PATIENCE_SECONDS = 60.0
_OF_ONE_CONNECTION = frozenset(
    {"accept-encoding", "connection", "content-length", "date", "expect", "host", "keep-alive", "transfer-encoding"}
)
"""Headers that belong to one connection, or that each server writes itself."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` is still percent-encoded, `query` is not."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def asking(self, **parameters: str) -> "Request":
        """Return the request with these query parameters added or replaced."""
        return replace(self, query={**self.query, **parameters})


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Upstream:
    """The server of `url`, which is https, trusted by `ca`. Paths come with the requests. For one caller at a time."""

    def __init__(self, url: str, ca: Path) -> None:
        self._address = urlsplit(url)
        self._context = ssl.create_default_context(cafile=str(ca))
        self._connection: http.client.HTTPSConnection | None = None

    def send(self, request: Request) -> Response:
        """Hand the request on and return the answer; raise OSError or HTTPException where there is none."""
        connection, self._connection = self._connection or self._connect(), None
        try:
            answer = _ask(connection, request)
        except (http.client.BadStatusLine, BrokenPipeError, ConnectionResetError):
            # The server closed an idle connection; nothing of this request was taken.
            connection.close()
            connection = self._connect()
            answer = _ask(connection, request)
        self._connection = connection
        return answer

    def _connect(self) -> http.client.HTTPSConnection:
        host, port = self._address.hostname or "127.0.0.1", self._address.port
        return http.client.HTTPSConnection(host, port, timeout=PATIENCE_SECONDS, context=self._context)


def _ask(connection: http.client.HTTPSConnection, request: Request) -> Response:
    target = f"{request.path}?{urlencode(request.query)}" if request.query else request.path
    connection.request(request.method, target, request.body, _kept(request.headers))
    answer = connection.getresponse()
    body = answer.read()
    return Response(answer.status, _kept(dict(answer.getheaders())), body)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() not in _OF_ONE_CONNECTION}

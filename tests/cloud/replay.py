"""How does a test play Azure to the real SDK? A loopback HTTPS server that answers from a script and remembers."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from azure.core.credentials import AccessToken

from local.certificates import Certificates


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire; `path` is decoded, `query` has one value a name."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say: a status, a JSON body or raw bytes, headers. Status 0 hangs up without a word."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


type Line = Answer | Callable[[list[Request]], Answer]
"""What to say, or how to find it from the requests so far."""


class Service:
    """The script: answers in order, the last one again and again; every request is kept."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Line] = []
        self.endpoint = ""

    def will(self, *answers: Line) -> None:
        self.requests.clear()
        self.answers = list(answers)

    def take(self, request: Request) -> Answer:
        self.requests.append(request)
        line = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return line if isinstance(line, Answer) else line(self.requests)


class Token:
    """A credential that needs no one."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken("token", 4102444800)


@contextmanager
def replaying(certificates: Certificates) -> Iterator[Service]:
    """Serve a `Service` until the block ends."""
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service.take))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    service.endpoint = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="replay", daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(take: Callable[[Request], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = take(Request(self.command, unquote(url.path), query, body))
            if not answer.status:
                self.close_connection = True
                return
            raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            sent = b"" if answer.body is None else raw
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_words: object) -> None:
            return

    return Handler

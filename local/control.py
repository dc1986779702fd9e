"""How do the processes of the local Azure talk to each other? In JSON, one request at a time."""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 600.0
"""One request may step a whole simulated night."""


class ControlError(RuntimeError):
    """The other process refused; the message has its status and its words."""


class Control:
    """The control addresses below `url`; `ca` is the authority to trust where `url` is https.

    One connection is kept open: a night asks for the time thousands of times.
    """

    def __init__(self, url: str, ca: Path | None = None) -> None:
        self.url = url.rstrip("/")
        self._base = urlsplit(self.url).path
        self._context = ssl.create_default_context(cafile=str(ca)) if ca is not None else None
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON at `path`, None for an empty answer; raise ControlError on a refusal."""
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Send `body` as JSON and return the JSON answer, None for an empty one; raise ControlError on a refusal."""
        return self.send("POST", path, body)

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send `body` as JSON, if there is one, and return the JSON answer; raise ControlError on a refusal."""
        data = None if body is None else json.dumps(body).encode()
        sent = {**({} if data is None else {"Content-Type": "application/json"}), **(headers or {})}
        with self._lock:
            target = self._base + path
            connection = self._connection or self._connect()
            self._connection = None
            try:
                connection.request(method, target, data, sent)
                response = connection.getresponse()
            except (http.client.BadStatusLine, BrokenPipeError, ConnectionResetError):
                # The server closed an idle connection; nothing of this request was taken.
                connection.close()
                connection = self._connect()
                connection.request(method, target, data, sent)
                response = connection.getresponse()
            text = response.read()
            self._connection = connection
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            words = text.decode(errors="replace")
            raise ControlError(f"{method} {self.url}{path} answered {response.status}: {words}")
        return json.loads(text) if text else None

    def _connect(self) -> http.client.HTTPConnection:
        address = urlsplit(self.url)
        host, port = address.hostname or "127.0.0.1", address.port
        connection: http.client.HTTPConnection
        if self._context is not None:
            connection = http.client.HTTPSConnection(host, port, timeout=PATIENCE_SECONDS, context=self._context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_SECONDS)
        connection.connect()
        # Headers and body go out in two packets; without this each request waits 40 ms for an acknowledgement.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

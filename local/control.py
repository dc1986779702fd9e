"""How do the processes of the local Azure talk to each other? In JSON, one request at a time."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 600.0
"""One request may step a whole simulated night."""


class ControlError(RuntimeError):
    """The other process refused; the message has its status and its words."""


class Control:
    """The control addresses below `url`; `ca` is the authority to trust where `url` is https.

    Proxies of the environment are left out: everything is on this machine.
    """

    def __init__(self, url: str, ca: Path | None = None) -> None:
        self.url = url.rstrip("/")
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if ca is not None:
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca))))
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON at `path`, None for an empty answer; raise ControlError on a refusal."""
        return self._send(urllib.request.Request(self.url + path, headers=dict(headers or {})))

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Send `body` as JSON and return the JSON answer, None for an empty one; raise ControlError on a refusal."""
        data = json.dumps(body).encode()
        return self._send(
            urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method="POST")
        )

    def _send(self, request: urllib.request.Request) -> Any:
        try:
            with self._opener.open(request, timeout=PATIENCE_SECONDS) as response:
                text = response.read()
        except urllib.error.HTTPError as refusal:
            words = refusal.read().decode(errors="replace")
            where = f"{request.get_method()} {request.full_url}"
            raise ControlError(f"{where} answered {refusal.code}: {words}") from refusal
        return json.loads(text) if text else None

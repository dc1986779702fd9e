"""How does a test serve a small web application? On a free port, from a thread, until its block ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from local.certificates import Certificates


@contextmanager
def served(app: Starlette, certificates: Certificates | None = None) -> Iterator[int]:
    """Serve `app` on 127.0.0.1, over TLS where certificates are given, and give its port."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="error",
        # A client that keeps its connection open would hold up the end for ten seconds.
        timeout_graceful_shutdown=1,
        ssl_certfile=certificates.cert if certificates else None,
        ssl_keyfile=str(certificates.key) if certificates else None,
    )
    server = uvicorn.Server(config)
    # Named TCP, or asyncio would leave Nagle's algorithm on: 40 ms more for every answer of headers and body.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        # Connections queue from here on, so the server need not have begun when the port is given out.
        listening.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="served", daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)

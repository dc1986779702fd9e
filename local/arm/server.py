"""How are the pretend ARM and the identity endpoint served and ended? Two uvicorn servers in one event loop."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.arm.app import DROP

_GRACE_SECONDS = 1


class Protocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, plus a way to close a connection without answering."""

    def on_message_begin(self) -> None:
        """Begin a request and let the app drop it."""
        super().on_message_begin()
        self.scope["state"][DROP] = self._drop

    def _drop(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class Server(uvicorn.Server):
    """A server that leaves signals to the process; uvicorn would raise them again after a gentle end."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture nothing."""
        yield


def server(app: Starlette, **tls: Any) -> Server:
    """Return a server of `app`, over TLS where `tls` has ssl_certfile and ssl_keyfile."""
    return Server(
        uvicorn.Config(
            app,
            http=Protocol,
            lifespan="off",
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            **tls,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `port`, or to any free one for 0."""
    # The event loop switches Nagle's delay off only where the protocol is named: 40 ms an answer otherwise.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


async def serve(
    servers: Sequence[tuple[Server, socket.socket]], ready: Callable[[], None], *, watch_stdin: bool
) -> None:
    """Serve until SIGTERM, SIGINT or (with `watch_stdin`) the end of stdin; call `ready` once all of them listen."""

    def stop() -> None:
        for one, _ in servers:
            one.should_exit = True

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    tasks = [asyncio.ensure_future(one.serve(sockets=[sock])) for one, sock in servers]
    while not all(one.started for one, _ in servers) and not any(task.done() for task in tasks):
        await asyncio.sleep(0.01)
    ready()
    if watch_stdin:
        threading.Thread(target=_stop_at_end_of_input, args=(loop, stop), daemon=True).start()
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop()
    await asyncio.gather(*tasks)


def _stop_at_end_of_input(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop)

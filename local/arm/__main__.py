"""How is the pretend ARM started? `python -m local.arm`: ARM over TLS, managed identity over http, one JSON line."""

import argparse
import asyncio
import json
import socket
import sys
import threading
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local import faults, fleets, identity
from local.arm.app import DROP, application
from local.clock import parse
from local.world.cloud import Cloud
from local.world.world import EPOCH, World


class Protocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, plus a way to close a connection without answering."""

    def on_message_begin(self) -> None:
        """Begin a request and let the app drop it."""
        super().on_message_begin()
        self.scope["state"][DROP] = self._drop

    def _drop(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or the end of stdin; return the exit code."""
    options = _options(arguments)
    try:
        world = _world(options)
        cloud = Cloud(world, faults.plan(options.faults, options.seed))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    arm_socket, identity_socket = _listen(options.host, options.port), _listen("127.0.0.1", options.identity_port)
    arm = uvicorn.Server(
        uvicorn.Config(
            application(cloud),
            http=Protocol,
            ssl_certfile=options.cert,
            ssl_keyfile=options.key,
            lifespan="off",
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    tokens = uvicorn.Server(
        uvicorn.Config(
            identity.application(options.identity_header),
            lifespan="off",
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    servers = ((arm, arm_socket), (tokens, identity_socket))
    asyncio.run(_serve(servers, options.identity_header, watch_stdin=not options.keep))
    return 0


async def _serve(servers: tuple[tuple[uvicorn.Server, socket.socket], ...], secret: str, *, watch_stdin: bool) -> None:
    tasks = [asyncio.ensure_future(server.serve(sockets=[sock])) for server, sock in servers]
    while not all(server.started or server.should_exit for server, _ in servers):
        if any(task.done() for task in tasks):
            break
        await asyncio.sleep(0.01)
    ports = [sock.getsockname()[1] for _, sock in servers]
    ready = {
        "arm": f"https://localhost:{ports[0]}",
        "identity": f"http://127.0.0.1:{ports[1]}/msi/token",
        "identity_header": secret,
    }
    print(json.dumps(ready), flush=True)
    if watch_stdin:
        threading.Thread(target=_stop_at_end_of_input, args=([server for server, _ in servers],), daemon=True).start()
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for server, _ in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)


def _stop_at_end_of_input(servers: list[uvicorn.Server]) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    for server in servers:
        server.should_exit = True


def _world(options: argparse.Namespace) -> World:
    start = parse(options.start) if options.start else EPOCH
    if options.fleet == "demo":
        return fleets.demo(options.seed, start)
    if options.fleet.startswith("generated:"):
        vms, vaults, regions = (int(size) for size in options.fleet.removeprefix("generated:").split(","))
        return fleets.generated(vms, vaults, regions, options.seed)
    raise ValueError(f"fleet: expected demo or generated:VMS,VAULTS,REGIONS, got {options.fleet!r}")


def _listen(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


def _options(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m local.arm", description="Serve the pretend Azure.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--identity-port", type=int, default=0)
    parser.add_argument("--identity-header", default="local", help="the secret that X-IDENTITY-HEADER must carry")
    parser.add_argument("--cert", required=True, help="PEM chain for localhost and 127.0.0.1")
    parser.add_argument("--key", required=True, help="its PEM key")
    parser.add_argument("--fleet", default="demo", help="demo or generated:VMS,VAULTS,REGIONS")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--faults", default="issue", help="calm, issue or a JSON file")
    parser.add_argument("--start", default="", help="ISO instant at which the demo begins")
    parser.add_argument("--keep", action="store_true", help="go on when stdin closes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())

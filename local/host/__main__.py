"""How is the host started? `python -m local.host --app DIR --arm URL --port 0`, with the app's settings around it."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

import uvicorn
from starlette.applications import Starlette

from local.control import Control
from local.host.bindings import QueueFunction, read_functions
from local.host.deliveries import Deliveries, NoDeliveries, takes_deliveries
from local.host.doors import doors
from local.host.errors import HostError
from local.host.host_json import extension
from local.host.invocations import Invocations
from local.host.keys import Keys
from local.host.logs import InvocationLog, log_to_stderr
from local.host.queue_settings import queue_settings
from local.host.queues import Queues
from local.host.service import Host, application
from local.host.storage import host_state
from local.host.storage_queues import QueueOutputs
from local.host.worker import Worker
from local.host.world import ArmWorld, World

GRACE_SECONDS = 5
"""How long open requests may take to end when the host is told to."""
LOOK_SECONDS = 0.25
"""How often a host looks what is due where the clock runs by itself."""


def main() -> int:
    """Serve one app until SIGTERM or the end of stdin; print one line of JSON when ready."""
    parser = argparse.ArgumentParser(prog="python -m local.host", description="Run a Functions app without Azure.")
    parser.add_argument("--app", type=Path, required=True, help="folder with function_app.py")
    parser.add_argument("--arm", required=True, help="address of the pretend ARM, which owns the clock")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--follow", action="store_true", help="run what is due as the clock runs by itself")
    wanted = parser.parse_args()
    # What the app prints must not mix with the line that the parent reads.
    ready, sys.stdout = sys.stdout, sys.stderr
    log = log_to_stderr()
    ca = os.environ.get("SSL_CERT_FILE")
    control = Control(wanted.arm, Path(ca) if ca else None)
    app = wanted.app.resolve()
    sys.path.insert(0, str(app))
    try:
        asyncio.run(_serve(wanted, app, control, log, ready))
    except HostError as refusal:
        line = {"level": "ERROR", "message": "the app cannot be hosted", "problems": refusal.problems}
        print(json.dumps(line), file=sys.stderr)
        return 1
    return 0


async def _serve(wanted: argparse.Namespace, app: Path, control: Control, log: InvocationLog, ready: TextIO) -> None:
    world, worker, listening = ArmWorld(control), Worker(), _listen(wanted.port)
    _hand_over_time(world)
    functions = read_functions(await worker.load(app), os.environ)
    lease, monitor = host_state(functions, os.environ)
    settings = queue_settings(extension(app, "queues"))
    invocations = Invocations(worker, world, log, QueueOutputs(settings.encoding))
    triggered = [function for function in functions if isinstance(function, QueueFunction)]
    open_doors = doors(functions, app, invocations, Keys.fresh())
    awaited = any(map(takes_deliveries, functions))
    deliveries = Deliveries(control, open_doors) if awaited else NoDeliveries(world)
    queues = Queues(triggered, settings, world, invocations)
    host = Host(functions, world, invocations, lease, monitor, queues, deliveries, open_doors)

    @asynccontextmanager
    async def while_serving(_: Starlette) -> AsyncIterator[None]:
        host.lead()
        address = "http://{}:{}".format(*listening.getsockname())
        status = host.status()
        line = {"host": address, **{name: status[name] for name in ("functions", "routes", "keys")}}
        print(json.dumps(line), file=ready, flush=True)
        following = asyncio.ensure_future(_follow(host)) if wanted.follow else None
        yield
        if following is not None:
            following.cancel()
        lease.release()

    web = application(host)
    web.router.lifespan_context = while_serving
    server = uvicorn.Server(uvicorn.Config(web, log_config=None, timeout_graceful_shutdown=GRACE_SECONDS))
    _stop_with_parent(server)
    await server.serve(sockets=[listening])
    worker.close()


async def _follow(host: Host) -> None:
    """Run what is due, again and again."""
    while True:
        await host.run(host.world.now())
        await asyncio.sleep(LOOK_SECONDS)


def _hand_over_time(world: World) -> None:
    """Let the app see simulated time. Imported here, because `shared` comes from the app's folder if it is there."""
    from shared import clock, wiring

    clock.set_source(world.now)
    wiring.set_wait(world.wait)


def _listen(port: int) -> socket.socket:
    # Named TCP, or asyncio would leave Nagle's algorithm on: 40 ms more for every answer of headers and body.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening


def _stop_with_parent(server: uvicorn.Server) -> None:
    """End when stdin ends: a parent that died cannot say so. A signal ends the server and then means no more."""
    for sent in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sent, lambda *_: None)

    def watch() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=watch, name="stdin", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())

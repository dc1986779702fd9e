"""How is the pretend ARM started? `python -m local.arm`: ARM and queues over TLS, identity over http, one JSON line."""

import argparse
import asyncio
import json
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local import faults, fleets, identity, openid, outward, queue_pass
from local.alerts.service import INBOX_PATH
from local.arm.app import Dropped, application
from local.arm.server import Server, listen, serve, server
from local.clock import Running, parse
from local.eventgrid.letters import Letters
from local.eventgrid.service import PUBLISH_PATH
from local.eventgrid.subscriptions import TOPIC
from local.world import Pace, PageSizes
from local.world.cloud import Cloud
from local.world.world import EPOCH, World


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or the end of stdin; return the exit code."""
    options = _options(arguments)
    try:
        pages = PageSizes.all_of(options.page_size) if options.page_size else PageSizes()
        world = _world(options)
        clock = Running(world.now, options.speed) if options.speed else None
        cloud = Cloud(world, faults.plan(options.faults, options.seed), pages, clock)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    letters = Letters(options.blobs, options.ca) if options.blobs else None
    beside = [*openid.routes(options.client_secret), *outward.routes(cloud, Dropped, letters)]
    arm = server(application(cloud, beside), ssl_certfile=options.cert, ssl_keyfile=options.key)
    tokens = server(identity.application(options.identity_header))
    arm_socket, token_socket = listen(options.host, options.port), listen("127.0.0.1", options.identity_port)
    origin = f"https://localhost:{arm_socket.getsockname()[1]}"
    ready = {
        "arm": origin,
        "events": origin + PUBLISH_PATH.format(topic=TOPIC),
        "inbox": origin + INBOX_PATH,
        "identity": f"http://127.0.0.1:{token_socket.getsockname()[1]}/msi/token",
        "identity_header": options.identity_header,
    }
    servers = [(arm, arm_socket), (tokens, token_socket)]
    if options.queues:
        queues, queue_socket = _queue_pass(options, cloud)
        servers.append((queues, queue_socket))
        ready["queues"] = f"https://127.0.0.1:{queue_socket.getsockname()[1]}{urlsplit(options.queues).path}"
    asyncio.run(serve(servers, lambda: print(json.dumps(ready), flush=True), watch_stdin=not options.keep))
    return 0


def _queue_pass(options: argparse.Namespace, cloud: Cloud) -> tuple[Server, socket.socket]:
    """Return the server in front of Azurite's queues: it belongs here, where the clock is."""
    passing = queue_pass.application(options.queues, options.ca, cloud.now)
    return server(passing, ssl_certfile=options.cert, ssl_keyfile=options.key), listen("127.0.0.1", 0)


def _world(options: argparse.Namespace) -> World:
    start = parse(options.start) if options.start else EPOCH
    if options.fleet == "demo":
        return fleets.demo(options.seed, start, Pace(failure_rate=options.failure_rate))
    if options.fleet.startswith("generated:"):
        vms, vaults, regions = (int(size) for size in options.fleet.removeprefix("generated:").split(","))
        return fleets.generated(vms, vaults, regions, options.seed)
    raise ValueError(f"fleet: expected demo or generated:VMS,VAULTS,REGIONS, got {options.fleet!r}")


def _options(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m local.arm", description="Serve the pretend Azure.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--identity-port", type=int, default=0)
    parser.add_argument("--identity-header", default="local", help="the secret that X-IDENTITY-HEADER must carry")
    parser.add_argument("--client-secret", default="local", help="what the operator signs in with")
    parser.add_argument("--cert", required=True, help="PEM chain for localhost and 127.0.0.1")
    parser.add_argument("--key", required=True, help="its PEM key")
    parser.add_argument("--queues", default="", help="Azurite's queue endpoint; none: no pass-through")
    parser.add_argument("--blobs", default="", help="Azurite's blob endpoint, for dead letters; none: only listed")
    parser.add_argument("--ca", type=Path, help="PEM of the authority behind Azurite's certificate")
    parser.add_argument("--fleet", default="demo", help="demo or generated:VMS,VAULTS,REGIONS")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--faults", default="issue", help="calm, issue or a JSON file")
    parser.add_argument("--start", default="", help="ISO instant at which the demo begins")
    parser.add_argument("--speed", type=float, default=0.0, help="let the clock run by itself, so fast; 0: stepped")
    parser.add_argument("--page-size", type=int, default=0, help="rows a page of every list; 0: as Azure")
    parser.add_argument("--failure-rate", type=float, default=0.01, help="share of backup jobs that fail")
    parser.add_argument("--keep", action="store_true", help="go on when stdin closes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())

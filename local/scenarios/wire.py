"""How does the app of a story reach its world as in Azure? By the real SDKs, over TLS on loopback, in this process."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from local.arm.app import application
from local.arm.server import listen, server
from local.certificates import write_certificates
from local.faults import FaultPlan
from local.identity import token
from local.scenarios.nights import Nights
from local.world.cloud import Cloud
from shared.cloud.fleet import CloudFleet
from shared.cloud.load import CloudLoad
from shared.cloud.vault import CloudVaults

STOPS_SECONDS = 10.0


class Token:
    """A credential whose tokens the pretend ARM accepts."""

    def get_token(self, *scopes: str, **_options: object) -> AccessToken:
        """Return a token for the first scope."""
        return AccessToken(*token(scopes[0].removesuffix("/.default")))


class Front:
    """The app of the one server: whichever world is on stage. Servers take long to end, worlds do not."""

    def __init__(self) -> None:
        self.app: ASGIApp = Starlette()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Wire:
    """The app's adapters of Azure, and the server behind them."""

    front: Front
    vaults: CloudVaults
    fleet: CloudFleet
    load: CloudLoad

    def carry(self, told: Nights, faults: FaultPlan) -> Cloud:
        """Let the story's app reach its world over the wire from now on, under a fault plan; return what ARM sees.

        What the app keeps in its own storage stays in memory. Only one story is on the wire at a time.
        """
        cloud = Cloud(told.world, faults)
        self.front.app = application(cloud)
        told.ports = replace(told.ports, vaults=self.vaults, fleet=self.fleet, load=self.load)
        told.announce = cloud.caller
        return cloud


@contextmanager
def on_the_wire() -> Iterator[Wire]:
    """Serve a pretend ARM until the block ends; the SDKs of this process trust it meanwhile, and nobody else."""
    front: Any = Front()
    with tempfile.TemporaryDirectory(prefix="nightshift-") as folder, listen("127.0.0.1", 0) as listening:
        certificates = write_certificates(Path(folder))
        one = server(front, ssl_certfile=str(certificates.cert), ssl_keyfile=str(certificates.key))
        thread = threading.Thread(target=one.run, kwargs={"sockets": [listening]}, name="pretend ARM", daemon=True)
        kept = dict(os.environ)
        os.environ.update(REQUESTS_CA_BUNDLE=str(certificates.ca), NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
        thread.start()
        try:
            endpoint, credential = f"https://127.0.0.1:{listening.getsockname()[1]}", Token()
            ports = CloudVaults(credential, endpoint), CloudFleet(credential, endpoint), CloudLoad(credential, endpoint)
            yield Wire(front, *ports)
        finally:
            os.environ.clear()
            os.environ.update(kept)
            one.should_exit = True
            thread.join(STOPS_SECONDS)

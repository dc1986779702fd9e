"""What does Azure deliver to the app? Events and alerts that are due, fetched from the pretend ARM one by one."""

import asyncio
import http.client
import os
import ssl
import urllib.error
import urllib.request
from datetime import datetime
from typing import Protocol

from local.control import Control
from local.host.bindings import EventGridFunction, Hosted, HttpFunction
from local.host.doors import Doors
from local.host.invocations import Invocation
from local.host.keys import HEADER, Level
from local.host.world import World
from local.post import TIMED_OUT, Answer, Opens, Parcel
from local.post_routes import ANSWER_PATH, APPROACH_PATH, TAKE_PATH, parcel_of

_SECONDS = 10.0
"""Real seconds that somebody else's address may take."""
_BODY_SHOWN = 4096
"""Characters of an answer's body that the sender hears of."""


def takes_deliveries(function: Hosted) -> bool:
    """Say whether Azure may deliver something to a function: an event, or an alert by HTTP."""
    if isinstance(function, HttpFunction):
        return not function.methods or "POST" in function.methods
    return isinstance(function, EventGridFunction)


class Brings(Protocol):
    """Brings the app what is due at its addresses."""

    def approach(self, to: datetime) -> datetime:
        """Move the clock to `to`, or only to the instant at which something is due before; return where it stands."""

    async def step(self) -> list[Invocation] | None:
        """Bring what is due first; return the invocations that it caused, None where nothing is due."""


class Deliveries:
    """The deliveries of the pretend ARM behind `control`, brought to the app's doors with the app's keys."""

    def __init__(self, control: Control, doors: Doors) -> None:
        self._control = control
        self._doors = doors

    def approach(self, to: datetime) -> datetime:
        """Move the clock to `to`, or only to the instant at which something is due before; return where it stands."""
        return datetime.fromisoformat(self._control.post(APPROACH_PATH, {"to": to.isoformat()})["now"])

    async def step(self) -> list[Invocation] | None:
        """Bring what is due first; return the invocations that it caused, None where nothing is due.

        What is not for the app goes to its own address from here: somebody has to carry it.
        """
        taken = self._control.post(TAKE_PATH, {})
        if not taken:
            return None
        parcel = parcel_of(taken)
        answer, caused = await self._bring(parcel)
        said = {"number": taken["number"], "status": answer.status, "headers": dict(answer.headers)}
        self._control.post(ANSWER_PATH, {**said, "body": answer.body[:_BODY_SHOWN]})
        return caused

    async def _bring(self, parcel: Parcel) -> tuple[Answer, list[Invocation]]:
        if parcel.url.startswith("/"):
            return await self._doors.knock(self._with_key(parcel))
        return await asyncio.to_thread(_send, parcel), []

    def _with_key(self, parcel: Parcel) -> Parcel:
        if parcel.opens is Opens.NOTHING:
            return parcel
        key = self._doors.keys.of(Level(parcel.opens))
        return Parcel(parcel.url, parcel.body, {**parcel.headers, HEADER: key}, parcel.method)


class NoDeliveries:
    """Nothing is ever delivered to an app without an address for it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def approach(self, to: datetime) -> datetime:
        """Move the clock to `to`; return where it stands."""
        self._world.advance(to)
        return self._world.now()

    async def step(self) -> list[Invocation] | None:
        """Return None."""
        return None


def _send(parcel: Parcel) -> Answer:
    """Send a parcel over the network."""
    context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    body, headers = parcel.body.encode() or None, dict(parcel.headers)
    try:
        request = urllib.request.Request(parcel.url, body, headers, method=parcel.method)
        with opener.open(request, timeout=_SECONDS) as response:
            return _heard(response)
    except urllib.error.HTTPError as refusal:
        return _heard(refusal)
    except OSError:
        return Answer(TIMED_OUT)


def _heard(response: http.client.HTTPResponse | urllib.error.HTTPError) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status or TIMED_OUT, headers, response.read().decode(errors="replace"))

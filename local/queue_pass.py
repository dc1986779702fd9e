"""How do queue messages keep simulated time? By a pass-through in front of Azurite, whose own clock is real."""

import http.client
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from local.clock import iso
from local.message_times import LIFE_SECONDS, TAKEN_SECONDS, Stamp, Stamps, expiry, http_date, seconds, stamped
from local.upstream import Request, Response, Upstream

DUE_PATH = "/_local/due"
"""Where the host asks when the first message of each queue may be seen."""
HELD_SECONDS = 6 * 86_400
"""Real seconds for which Azurite hides what is hidden in simulated time: longer than any run, below its seven days."""
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class QueuePass:
    """Hands every request on to Azurite, which keeps the messages, and turns their times into simulated time.

    Whatever hides a message (a delayed send, a take, an update) hides it in Azurite for days of real time, and the
    pass-through remembers until when in simulated time. Before a queue is read, what is due is made visible there and
    what has expired is deleted. Clients must come with a bearer token: a changed query would break a signed one.
    """

    def __init__(self, send: Callable[[Request], Response], now: Callable[[], datetime]) -> None:
        self._send = send
        self._now = now
        self._stamps = Stamps()
        self._one_at_a_time = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer one request. Safe between threads."""
        parts = request.path.strip("/").split("/")
        queue = parts[1] if len(parts) > 1 else ""
        with self._one_at_a_time:
            match request.method, len(parts):
                case "POST", 3:
                    return self._put(queue, request)
                case "GET", 3:
                    return self._read(queue, request)
                case "PUT", 4:
                    return self._update(parts[3], request)
                case "DELETE", 4:
                    return self._remove(parts[3], request)
                case "DELETE", 2 | 3:
                    return self._clear(queue, request)
                case _:
                    return self._send(request)

    def due(self) -> dict[str, datetime]:
        """Return for each queue that holds messages when the first of them may be seen, in simulated time."""
        with self._one_at_a_time:
            return self._stamps.due()

    def _put(self, queue: str, request: Request) -> Response:
        delay = seconds(request.query.get("visibilitytimeout"), 0)
        life = seconds(request.query.get("messagettl"), LIFE_SECONDS)
        if delay is None or life is None or not _allowed(delay, life):
            return self._send(request)
        answer = self._send(request.asking(messagettl="-1", visibilitytimeout=_in_azurite(delay)))
        if answer.status != http.client.CREATED:
            return answer
        now = self._now()

        def stamp_of(message: str, receipt: str) -> Stamp:
            visible = now + timedelta(seconds=delay)
            stamp = Stamp(queue, receipt, receipt, now, expiry(now, life), visible, held=delay > 0)
            self._stamps.note(message, stamp)
            return stamp

        return replace(answer, body=stamped(answer.body, stamp_of))

    def _read(self, queue: str, request: Request) -> Response:
        now = self._now()
        self._bring_up_to(now, queue, request)
        if request.query.get("peekonly", "").lower() == "true":
            return self._shown(self._send(request), lambda message, _: self._known(queue, message, now))
        hidden = seconds(request.query.get("visibilitytimeout"), TAKEN_SECONDS)
        if hidden is None or not 0 < hidden <= LIFE_SECONDS:
            return self._send(request)

        def taken(message: str, receipt: str) -> Stamp:
            stamp = self._known(queue, message, now)
            stamp.receipt = stamp.shown = receipt
            stamp.visible, stamp.held = now + timedelta(seconds=hidden), True
            return stamp

        return self._shown(self._send(request.asking(visibilitytimeout=_in_azurite(hidden))), taken)

    def _update(self, message: str, request: Request) -> Response:
        stamp = self._stamps.find(message)
        hidden = seconds(request.query.get("visibilitytimeout"), TAKEN_SECONDS)
        if stamp is None or hidden is None or not 0 <= hidden <= LIFE_SECONDS:
            return self._send(request)
        asked = _with_receipt(request, stamp).asking(visibilitytimeout=_in_azurite(hidden))
        answer = self._send(asked)
        if answer.status != http.client.NO_CONTENT:
            return answer
        stamp.receipt = stamp.shown = answer.headers["x-ms-popreceipt"]
        stamp.visible, stamp.held = self._now() + timedelta(seconds=hidden), hidden > 0
        return replace(answer, headers={**answer.headers, "x-ms-time-next-visible": http_date(stamp.visible)})

    def _remove(self, message: str, request: Request) -> Response:
        stamp = self._stamps.find(message)
        answer = self._send(_with_receipt(request, stamp) if stamp else request)
        if answer.status == http.client.NO_CONTENT:
            self._stamps.forget(message)
        return answer

    def _clear(self, queue: str, request: Request) -> Response:
        answer = self._send(request)
        if answer.status == http.client.NO_CONTENT:
            self._stamps.forget_queue(queue)
        return answer

    def _bring_up_to(self, now: datetime, queue: str, request: Request) -> None:
        """Make visible what is due in the queue, and delete what has expired, with the rights of `request`."""
        for message, stamp in self._stamps.of(queue):
            path = f"{request.path}/{message}"
            own = replace(request, path=path, query={"popreceipt": stamp.receipt}, body=b"")
            if stamp.expires <= now:
                self._send(replace(own, method="DELETE"))
                self._stamps.forget(message)
            elif stamp.held and stamp.visible <= now:
                answer = self._send(replace(own, method="PUT").asking(visibilitytimeout="0"))
                if answer.status == http.client.NO_CONTENT:
                    stamp.receipt, stamp.held = answer.headers["x-ms-popreceipt"], False

    def _shown(self, answer: Response, stamp_of: Callable[[str, str], Stamp]) -> Response:
        if answer.status != http.client.OK:
            return answer
        return replace(answer, body=stamped(answer.body, stamp_of))

    def _known(self, queue: str, message: str, now: datetime) -> Stamp:
        stamp = self._stamps.find(message)
        if stamp is None:
            stamp = Stamp(queue, "", "", now, expiry(now, LIFE_SECONDS), now, held=False)
            self._stamps.note(message, stamp)
        return stamp


def application(target: str, ca: Path, now: Callable[[], datetime]) -> Starlette:
    """Return the app in front of Azurite's queue endpoint `target`; it serves the same paths.

    `ca` is the authority behind the target's certificate; `now` returns the simulated instant.
    """
    queues = QueuePass(Upstream(target, ca).send, now)

    async def due(_: HttpRequest) -> HttpResponse:
        first = await run_in_threadpool(queues.due)
        return JSONResponse({queue: iso(instant) for queue, instant in first.items()})

    async def hand_on(request: HttpRequest) -> HttpResponse:
        body = await request.body()
        path = request.scope["raw_path"].decode()
        asked = Request(request.method, path, dict(request.query_params), dict(request.headers), body)
        answer = await run_in_threadpool(queues.handle, asked)
        return HttpResponse(answer.body, answer.status, dict(answer.headers))

    return Starlette(routes=[Route(DUE_PATH, due), Route("/{path:path}", hand_on, methods=_METHODS)])


def _allowed(delay: int, life: int) -> bool:
    """Say whether storage takes a message with this delay and life; where not, Azurite says why."""
    return 0 <= delay <= LIFE_SECONDS and (life == -1 or life > delay)


def _in_azurite(hidden: int) -> str:
    return str(HELD_SECONDS if hidden else 0)


def _with_receipt(request: Request, stamp: Stamp) -> Request:
    """Put in Azurite's receipt where the client shows the one it was given last: nobody else took the message since."""
    return request.asking(popreceipt=stamp.receipt) if request.query.get("popreceipt") == stamp.shown else request

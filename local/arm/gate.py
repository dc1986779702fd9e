"""How can the answer to one write be held back? A caller that waits for it may be stopped just there."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Gate:
    """Open, until it is told to close behind the nth write that takes effect on a path; then it holds one answer."""

    def __init__(self) -> None:
        self._path = ""
        self._left = 0
        self._open = asyncio.Event()
        self._open.set()

    @property
    def holding(self) -> bool:
        """Whether an answer is held back now."""
        return not self._open.is_set()

    def close_behind(self, nth: int, path: str) -> None:
        """Hold back the answer to the `nth` write from now on whose path has `path` in it, whatever its case."""
        self._left, self._path = nth, path.lower()

    def let_go(self) -> None:
        """Send what is held back."""
        self._open.set()

    async def passes(self, entry: Mapping[str, Any]) -> None:
        """Wait where the call of this entry of the access log is the one to hold back; all others pass."""
        if not self._left or not entry["effect"] or self._path not in str(entry["path"]).lower():
            return
        self._left -= 1
        if not self._left:
            self._open.clear()
            await self._open.wait()


def routes(gate: Gate) -> list[Route]:
    """Return the control routes that close the gate, look at it, and let go."""

    async def close(request: Request) -> Response:
        what: dict[str, Any] = await request.json()
        gate.close_behind(int(what["nth"]), str(what["path"]))
        return _state(gate)

    async def look(_: Request) -> Response:
        return _state(gate)

    async def let_go(_: Request) -> Response:
        gate.let_go()
        return _state(gate)

    return [
        Route("/_local/gate", close, methods=["POST"]),
        Route("/_local/gate", look, methods=["GET"]),
        Route("/_local/gate/let-go", let_go, methods=["POST"]),
    ]


def _state(gate: Gate) -> Response:
    return JSONResponse({"holding": gate.holding})

"""How is a request beside Azure Resource Manager's treated? It costs time, meets the fault plan, and is logged."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.faults import Fault
from local.world.cloud import Cloud

_WAIT_SECONDS = 10
_WORDS = {
    "429": "TooManyRequests",
    "500": "InternalServerError",
    "503": "ServiceUnavailable",
    "504": "GatewayTimeout",
}


class Struck:
    """Serves requests on a cloud's clock. Of its fault plan only what strikes any call counts: no writes, no hands."""

    def __init__(self, cloud: Cloud, drop: Callable[[], Response]) -> None:
        """`drop` makes an answer that never comes."""
        self._cloud = cloud
        self._drop = drop

    async def serve(self, request: Request, action: str, handle: Callable[[], Awaitable[Response]]) -> Response:
        """Answer by `handle`, or as the fault plan says; a fault after the effect needs a request that has one."""
        cloud, path = self._cloud, request.url.path
        fault = cloud.begin(request.method, path)
        if fault is not None and fault.kind == "slow":
            cloud.wait(fault.seconds)
        answer, effect = None, False
        if fault is None or fault.after or not self._replaces(fault):
            answer = await handle()
            effect = answer.status_code < 300
        if fault is not None and self._replaces(fault) and (effect or answer is None):
            answer = self._instead(fault)
        assert answer is not None, "a request that is not handled meets a fault"
        cloud.note(request.method, path, action, answer.status_code, effect)
        return answer

    def _replaces(self, fault: Fault) -> bool:
        return fault.kind in _WORDS or fault.kind == "drop"

    def _instead(self, fault: Fault) -> Response:
        if fault.kind == "drop":
            return self._drop()
        code = _WORDS[fault.kind]
        headers = {"Retry-After": str(self._cloud.postpone(_WAIT_SECONDS))} if fault.kind == "429" else {}
        error = {"code": code, "message": "The request was not served.", "details": [{"code": code, "message": ""}]}
        return JSONResponse({"error": error}, int(fault.kind), headers)

"""How are alerts and the inbox reached? A webhook that takes anything, and control routes to read what there is."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.alerts import inbox
from local.alerts.inbox import Inbox
from local.alerts.raised import Alerts
from local.struck import Struck
from local.world.cloud import Cloud

INBOX_PATH = "/inbox"


def routes(cloud: Cloud, alerts: Alerts, box: Inbox, struck: Struck) -> list[Route]:
    """Return the inbox's route and the control routes."""

    async def take(request: Request) -> Response:
        async def put_in() -> Response:
            body, key = inbox.read(await request.body(), request.headers)
            box.take("webhook", body, key, cloud.now())
            return Response(status_code=202)

        return await struck.serve(request, "", put_in)

    async def read(_: Request) -> Response:
        alerts.collect()
        return JSONResponse([message.shown() for message in box.messages])

    async def fired(_: Request) -> Response:
        cloud.catch_up()
        alerts.collect()
        return JSONResponse(list(alerts.fired()))

    async def receive(request: Request) -> Response:
        alerts.receive(str((await request.json())["url"]))
        return JSONResponse({})

    async def figures(_: Request) -> Response:
        return JSONResponse([{"url": url, **one.figures()} for url, one in alerts.receivers.items()])

    return [
        Route(INBOX_PATH, take, methods=["POST"]),
        Route("/_local/inbox", read),
        Route("/_local/alerts", fired),
        Route("/_local/alerts/receivers", receive, methods=["POST"]),
        Route("/_local/alerts/figures", figures),
    ]

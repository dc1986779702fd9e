"""How is the pretend Event Grid reached? A topic to publish to, and control routes for subscriptions and figures."""

from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local import identity
from local.clock import iso
from local.eventgrid import published
from local.eventgrid.broker import Broker
from local.eventgrid.mishaps import Mishaps
from local.eventgrid.published import Unacceptable
from local.eventgrid.resource_events import resource_event
from local.eventgrid.subscriptions import SYSTEM, TOPIC, subscription
from local.struck import Struck
from local.world.cloud import Cloud

PUBLISH_PATH = "/topics/{topic}/api/events"
AUDIENCE = "https://eventgrid.azure.net"
SEND = "Microsoft.EventGrid/events/send/action"


class Feed:
    """Publishes on the system topic what the activity log has got since the feed was made."""

    def __init__(self, cloud: Cloud, broker: Broker) -> None:
        self._cloud = cloud
        self._broker = broker
        self._read = len(cloud.world.activity)

    def collect(self) -> None:
        """Publish what is new."""
        world = self._cloud.world
        if self._read == len(world.activity):
            return
        new = list(islice(world.activity, self._read, None))
        self._read += len(new)
        for entry in new:
            self._broker.publish(SYSTEM, [resource_event(entry, world.seed)], entry.at)


def routes(cloud: Cloud, broker: Broker, struck: Struck) -> list[Route]:
    """Return the topic's route and the control routes."""

    async def publish(request: Request) -> Response:
        return await struck.serve(request, SEND, lambda: _publish(cloud, broker, request))

    async def subscribe(request: Request) -> Response:
        broker.subscribe(subscription(await request.json()), cloud.now())
        return JSONResponse(broker.subscriptions())

    async def mishaps(request: Request) -> Response:
        broker.mishaps = Mishaps.of(await request.json())
        return JSONResponse({})

    async def figures(_: Request) -> Response:
        found = broker.subscriptions()
        counted = [name for name in found[0] if name not in {"name", "topic", "state"}] if found else []
        total = {name: sum(one[name] for one in found) for name in counted}
        return JSONResponse({"published": dict(broker.published), "total": total, "subscriptions": found})

    async def dead_letters(_: Request) -> Response:
        cloud.catch_up()
        found = [letter for letter in broker.dead_letters if letter.at <= cloud.now()]
        return JSONResponse(
            [{"subscription": one.subscription.name, "at": iso(one.at), "event": one.event} for one in found]
        )

    return [
        Route(PUBLISH_PATH, publish, methods=["POST"]),
        Route("/_local/events/subscriptions", subscribe, methods=["POST"]),
        Route("/_local/events/mishaps", mishaps, methods=["POST"]),
        Route("/_local/events/figures", figures),
        Route("/_local/events/dead-letters", dead_letters),
    ]


async def _publish(cloud: Cloud, broker: Broker, request: Request) -> Response:
    try:
        _refuse_strangers(request)
        if request.path_params["topic"] != TOPIC:
            raise Unacceptable(404, "NotFound", f"There is no topic '{request.path_params['topic']}' here.")
        events = published.read(request.headers.get("content-type", ""), await request.body())
    except Unacceptable as refusal:
        return JSONResponse(refusal.body(), refusal.status)
    broker.publish(TOPIC, events, cloud.now())
    return Response(status_code=200)


def _refuse_strangers(request: Request) -> None:
    claims = identity.claims(request.headers.get("authorization", ""))
    if not claims:
        raise Unacceptable(401, "Unauthorized", "The request shows no token in its 'authorization' header.")
    audience = str(claims.get("aud", "")).rstrip("/")
    if audience != AUDIENCE:
        reason = claims.get("invalid") or f"it was made for '{audience}', not for '{AUDIENCE}'"
        raise Unacceptable(401, "Unauthorized", f"The token cannot be used: {reason}.")

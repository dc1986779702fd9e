"""What does the pretend Azure send? Events and alerts to the app, and what an operator gets to see."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from local import post_routes
from local.alerts import service as alerts
from local.alerts.inbox import Inbox
from local.alerts.raised import Alerts
from local.eventgrid import service as events
from local.eventgrid.broker import Broker
from local.eventgrid.letters import Letters
from local.post import PATIENCE, Post
from local.struck import Struck
from local.world.cloud import Cloud


def routes(cloud: Cloud, drop: Callable[[], Response], letters: Letters | None = None) -> list[Route]:
    """Return the routes beside Azure Resource Manager's; `drop` makes an answer that never comes.

    Dead letters are only listed where there are no `letters` to write them into.
    """
    post = Post(PATIENCE * max(1.0, cloud.clock.speed if cloud.clock else 1.0))
    struck = Struck(cloud, drop)
    broker = Broker(cloud.world.seed, post)
    feed, inbox = events.Feed(cloud, broker), Inbox()
    raised = Alerts(cloud, post, inbox)

    def collect() -> None:
        cloud.catch_up()
        feed.collect()
        raised.collect()
        for letter in broker.unwritten(cloud.now()):
            if letters is not None:
                letters.write(letter)

    return [
        *events.routes(cloud, broker, struck),
        *alerts.routes(cloud, raised, inbox, struck),
        *post_routes.routes(post, cloud, collect),
    ]

"""What does the pretend Azure send to the app? Events, from the topic and of the subscription's resources."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from local import post_routes
from local.eventgrid import service
from local.eventgrid.broker import Broker
from local.post import Post
from local.world.cloud import Cloud


def routes(cloud: Cloud, drop: Callable[[], Response]) -> list[Route]:
    """Return the routes beside Azure Resource Manager's; `drop` makes an answer that never comes."""
    post = Post()
    broker = Broker(cloud.world.seed, post)
    feed = service.Feed(cloud, broker)

    def collect() -> None:
        cloud.catch_up()
        feed.collect()

    return [*service.routes(cloud, broker, drop), *post_routes.routes(post, cloud, collect)]

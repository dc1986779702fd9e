"""Which addresses of the app are open to the world? The routes of its functions and the webhook, for keys only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.types import Message, Scope

from local.host.bindings import EventGridFunction, Hosted, HttpFunction
from local.host.invocations import CAUSED, Invocation, Invocations
from local.host.keys import Keys
from local.host.routes import function_route, route_path, route_prefix
from local.host.webhook import webhook_route
from local.post import Answer, Parcel


@dataclass(frozen=True, slots=True)
class Doors:
    """The app's own addresses: as a web application, and for requests that come from inside the host's process."""

    web: Starlette
    keys: Keys
    routes: dict[str, str]

    async def knock(self, parcel: Parcel) -> tuple[Answer, list[Invocation]]:
        """Let a request in as if it had come over HTTP; return the answer, and the invocations that it caused."""
        address, caused = urlsplit(parcel.url), list[Invocation]()
        body = parcel.body.encode()
        headers = {**parcel.headers, "content-length": str(len(body))}
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": parcel.method,
            "scheme": "http",
            "path": address.path,
            "root_path": "",
            "query_string": address.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            CAUSED: caused,
        }
        said: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            said.append(message)

        await self.web(scope, receive, send)
        text = b"".join(message.get("body", b"") for message in said).decode(errors="replace")
        shown = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Answer(int(said[0]["status"]), shown, text), caused


def doors(functions: Sequence[Hosted], app: Path, invocations: Invocations, keys: Keys) -> Doors:
    """Return the doors of the app in folder `app`."""
    prefix = route_prefix(app)
    http = [function for function in functions if isinstance(function, HttpFunction)]
    events = {function.name: function for function in functions if isinstance(function, EventGridFunction)}
    routes = [function_route(function, prefix, invocations, keys) for function in http]
    web = Starlette(routes=[*routes, webhook_route(events, invocations, keys)])
    return Doors(web, keys, {function.name: route_path(function, prefix) for function in http})

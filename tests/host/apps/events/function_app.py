"""What does an Event Grid function get, and who may call a route? An app for the host's conformance tests."""

import json
import logging

import azure.functions as func

from shared import clock, wiring

app = func.FunctionApp()


def tell(**seen: object) -> None:
    """Say on the log what was seen."""
    logging.getLogger("app").info(json.dumps(seen, default=str))


@app.event_grid_trigger(arg_name="event")
def on_event(event: str) -> None:
    """Log the text of the event; fail or take long if its subject says so."""
    tell(event=event, now=clock.now())
    subject = json.loads(event).get("subject")
    if subject == "fail":
        raise RuntimeError("no luck")
    if subject == "slow":
        wiring._wait(45.0)


@app.event_grid_trigger(arg_name="event")
def on_typed_event(event: func.EventGridEvent) -> None:
    """Log what the library read in an event of Event Grid's own schema."""
    tell(type=event.event_type, data=event.get_json())


@app.route(route="alerts", methods=["POST"])
def take_alert(req: func.HttpRequest) -> func.HttpResponse:
    """Log the alert, and answer with the status that it asks for."""
    alert = req.get_json()
    tell(alert=alert, now=clock.now())
    return func.HttpResponse(status_code=alert.get("status", 202))


@app.route(route="open", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def anybody(req: func.HttpRequest) -> str:
    """Answer anybody."""
    return "open"


@app.route(route="vault", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def admin(req: func.HttpRequest) -> str:
    """Answer who has the master key."""
    return "vault"

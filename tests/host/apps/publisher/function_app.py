"""Do events come back to the app that published them? An app for the tests of the whole stack."""

import json
import logging
import os
import urllib.request

import azure.functions as func
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridPublisherClient
from azure.identity import DefaultAzureCredential

from shared import clock

app = func.FunctionApp()


def tell(**seen: object) -> None:
    """Say on the log what was seen."""
    logging.getLogger("app").info(json.dumps(seen, default=str))


@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
def publish(timer: func.TimerRequest) -> None:
    """Publish two events every hour."""
    endpoint = os.environ["NIGHTSHIFT_EVENTS_ENDPOINT"]
    with EventGridPublisherClient(endpoint, DefaultAzureCredential()) as client:
        hour = clock.now().strftime("%H")
        client.send([CloudEvent("/app", "done.v1", id=f"{hour}-{number}", data={}) for number in range(2)])


@app.event_grid_trigger(arg_name="event")
def on_backup_job_event(event: str) -> None:
    """Log the event."""
    tell(job_event=json.loads(event)["id"])


@app.event_grid_trigger(arg_name="event")
def on_resource_event(event: str) -> None:
    """Log the event."""
    tell(resource_event=json.loads(event)["data"]["operationName"])


@app.route(route="alerts", methods=["POST"])
def take_alert(req: func.HttpRequest) -> func.HttpResponse:
    """Log the alert."""
    tell(alert=req.get_json())
    return func.HttpResponse(status_code=202)


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
def shout(timer: func.TimerRequest) -> None:
    """Post to the operator's webhook."""
    body = json.dumps({"text": "help", "dedup_key": "same"}).encode()
    urllib.request.urlopen(urllib.request.Request(os.environ["NIGHTSHIFT_WEBHOOK_URL"], body)).close()

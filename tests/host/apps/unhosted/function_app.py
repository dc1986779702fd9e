"""What if an app has triggers that are not hosted? An app for the host's conformance tests."""

import azure.functions as func

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="work", connection="Fleet")
def take_message(message: func.QueueMessage) -> None:
    """Never run."""


@app.event_grid_trigger(arg_name="event")
def take_event(event: func.EventGridEvent) -> None:
    """Never run."""

"""What if an app has triggers that are not hosted? An app for the host's conformance tests."""

import azure.functions as func

app = func.FunctionApp()


@app.blob_trigger(arg_name="blob", path="reports/{name}", connection="Fleet")
def take_blob(blob: func.InputStream) -> None:
    """Never run."""


@app.event_grid_trigger(arg_name="event")
def take_event(event: func.EventGridEvent) -> None:
    """Never run."""

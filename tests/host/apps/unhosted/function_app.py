"""What if an app has triggers that are not hosted? An app for the host's conformance tests."""

import azure.functions as func

app = func.FunctionApp()


@app.blob_trigger(arg_name="blob", path="reports/{name}", connection="Fleet")
def take_blob(blob: func.InputStream) -> None:
    """Never run."""


@app.service_bus_queue_trigger(arg_name="message", queue_name="orders", connection="Fleet")
def take_order(message: func.ServiceBusMessage) -> None:
    """Never run."""

"""What if messages are not encoded? An app for the host's conformance tests."""

import azure.functions as func

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="plain", connection="FleetStorage")
@app.queue_output(arg_name="out", queue_name="echoed", connection="FleetStorage")
def echo(message: func.QueueMessage, out: func.Out[str]) -> None:
    """Give back what came."""
    out.set(message.get_body().decode())

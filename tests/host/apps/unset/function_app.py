"""What if a schedule names a setting that is not there? An app for the host's conformance tests."""

import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="%NIGHTLY%")
def plan(timer: func.TimerRequest) -> None:
    """Never run."""


@app.timer_trigger(arg_name="timer", schedule="%HOURLY%")
def enforce(timer: func.TimerRequest) -> None:
    """Never run."""

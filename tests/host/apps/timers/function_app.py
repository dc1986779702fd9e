"""What does a timer function get? An app for the host's conformance tests; it says what it saw on its log."""

import json
import logging
from datetime import timedelta

import azure.functions as func
from azure.functions.timer import TimerRequest

from shared import clock, wiring

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="%HOURLY%")
def tell_time(timer: TimerRequest) -> None:
    """Log the tick and the simulated time."""
    seen = {"now": clock.now(), "past_due": timer.past_due, "status": timer.schedule_status}
    logging.getLogger("app").info(json.dumps(seen, default=str))


@app.timer_trigger(arg_name="timer", schedule="0 30 * * * *")
def take_long(timer: func.TimerRequest) -> None:
    """Wait for ninety simulated minutes."""
    before = clock.now()
    wiring._wait(5400.0)
    assert clock.now() - before == timedelta(seconds=5400)


@app.timer_trigger(arg_name="timer", schedule="0 45 * * * *")
def fail(timer: func.TimerRequest) -> None:
    """Fail."""
    raise RuntimeError("no luck")

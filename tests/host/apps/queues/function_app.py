"""What does a queue function get, and what may it give? An app for the host's conformance tests."""

import json
import logging
import os
import typing

import azure.functions as func
from azure.functions.queue import QueueMessage
from azure.identity import DefaultAzureCredential
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from shared import wiring

app = func.FunctionApp()


def queue(name: str, **options: object) -> QueueClient:
    """Return the SDK's client, as any app would make it."""
    return QueueClient(os.environ["NIGHTSHIFT_QUEUE_URI"], name, credential=DefaultAzureCredential(), **options)


def tell(**seen: object) -> None:
    """Say on the log what was seen."""
    logging.getLogger("app").info(json.dumps(seen, default=str))


@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="FleetStorage")
def work(message: QueueMessage) -> None:
    """Log the message, and fail if it says so."""
    tell(
        body=message.get_body().decode(),
        id=message.id,
        dequeue_count=message.dequeue_count,
        inserted=message.insertion_time,
        expires=message.expiration_time,
        next_visible=message.time_next_visible,
        has_receipt=bool(message.pop_receipt),
    )
    if message.get_body().startswith(b"fail"):
        raise RuntimeError("no luck")


@app.queue_trigger(arg_name="message", queue_name="relay", connection="FleetStorage")
@app.queue_output(arg_name="one", queue_name="relayed", connection="FleetStorage")
@app.queue_output(arg_name="many", queue_name="relayed", connection="FleetStorage")
def relay(message: func.QueueMessage, one: func.Out[str], many: func.Out[typing.List[str]]) -> None:  # noqa: UP006
    """Give one and many messages; give too large a one, or fail afterwards, if told."""
    one.set("x" * 49_153 if message.get_body() == b"huge" else "one")
    many.set(["two", "zürich"])
    if message.get_body() == b"fail":
        raise RuntimeError("no luck")


@app.queue_trigger(arg_name="message", queue_name="burst", connection="FleetStorage")
def burst(message: func.QueueMessage) -> None:
    """Say how many messages of the queue can be seen."""
    tell(visible=len(queue("burst").peek_messages(32)))


@app.queue_trigger(arg_name="message", queue_name="slow", connection="FleetStorage")
def slow(message: func.QueueMessage) -> None:
    """Take longer than a message is hidden."""
    wiring._wait(660.0)


@app.queue_trigger(arg_name="message", queue_name="meddle", connection="FleetStorage")
def meddle(message: QueueMessage) -> None:
    """Hide the message for another twenty minutes when it comes first: the host's receipt is stale then."""
    if message.dequeue_count == 1:
        queue("meddle").update_message(message.id, message.pop_receipt, visibility_timeout=1200)


@app.queue_trigger(arg_name="message", queue_name="lost-poison", connection="FleetStorage")
def last_resort(message: func.QueueMessage) -> None:
    """Fail where poison ends."""
    raise RuntimeError("no luck")


@app.queue_trigger(arg_name="message", queue_name="deadly", connection="FleetStorage")
def deadly(message: QueueMessage) -> None:
    """End the whole host when the message comes first."""
    if message.dequeue_count == 1:
        os._exit(1)


@app.queue_trigger(arg_name="message", queue_name="soon", connection="FleetStorage")
def put_off(message: func.QueueMessage) -> None:
    """Send the message on, to be worked on in half an hour."""
    later = queue(os.environ["WORK_QUEUE"], message_encode_policy=TextBase64EncodePolicy())
    later.send_message(message.get_body().decode(), visibility_timeout=1800, time_to_live=-1)


@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
@app.queue_output(arg_name="out", queue_name="%WORK_QUEUE%", connection="FleetStorage")
def tick(timer: func.TimerRequest, out: func.Out[str]) -> None:
    """Send a message every hour."""
    out.set("from tick")

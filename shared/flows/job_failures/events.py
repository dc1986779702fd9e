"""What does an event ask for? It is claimed and handed on, in two calls to storage: no event waits for Azure."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.errors import BadMessage
from shared.flows.check_requests import REQUESTS
from shared.flows.job_failures import outbox
from shared.flows.set_aside import set_aside
from shared.messages.alerts import request_from_alert
from shared.messages.checks import check_request_to_json
from shared.messages.envelopes import envelope_from_json
from shared.messages.jobs import triage_from_event, triage_to_json
from shared.messages.resources import check_from_event
from shared.ports import Ports

JOB_EVENTS = "job-events"
RESOURCE_EVENTS = "resource-events"
ALERTS = "alerts"
WAVE = timedelta(minutes=1)
"""How long the check of a vault waits for further changes of it."""


def receive_job_event(ports: Ports, text: str, now: datetime) -> bool:
    """Hand a failure on to those who answer it; False for what is malformed, which is set aside. A copy is dropped.

    Raises Transient where storage does not answer: then the event comes again. Where the claim was made and the rest
    was lost, the watcher finds the failure without an answer.
    """
    try:
        event = envelope_from_json(text)
        request = triage_from_event(event)
    except BadMessage as problem:
        set_aside(ports, JOB_EVENTS, problem, text, now)
        return False
    if ports.ledger.claim(f"claims-{now:%Y-%m-%d}", f"{event.source}|{event.id}", {"at": now.isoformat()}):
        ports.queues.send(outbox.TRIAGE, triage_to_json(request))
    return True


def receive_resource_event(ports: Ports, text: str, now: datetime) -> bool:
    """Ask for a check of what somebody changed. A check that comes twice finds nothing new.

    Changes of a vault come in waves, our own moves among them: its check waits a little, and one look is for all.
    """
    try:
        request = check_from_event(envelope_from_json(text))
    except BadMessage as problem:
        set_aside(ports, RESOURCE_EVENTS, problem, text, now)
        return False
    if request is not None:
        wave = WAVE if request.vault_id else timedelta()
        asked = check_request_to_json(replace(request, changed_at=now))
        ports.queues.send(REQUESTS, asked, wave.total_seconds())
    return True


def receive_alert(ports: Ports, text: str, now: datetime) -> bool:
    """Announce the failed job of a built-in alert, under the id that the watcher gives it."""
    try:
        request = request_from_alert(text)
    except BadMessage as problem:
        set_aside(ports, ALERTS, problem, text, now)
        return False
    if request is not None:
        outbox.note(ports, request, "", now)
    return True

"""What has been left lying about? Poison messages and dead letters are set aside, stuck restores woken; old rows go."""

from datetime import datetime, timedelta

from shared.errors import BadMessage
from shared.flows import tampering
from shared.flows.check_requests import REQUESTS
from shared.flows.job_failures import events, facts, outbox
from shared.flows.on_demand import asking
from shared.flows.on_demand.asking import BACKUPS
from shared.flows.restores import tidy
from shared.flows.set_aside import set_aside
from shared.messages.jobs import TYPES
from shared.messages.letters import letters_from_json
from shared.ports import Ports
from shared.telemetry import Event, tell

QUEUES = (REQUESTS, outbox.TRIAGE, BACKUPS)
POISON = "-poison"
MOST = 200
"""Messages of one poison queue, and dead letters, in one sweep; the next is an hour later."""
CLAIMS_KEPT = timedelta(days=3)
"""Event Grid gives up after a day; nothing comes twice after that."""
FORGETS_AT = 3
"""The UTC hour in which facts that are over are forgotten: once a day is enough, and takes all of them."""


def sweep(ports: Ports, now: datetime) -> int:
    """Tidy up; return how many poison messages were set aside or rejected."""
    found = sum(_set_aside_poison(ports, queue, now) for queue in QUEUES) + tidy.tidy(ports, now, MOST)
    letters = ports.quarantine.given_up(lambda text: _set_aside_letter(ports, text, now), MOST)
    day = f"claims-{now - CLAIMS_KEPT:%Y-%m-%d}"
    for key in ports.ledger.rows(day):
        ports.ledger.drop(day, key)
    tampering.forget_old(ports, now)
    asking.give_up_lost(ports.ledger, now)
    forgotten = _forget_old(ports, now) if now.hour == FORGETS_AT else 0
    tell(Event.SWEPT, at=now, poison=found, dead_letters=letters, forgotten=forgotten)
    return found


def _forget_old(ports: Ports, now: datetime) -> int:
    return facts.forget_old(ports.ledger, now) + asking.forget_old(ports.ledger, now) + tidy.forget_old(ports, now)


def _set_aside_poison(ports: Ports, queue: str, now: datetime) -> int:
    problem = BadMessage([f"it failed five times; the log of {queue} around this time says why"])
    return ports.queues.empty(queue + POISON, lambda text: set_aside(ports, queue, problem, text, now), MOST)


def _set_aside_letter(ports: Ports, text: str, now: datetime) -> None:
    for letter in letters_from_json(text):
        source = events.JOB_EVENTS if letter.type in TYPES.values() else events.RESOURCE_EVENTS
        set_aside(ports, source, BadMessage([letter.reason]), letter.text, now)

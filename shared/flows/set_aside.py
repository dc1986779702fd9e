"""What becomes of words that cannot be followed? They are kept with the reasons; nothing tries them again by itself."""

from datetime import datetime

from shared.errors import BadMessage
from shared.model.events import SetAside
from shared.ports import Ports
from shared.telemetry import Event, tell

MOST_REASONS = 20


def set_aside(ports: Ports, source: str, problem: BadMessage, text: str, now: datetime) -> None:
    """Keep the words whole, where an operator sees them and may send them again. Raises Transient or Permanent."""
    reasons = tuple(problem.reasons[:MOST_REASONS])
    ports.quarantine.put(SetAside(source, reasons, text, now))
    tell(Event.SET_ASIDE, at=now, source=source, reasons=reasons)

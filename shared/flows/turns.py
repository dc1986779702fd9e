"""Is it still this run's turn to write? Not once it has stood still for long, or a later run has begun."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ports import Ports

TURNS = "turns"
LONGEST = timedelta(minutes=30)
"""No run may take longer by host.json, and moments are judged with more room: an hour before any start."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right of the run that began at `now` to write; runs of one `name` follow each other."""

    ports: Ports
    name: str
    now: datetime

    def over(self) -> str:
        """Return why the run may write no more, "" while it may.

        A process may stand still at any point, and wake up when all that it knows is old. Azure takes no condition
        with a write, so this is asked right before each: what is left is the way from here to the service.
        """
        if self.ports.now() - self.now > LONGEST:
            return f"the run of {self.now:%H:%M} UTC has taken too long; what it saw is judged anew"
        newest = self.ports.ledger.read(TURNS, self.name)
        if newest is not None and newest["at"] != self.now.isoformat():
            return f"a later run has taken over from the one of {self.now:%H:%M} UTC"
        return ""


def take(ports: Ports, name: str, now: datetime) -> Turn:
    """Begin to write; a run of this name that began before, and has not ended, may write no more."""
    ports.ledger.write(TURNS, name, {"at": now.isoformat()})
    return Turn(ports, name, now)

"""What goes wrong around the story of retention? Workers are killed, and answers of the service get lost."""

from local.scenarios.nights import Crash
from local.scenarios.triggers import EVENT, QUEUE, ROUTE, TIMER
from local.scenarios.workers import Killer
from shared.errors import Transient

LIKELY = {TIMER: 0.004, QUEUE: 0.05, EVENT: 0.0, ROUTE: 0.0}
LOST = {
    "vaults.recovery_points": 0.01,
    "vaults.items": 0.002,
    "vaults.policies": 0.002,
    "vaults.jobs": 0.002,
    "vaults.back_up": 0.05,
    "vaults.back_up.sent": 0.1,
    "queues.send.sent": 0.02,
}
"""How often a call is not answered: before its effect, or (".sent") after it."""
REFUSED, NO_ANSWER = "429: come later", "503: no answer"
EXPECTED = frozenset({Crash.__name__, f"Transient: {REFUSED}", f"Transient: {NO_ANSWER}"})
"""How an invocation may end that was struck: the next one goes on where it was."""


class Mishaps(Killer):
    """Kills workers, and lets answers get lost; `orders` counts the backups that were asked for and never began."""

    orders: int = 0

    def __call__(self, call: str) -> None:
        """Kill, lose the answer, or let the call pass."""
        super().__call__(call)
        if self.draw.random() < LOST.get(call, 0.0):
            self.orders += call == "vaults.back_up"
            refused = not call.endswith(".sent") and self.draw.random() < 0.5
            raise Transient(REFUSED if refused else NO_ANSWER, refused=refused)

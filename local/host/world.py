"""Who owns simulated time? The pretend ARM; the host asks it and never looks at the machine's clock."""

from datetime import datetime
from typing import Protocol

from local.control import Control


class World(Protocol):
    """The clock of the pretend cloud. It stands still but for what it is told and what calls to Azure cost."""

    def now(self) -> datetime:
        """Return the simulated instant."""

    def advance(self, to: datetime) -> None:
        """Move the clock forward to `to`."""

    def wait(self, seconds: float) -> None:
        """Let simulated seconds pass, as a sleeping function would."""

    def announce(self, caller: str) -> datetime:
        """Name whoever calls Azure from now on, for the access log; "" is nobody. Return the simulated instant."""


class ArmWorld:
    """The world behind the pretend ARM's control addresses."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def now(self) -> datetime:
        """Return the simulated instant."""
        return datetime.fromisoformat(self._control.get("/_local/clock")["now"])

    def advance(self, to: datetime) -> None:
        """Move the clock forward to `to`."""
        self._control.post("/_local/clock", {"to": to.isoformat()})

    def wait(self, seconds: float) -> None:
        """Let simulated seconds pass."""
        self._control.post("/_local/wait", {"seconds": seconds})

    def announce(self, caller: str) -> datetime:
        """Name the caller for the access log; return the simulated instant."""
        return datetime.fromisoformat(self._control.post("/_local/caller", {"label": caller})["now"])

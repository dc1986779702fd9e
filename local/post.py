"""What is on its way to the app? Requests that are due at simulated instants, until somebody answers for them."""

import heapq
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

PATIENCE = timedelta(seconds=30)
"""How long a sender waits for an answer, where simulated time is not faster than real; what comes later is none."""
TIMED_OUT = 0
"""The status of an answer that never came."""


class Opens(StrEnum):
    """Which of the app's keys the request shows."""

    NOTHING = "anonymous"
    FUNCTIONS = "function"
    EVENTS = "system"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: the HTTP status, TIMED_OUT without one; headers in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request to the app, where `url` is a path, or to anybody, where it is a whole address."""

    url: str
    body: str
    headers: Mapping[str, str]
    method: str = "POST"
    opens: Opens = Opens.NOTHING


type Told = Callable[[Answer, datetime], None]
"""Hears the answer to a parcel, and when it came."""
type Withhold = Callable[[datetime], bool]
"""Says whether a parcel that is due now is better not sent."""


class Post:
    """All parcels that are under way. Whoever takes one says what became of it, or it counts as unanswered.

    `patience` is longer where the clock runs fast: the app's own work takes real time.
    """

    def __init__(self, patience: timedelta = PATIENCE) -> None:
        self._patience = patience
        self._numbers = itertools.count(1)
        self._waiting: list[tuple[datetime, int, Parcel, Told, Withhold | None]] = []
        self._in_hand: dict[int, tuple[datetime, Told]] = {}

    def put(self, due: datetime, parcel: Parcel, told: Told, withhold: Withhold | None = None) -> None:
        """Send a parcel at `due`; `told` hears its answer. Those of one instant go in the order they were put.

        One that its sender would `withhold` when it is due is never sent.
        """
        heapq.heappush(self._waiting, (due, next(self._numbers), parcel, told, withhold))

    def first(self) -> datetime | None:
        """Return when something happens next: a parcel is due, or one in hand has waited too long for its answer."""
        late = min((taken + self._patience for taken, _ in self._in_hand.values()), default=None)
        due = self._waiting[0][0] if self._waiting else None
        return min((at for at in (late, due) if at is not None), default=None)

    def take(self, now: datetime) -> tuple[int, Parcel] | None:
        """Return the first parcel that is due and the number to answer under; None where none is."""
        for number, (taken, told) in list(self._in_hand.items()):
            if taken + self._patience <= now:
                del self._in_hand[number]
                told(Answer(TIMED_OUT), now)
        while self._waiting and self._waiting[0][0] <= now:
            _, number, parcel, told, withhold = heapq.heappop(self._waiting)
            if withhold is None or not withhold(now):
                self._in_hand[number] = (now, told)
                return number, parcel
        return None

    def answer(self, number: int, answer: Answer, now: datetime) -> None:
        """Say what became of a parcel in hand; an answer after the sender's patience counts as none."""
        taken, told = self._in_hand.pop(number, (None, None))
        if taken is not None and told is not None:
            told(answer if now < taken + self._patience else Answer(TIMED_OUT), now)

"""What may go wrong between a topic and a subscriber? Events that are lost, doubled, delayed or overtaken, seeded."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

MOST_COPIES = 5


@dataclass(frozen=True, slots=True)
class Mishaps:
    """The shares of deliveries that are `lost`, `duplicated` (2 to 5 times), `delayed` by up to six hours, `reordered`.

    Azure promises to lose none; whoever relies on it should see what becomes of it.
    """

    lost: float = 0.0
    duplicated: float = 0.0
    delayed: float = 0.0
    reordered: float = 0.0

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Mishaps":
        """Return the mishaps of a JSON document; raise ValueError for an unknown key or a share outside 0 to 1."""
        known = {one.name for one in fields(cls)}
        bad = {name: share for name, share in document.items() if name not in known or not _is_share(share)}
        if bad:
            raise ValueError(f"mishaps of events: expected shares from 0 to 1 of {sorted(known)}, got {bad}")
        return cls(**document)

    def arrivals(self, draw: random.Random) -> list[timedelta]:
        """Return after how long each copy of an event is sent; none where it is lost."""
        lost, doubled, late, overtaken = (draw.random() for _ in range(4))
        after = timedelta(seconds=draw.uniform(0.2, 2.0))
        again = [timedelta(seconds=draw.uniform(0, 300)) for _ in range(draw.randint(1, MOST_COPIES - 1))]
        delay, aside = timedelta(seconds=draw.uniform(300, 21_600)), timedelta(seconds=draw.uniform(5, 120))
        if lost < self.lost:
            return []
        after += delay if late < self.delayed else timedelta()
        after += aside if overtaken < self.reordered else timedelta()
        return [after, *(after + more for more in again)] if doubled < self.duplicated else [after]


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1

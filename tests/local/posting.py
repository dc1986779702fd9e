"""How does a test of deliveries pass the time? A post whose parcels are answered as the test says, on its own clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from local.post import Answer, Parcel, Post

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Round:
    """Takes parcels as they fall due, and answers each."""

    post: Post = field(default_factory=Post)
    now: datetime = MIDNIGHT
    answer: Callable[[Parcel], Answer] = lambda _: Answer(202)
    brought: list[tuple[datetime, Parcel]] = field(default_factory=list)

    def until(self, instant: datetime) -> list[tuple[datetime, Parcel]]:
        """Bring everything due by `instant` and return what was brought on the way."""
        before = len(self.brought)
        while (due := self.post.first()) is not None and due <= instant:
            self.now = max(self.now, due)
            if (taken := self.post.take(self.now)) is not None:
                self.brought.append((self.now, taken[1]))
                self.post.answer(taken[0], self.answer(taken[1]), self.now)
        self.now = max(self.now, instant)
        return self.brought[before:]

    def after(self, **span: float) -> list[tuple[datetime, Parcel]]:
        """Bring everything due in the next span."""
        return self.until(self.now + timedelta(**span))

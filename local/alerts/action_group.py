"""How does an alert reach a webhook? As Azure's action groups call one: few retries, then a quarter of an hour none."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from local.post import TIMED_OUT, Answer, Opens, Parcel, Post

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 20, 5, 40, 5))
PEACE = timedelta(minutes=15)
"""How long nobody calls an address after all retries failed: alerts of that time never reach it."""
_RETRIED = {TIMED_OUT, 408, 429, 503, 504}


class Receiver:
    """One webhook of an action group: a path of the app, called with its function key, or an address."""

    def __init__(self, url: str, post: Post) -> None:
        self.url = url
        self.counts: Counter[str] = Counter()
        self._post = post
        self._peace_until: datetime | None = None

    def send(self, due: datetime, body: str) -> None:
        """Call the webhook with an alert at `due`."""
        headers = {"content-type": "application/json; charset=utf-8"}
        opens = Opens.FUNCTIONS if self.url.startswith("/") else Opens.NOTHING
        self._try(due, Parcel(self.url, body, headers, opens=opens), 0)

    def figures(self) -> Mapping[str, int]:
        """Return how many alerts were delivered, retried, given up, and never sent for the sake of peace."""
        return {name: self.counts[name] for name in ("delivered", "retried", "given_up", "withheld")}

    def _try(self, due: datetime, parcel: Parcel, retries: int) -> None:
        def told(answer: Answer, at: datetime) -> None:
            self._hear(answer, at, parcel, retries)

        self._post.put(due, parcel, told, withhold=self._in_peace)

    def _in_peace(self, now: datetime) -> bool:
        if self._peace_until is None or now >= self._peace_until:
            return False
        self.counts["withheld"] += 1
        return True

    def _hear(self, answer: Answer, at: datetime, parcel: Parcel, retries: int) -> None:
        if 200 <= answer.status < 300:
            self.counts["delivered"] += 1
        elif answer.status not in _RETRIED:
            self.counts["given_up"] += 1
        elif retries < len(PAUSES):
            self.counts["retried"] += 1
            self._try(at + PAUSES[retries], parcel, retries + 1)
        else:
            self.counts["given_up"] += 1
            self._peace_until = at + PEACE

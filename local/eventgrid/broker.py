"""What becomes of an event once it is published? A delivery to every subscriber that wants it, at least once."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.eventgrid import handshake, retries
from local.eventgrid.deliveries import Delivery, as_cloud_event, dead, parcel
from local.eventgrid.mishaps import Mishaps
from local.eventgrid.subscriptions import CLOUD_EVENTS, Subscription
from local.post import Answer, Post

type Json = dict[str, Any]

WRITTEN_AFTER = timedelta(minutes=5)
"""How long after the last attempt a dead letter is written."""


@dataclass(slots=True)
class _Subscriber:
    """A subscription at work; `state` is Creating until its address agreed, Succeeded, or Failed."""

    subscription: Subscription
    state: str
    failures: int = 0
    held_until: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that was given up, where it came from, and when its letter is written."""

    subscription: Subscription
    event: Json
    at: datetime


class Broker:
    """Event Grid's topics and subscriptions over one post. All chance follows from the seed and the events."""

    def __init__(self, seed: int, post: Post) -> None:
        self.mishaps = Mishaps()
        self.published: Counter[str] = Counter()
        self.dead_letters: list[DeadLetter] = []
        self._unwritten: list[DeadLetter] = []
        self._seed = seed
        self._post = post
        self._subscribers: dict[str, _Subscriber] = {}
        self._seen: Counter[tuple[str, str, str]] = Counter()

    def subscribe(self, subscription: Subscription, now: datetime) -> None:
        """Add a subscription, or replace the one of its name. An address outside the app is asked first."""
        known = self._subscribers.get(subscription.name)
        if known is not None and known.subscription == subscription:
            return
        asked = bool(subscription.url)
        subscriber = _Subscriber(subscription, "Creating" if asked else "Succeeded")
        self._subscribers[subscription.name] = subscriber
        if not asked:
            return
        code = f"{random.Random(f'{self._seed}|handshake|{subscription.name}').getrandbits(64):016x}"

        def told(answer: Answer, _: datetime) -> None:
            subscriber.state = "Succeeded" if handshake.agrees(subscription, code, answer) else "Failed"

        self._post.put(now, handshake.question(subscription, code, now), told)

    def listens(self, topic: str) -> bool:
        """Say whether anybody subscribes to the topic."""
        return any(one.subscription.topic == topic for one in self._subscribers.values())

    def publish(self, topic: str, events: Sequence[Json], at: datetime) -> None:
        """Send events of a topic on their way to everybody who wants them."""
        self.published[topic] += len(events)
        for subscriber in self._subscribers.values():
            subscription = subscriber.subscription
            if subscription.topic != topic or subscriber.state != "Succeeded":
                continue
            for event in events:
                if subscription.wants(event):
                    self._dispatch(subscriber, event, at)

    def unwritten(self, now: datetime) -> list[DeadLetter]:
        """Return the dead letters that are due to be written and were not returned before."""
        due = [letter for letter in self._unwritten if letter.at <= now]
        self._unwritten = [letter for letter in self._unwritten if letter.at > now]
        return due

    def subscriptions(self) -> list[Json]:
        """Return each subscription's name, topic, state and counts."""
        return [
            {"name": name, "topic": one.subscription.topic, "state": one.state, **_counts(one.counts)}
            for name, one in self._subscribers.items()
        ]

    def _dispatch(self, subscriber: _Subscriber, event: Json, at: datetime) -> None:
        subscription = subscriber.subscription
        shown = as_cloud_event(event) if subscription.schema == CLOUD_EVENTS else event
        key = (subscription.name, str(event.get("source") or event.get("topic")), str(event["id"]))
        draw = self._draw(*key, self._seen[key])
        self._seen[key] += 1
        arrivals = self.mishaps.arrivals(draw)
        subscriber.counts["matched"] += 1
        subscriber.counts["lost"] += not arrivals
        subscriber.counts["duplicated"] += max(0, len(arrivals) - 1)
        for after in arrivals:
            self._send(subscriber, Delivery(subscription, shown, at), at + after, draw)

    def _send(self, subscriber: _Subscriber, delivery: Delivery, due: datetime, draw: random.Random) -> None:
        held = subscriber.held_until

        def told(answer: Answer, at: datetime) -> None:
            self._hear(subscriber, delivery, answer, at, draw)

        self._post.put(max(due, held) if held else due, parcel(delivery), told)

    def _hear(
        self, subscriber: _Subscriber, delivery: Delivery, answer: Answer, at: datetime, draw: random.Random
    ) -> None:
        """Take an answer: done, try again later, or give up."""
        delivery.attempts += 1
        subscription = subscriber.subscription
        if retries.delivered(answer.status):
            subscriber.failures, subscriber.held_until = 0, None
            subscriber.counts["delivered"] += 1
            return
        subscriber.failures += 1
        subscriber.held_until = at + retries.hold(answer.status, subscriber.failures)
        pause = retries.wait(delivery.attempts, answer.status, to_function=not subscription.url, draw=draw)
        ends = delivery.published + timedelta(minutes=subscription.minutes)
        if pause is None:
            self._give_up(subscriber, delivery, "UndeliverableEvent", answer, at)
        elif delivery.attempts >= subscription.attempts:
            self._give_up(subscriber, delivery, "MaxDeliveryAttemptsExceeded", answer, at)
        elif at + pause > ends:
            self._give_up(subscriber, delivery, "TimeToLiveExceeded", answer, at)
        else:
            subscriber.counts["retried"] += 1
            self._send(subscriber, delivery, at + pause, draw)

    def _give_up(self, subscriber: _Subscriber, delivery: Delivery, reason: str, answer: Answer, at: datetime) -> None:
        if not subscriber.subscription.dead_letters:
            subscriber.counts["dropped"] += 1
            return
        subscriber.counts["dead_lettered"] += 1
        event = dead(delivery, reason, retries.outcome(answer.status), at)
        letter = DeadLetter(subscriber.subscription, event, at + WRITTEN_AFTER)
        self.dead_letters.append(letter)
        self._unwritten.append(letter)

    def _draw(self, *parts: object) -> random.Random:
        return random.Random("|".join(map(str, ("events", self._seed, *parts))))


def _counts(counts: Counter[str]) -> dict[str, int]:
    names = ("matched", "delivered", "lost", "duplicated", "retried", "dead_lettered", "dropped")
    return {name: counts[name] for name in names}

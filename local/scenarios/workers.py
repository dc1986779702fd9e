"""How do timers, queue messages and events run beside each other? By the host's rules, with workers that are killed."""

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import azure.functions as func
from azure.functions.timer import TimerRequest

import function_app
from local.host.host_json import extension
from local.host.queue_settings import queue_settings
from local.host.queues import HIDDEN
from local.host.schedule import Schedule
from local.memory.queues import MemoryQueues
from local.memory.told import MemoryEvents
from local.scenarios.nights import Crash, Nights
from local.scenarios.post import Delivery, Post, cloud_event
from local.scenarios.triggers import EVENT, QUEUE, ROUTE, TIMER, Function, functions, started_by
from shared.model.events import Envelope

JOB_EVENTS, RESOURCE_EVENTS, ALERTS = "on_backup_job_event", "on_resource_event", "alerts"
ACCEPTED = 202
APP = Path(function_app.__file__).parent
LIKELY = {TIMER: 0.02, QUEUE: 0.1, EVENT: 0.1, ROUTE: 0.1}
"""How often a worker is killed in the middle of a function, by its trigger."""


@dataclass(slots=True)
class Killer:
    """Kills workers: at a seeded call of a seeded invocation, before or after its effect. `kills` are the instants."""

    draw: random.Random
    likely: Mapping[str, float]
    kills: list[datetime] = field(default_factory=list)
    _usual: Counter[str] = field(default_factory=Counter)
    _at: int = 0
    _seen: int = 0

    def begins(self, function: Function) -> None:
        """Choose whether this invocation is killed, and at which of its moments: one of as many as the last one had."""
        self._seen, self._at = 0, 0
        if self.draw.random() < self.likely.get(function.trigger, 0.0):
            self._at = self.draw.randint(1, max(1, self._usual[function.name]))

    def ends(self, function: Function) -> None:
        """Remember how many moments it had."""
        self._usual[function.name] = max(self._seen, self._usual[function.name] * 3 // 4)

    def __call__(self, call: str) -> None:
        """Kill, or let the call pass."""
        self._seen += 1
        if self._seen == self._at:
            raise Crash(call)


class Workers:
    """The app's workers: `timers` by their schedules, messages one at a time, and what the post brings.

    A killed worker leaves its message hidden until the lease ends, its event to be sent again, and its timer to the
    next occurrence. What fails comes back, and is poison, as host.json says.
    """

    def __init__(self, nights: Nights, timers: Collection[str], post: Post, killer: Killer) -> None:
        self.nights = nights
        self.post = post
        self.killer = killer
        self._functions = {function.name: function for function in functions()}
        self._schedules = {name: Schedule.parse(self._functions[name].setting) for name in timers}
        self._due = {name: schedule.next_after(nights.world.now) for name, schedule in self._schedules.items()}
        self._readers = {function.setting: function for function in started_by(QUEUE)}
        self._settings = queue_settings(extension(APP, "queues"))
        queues, events = nights.ports.queues, nights.ports.events
        assert isinstance(queues, MemoryQueues)
        assert isinstance(events, MemoryEvents)
        self._queues = queues
        events.deliver = self._announced

    def until(self, instant: datetime) -> None:
        """Run all that is due up to and at `instant`, in its order; then let time pass to it."""
        world = self.nights.world
        while (first := self._first())[0] <= instant:
            at, run = first
            world.advance_to(max(world.now, at))
            run()
        world.advance_to(instant)

    def _first(self) -> tuple[datetime, Callable[[], None]]:
        timer = min(self._due, key=lambda name: (self._due[name], name))
        found: list[tuple[datetime, int, Callable[[], None]]] = [(self._due[timer], 2, lambda: self._tick(timer))]
        if at := self._queues.due(self._readers):
            found.append((at, 1, self._message))
        if at := self.post.due():
            found.append((at, 0, self._delivery))
        at, _, run = min(found, key=lambda one: one[:2])
        return at, run

    def _tick(self, name: str) -> None:
        began = self.nights.world.now
        self._run(self._functions[name], TimerRequest(past_due=False))
        self._due[name] = self._schedules[name].next_after(began)

    def _message(self) -> None:
        message, began = self._queues.take(self._readers), self.nights.world.now
        assert message is not None
        error, _ = self._run(self._readers[message.queue], func.QueueMessage(body=message.body.encode()))
        if error == Crash.__name__:
            hidden = began + HIDDEN - self.nights.world.now
            self._queues.give_back(message, hidden.total_seconds())
        elif error and message.dequeue_count >= self._settings.max_dequeue_count:
            self._queues.send(f"{message.queue}-poison", message.body)
        elif error:
            self._queues.give_back(message, self._settings.visibility_timeout.total_seconds())

    def _delivery(self) -> None:
        delivery = self.post.take()
        error, answer = self._run(self._functions[delivery.function], _argument(delivery))
        if error or (isinstance(answer, func.HttpResponse) and answer.status_code != ACCEPTED):
            self.post.failed(delivery, self.nights.world.now)

    def _run(self, function: Function, argument: object) -> tuple[str, object]:
        """Run a function, maybe to its end; return what it raised, "" where nothing, and what it returned."""
        self.killer.begins(function)
        self.nights.fault = self.killer
        returned = self.nights.command(function.name, lambda: function.body(argument))
        self.nights.fault = None
        self.killer.ends(function)
        error = self.nights.log[-1].error
        if error == Crash.__name__:
            self.killer.kills.append(self.nights.world.now)
        return error, returned

    def _announced(self, event: Envelope) -> None:
        self.post.send(JOB_EVENTS, cloud_event(event), self.nights.world.now)


def _argument(delivery: Delivery) -> object:
    """Return what the library hands to a function that takes events, or to one behind a route."""
    if delivery.function == ALERTS:
        return func.HttpRequest(method="POST", url="/api/alerts", body=delivery.text.encode())
    return delivery.text

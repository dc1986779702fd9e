"""Is every restore carried out once, on an account of its own? Requests of all kinds, and all that goes wrong."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from local.memory.queues import MemoryQueues
from local.memory.told import MemoryEvents, MemoryWebhook
from local.scenarios import restore_judge as judge
from local.scenarios.nights import Nights
from local.scenarios.post import Chances, Post
from local.scenarios.restore_fleet import Asked, Fleet, calm_request, fleet, wild_requests
from local.scenarios.restore_judge import Ends
from local.scenarios.told import Told, at_least, at_most, zero
from local.scenarios.triggers import EVENT, QUEUE, ROUTE, TIMER
from local.scenarios.workers import Killer, Workers
from shared.errors import Transient
from shared.flows.restores.rows import TASKS

TIMERS = ("watch_restores", "sweep")
LIKELY = {TIMER: 0.03, QUEUE: 0.08, EVENT: 0.0, ROUTE: 0.0}
MINUTE = timedelta(minutes=1)
COPIED, MOST_COPIES = 0.15, 4
LOST = {
    "restores.token": 0.1,
    "restores.trigger": 0.08,
    "restores.trigger.sent": 0.15,
    "restores.cancel": 0.1,
    "restores.cancel.sent": 0.2,
    "restores.validate": 0.05,
    "restores.operation": 0.05,
    "restores.jobs": 0.02,
    "restores.job": 0.05,
    "restore_accounts.load": 0.03,
    "queues.send.sent": 0.01,
    "events.publish.sent": 0.05,
}
"""How often a call is not answered: before its effect, or (".sent") after it."""
READS = frozenset({"restores.jobs", "restores.job", "vaults.jobs"})
MOST_READS = 300
"""Of jobs, in an hour and a subscription: Azure's limit."""
CALM_ONE_IN = 5
"""In so many runs nothing goes wrong, and the time that it takes is held against the bound."""
LONGEST = timedelta(days=5)
NEAR_BOUND = 1.02


class Mishaps(Killer):
    """Kills workers, lets answers get lost, and once lets an application load an account just when an order is sent."""

    others_come: Callable[[], None] | None = None

    def __call__(self, call: str) -> None:
        """Kill, lose the answer, or let the call pass."""
        if call == "restores.trigger" and self.others_come is not None and self.draw.random() < 0.3:
            self.others_come()
            self.others_come = None
        super().__call__(call)
        if self.draw.random() < LOST.get(call, 0.0):
            refused = call == "restores.trigger" and self.draw.random() < 0.4
            raise Transient("429: come later" if refused else "503: no answer", refused=refused)


class CopyingQueues(MemoryQueues):
    """Queues that bring some messages up to five times, the copies later."""

    draw: random.Random

    def send(self, queue: str, body: str, delay_seconds: float = 0.0) -> None:
        """Add the message, and at times copies of it."""
        super().send(queue, body, delay_seconds)
        if self.draw.random() < COPIED and not queue.endswith("rejected"):
            for _ in range(self.draw.randint(1, MOST_COPIES)):
                super().send(queue, body, delay_seconds + self.draw.choice((0, 1, 5, 70, 400)))


def restores(seed: int, runs: int = 100) -> Told:
    """Restores are asked for, cancelled and killed in all ways: each runs once, on an account of its own, and ends."""
    ends, trace, requests, calm = Ends(), hashlib.sha256(), 0, 0
    for number in range(runs):
        draw = random.Random(f"restores|{seed}|{number}")
        is_calm = number % CALM_ONE_IN == CALM_ONE_IN - 1
        nights, asked, found = _calm(draw) if is_calm else _wild(draw)
        ends.add(found)
        requests += len(asked)
        calm += is_calm
        trace.update(_trace(nights).encode())
        if found.wrong:
            ends.wrong[-len(found.wrong) :] = [f"run {number}: {one}" for one in found.wrong]
    counts = ends.counts
    figures: dict[str, Any] = {
        "runs": runs,
        "requests": requests,
        **{name: counts[name] for name in ("jobs_started", "jobs_in_pair", "done", "failed", "cancelled", "rejected")},
        **{name: counts[name] for name in ("shared_accounts", "double_jobs", "vanished")},
        "makespan_ratio_max": round(ends.makespan_ratio, 4),
        "trace_hash": trace.hexdigest()[:16],
        "kills": counts["kills"],
        "second_jobs": counts["second_jobs"],
        "cancels_sent": counts["cancels_sent"],
        "reads_an_hour_max": ends.reads_an_hour,
        "wrong": ends.wrong[:20],
    }
    checks = (
        at_least("jobs started", runs // 2, counts["jobs_started"]),
        at_least("jobs started in the secondary region", runs // 10, counts["jobs_in_pair"]),
        at_least("workers killed", (runs - calm) // 2, counts["kills"]),
        zero("accounts shared by two running restores", counts["shared_accounts"]),
        zero("VMs of a request with two running jobs", counts["double_jobs"]),
        zero("requests without an end that is true", counts["vanished"]),
        zero("things that must not be", len(ends.wrong)),
        at_most("reads of jobs in an hour", MOST_READS // 2, ends.reads_an_hour),
        at_most("makespan over its bound, less one reading for each restore", NEAR_BOUND, ends.makespan_ratio),
    )
    return Told(figures, checks)


def _wild(draw: random.Random) -> tuple[Nights, list[Asked], Ends]:
    made = fleet(draw, draw.randint(5, 12), draw.randint(2, 4), calm=False)
    asked = wild_requests(draw, made)
    nights, killer = _nights(made), Mishaps(draw, LIKELY)
    queues = nights.ports.queues
    assert isinstance(queues, MemoryQueues)
    copying = CopyingQueues(lambda: made.world.now, nights._happens)
    copying.draw = draw
    nights.ports = replace(nights.ports, queues=copying)
    loaded = made.world.accounts[draw.choice(made.accounts).lower()]
    killer.others_come = lambda: setattr(loaded, "load", 0.9)
    _run(nights, asked, killer)
    ends = _ends(nights, asked)
    ends.counts["kills"] += len(killer.kills)
    return nights, asked, ends


def _calm(draw: random.Random) -> tuple[Nights, list[Asked], Ends]:
    accounts = draw.randint(2, 3)
    made = fleet(draw, accounts * draw.randint(5, 7), accounts, calm=True)
    asked, nights = [calm_request(made)], _nights(made)
    began = made.world.now
    _run(nights, asked, Killer(draw, {}))
    ends = _ends(nights, asked)
    ends.makespan_ratio = judge.makespan_ratio(made.world, began, accounts)
    return nights, asked, ends


def _nights(made: Fleet) -> Nights:
    return Nights(made.world, made.intent(), frozenset({"restore", "replace"}))


def _run(nights: Nights, asked: list[Asked], killer: Killer) -> None:
    """Send every message when it is due, and go on until nothing is under way any more."""
    world, workers = nights.world, Workers(nights, TIMERS, Post(killer.draw, Chances(0.0, 1, 0.0)), killer)
    begins, waiting = world.now, list(asked)
    while waiting or _busy(nights):
        due = begins + waiting[0].after if waiting else world.now + 10 * MINUTE
        workers.until(max(due, world.now))
        if waiting and due == begins + waiting[0].after:
            one = waiting.pop(0)
            nights.ports.queues.send(one.queue, one.body)
        if world.now - begins > LONGEST:
            return


def _busy(nights: Nights) -> bool:
    queues = nights.ports.queues
    assert isinstance(queues, MemoryQueues)
    names = ("restore-requests", "restore-requests-production")
    return bool(nights.ports.ledger.rows(TASKS)) or any(queues.waiting(name) for name in names)


def _ends(nights: Nights, asked: list[Asked]) -> Ends:
    ports, world = nights.ports, nights.world
    assert isinstance(ports.events, MemoryEvents)
    assert isinstance(ports.webhook, MemoryWebhook)
    assert isinstance(ports.queues, MemoryQueues)
    alerts = [alert.key for alert, _ in ports.webhook.posted]
    ends = judge.judge(world, asked, ports.events.published, alerts)
    rejected = set(ports.queues.waiting("restore-rejected"))
    refused = {one.body for one in asked if one.refused}
    ends.counts["rejected"] = len(rejected)
    if len(rejected) < len(refused):
        ends.counts["vanished"] += len(refused) - len(rejected)
        ends.wrong.append(f"{len(refused)} messages had to be rejected, and {len(rejected)} were")
    moved = [done for done in nights.log if "restores.cancel" in done.calls]
    ends.counts["cancels_sent"] = len(moved)
    ends.reads_an_hour = max(_reads_by_hour(nights).values(), default=0)
    items = [one.item_id for one in world.restores.values()]
    ends.counts["second_jobs"] = len(items) - len(set(items))
    return ends


def _reads_by_hour(nights: Nights) -> Counter[str]:
    """Count the reads of jobs, lists and details alike, which the service counts by the hour."""
    found = Counter[str]()
    for done in nights.log:
        found[f"{done.at:%d %H}"] += sum(call in READS for call in done.calls)
    return found


def _trace(nights: Nights) -> str:
    lines = [f"{done.at} {done.function} {done.error} {' '.join(done.calls)}" for done in nights.log]
    lines += [f"{job.id} {job.started_at} {job.status}" for job in nights.world.jobs.values()]
    return "\n".join(lines)

"""How are backups asked for on the flows' stage? Messages of an operator, what others want, and where each stands."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from local.memory.queues import MemoryQueues
from local.memory.told import MemoryQuarantine
from shared.flows.on_demand import asking, start
from shared.model.events import SetAside
from shared.model.on_demand import OnDemandBackup, Purpose, Wanted
from tests.flows.failing import vault
from tests.flows.stage import Stage

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
POINT = "gap|vm-0|2026-03-01T2230Z|1"


def message(**changes: Any) -> str:
    """A request of an operator for vm-0; `...` leaves a field out."""
    body = {
        "version": 1,
        "id": "r1",
        "vm": "vm-0",
        "reason": "before the upgrade",
        "requester": "ann",
        "retain_until": "2026-12-31",
    } | changes
    return json.dumps({name: value for name, value in body.items() if value is not ...})


def wanted(night: Stage, purpose: Purpose = Purpose.GAP, key: str = POINT, vm: str = "vm-0", **fields: Any) -> Wanted:
    """A backup that may start now, and for a day."""
    now = night.world.now
    made = Wanted(
        key=key,
        purpose=purpose,
        vm_id=night.vm(vm).id.lower(),
        vault_id=vault(night).id,
        reason="a point is missing",
        requester="nightshift",
        asked_at=now,
        keep_until=now + 60 * DAY,
        not_before=now,
        not_after=now + DAY,
    )
    return replace(made, **fields)


def ask(night: Stage, one: Wanted) -> bool:
    """Ask for it."""
    return asking.ask(night.ports, one, "vm-0", night.world.now)


def begin(night: Stage, text: str) -> str:
    """Hand a message to the function's flow; return what became of it."""
    return start.follow(night.ports, night.intent, text, night.world.now)


def receive(night: Stage, text: str) -> None:
    """Hand a message to the function's flow, as the function does."""
    start.receive(night.ports, night.intent, text, night.world.now)


def hint(key: str = POINT) -> str:
    """The message that names what is wanted."""
    return json.dumps({"version": 1, "key": key})


def stands(night: Stage, key: str = POINT) -> OnDemandBackup:
    """Where it stands."""
    return asking.standing(night.ports.ledger)[key]


def entries(night: Stage) -> list[SetAside]:
    """What was set aside."""
    assert isinstance(night.ports.quarantine, MemoryQuarantine)
    return list(night.ports.quarantine.entries().values())


def messages(night: Stage) -> list[str]:
    """What waits in the queue."""
    assert isinstance(night.ports.queues, MemoryQueues)
    return night.ports.queues.waiting(asking.BACKUPS)


def by_hand(night: Stage) -> int:
    """How many backups were begun that no schedule began."""
    return sum(bool(job.user_triggered) for job in night.world.jobs.values())


def asked_until(night: Stage) -> datetime:
    """Until when vm-0's point that was asked for is kept."""
    (point,) = [one for one in night.item().points if one.kept_until]
    assert point.kept_until is not None
    return point.kept_until

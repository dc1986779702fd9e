"""Did backups go wrong since we last looked? Every five minutes: note, announce, ask, and tell people."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.flows.job_failures import facts, outbox, people
from shared.flows.job_failures.reading import HISTORY, missing_runs, outcomes, read_fleet, read_whole
from shared.flows.look import vaults_in_scope
from shared.messages.jobs import TriageRequest
from shared.model.aftermath import Watching
from shared.model.failures import Failure, Success
from shared.model.intent import FleetPolicy
from shared.ports import Ports
from shared.rules.looks import Gap, gaps_between, with_look
from shared.telemetry import Event, tell

WATERMARK = "watch"
LOOKED = "jobs"
MISSED = "missed runs"
OVERLAP = 2 * outbox.TICK
"""Jobs are read once more so far back: they show late, and their ends move."""
MISSED_EVERY = timedelta(minutes=10)
"""How often it is asked which runs did not come: that takes all jobs of two days, and policies and VMs with them."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What one tick did."""

    noted: int
    announced: int
    asked: int
    told: int


def watch(ports: Ports, intent: FleetPolicy, now: datetime) -> Watch:
    """Look, write down what went wrong, announce it, and see that everything was answered and told.

    Raises Transient or Permanent where jobs cannot be read: the next tick reads from where this one would have.
    """
    known = facts.known(ports.ledger)
    whole = _due(ports, MISSED, MISSED_EVERY, now)
    since = now - HISTORY if whole else max(now - HISTORY, _last(ports, LOOKED, now - HISTORY) - OVERLAP)
    vaults = vaults_in_scope(ports, intent)
    reading = read_fleet(ports, vaults, since, now)
    failed = outcomes(reading)
    missing = missing_runs(read_whole(ports, vaults, reading, now), now) if whole else ()
    noted = _note(ports, known, (*failed, *missing), now)
    known = _repaired(ports, known, failed)
    announced = outbox.announce(ports, now)
    asked = outbox.settle(ports, known.history, now)
    told = people.tell_due(ports, intent, known, now)
    _looked(ports, whole, now)
    found = Watch(noted, announced, asked, told)
    tell(Event.WATCHED, at=now, vaults=len(vaults), jobs=len(reading.jobs), noted=noted, asked=asked, told=told)
    return found


def _note(ports: Ports, known: facts.Known, found: tuple[Failure | Success, ...], now: datetime) -> int:
    """Write down each failure that is not known and not written down yet."""
    seen = known.ids | ports.ledger.rows(outbox.OUTBOX).keys()
    new = [one for one in found if isinstance(one, Failure) and one.id not in seen]
    return sum(outbox.note(ports, TriageRequest(one.vault_id, one.id), one.vm_id, now) for one in new)


def _repaired(ports: Ports, known: facts.Known, found: tuple[Failure | Success, ...]) -> facts.Known:
    """Remember the successes of VMs that something is open for; those of all others say nothing."""
    new = [one for one in found if isinstance(one, Success) and one.job_id not in known.ids]
    good = [one for one in new if one.vm_id in known.ailing]
    return facts.Known(facts.add(ports.ledger, known.history, good)) if good else known


def watching(ports: Ports, since: datetime, now: datetime) -> Watching:
    """Return how steadily jobs were watched since, the time from the last look to `now` included."""
    row = ports.ledger.read(WATERMARK, LOOKED)
    if row is None:
        return Watching(every=outbox.TICK)
    last = datetime.fromisoformat(row["at"])
    return Watching(last, outbox.TICK, gaps_between(with_look(_gaps(row), last, now, outbox.TICK), since, now))


def _gaps(row: Mapping[str, str]) -> tuple[Gap, ...]:
    found = json.loads(row.get("gaps", "[]"))
    return tuple((datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in found)


def _last(ports: Ports, name: str, never: datetime) -> datetime:
    row = ports.ledger.read(WATERMARK, name)
    return datetime.fromisoformat(row["at"]) if row else never


def _due(ports: Ports, name: str, every: timedelta, now: datetime) -> bool:
    return now - _last(ports, name, now - HISTORY) >= every - timedelta(minutes=1)


def _looked(ports: Ports, whole: bool, now: datetime) -> None:
    before = ports.ledger.read(WATERMARK, LOOKED)
    last = datetime.fromisoformat(before["at"]) if before else None
    gaps = with_look(_gaps(before or {}), last, now, outbox.TICK)
    kept = json.dumps([(since.isoformat(), until.isoformat()) for since, until in gaps])
    ports.ledger.write(WATERMARK, LOOKED, {"at": now.isoformat(), "gaps": kept})
    if whole:
        ports.ledger.write(WATERMARK, MISSED, {"at": now.isoformat()})

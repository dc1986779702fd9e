"""Did backups go wrong since we last looked? Every five minutes: note, announce, ask, and tell people."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.flows.job_failures import facts, outbox, people
from shared.flows.job_failures.reading import (
    HISTORY,
    missing_runs,
    outcomes,
    read_fleet,
    read_lately,
    runs_judged_next,
)
from shared.messages.jobs import TriageRequest
from shared.model.aftermath import Watching
from shared.model.failures import Failure, Success
from shared.model.intent import FleetPolicy
from shared.ports import Ledger, Ports
from shared.rules.looks import Gap, gaps_between, with_look
from shared.telemetry import Event, tell

WATERMARK = "watch"
LOOKED = "jobs"
OVERLAP = timedelta(minutes=30)
"""Jobs are looked for once more so far back: Resource Graph shows an end a minute later, at times more."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What one tick did."""

    noted: int
    announced: int
    asked: int
    told: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """What the tick before left: when it looked, when runs are next to be judged, and the gaps between looks."""

    at: datetime
    judge_at: datetime
    gaps: tuple[Gap, ...] = ()


def watch(ports: Ports, intent: FleetPolicy, now: datetime) -> Watch:
    """Look, write down what went wrong, announce it, and see that everything was answered and told.

    Most ticks ask what ended since the last one; all is read where a run that did not come may be missed by now.
    Raises Transient or Permanent where jobs cannot be read: the next tick reads from where this one would have.
    """
    last, known = _mark(ports.ledger), facts.known(ports.ledger)
    if last is None or now >= last.judge_at:
        reading = read_fleet(ports, intent, now)
        missing, judge_at = missing_runs(reading, now), runs_judged_next(reading, now)
    else:
        reading = read_lately(ports, intent, known, max(last.at - OVERLAP, now - HISTORY))
        missing, judge_at = (), last.judge_at
    found, waiting = outcomes(reading), outbox.waiting(ports)
    if noted := _note(ports, known.ids | waiting.keys(), (*found, *missing), now):
        waiting = outbox.waiting(ports)
    known = _repaired(ports, known, found)
    announced = outbox.announce(ports, waiting, now)
    asked = outbox.settle(ports, waiting, known.history, now)
    told = people.tell_due(ports, intent, known, now)
    _looked(ports.ledger, last, judge_at, now)
    tell(Event.WATCHED, at=now, jobs=len(reading.jobs), noted=noted, announced=announced, asked=asked, told=told)
    return Watch(noted, announced, asked, told)


def watching(ports: Ports, since: datetime, now: datetime) -> Watching:
    """Return how steadily jobs were watched since, the time from the last look to `now` included."""
    last = _mark(ports.ledger)
    if last is None:
        return Watching(every=outbox.TICK)
    return Watching(last.at, outbox.TICK, gaps_between(with_look(last.gaps, last.at, now, outbox.TICK), since, now))


def _note(ports: Ports, seen: Collection[str], found: tuple[Failure | Success, ...], now: datetime) -> int:
    """Write down each failure that is not known and not written down yet."""
    new = [one for one in found if isinstance(one, Failure) and one.id not in seen]
    return sum(outbox.note(ports, TriageRequest(one.vault_id, one.id), one.vm_id, now) for one in new)


def _repaired(ports: Ports, known: facts.Known, found: tuple[Failure | Success, ...]) -> facts.Known:
    """Remember the successes of VMs that something is open for; those of all others say nothing."""
    new = [one for one in found if isinstance(one, Success) and one.job_id not in known.ids]
    good = [one for one in new if one.vm_id in known.ailing]
    return facts.Known(facts.add(ports.ledger, known.history, good)) if good else known


def _mark(ledger: Ledger) -> _Mark | None:
    row = ledger.read(WATERMARK, LOOKED)
    if row is None:
        return None
    at, gaps = datetime.fromisoformat(row["at"]), json.loads(row.get("gaps", "[]"))
    judge_at = datetime.fromisoformat(row["judge_at"]) if "judge_at" in row else at
    return _Mark(at, judge_at, tuple((datetime.fromisoformat(one), datetime.fromisoformat(end)) for one, end in gaps))


def _looked(ledger: Ledger, last: _Mark | None, judge_at: datetime, now: datetime) -> None:
    gaps = with_look(last.gaps if last else (), last.at if last else None, now, outbox.TICK)
    kept = json.dumps([(since.isoformat(), until.isoformat()) for since, until in gaps])
    row = {"at": now.isoformat(), "judge_at": judge_at.isoformat(), "gaps": kept}
    ledger.write(WATERMARK, LOOKED, row)

"""How does one backup run go? Lateness, phases, sizes and failures, drawn from the seed, the VM and the slot alone.

Nothing here depends on the order of events, so a run at a given slot goes the same way whatever else was done.
"""

import hashlib
import random
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from local.world.limits import Pace
from local.world.mishaps import LATE, MISSING, PROMISED_HOURS, PROMISED_MINUTES
from local.world.state import Vm


@dataclass(frozen=True, slots=True)
class Run:
    """One run's course: begins `late` after its slot, or never if `missing`; in lists `hidden` after it began."""

    late: timedelta
    hidden: timedelta
    snapshot: timedelta
    transfer: timedelta
    size_mb: int
    error: str
    missing: bool = False


def course(seed: int, vm: Vm, slot: datetime, pace: Pace, *, full: bool = False) -> Run:
    """Return how the VM's run of `slot` goes. A full backup moves all data, at most for a day."""
    draw = random.Random(f"{seed}|{vm.guid}|{slot.isoformat()}")
    late = draw.uniform(0, pace.lateness.total_seconds())
    hidden = draw.uniform(0, pace.listing_lag.total_seconds())
    snapshot = draw.uniform(6 * 60, 10 * 60)
    noise = draw.lognormvariate(0, pace.nightly_noise)
    ratio = max(1.0, vm.data_gb / max(vm.churn_gb, 0.1)) if full else 1.0
    transfer = min(vm.transfer_minutes * noise * ratio, 24 * 60)
    failed = draw.random() < pace.failure_rate or vm.id.lower() in pace.failing
    title = draw.choice(("CloudInternalError", "AzureVmOffline"))
    run = Run(
        late=timedelta(seconds=round(late, 6)),
        hidden=timedelta(seconds=round(hidden, 6)),
        snapshot=timedelta(seconds=round(snapshot, 6)),
        transfer=timedelta(seconds=round(transfer * 60, 6)),
        size_mb=int((vm.data_gb if full else vm.churn_gb * noise) * 1024),
        error=title if failed else "",
    )
    return _with_mishaps(run, seed, vm, slot, pace) if pace.mishaps else run


def _with_mishaps(run: Run, seed: int, vm: Vm, slot: datetime, pace: Pace) -> Run:
    for mishap in pace.mishaps:
        how_bad = mishap.befalls(seed, vm, slot)
        if how_bad is None:
            continue
        if mishap.kind == LATE:
            run = replace(run, late=timedelta(hours=round(mishap.between(PROMISED_HOURS, how_bad), 6)))
        elif mishap.kind == MISSING:
            run = replace(run, missing=True)
        else:
            run = replace(run, hidden=timedelta(minutes=round(mishap.between(PROMISED_MINUTES, how_bad), 6)))
    return run


def configure_time(seed: int, name: str) -> timedelta:
    """Return how long a ConfigureBackup job takes: 2 to 30 seconds."""
    return timedelta(seconds=round(random.Random(f"{seed}|configure|{name}").uniform(2, 30), 6))


def guid(seed: int, *parts: object) -> str:
    """Return a GUID that depends on the seed and the parts only."""
    text = "|".join(map(str, (seed, *parts)))
    return str(uuid.UUID(int=random.Random(text).getrandbits(128), version=4))


def number(seed: int, *parts: object) -> str:
    """Return a long decimal id, as recovery points and items carry."""
    text = "|".join(map(str, ("number", seed, *parts)))
    return str(10**13 + int.from_bytes(hashlib.sha256(text.encode()).digest()) % (10**15 - 10**13))

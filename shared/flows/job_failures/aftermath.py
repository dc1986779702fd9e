"""What went wrong lately, and what became of it? Facts, tampering, what was set aside and the watcher's looks, read."""

from datetime import datetime

from shared.flows import alert_path, tampering
from shared.flows.job_failures import facts
from shared.flows.job_failures.watch import watching
from shared.flows.on_demand.asking import standing
from shared.model.aftermath import Aftermath, Matter
from shared.model.intent import FleetPolicy
from shared.model.on_demand import Purpose
from shared.ports import Ledger, Ports
from shared.rules import night_failures


def aftermath(ports: Ports, intent: FleetPolicy, since: datetime, now: datetime) -> Aftermath:
    """Return what went wrong since the UTC instant, or is still open. Reads storage only, never Azure Backup."""
    return Aftermath(
        since=since,
        matters=matters(ports.ledger, intent, night_failures.touched_since(since)),
        tampered=tampering.told_since(ports, since),
        set_aside=tuple(ports.quarantine.entries().values()),
        watching=watching(ports, since, now),
        alert_path=alert_path.latest(ports, intent, now),
    )


def matters(ledger: Ledger, intent: FleetPolicy, chosen: night_failures.Chosen) -> tuple[Matter, ...]:
    """Return the chosen incidents of all that is remembered, storms as one, the worst first."""
    started = [one for one in standing(ledger).values() if one.wanted.purpose is Purpose.RETRY and one.job_id]
    retried = {one.job_id.rpartition("/")[2].lower() for one in started}
    return night_failures.matters(facts.history(ledger), intent, retried, chosen)

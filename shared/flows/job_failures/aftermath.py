"""What went wrong lately, and what became of it? Facts, tampering, what was set aside and the watcher's looks, read."""

from datetime import datetime

from shared.flows import alert_path, tampering
from shared.flows.job_failures import facts
from shared.flows.job_failures.start import SEEN, STARTS
from shared.flows.job_failures.watch import watching
from shared.model.aftermath import Aftermath, Matter
from shared.model.intent import FleetPolicy
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
    rows = ledger.rows(STARTS).values()
    retried = {row["job"].rpartition("/")[2].lower() for row in rows if row["state"] == SEEN}
    return night_failures.matters(facts.history(ledger), intent, retried, chosen)

"""Do moves do harm? Judged at the nightly look; where they do, they stop until an operator lets them go on."""

from datetime import datetime, timedelta

from shared.flows.look import ENROLLED, PLACEMENTS, POLICIES, VERIFIED
from shared.model.intent import FleetPolicy
from shared.model.observed import Observed
from shared.model.plan import Plan
from shared.ports import Ledger, Ports
from shared.rules import breaker as rules
from shared.telemetry import Event, tell

BREAKER = "breaker"
STOPPED = "stopped"
RESUMED = "resumed"


def judge(ports: Ports, intent: FleetPolicy, observed: Observed, made: Plan, now: datetime) -> None:
    """Stop all moves, with one alert, where VMs moved lately fail or miss their runs more often than the others."""
    if stopped(ports):
        return
    reason = rules.judge(observed, made.vms, _record(ports.ledger, intent, now), now)
    if reason and ports.ledger.claim(BREAKER, STOPPED, {"at": now.isoformat(), "reason": reason}):
        tell(Event.ALERT, code="moves-stopped", subject="all vaults", text=stopped(ports))


def stopped(ports: Ports) -> str:
    """Return why moves are stopped, since when, and how they go on; "" where they are not stopped."""
    row = ports.ledger.read(BREAKER, STOPPED)
    if row is None:
        return ""
    since = datetime.fromisoformat(row["at"])
    return (
        f"all moves are stopped since {since:%Y-%m-%d %H:%M} UTC: {row['reason']}. "
        "Find out why, then `nightshift resume --moves`"
    )


def resume(ports: Ports, who: str, now: datetime) -> bool:
    """Let moves go on; return whether they were stopped. Runs that were due before `now` do not stop them again."""
    if not stopped(ports):
        return False
    ports.ledger.write(BREAKER, RESUMED, {"at": now.isoformat(), "who": who})
    ports.ledger.drop(BREAKER, STOPPED)
    return True


def _record(ledger: Ledger, intent: FleetPolicy, now: datetime) -> rules.Record:
    history = now - timedelta(days=intent.limits.job_history_days)
    resumed = ledger.read(BREAKER, RESUMED)
    return rules.Record(
        moves={
            vm_id: rules.Move(row["policy"], datetime.fromisoformat(row["at"]))
            for vm_id, row in ledger.rows(PLACEMENTS).items()
            if row["state"] == VERIFIED and row.get("how") != ENROLLED
        },
        written_at={key: datetime.fromisoformat(row["at"]) for key, row in ledger.rows(POLICIES).items()},
        since=max(history, datetime.fromisoformat(resumed["at"])) if resumed else history,
    )

"""What did we do, and why? Steps kept for the morning report, and told in one log line."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from shared.model.intent import FleetPolicy
from shared.model.plan import Outcome, Step
from shared.ports import Ports
from shared.telemetry import Event, tell

REPORTED_BACK = timedelta(days=1)


def record(ports: Ports, intent: FleetPolicy, steps: Iterable[Step], now: datetime) -> None:
    """Keep the steps under their night, and log the tick."""
    steps = tuple(steps)
    for step in steps:
        row = {
            "at": step.at.isoformat(),
            "kind": step.kind,
            "subject": step.subject,
            "outcome": step.outcome.value,
            "reason": step.reason,
            "before": step.before,
            "after": step.after,
        }
        ports.ledger.write(_kind(intent.night_of(now)), f"{step.at.isoformat()} {step.kind} {step.subject}", row)
    counts = Counter(step.outcome.value for step in steps)
    tell(Event.ENFORCED, night=intent.night_of(now), **counts)
    for step in steps:
        if step.outcome is Outcome.FAILED:
            tell(Event.ALERT, code="write-failed", subject=step.subject, text=step.reason)


def steps_of(ports: Ports, intent: FleetPolicy, until: datetime) -> tuple[Step, ...]:
    """Return the steps of the last 24 h before `until`, oldest first."""
    nights = {intent.night_of(until), intent.night_of(until - REPORTED_BACK)}
    rows = [row for night in nights for row in ports.ledger.rows(_kind(night)).values()]
    steps = [
        Step(
            datetime.fromisoformat(row["at"]),
            row["kind"],
            row["subject"],
            Outcome(row["outcome"]),
            row["reason"],
            row["before"],
            row["after"],
        )
        for row in rows
    ]
    recent = (step for step in steps if until - REPORTED_BACK < step.at <= until)
    return tuple(sorted(recent, key=lambda step: (step.at, step.kind, step.subject)))


def _kind(night: date) -> str:
    return f"steps-{night}"

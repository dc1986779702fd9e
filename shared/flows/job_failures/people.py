"""Who must know? Alerts that are due, each told once in the log and, where one is set, by a webhook."""

from datetime import datetime

from shared.errors import FleetError
from shared.flows.job_failures import facts
from shared.model.failures import Alert
from shared.model.intent import FleetPolicy
from shared.ports import Ports
from shared.rules.failure_alerts import alerts_due, told_by
from shared.telemetry import Event, tell


def tell_due(ports: Ports, intent: FleetPolicy, known: facts.Known, now: datetime) -> int:
    """Tell what is due, and remember it; return how many alerts.

    A crash between telling and remembering tells it once more, under the same key.
    """
    due, history = alerts_due(known.incidents, intent, now), known.history
    for alert in due:
        tell_alert(ports, intent, alert, now)
        history = facts.add(ports.ledger, history, told_by(alert, now))
    return len(due)


def tell_alert(ports: Ports, intent: FleetPolicy, alert: Alert, now: datetime) -> None:
    """Log the alert, and post it. A webhook that does not answer is an alert of its own: the log has reached people."""
    tell(
        Event.ALERT,
        code=alert.code,
        subject=alert.key,
        severity=alert.severity.value,
        text=f"{alert.title}: {alert.what_happened}; {alert.what_was_tried}",
        to_do=alert.what_to_do,
        members=alert.members,
        link=alert.link,
    )
    if not intent.alerts.webhook:
        return
    try:
        ports.webhook.post(intent.alerts.webhook, alert, now)
    except FleetError as problem:
        tell(Event.ALERT, code="webhook-failed", subject=intent.alerts.webhook, text=str(problem))

"""What is a human told of incidents, and when? One alert each, one for a storm, and none that a retry made needless."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.model.failures import Alert, Incident, Response, Severity, State, Told
from shared.model.intent import Alerts, FleetPolicy, QuietHours, Window
from shared.rules.failure_families import REMEDIES
from shared.rules.slots import DAY, instant_text, window_span

PORTAL = "https://portal.azure.com/#resource"
"""Where a resource's id leads to its page, in Azure's public cloud; the others have portals of their own."""
UNEVEN = timedelta(minutes=1)
"""By so much looks may come sooner one after the other than usual; what has grown need not wait for one more."""
NAMED = 10
"""VMs named in the text of a storm; all of them are its members."""

type _Kin = tuple[str, str, date, bool]


def alerts_due(incidents: Iterable[Incident], intent: FleetPolicy, now: datetime) -> tuple[Alert, ...]:
    """Return what a human must be told at `now`, and has not been told yet, the worst first.

    An incident is told of once in each state: when it needs a human, when it gets worse, and, if it was told of, when
    it is over. Each alert first waits for others like it, for the length of the group window, unless it is critical.
    In quiet hours only what is critical is told; the rest follows when they end, if it is still true.
    """
    told_of = [one for one in incidents if (one.last_alert if one.state is State.RESOLVED else one.needs_human)]
    if not any(_news(one) for one in told_of):
        return ()
    kin: defaultdict[_Kin, list[Incident]] = defaultdict(list)
    for incident in told_of:
        over = incident.state is State.RESOLVED
        kin[incident.vault_id, incident.cause, intent.night_of(_since(incident)), over].append(incident)
    found = [alert for group in kin.values() for alert in _alerts(group, intent, now)]
    if is_quiet(intent, now):
        found = [alert for alert in found if alert.severity is Severity.CRITICAL]
    return tuple(sorted(found, key=lambda alert: (alert.severity, alert.key)))


def told_by(alert: Alert, at: datetime) -> tuple[Told, ...]:
    """Return the facts to remember once the alert was sent at the UTC instant `at`."""
    return tuple(Told(key, alert.key, at) for key in alert.covers)


def is_quiet(intent: FleetPolicy, now: datetime) -> bool:
    """Return whether only what is critical may be told at the UTC instant."""
    hours = intent.alerts.quiet_hours
    return hours is not None and any(begin <= now < end for begin, end in _spans(hours, now))


def storm(kin: Iterable[Incident], how: Alerts, since: Callable[[Incident], datetime]) -> list[Incident]:
    """Return those of `kin` that had enough others beside them within one group window, by when each is `since`."""
    ordered = sorted(kin, key=lambda one: (since(one), one.key))
    times = [since(one) for one in ordered]
    found: set[int] = set()
    for first, begin in enumerate(times):
        end = bisect_right(times, begin + how.group_window)
        if end - first >= how.group_from:
            found.update(range(first, end))
    return [ordered[index] for index in sorted(found)]


def _alerts(kin: Sequence[Incident], intent: FleetPolicy, now: datetime) -> list[Alert]:
    """Return the alerts of incidents of one vault, cause and night: a storm is one, the others are one each."""
    together = storm(kin, intent.alerts, _since)
    grouped = {one.alert_key for one in together}
    alone = (one for one in kin if one.alert_key not in grouped and _news(one))
    found = [_of_one(one) for one in alone if _ripe(one, intent.alerts, now)]
    if any(_news(one) for one in together):
        many = _of_many(together, intent)
        told = (one.last_alert.at for one in together if one.last_alert and _told_by(one, many.key))
        last = max(told, default=None)
        if last is None or now - last >= intent.alerts.group_window - UNEVEN:
            found.append(many)
    return found


def _since(incident: Incident) -> datetime:
    return incident.resolved_at or incident.due_since


def _news(incident: Incident) -> bool:
    return incident.last_alert is None or incident.last_alert.state != incident.state


def _told_by(incident: Incident, key: str) -> bool:
    return incident.last_alert is not None and incident.last_alert.alert_key == key


def _ripe(incident: Incident, how: Alerts, now: datetime) -> bool:
    critical = incident.severity is Severity.CRITICAL and incident.state is not State.RESOLVED
    return critical or now >= _since(incident) + how.group_window


def _of_one(incident: Incident) -> Alert:
    over, last = incident.state is State.RESOLVED, incident.failures[-1]
    shown = f"{incident.vm_name or incident.vm_id}: {incident.says}"
    return Alert(
        key=incident.alert_key,
        severity=Severity.INFORMATION if over else incident.severity,
        title=f"over: {shown}" if over else shown,
        what_happened=_happened(incident),
        what_was_tried=_tried(incident),
        what_to_do=() if over else REMEDIES[incident.family].runbook.steps,
        link=PORTAL + (last.item_id if last.item_id.startswith("/") else incident.vault_id),
        members=(incident.vm_name or incident.vm_id,),
        covers=(incident.alert_key,),
    )


def _of_many(together: Sequence[Incident], intent: FleetPolicy) -> Alert:
    """Return the one alert of a storm; so many VMs at once are worse than one.

    It names those that were told of one by one before, but does not tell of them under a second key.
    """
    first = together[0]
    state = max((one.state for one in together), key=list(State).index)
    over = state is State.RESOLVED
    worst = Severity(max(min(one.severity for one in together) - 1, Severity.CRITICAL))
    names = tuple(sorted(one.vm_name or one.vm_id for one in together))
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    vault = first.vault_id.rpartition("/")[2]
    shown = f"{len(names)} VMs in {vault}: {first.says}"
    tried = sum(any(attempt.response is Response.RETRY for attempt in one.attempts) for one in together)
    begins, ends = min(_since(one) for one in together), max(_since(one) for one in together)
    key = f"storm|{first.vault_id}|{first.cause}|{intent.night_of(_since(first))}|{state}".lower()
    return Alert(
        key=key,
        severity=Severity.INFORMATION if over else worst,
        title=f"over: {shown}" if over else shown,
        what_happened=f"{', '.join(names[:NAMED])}{rest}, from {instant_text(begins)} to {instant_text(ends)}",
        what_was_tried=f"{tried} of them were started again",
        what_to_do=() if over else REMEDIES[first.family].runbook.steps,
        link=PORTAL + first.vault_id,
        members=names,
        covers=tuple(sorted(one.alert_key for one in together if _news(one) or _told_by(one, key))),
    )


def _happened(incident: Incident) -> str:
    last, count = incident.failures[-1], len(incident.failures)
    times = f"once, at {instant_text(incident.opened_at)}"
    if count > 1:
        times = f"{count} times, from {instant_text(incident.opened_at)} to {instant_text(incident.last_seen_at)}"
    repaired = f"; the backup of {instant_text(incident.resolved_at)} repaired it" if incident.resolved_at else ""
    said = ": ".join(filter(None, (f"{last.name or incident.code}", last.text)))
    return f"{last.kind} {times}{repaired} ({said})"


def _tried(incident: Incident) -> str:
    again = [attempt.retry_at for attempt in incident.attempts if attempt.retry_at]
    if again:
        return f"started again at {', '.join(instant_text(at) for at in again)}"
    reason = incident.attempts[-1].reason if incident.attempts else incident.says
    return f"nothing was started again: {reason}"


def _spans(hours: QuietHours, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    window = Window("quiet", hours.start, hours.end, hours.zone)
    today = now.astimezone(ZoneInfo(hours.zone)).date()
    return (window_span(window, "", night) for night in (today - DAY, today))

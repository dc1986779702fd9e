"""Is the way to people open, and does Azure count failures that the watcher does not know? What a daily check finds."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from shared.model.azure import Vault
from shared.model.failures import Alert, Failure, Severity
from shared.model.monitoring import HEALTHY, AlertPart, HealthEvents
from shared.model.plan import Finding
from shared.rules.job_outcomes import BACKUP
from shared.rules.slots import DAY, instant_text

PORTAL = "https://portal.azure.com/#resource"
SETTLED = timedelta(hours=1)
"""Azure Monitor shows an event some minutes after the job's end, and the watcher looks every five."""
EDGE = timedelta(hours=1)
"""An event and its job's end may fall on two sides of an edge: what the watcher knows is counted so much wider."""
OTHERS = ("sql", "hana", "database", "file", "blob")
"""Words in the names of workloads that are not VMs; what names none is taken for a VM."""
NAMED = 5
BROKEN = "alert-path-broken"
TO_DO = (
    "Put the alert rule or action group back as it was, or correct its id in fleet.yaml",
    "See that the rule calls an action group, and that somebody is in it",
    "Try it: `nightshift fire-drill --action-group ID --yes`",
)


def span(now: datetime) -> tuple[datetime, datetime]:
    """Return the day, in whole hours, whose events are settled at `now`."""
    until = now.replace(minute=0, second=0, microsecond=0) - SETTLED
    return until - DAY, until


def rule_finding(rule_id: str, rule: AlertPart | None) -> Finding | None:
    """Return what is wrong with an alert rule, None where nothing is."""
    return _finding(f"alert rule {_name(rule_id)}", rule_id, rule, "calls no action group")


def group_finding(group_id: str, group: AlertPart | None) -> Finding | None:
    """Return what is wrong with an action group, None where nothing is."""
    return _finding(f"action group {_name(group_id)}", group_id, group, "has no receiver, and reaches nobody")


def unreadable(what: str, subject: str, problem: Exception) -> Finding:
    """Return the finding that something could not be checked, which is not to be taken for well."""
    return Finding("monitoring-unreadable", subject, f"{what} could not be checked: {problem}")


def missed(vault: Vault, events: Iterable[HealthEvents], known: int) -> Finding | None:
    """Return that Azure counted more unhealthy backups than the `known` failures; None where it did not."""
    unwell = [one for one in events if one.health and one.health != HEALTHY and not _is_other(one.workload)]
    counted = sum(one.count for one in unwell)
    if counted <= known:
        return None
    names = sorted({_name(one.source) for one in unwell if one.source})
    of = f" of {', '.join(names[:NAMED])}{', ...' if len(names) > NAMED else ''}" if names else ""
    text = f"in {vault.name} Azure counted {counted:,} unhealthy backups{of} in a day, and the watcher knows {known:,}"
    return Finding("watcher-missed", vault.id, text)


def known_in(failures: Iterable[Failure], vault: Vault, since: datetime, until: datetime) -> frozenset[str]:
    """Return the ids of the vault's failed backups whose jobs ended around [since, until)."""
    return frozenset(
        one.id
        for one in failures
        if one.vault_id == vault.id
        and one.operation == BACKUP
        and one.job_id
        and since - EDGE <= (one.ended_at or one.started_at) < until + EDGE
    )


def broken_alert(finding: Finding, night: date) -> Alert:
    """Return the alert of a part of the way that is broken, under one key a night."""
    return Alert(
        key=f"{finding.code}|{finding.subject}|{night}".lower(),
        severity=Severity.ERROR,
        title=finding.text,
        what_happened="alerts that go this way may reach nobody",
        what_was_tried="nothing: Nightshift never changes alert rules or action groups",
        what_to_do=TO_DO,
        link=PORTAL + finding.subject,
        members=(_name(finding.subject),),
        covers=(),
        code=finding.code,
    )


def canary(night: date, at: datetime) -> Alert:
    """Return the night's canary: it asks for nothing, and goes the way of all alerts."""
    return Alert(
        key=f"canary|{night}",
        severity=Severity.VERBOSE,
        title="canary: the way to people is open",
        what_happened=f"sent at {instant_text(at)}, as on every day",
        what_was_tried="nothing",
        what_to_do=("Nothing. On a day without this alert, find out why: no other alert would come either.",),
        link=PORTAL,
        members=(),
        covers=(),
        code="canary",
    )


def _finding(what: str, subject: str, part: AlertPart | None, alone: str) -> Finding | None:
    if part is None:
        wrong = "is not there"
    elif not part.enabled:
        wrong = "is not enabled"
    elif not part.leads_to:
        wrong = alone
    else:
        return None
    return Finding("alert-path-broken", subject, f"{what} {wrong}")


def _is_other(workload: str) -> bool:
    return any(word in workload.lower() for word in OTHERS)


def _name(resource_id: str) -> str:
    return resource_id.rpartition("/")[2]

"""Would people hear of a failure? Once a fleet day: rules and action groups, Azure's own counts, and a canary."""

import json
from dataclasses import astuple
from datetime import datetime

from shared.errors import Permanent, Transient
from shared.flows.job_failures import facts, outbox
from shared.flows.job_failures.people import tell_alert
from shared.flows.job_failures.watch import watching
from shared.flows.look import vaults_in_scope
from shared.model.aftermath import AlertPath
from shared.model.azure import Vault
from shared.model.failures import History
from shared.model.intent import FleetPolicy
from shared.model.plan import Finding
from shared.ports import Ports
from shared.rules import alert_path as rules
from shared.rules.failure_alerts import is_quiet
from shared.rules.slots import DAY
from shared.telemetry import Event, tell

CHECKED = "alert-path"
CANARY = "canary"


def check_daily(ports: Ports, intent: FleetPolicy, now: datetime) -> None:
    """Send the canary that is due, and check what was not checked in this fleet day.

    Where Azure does not answer, the next call checks: nothing else must wait for it. A crash between telling and
    remembering tells once more, under the same keys.
    """
    night = intent.night_of(now)
    if intent.alerts.canary and not is_quiet(intent, now) and ports.ledger.read(CANARY, str(night)) is None:
        tell_alert(ports, intent, rules.canary(night, now), now)
        ports.ledger.write(CANARY, str(night), {"at": now.isoformat()})
    if ports.ledger.read(CHECKED, str(night)) is not None:
        return
    try:
        findings = check(ports, intent, now)
    except Transient as problem:
        tell(Event.ALERT_PATH_CHECKED, at=now, findings=[], problem=str(problem))
        return
    for finding in findings:
        if finding.code == rules.BROKEN:
            tell_alert(ports, intent, rules.broken_alert(finding, night), now)
    kept = json.dumps([astuple(finding) for finding in findings])
    ports.ledger.write(CHECKED, str(night), {"at": now.isoformat(), "findings": kept})
    tell(Event.ALERT_PATH_CHECKED, at=now, findings=[f"{one.code}: {one.text}" for one in findings], problem="")


def check(ports: Ports, intent: FleetPolicy, now: datetime) -> tuple[Finding, ...]:
    """Return what is wrong with the way to people, and where Azure counts more failures than the watcher knows.

    Where the watcher has never looked, there is nothing to compare with. Raises Transient, or Permanent where the
    vaults cannot be listed.
    """
    found = [_rule(ports, one) for one in intent.alerts.rules]
    found += [_group(ports, one) for one in intent.alerts.action_groups]
    if watching(ports, now - DAY, now).last_at is not None:
        known = facts.history(ports.ledger)
        found += [_missed(ports, vault, known, now) for vault in vaults_in_scope(ports, intent)]
    return tuple(one for one in found if one is not None)


def latest(ports: Ports, intent: FleetPolicy, now: datetime) -> AlertPath:
    """Return what the newest check found, of this fleet day or the last one, and when a canary was sent in these."""
    tonight = intent.night_of(now)
    days = [str(tonight), str(tonight - DAY)]
    row = next(filter(None, (ports.ledger.read(CHECKED, day) for day in days)), None)
    sent = next(filter(None, (ports.ledger.read(CANARY, day) for day in days)), None)
    return AlertPath(
        checked_at=datetime.fromisoformat(row["at"]) if row else None,
        findings=tuple(Finding(*one) for one in json.loads(row["findings"])) if row else (),
        canary_at=datetime.fromisoformat(sent["at"]) if sent else None,
    )


def _rule(ports: Ports, rule_id: str) -> Finding | None:
    try:
        return rules.rule_finding(rule_id, ports.monitoring.rule(rule_id))
    except Permanent as problem:
        return rules.unreadable("the alert rule", rule_id, problem)


def _group(ports: Ports, group_id: str) -> Finding | None:
    try:
        return rules.group_finding(group_id, ports.monitoring.action_group(group_id))
    except Permanent as problem:
        return rules.unreadable("the action group", group_id, problem)


def _missed(ports: Ports, vault: Vault, known: History, now: datetime) -> Finding | None:
    """Compare counts. What is written down and waits for its answer is known too."""
    since, until = rules.span(now)
    try:
        events = ports.monitoring.health(vault, since, until)
    except Permanent as problem:
        return rules.unreadable("how its backups ended", vault.id, problem)
    everything = {one.id for one in known.failures}
    waiting = {key for key, row in outbox.waiting(ports).items() if row["vault"] == vault.id}
    ours = rules.known_in(known.failures, vault, since, until) | (waiting - everything)
    return rules.missed(vault, events, len(ours))
